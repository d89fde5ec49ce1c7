"""Training on one device, on two with whole weights, on two with split weights: the same losses, and how fast?

    python benchmarks/gpu/several_gpus.py --data gsm8k --models smollm2.gguf,qwen.gguf --out results
    python benchmarks/gpu/several_gpus.py --table results

Everything goes through the training processes that `hone tune` starts, on GSM8K's training problems. Parts:

- ``losses``: for each model and method the same steps over the same rows on one device, on two with whole weights
  (``--gpus 2``) and on two with split ones (``--gpus 2 --shard``); three seeds on one device say how far apart runs
  lie that are meant to differ. Several trainings run at once (``--together``): their times mean nothing.
- ``speed``: Llama-3.2-3B's shape with random weights, one training at a time, as many tokens a step on each device:
  tokens a second, and the most memory that a device held.
- ``kill``: ``hone tune --gpus 2`` of which one process is ended by SIGKILL at half; the same command goes on.
- ``answers``: a model of two GPUs' machine answers through `hf:`; what it says about the second GPU.

Each training writes a file into ``--out``; one that is there is not done again. ``--small`` tries everything with two
processes on a processor, which speak through gloo where GPUs speak through NCCL, in a few minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

NEAR = 1e-3
"""Nats: what two devices may be apart from one in the first step, by the order of 16-bit sums."""
SEEDS = (0, 1, 2)
WAYS: dict[str, dict[str, Any]] = {"one": {}, "whole": {"gpus": 2}, "split": {"gpus": 2, "sharding": True}}
SHAPE = "llama-3b-shape"
FIXED = {
    "epochs": 100,
    "compiled": "off",
    "checkpointing": "off",
    "patience": None,
    "evaluations": 1,
    "checkpoints": 1,
    "scales": (1.0,),
    "rank": 16,
}


def rows(options: argparse.Namespace, count: int) -> list[Any]:
    """Training problems as examples without an answer that could be checked: nothing is asked afterwards."""
    from hone.examples.reading import of_problem
    from hone.problems import load_problems, prompting

    put = prompting()
    problems = load_problems(str(Path(options.data) / "train.jsonl"), "train", limit=count)
    return [replace(of_problem(one, put), answer=None) for one in problems]


def base_of(options: argparse.Namespace, model: str) -> Path:
    """The folder of a model's weights; those of the shape are drawn once."""
    from hone.weights.opening import weights

    if model != SHAPE:
        return weights(f"gguf:{model}")
    from training_speed import SHAPE as SIZES
    from training_speed import TINY, random_base

    folder = options.out / SHAPE
    if not (folder / "config.json").is_file():
        random_base(folder, TINY if options.small else SIZES)
        for path in weights(f"gguf:{options.models.split(',')[0]}").iterdir():
            if "token" in path.name or path.suffix == ".jinja":
                (folder / path.name).write_bytes(path.read_bytes())
    return folder


