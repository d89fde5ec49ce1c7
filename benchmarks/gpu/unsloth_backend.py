"""The Unsloth backend runs to its end, and plain PEFT loads what it made with the same held-out losses.

    python benchmarks/gpu/unsloth_backend.py --data gsm8k --model smollm2.gguf [--methods lora,qlora] [--small]

For each method, the training process that `hone tune --backend unsloth` starts is started on SmolLM2 and GSM8K. Then
its adapter is opened in a process that never imports Unsloth, on the base as the method has it (16-bit, or 4-bit for
`qlora`), and the held-out loss of the kept scale is worked out again. The losses that Unsloth's own layers gave while
training, of the base and of the best weights, must be those of scales 0 and 1 there. `--small` does the same with
the `trl` backend on a processor, for a few steps.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

NEAR = 0.02
"""Nats: kernels differ in the order of their 16-bit sums."""


def given(path: str) -> Path | None:
    """SmolLM2's GGUF file, on a machine without the package that brings it; none where there is no such file."""
    return Path(path) if Path(path).is_file() else None


def make(
    options: argparse.Namespace, folder: Path, *, backend: Literal["trl", "unsloth"], **settings: Any
) -> dict[str, Any]:
    """Train SmolLM2 on GSM8K in Hone's own process, and give what it told last."""
    from hone.examples.reading import data_digest, of_problem
    from hone.examples.splitting import split_examples
    from hone.problems import load_problems, prompting
    from hone.training.job import TrainingJob
    from hone.training.settings import TuneSettings
    from hone.tuning.choice import pins
    from hone.tuning.launching import launch
    from hone.weights.content import content_of
    from hone.weights.opening import weights

    put = prompting()
    limit = 60 if options.small else 2000
    problems = load_problems(str(Path(options.data) / "train.jsonl"), "train", limit=limit)
    halves = split_examples([of_problem(one, put) for one in problems], 0.05, seed=0)
    base = weights("smollm2", file=given(options.model))
    how = TuneSettings.model_validate({"rank": 16, "epochs": 1.0, **settings})
    job = TrainingJob(
        base="smollm2",
        weights=str(base),
        weights_digest=content_of(base),
        settings=how,
        prompt=put.system,
        backend=backend,
        data=data_digest(halves.train),
        source="gsm8k",
        pins=pins(),
    )
    folder.mkdir(parents=True)
    job.write(folder, halves.train, halves.held_out)
    return launch(job, folder, lambda event: print(json.dumps(event)[:300], flush=True))


def again(folder: Path) -> float:
    """The held-out loss of the adapter in plain PEFT."""
    import torch

    from hone.examples.tokens import encode_all
    from hone.extras import library
    from hone.training.adapting import device, open_model, tokenizer_of
    from hone.training.job import ADAPTER, HELD_OUT, TrainingJob, read_rows
    from hone.training.packing import pack
    from hone.training.rows import held_out_loss

    job, kind = TrainingJob.read(folder), device()
    base = Path(job.weights)
    how = job.settings.resolve(kind)
    found = encode_all(tokenizer_of(base), (one.chat for one in read_rows(folder / HELD_OUT)), longest=how.max_length)
    model = library("peft").PeftModel.from_pretrained(open_model(base, how, kind), folder / ADAPTER)
    assert "unsloth" not in sys.modules
    with torch.no_grad():
        return held_out_loss(model, pack(found.examples, how.row or how.max_length, seed=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="gsm8k")
    parser.add_argument("--model", default="smollm2.gguf")
    parser.add_argument("--methods", default="lora,qlora")
    parser.add_argument("--scales", default="0,0.5,1", help="of the adapter that are tried; 0 and 1 among them")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--again", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.again:
        print(json.dumps({"loss": again(options.again)}))
        return
    backend: Literal["trl", "unsloth"] = "trl" if options.small else "unsloth"
    scales = tuple(float(one) for one in options.scales.split(","))
    small = {"row": 512, "max_length": 512, "max_steps": 2} if options.small else {}
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as scratch:
        for method in options.methods.split(","):
            folder = Path(scratch, method)
            told = make(options, folder, backend=backend, method=method, scales=scales, **small)
            kept = next(one for one in told["scales"] if one["scale"] == told["scale"])
            command = [sys.executable, __file__, "--again", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            loss = json.loads(done.stdout.strip().splitlines()[-1])["loss"]
            plain = {one["scale"]: one["loss"] for one in told["scales"]}
            there = told["held_out"][0]["loss"], min(look["loss"] for look in told["held_out"])
            pairs = (there[0], plain[0]), (there[1], plain[1]), (kept["loss"], loss)
            failed |= any(abs(one - other) > NEAR for one, other in pairs)
            rows.append(
                f"| {method} | {told['backend']} | {told['steps']} | {there[0]:.4f}, {plain[0]:.4f} | "
                f"{there[1]:.4f}, {plain[1]:.4f} | {told['scale']:g} | {kept['loss']:.4f}, {loss:.4f} | "
                f"{told['seconds']:.0f} |"
            )
            print(rows[-1], flush=True)
    print(
        "| method | backend | steps | held-out loss of the base: while training, afterwards | of the best weights: "
        "the same | kept scale | loss with it: when saved, opened again | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    if failed:
        raise SystemExit(f"a loss differs by more than {NEAR}")


if __name__ == "__main__":
    main()
