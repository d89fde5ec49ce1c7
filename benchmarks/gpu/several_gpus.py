"""Training on one device, on two with whole weights, on two with split weights: the same losses?

    python benchmarks/gpu/several_gpus.py --data gsm8k --model smollm2.gguf [--methods full,lora] [--out several.json]

For each method, the training process that `hone tune` starts is started on SmolLM2 and GSM8K: as it is, with
`--gpus 2` and with `--gpus 2 --shard`. Each takes the same steps over the same rows, so the loss of every step and
the held-out loss afterwards must agree with one device's but for the order of 16-bit sums. `--small` takes two
processes on a processor, which speak through gloo where GPUs speak through NCCL, for a few steps.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from unsloth_backend import make

from hone.training.job import read_history

NEAR = 0.02
"""Nats, on average over the steps: two devices add up in another order than one."""
WAYS: dict[str, dict[str, Any]] = {"one": {}, "two, whole": {"gpus": 2}, "two, split": {"gpus": 2, "sharding": True}}


def trained(options: argparse.Namespace, method: str, way: str, folder: Path) -> dict[str, Any]:
    """One training, as `hone tune` does it: its steps' losses, its time, its memory."""
    size: dict[str, Any] = {"row": 4096, "step_tokens": 32768, "max_steps": options.steps}
    if options.small:
        size = {"row": 512, "max_length": 512, "step_tokens": 2048, "max_steps": 3, "precision": "fp32"}
    told = make(
        options,
        folder,
        backend="trl",
        method=method,
        **size,
        **WAYS[way],
        epochs=100,
        compiled="off",
        checkpointing="off",
        patience=None,
        evaluations=1,
        checkpoints=1,
        scales=(1.0,),
    )
    steps = [one for one in read_history(folder) if one["event"] == "step"]
    later = steps[len(steps) // 4 :]  # what is set up in the first steps is left out
    return {
        "method": method,
        "way": way,
        "losses": [one["loss"] for one in steps],
        "held_out": told["scales"][0]["loss"],
        "peak_bytes": told["peak_bytes"],
        "step_seconds": median(after["seconds"] - before["seconds"] for before, after in pairwise(later)),
        "step_tokens": (later[-1]["tokens"] - later[0]["tokens"]) / (len(later) - 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="gsm8k")
    parser.add_argument("--model", default="smollm2.gguf")
    parser.add_argument("--methods", default="full,lora")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--out", type=Path, help="where figures are written as JSON, too")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as scratch:
        for method in options.methods.split(","):
            for way in WAYS:
                one = trained(options, method, way, Path(scratch, f"{method}-{len(found)}"))
                found.append(one)
                if options.out:
                    options.out.write_text(json.dumps(found))
                alone = next(other for other in found if other["method"] == method)
                apart = [abs(a - b) for a, b in zip(alone["losses"], one["losses"], strict=True)]
                failed |= sum(apart) / len(apart) > NEAR or abs(one["held_out"] - alone["held_out"]) > NEAR
                rows.append(
                    f"| `{method}` | {way} | {one['losses'][0]:.4f} to {one['losses'][-1]:.4f} | "
                    f"{sum(apart) / len(apart):.4f} | {one['held_out']:.4f} | {1000 * one['step_seconds']:.0f} | "
                    f"{one['step_tokens'] / one['step_seconds']:,.0f} | {one['peak_bytes'] / 2**30:.2f} |"
                )
                print(rows[-1], flush=True)
    print(
        "| method | devices | loss, first to last step | apart from one device, mean | held-out loss | ms/step "
        "| tokens/s | peak GiB a device |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    if failed:
        raise SystemExit(f"losses differ by more than {NEAR}")


if __name__ == "__main__":
    main()
