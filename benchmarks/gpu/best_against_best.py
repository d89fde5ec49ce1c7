"""GSM8K, best against best: a chat model under several prompts, and what tuning adds to its best one.

    python benchmarks/gpu/best_against_best.py --model gguf:qwen.gguf --data gsm8k --out results [--arms base,choose]

Each arm is tested on all 1,319 test problems, greedily, under the prompt under which it solves most of 320 problems
that neither train nor test it (one in ten of the training problems; see `hone.problems`). Arms:

- ``base``: under five ways besides: plain, solve, solve with 2 shots, boxed, boxed with 8 shots.
- ``choose``: what ``hone tune --budget`` hands over.
- ``gold``: ``hone tune`` as it comes: gold answers under the prompt `solve`.
- ``self``: the base's own answers under `solve`, as ``hone tune data --self`` writes them, and ``hone tune`` on
  them.
- ``predecessor``: LoRA of rank 16, 60 steps of about 8 problems, learning rate 2e-4, gold answers.

Each writes ``ARM-SEED.json`` into the folder, with right or wrong for each problem, and the table is made from those
that are there: ``--table FOLDER``. A row's gate is that of ``hone bench``: 95% interval of the paired difference to
the base under its best prompt above -2 points. ``--small`` tries the whole path without a GPU.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hone.bench.comparing import BASE_CUT_AT_MOST
from hone.problems import Problem, Prompting, answers_rightly, candidates, has_looped, load_problems
from hone.stats import paired_shares, wilson
from hone.stats.share_difference import above_margin

CHOOSING = 320
KEPT = ("kept", "prompt", "prompts", "arms", "arm", "difference", "confirmed", "shares", "scales", "scale", "seconds")
NAMED = ("plain", "solve", "solve, 2 shots", "boxed", "boxed, 8 shots")


def tested(model: Any, tokenizer: Any, problems: Sequence[Problem], way: Prompting) -> dict[str, Any]:
    """Greedy answers under a prompt: how many are right, cut, in a loop."""
    from hone.training.solving import LAST_LIMIT, LIMIT, greedy_answers  # noqa: PLC0415 - loads torch

    started = time.perf_counter()
    texts = greedy_answers(model, tokenizer, [way.ask(one.question) for one in problems], LIMIT, LAST_LIMIT)
    looped = [text.cut and has_looped(text.text) for text in texts]
    items = [
        int(answers_rightly(text.text, one.answer) and not loops)
        for text, one, loops in zip(texts, problems, looped, strict=True)
    ]
    cut = sum(text.cut and not loops for text, loops in zip(texts, looped, strict=True))
    return {
        "prompt": way.label,
        "right": sum(items),
        "n": len(items),
        "cut": cut,
        "looped": sum(looped),
        "tokens": sum(text.tokens for text in texts) / len(texts),
        "seconds": time.perf_counter() - started,
        "items": items,
    }


class Arms:
    """What all arms share."""

    def __init__(self, options: argparse.Namespace) -> None:
        from hone.weights.opening import weights  # noqa: PLC0415 - loads torch
        from hone.weights.tokenizer import open_tokenizer  # noqa: PLC0415

        self.options, small = options, options.small
        started = time.perf_counter()
        self.folder = weights(options.model)
        self.opening = time.perf_counter() - started
        self.tokenizer = open_tokenizer(self.folder)
        self.test = load_problems(str(options.data), "test")[: 8 if small else None]
        self.choosing = load_problems(str(options.data), "choosing")[: 8 if small else CHOOSING]
        pool = [one for one in load_problems(str(options.data), "train") if not one.for_choosing]
        self.prompts = candidates(pool[: 400 if small else None])

    def load(self, adapter: Path | None = None) -> Any:
        import torch  # noqa: PLC0415

        from hone.models.local import load_model  # noqa: PLC0415

        gc.collect()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return load_model(self.folder, adapter, torch.device(device))

    def at_best(self, model: Any) -> dict[str, Any]:
        """Its best prompt, and the test under it."""
        from hone.training.solving import best_prompt  # noqa: PLC0415 - loads torch

        started = time.perf_counter()
        best, shares = best_prompt(model, self.tokenizer, self.prompts, self.choosing)
        seconds = time.perf_counter() - started
        return {
            "prompts": [one.as_data() for one in shares],
            "choosing_seconds": seconds,
            "best": tested(model, self.tokenizer, self.test, best),
        }

    def base(self) -> dict[str, Any]:
        model = self.load()
        found = self.at_best(model) | {"opening_seconds": self.opening, "ways": []}
        for way in self.prompts:
            if way.label in NAMED and way.label != found["best"]["prompt"]:
                found["ways"].append(tested(model, self.tokenizer, self.test, way))
        return found

    def tuned(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run ``hone tune`` as a person would, and test what it hands over."""
        runs, small = self.options.work / name, ("--limit", "60", "--max-steps", "2") if self.options.small else ()
        command = ["tune", *arguments, *small, "--base", self.options.model, "--runs", str(runs), "--json"]
        command += ["--seed", str(self.options.seed), "--fresh", "--backend", "trl"]
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "hone.cli.main", *command], capture_output=True, text=True, check=False
        )
        (self.options.out / f"{name}-{self.options.seed}.log").write_text(done.stdout[-4000:] + done.stderr[-20000:])
        if done.returncode:
            raise RuntimeError(f"hone {' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
        told = json.loads(done.stdout)
        adapter = runs / told["run"] / "adapter"
        kept = {key: told.get(key) for key in KEPT}
        spent = time.perf_counter() - started
        found = {"tune": kept, "tune_seconds": spent, "adapter": str(adapter)}
        model = self.load(adapter)
        if "--budget" in arguments:  # it hands over a prompt, too
            way = next(one for one in self.prompts if one.label == told["prompt"])
            return found | {"best": tested(model, self.tokenizer, self.test, way)}
        return found | self.at_best(model)

    def choose(self) -> dict[str, Any]:
        more = () if self.options.rank is None else ("--rank", str(self.options.rank))
        return self.tuned("choose", str(self.options.data), "--budget", self.options.budget, *more)

    def gold(self) -> dict[str, Any]:
        return self.tuned("gold", str(self.options.data))

    def predecessor(self) -> dict[str, Any]:
        shaped = {"rank": 16, "learning_rate": 2e-4, "max_steps": 60, "epochs": 10}
        flags = [word for key, value in shaped.items() for word in (f"--{key.replace('_', '-')}", str(value))]
        sets = ["--set", "step_tokens=1600", "--set", "row=1600", "--set", "scales=[1]", "--set", "patience=none"]
        return self.tuned("predecessor", str(self.options.data), *flags, *sets)

    def self(self) -> dict[str, Any]:
        own = self.options.work / "own-solve.jsonl"
        command = ["tune", "data", str(self.options.data), "--self", "--out", str(own), "--base", self.options.model]
        if self.options.small:
            command += ["--limit", "40"]
        subprocess.run([sys.executable, "-m", "hone.cli.main", *command], check=True, capture_output=True)
        return self.tuned("self", str(own))


def table(folder: Path) -> None:
    """The table of what is there, as Markdown."""
    read = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    # The strongest rival: whichever way does best in the test itself, which favours the base.
    ways = [way for name, one in read.items() if name.startswith("base") for way in (one["best"], *one["ways"])]
    base = max(ways, key=lambda one: one["right"]) if ways else None
    print("| what | prompt | right of 1,319 | accuracy | cut | tokens | against the best base, points | gate |")
    print("|---|---|---|---|---|---|---|---|")
    for name, found in read.items():
        for place, one in enumerate([found["best"], *found.get("ways", [])]):
            share = wilson(one["right"], one["n"])
            accuracy = f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"
            label = f"{name}{'' if place else ', at its best'}"
            beside, gate = "", ""
            if base is not None and one is not base:
                gap = paired_shares([float(x) for x in one["items"]], [float(x) for x in base["items"]])
                beside = f"{100 * gap.value:+.1f} ({100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
                heard = base["cut"] <= BASE_CUT_AT_MOST * base["n"]
                gate = "open" if above_margin(gap) and heard else "refused"
            cells = (label, one["prompt"], f"{one['right']:,}", accuracy, f"{one['cut']:,}", f"{one['tokens']:.0f}")
            print(f"| {' | '.join((*cells, beside, gate))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--data", type=Path, default=Path("gsm8k"))
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--arms", default="base,choose,gold,self,predecessor")
    parser.add_argument("--budget", default="12m")
    parser.add_argument("--rank", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    if options.table:
        table(options.table)
        return
    for folder in (options.out, options.work):
        folder.mkdir(parents=True, exist_ok=True)
    arms = Arms(options)
    for name in options.arms.split(","):
        try:
            found = getattr(arms, name)()
        except Exception:
            print(f"{name}: {traceback.format_exc()}", flush=True)
            continue
        (options.out / f"{name}-{options.seed}.json").write_text(json.dumps(found))
        best = found["best"]
        print(
            f"{name}: {best['prompt']}: {best['right']} of {best['n']}, {found.get('tune_seconds', 0):.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
