"""Planned and peak memory of answering many questions at once, with a vocabulary as large as Qwen's.

    python benchmarks/gpu/sampler_memory.py [--model FOLDER] [--questions 7473] [--samples 4] [--max-tokens 256]

Without `--model` it is a model of Qwen2.5-0.5B's sizes with random weights, whose answers never end by themselves:
the worst case. One line a case: the rows, what was planned, and what torch took (bytes in use at once, and bytes
reserved) beyond the weights. ``off`` is the peak over the plan, less 1. `--free GB` leaves only so much memory. In
the last case rows for every answer are asked for, so that memory runs out and it goes on with fewer.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
import transformers

from hone.weights.decoding import Decoding, generate
from hone.weights.decoding.fitting import DecodingShape, decoding_need, rows_planned
from hone.weights.decoding.generate import GenerationJob
from hone.weights.decoding.loop import base, plan_rows

QWEN = {
    "vocab_size": 151_936,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32_768,
    "tie_word_embeddings": True,
}
"""The published sizes of Qwen2.5-0.5B."""
SMALL = {"num_hidden_layers": 2, "hidden_size": 56, "intermediate_size": 64}


class Numbers:
    """Stands in for a tokenizer: answers are not read."""

    eos_token_id = pad_token_id = 0
    chat_template = ""
    name_or_path = "numbers"
    all_special_ids = (0,)

    def get_added_vocab(self) -> dict[str, int]:
        """One token, which ends an answer."""
        return {"<end>": 0}

    def decode(self, _: list[int], **__: Any) -> str:
        """Nothing: decoding a million tokens would only take time."""
        return ""


def opened(options: argparse.Namespace, device: Any) -> tuple[Any, int]:
    """The model, and how many words it has."""
    if options.model:
        model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.bfloat16)
        model = model.to(device).eval()
    else:
        torch.manual_seed(0)
        config = transformers.AutoConfig.for_model("qwen2", **(QWEN | (SMALL if options.small else {})))
        with torch.device(device):
            model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
    return model, int(model.config.vocab_size)


def questions(count: int, words: int, shared: int, shortest: int, longest: int) -> list[list[int]]:
    """Prompts with a common beginning, and lengths like GSM8K's."""
    draws = torch.Generator().manual_seed(1)
    start = torch.randint(1, words, (shared,), generator=draws).tolist()
    lengths = torch.randint(shortest, longest + 1, (count,), generator=draws).tolist()
    return [start + torch.randint(1, words, (length,), generator=draws).tolist() for length in lengths]


def measure(model: Any, prompts: list[list[int]], shared: int, ask: Decoding, name: str) -> dict[str, Any]:
    """One case: what was planned and what it took."""
    device = model.device
    jobs = [
        GenerationJob(place, sample, tuple(prompt), ask.max_tokens)
        for place, prompt in enumerate(prompts)
        for sample in range(ask.samples)
    ]
    planned, shape = plan_rows(model, jobs, shared, ask), DecodingShape.of(base(model))
    rows = ask.rows or rows_planned(shape, planned, len(jobs), device)
    need = decoding_need(shape, planned, min(rows, len(jobs)))
    before = taken = reserved = 0
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    notes: list[str] = []
    started = time.perf_counter()
    made = generate(model, Numbers(), prompts, ask, note=notes.append)
    seconds = time.perf_counter() - started
    if device.type == "cuda":
        taken = torch.cuda.max_memory_allocated() - before
        reserved = torch.cuda.max_memory_reserved() - before
    return {
        "case": name,
        "rows": min(rows, len(jobs)),
        "answers": sum(map(len, made)),
        "tokens": sum(one.tokens for several in made for one in several),
        "seconds": round(seconds, 1),
        "planned_peak": need.peak,
        "peak": taken,
        "off": round(taken / need.peak - 1, 3),
        "planned_total": need.total,
        "reserved": reserved,
        "total_off": round(reserved / need.total - 1, 3),
        "parts": {"cache": need.cache, "step": need.step, "fill": need.fill, "recorded": need.recorded},
        "notes": notes,
    }


def main() -> None:
    """Measure the case of `--questions`, and small ones of other kinds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a transformers folder; without it, random weights")
    parser.add_argument("--questions", type=int, default=7473)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--shared", type=int, default=40, help="tokens that all prompts begin with")
    parser.add_argument("--free", type=float, help="GB to leave free on the device; the rest is held back")
    parser.add_argument("--small", action="store_true", help="a tiny model and few questions, on any machine")
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() and not options.small else "cpu")
    if options.small:
        options.questions, options.max_tokens = 12, 8
    model, words = opened(options, device)
    held = None
    if options.free and device.type == "cuda":
        free, _ = torch.cuda.mem_get_info()
        held = torch.empty(max(0, free - int(options.free * 1e9)), dtype=torch.uint8, device=device)
    prompts = questions(options.questions, words, options.shared, 30, 200)
    few = prompts[: max(1, options.questions // 16)]
    most, samples = options.max_tokens, options.samples
    cases = [
        ("small, greedy", few, Decoding(most)),
        ("small, sampled", few, Decoding(most, 0.7, samples)),
        ("small, nucleus", few, Decoding(most, 0.7, 1, top_p=0.9)),
        ("small, no graphs", few, Decoding(most, 0.7, samples, graphs=False)),
        ("all, sampled", prompts, Decoding(most, 0.7, samples)),
        ("all, far too many rows", prompts, Decoding(most, 0.7, samples, rows=10**6)),
    ]
    for name, asked, ask in cases:
        print(json.dumps(measure(model, asked, options.shared, ask, name)), flush=True)
    del held


if __name__ == "__main__":
    main()