def trained(options: argparse.Namespace, one: dict[str, Any]) -> dict[str, Any]:
    """One training in its own processes, as `hone tune` does it: its steps' losses, its time, its memory."""
    from hone.examples.reading import data_digest
    from hone.examples.splitting import split_examples
    from hone.training.job import TrainingJob, read_history
    from hone.training.settings import TuneSettings
    from hone.tuning.choice import pins
    from hone.tuning.launching import launch
    from hone.weights.content import content_of

    base, halves = base_of(options, one["model"]), split_examples(rows(options, one["rows"]), 0.05, seed=0)
    settings = {"method": one["method"], "seed": one["seed"], **FIXED, **WAYS[one["way"]], **one["settings"]}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "run")
        folder.mkdir()
        job = TrainingJob(
            base=one["model"],
            weights=str(base),
            weights_digest=content_of(base),
            settings=TuneSettings.model_validate(settings),
            backend="trl",
            data=data_digest(halves.train),
            source="gsm8k",
            pins=pins(),
        )
        job.write(folder, halves.train, halves.held_out)
        told = launch(job, folder, lambda event: print(json.dumps(event)[:300], flush=True))
        steps = [event for event in read_history(folder) if event["event"] == "step"]
    later = steps[len(steps) // 3 :]  # what is set up in the first steps is left out
    spans = [after["seconds"] - before["seconds"] for before, after in pairwise(later)]
    return one | {
        "losses": [step["loss"] for step in steps],
        "held_out": next(scale["loss"] for scale in told["scales"] if scale["scale"] == 1),
        "peak_bytes": told["peak_bytes"],
        "step_seconds": median(spans) if spans else None,
        "step_tokens": (later[-1]["tokens"] - later[0]["tokens"]) / max(1, len(spans)),
    }


def plan(options: argparse.Namespace, part: str) -> list[dict[str, Any]]:
    """The trainings of a part."""
    small = options.small
    if part == "losses":
        size: dict[str, Any] = {"row": 4096, "step_tokens": 32768, "max_steps": options.steps}
        if small:
            size = {"row": 512, "max_length": 512, "step_tokens": 2048, "max_steps": 3}
            size["precision"] = options.precision
        count = 60 if small else 4000
        return [
            {"model": model, "method": method, "way": way, "seed": seed, "rows": count, "settings": size}
            for model in options.models.split(",")
            for method in options.methods.split(",")
            for way in WAYS
            for seed in (SEEDS if way == "one" else SEEDS[:1])
        ]
    row = 512 if small else 16384
    return [
        {
            "model": SHAPE,
            "method": method,
            "way": way,
            "seed": 0,
            "rows": 60 if small else 7473,
            "settings": {
                "row": row,
                "max_length": min(row, 1024),
                "step_tokens": row * WAYS[way].get("gpus", 1),
                "max_steps": 4 if small else 18,
                **({"precision": "fp32"} if small else {}),
            },
        }
        for method in options.methods.split(",")
        for way in WAYS
    ]


def file_of(options: argparse.Namespace, part: str, one: dict[str, Any]) -> Path:
    name = "-".join((part, Path(one["model"]).stem, one["method"], one["way"], str(one["seed"])))
    return Path(options.out) / f"{name}.json"


def again(options: argparse.Namespace, *more: str) -> list[str]:
    """This script with the same options and more."""
    given = ("data", "models", "out", "steps", "methods", "precision")
    flags = [word for name in given for word in (f"--{name}", str(getattr(options, name)))]
    return [sys.executable, __file__, *flags, *(["--small"] if options.small else []), *more]


def all_of(options: argparse.Namespace, part: str) -> None:
    """Every training of a part, some at once."""

    def run(place_and_one: tuple[int, dict[str, Any]]) -> None:
        place, one = place_and_one
        out = file_of(options, part, one)
        if out.exists():
            return
        environment = dict(os.environ)
        if one["way"] == "one":
            environment["CUDA_VISIBLE_DEVICES"] = str(place % 2)
        started = time.perf_counter()
        with out.with_suffix(".log").open("w") as log:
            command = again(options, "--one", json.dumps(one), "--write", str(out))
            code = subprocess.run(command, stdout=log, stderr=log, env=environment, check=False).returncode
        print(f"{out.stem}: exit {code}, {time.perf_counter() - started:.0f} s", flush=True)

    # The models' files are read back once, before several want them.
    for model in dict.fromkeys(one["model"] for one in plan(options, part)):
        base_of(options, model)
    with ThreadPoolExecutor(options.together if part == "losses" else 1) as pool:
        list(pool.map(run, enumerate(plan(options, part))))


def kill(options: argparse.Namespace) -> None:
    """End one process at half, see what is said, go on; beside a run that nobody disturbs."""
    out = Path(options.out)
    data = out / "rows.jsonl"
    lines = (json.dumps({"messages": one.chat}) + "\n" for one in rows(options, 60 if options.small else 2000))
    data.write_text("".join(lines))
    steps = 6 if options.small else 40
    sets = ["epochs=100", "evaluations=2", f"checkpoints={steps // 2}", "patience=none", "compiled=off", "scales=[1]"]
    sets += ["row=512", "max_length=512", "step_tokens=2048"] if options.small else ["row=4096", "step_tokens=32768"]
    for way in ("whole", "split"):
        command = [sys.executable, "-m", "hone.cli.main", "tune", str(data), "--gpus", "2", "--backend", "trl"]
        command += ["--base", f"gguf:{options.models.split(',')[0]}", "--max-steps", str(steps)]
        command += [word for one in sets for word in ("--set", one)] + (["--shard"] if way == "split" else [])
        found: dict[str, Any] = {"way": way}
        for name, killed in (("undisturbed", False), ("killed", True), ("again", False)):
            runs = out / f"kill-{way}-{'whole' if name == 'undisturbed' else 'ended'}"
            started = time.perf_counter()
            process = subprocess.Popen(
                [*command, "--runs", str(runs)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            if killed:
                found["killed_at"] = _end_second(runs, steps // 2)
                ended = time.perf_counter()
            said = process.communicate(timeout=600)[0]
            found[name] = {"exit": process.returncode, "said": said[-1500:], "seconds": time.perf_counter() - started}
            if killed:
                time.sleep(1)
                found[name]["seconds_to_end"] = time.perf_counter() - ended - 1
                found[name]["left_running"] = len(list(_processes(runs)))
            history = sorted(runs.glob("*/history.jsonl"))
            lines_told = [json.loads(line) for path in history[-1:] for line in path.read_text().splitlines()]
            found[name]["losses"] = {
                one["step"]: one["loss"] for one in lines_told if one["event"] == "step"
            }  # a step done twice counts as it was done last
        (out / f"kill-{way}.json").write_text(json.dumps(found, indent=1))
        print(f"kill, {way}: {[found[name]['exit'] for name in ('undisturbed', 'killed', 'again')]}", flush=True)


def _processes(runs: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The training processes over a folder of runs, with what torch told each of them."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
            told = (path / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "hone.training.process" in words and any(word.startswith(str(runs)) for word in words):
            yield int(path.name), dict(one.partition("=")[::2] for one in told)


def _end_second(runs: Path, step: int) -> int:
    """Wait for a step, and end the process of rank 1; the step at which that was."""
    until = time.monotonic() + 400
    while time.monotonic() < until:
        lines = [line for path in runs.glob("*/history.jsonl") for line in path.read_text().splitlines()]
        done = [one["step"] for one in map(json.loads, lines) if one["event"] == "step"]
        if done and done[-1] >= step:
            for number, told in _processes(runs):
                if told.get("RANK") == "1":
                    os.kill(number, signal.SIGKILL)
                    return int(done[-1])
        time.sleep(0.05)
    raise SystemExit("no second process was found")


def answers(options: argparse.Namespace) -> None:
    """What a model says that is asked through `hf:` where several GPUs are."""
    import torch

    from hone.models.local import TransformersModel

    folder = base_of(options, options.models.split(",")[0])
    model = TransformersModel(f"hf:{folder}", str(folder))
    print(f"{torch.cuda.device_count()} devices; notes: {model.notes}", flush=True)
    (Path(options.out) / "answers.json").write_text(
        json.dumps({"devices": torch.cuda.device_count(), "notes": model.notes})
    )


def table(folder: Path) -> None:
    """What is there, as Markdown; exit 1 where two devices do not learn what one does."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    runs = [(name.partition("-")[0], one) for name, one in found.items() if "losses" in one and "way" in one]
    failed = _losses([one for part, one in runs if part == "losses"])
    _speed([one for part, one in runs if part == "speed"])
    for name, one in found.items():
        if name.startswith("kill-"):
            _killed(one)
    if failed:
        raise SystemExit("two devices did not learn what one does")


def _losses(runs: list[dict[str, Any]]) -> bool:
    print("| model | method | devices | apart from one: first step | mean of all | held-out loss | seeds of one |")
    print("|---|---|---|---|---|---|---|")
    failed = False
    for model, method in dict.fromkeys((one["model"], one["method"]) for one in runs):
        same = [one for one in runs if (one["model"], one["method"]) == (model, method)]
        alone = sorted((one for one in same if one["way"] == "one"), key=lambda one: one["seed"])
        if not alone:
            continue
        ends = [one["held_out"] for one in alone]
        for one in sorted(same, key=lambda one: (list(WAYS).index(one["way"]), one["seed"])):
            if one["way"] == "one" and one["seed"]:
                continue
            apart = [abs(a - b) for a, b in zip(alone[0]["losses"], one["losses"], strict=True)]
            spread = f"{min(ends):.4f} to {max(ends):.4f}" if one["way"] == "one" else ""
            near = apart[0] <= NEAR and abs(one["held_out"] - ends[0]) <= max(NEAR, max(ends) - min(ends))
            failed |= not near
            print(
                f"| {Path(model).stem} | `{method}` | {_named(one)} | {apart[0]:.5f} | {mean(apart):.5f} | "
                f"{one['held_out']:.4f} | {spread} |"
            )
    return failed


def _speed(runs: list[dict[str, Any]]) -> None:
    print("| method | devices | tokens/s | times one device | ms/step | peak GiB a device |")
    print("|---|---|---|---|---|---|")
    for one in sorted(runs, key=lambda one: (one["method"], list(WAYS).index(one["way"]))):
        alone = [each for each in runs if each["method"] == one["method"] and each["way"] == "one"]
        rate = one["step_tokens"] / one["step_seconds"]
        times = rate / (alone[0]["step_tokens"] / alone[0]["step_seconds"]) if alone else float("nan")
        print(
            f"| `{one['method']}` | {_named(one)} | {rate:,.0f} | {times:.2f} | {1000 * one['step_seconds']:.0f} | "
            f"{one['peak_bytes'] / 2**30:.1f} |"
        )


def _named(one: dict[str, Any]) -> str:
    return {"one": "one", "whole": "two, whole weights", "split": "two, split weights"}[one["way"]]


def _killed(one: dict[str, Any]) -> None:
    whole, again_ = one["undisturbed"]["losses"], one["again"]["losses"]
    apart = [abs(loss - again_[step]) for step, loss in whole.items() if step in again_]
    print(
        f"{one['way']}: process 2 ended at step {one['killed_at']}; exit {one['killed']['exit']} "
        f"{one['killed']['seconds_to_end']:.0f} s later, {one['killed']['left_running']} left running; the same "
        f"command: exit {one['again']['exit']}, {len(again_)} of {len(whole)} steps, losses at most {max(apart):.5f} "
        f"apart from a run that was not disturbed"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="gsm8k")
    parser.add_argument("--models", default="smollm2.gguf", help="GGUF files; the first is the one for small things")
    parser.add_argument("--methods", default="lora,full")
    parser.add_argument("--parts", default="losses,speed,kill,answers")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--together", type=int, default=3)
    parser.add_argument("--precision", default="fp32", help="of --small")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--table", type=Path)
    for name in ("one", "write"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.table:
        table(options.table)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    options.out = options.out.resolve()
    if options.one:
        Path(options.write).write_text(json.dumps(trained(options, json.loads(options.one))))
        return
    for part in options.parts.split(","):
        if part in {"losses", "speed"}:
            all_of(options, part)
        else:
            {"kill": kill, "answers": answers}[part](options)


if __name__ == "__main__":
    main()
