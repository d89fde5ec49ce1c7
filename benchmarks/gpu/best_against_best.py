"""GSM8K, best against best: a chat model under several prompts, and what tuning adds to its best one.

    python benchmarks/gpu/best_against_best.py --model gguf:qwen.gguf --data gsm8k --out results [--arms base,choose]

Each arm is tested on all 1,319 test problems, greedily, under the prompt under which it solves most of 320 problems
that neither train nor test it (one in ten of the training problems; see `hone.problems`). Arms:

- ``base``: under five ways besides: plain, solve, solve with 2 shots, boxed, boxed with 8 shots.
- ``choose``: what ``hone tune --budget`` hands over.
- ``gold``: ``hone tune`` as it comes: gold answers under the prompt `solve`.
- ``self``: the base's own answers under `solve`, as ``hone tune data --self`` writes them, and ``hone tune`` on
  them.
- ``own``: the base's own words under its best prompt, in three rounds at a rate of 1e-4, each tested: the second and
  third are drawn from the model before it. Then own words with gold answers where there are none (mixed).
- ``sums``: ``hone tune sums --budget`` and ``hone bench sums --gate`` with what it hands over, as a person would.
- ``export``: what ``choose`` handed over as GGUF files (q8_0 and, where the converter can, q4_k_m), read back and
  tested again on all problems, and on 200 by llama.cpp on the processor beside the base's own file.
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
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hone.bench.comparing import BASE_CUT_AT_MOST
from hone.problems import Problem, Prompting, answers_rightly, candidates, load_problems
from hone.stats import paired_shares, wilson
from hone.stats.share_difference import above_margin

CHOOSING = 320
KEPT = ("kept", "prompt", "prompts", "arms", "arm", "difference", "confirmed", "shares", "scales", "scale", "seconds")
NAMED = ("plain", "solve", "solve, 2 shots", "boxed", "boxed, 8 shots")


def tested(model: Any, tokenizer: Any, problems: Sequence[Problem], way: Prompting) -> dict[str, Any]:
    """Greedy answers under a prompt: how many are right, cut, in a loop."""
    from hone.training.solving import LAST_LIMIT, LIMIT, greedy_answers, loops  # noqa: PLC0415 - loads torch

    started = time.perf_counter()
    texts = greedy_answers(model, tokenizer, [way.ask(one.question) for one in problems], LIMIT, LAST_LIMIT)
    looped = [loops(text) for text in texts]
    items = [
        int(answers_rightly(text.text, one.answer) and not ends)
        for text, one, ends in zip(texts, problems, looped, strict=True)
    ]
    cut = sum(text.cut and not ends for text, ends in zip(texts, looped, strict=True))
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
            "prompts": [asdict(one) for one in shares],
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

    def own(self) -> dict[str, Any]:
        from hone.examples.reading import of_problem  # noqa: PLC0415 - loads torch
        from hone.training.adapting import open_model  # noqa: PLC0415
        from hone.training.own import Drawing, own_examples, same_reply, taught_under  # noqa: PLC0415
        from hone.training.settings import TuneSettings  # noqa: PLC0415
        from hone.training.solving import best_prompt  # noqa: PLC0415

        small = self.options.small
        size = {"row": 512, "max_length": 512, "step_tokens": 512, "max_steps": 2, "precision": "fp32"}
        how = TuneSettings.model_validate(
            {
                "rank": self.options.rank or 32,
                "learning_rate": 1e-4,
                "epochs": 1,
                "compiled": "off",
                "patience": None,
                "seed": self.options.seed,
                **(size if small else {}),
            }
        )
        model: Any = self.load()
        kind = model.device.type
        how = how.resolve(kind)
        way, shares = best_prompt(model, self.tokenizer, self.prompts, self.choosing)
        pool = [one for one in load_problems(str(self.options.data), "train") if not one.for_choosing]
        gold = [of_problem(one, way) for one in pool[: 12 if small else None]]
        words: dict[str, list[Any]] = {one.id: [] for one in gold}
        found: dict[str, Any] = {"prompts": [asdict(one) for one in shares], "ways": [], "shares": []}
        base = open_model(self.folder, how, kind)
        for number in (1, 2, 3):
            started = time.perf_counter()
            drawn = way if number == 1 else way.without_shots
            ask = Drawing(prompting=drawn, rewrite=number == 1, seed=self.options.seed + number)
            rows, told = own_examples(model, self.tokenizer, gold, ask)
            questions = {one.question: one.id for one in gold}
            for row in rows:
                known = words[questions[row.question]]
                if len(known) < ask.keep * number and not any(same_reply(row.reply, one.reply) for one in known):
                    known.append(row)
            del model
            model, base = self.learnt(base, [row for several in words.values() for row in several] or gold, how)
            right = tested(model, self.tokenizer, self.test, way.without_shots)
            found["ways"].append(right | {"prompt": f"{right['prompt']}, own words, round {number}"})
            found["shares"].append(told.as_data() | {"seconds": time.perf_counter() - started})
        lacking = [taught_under(one, way) for one in gold if not words[one.id]]
        rows = [row for several in words.values() for row in several] + lacking
        del model
        model, _ = self.learnt(base, rows, how)
        right = tested(model, self.tokenizer, self.test, way.without_shots)
        return found | {"best": right | {"prompt": f"{right['prompt']}, own words and gold where there are none"}}

    def learnt(self, base: Any, rows: Sequence[Any], how: Any) -> tuple[Any, Any]:
        """The base with adapters that learnt some rows, and the base itself."""
        from hone.examples.tokens import encode_all  # noqa: PLC0415 - loads torch
        from hone.training.adapting import adapt  # noqa: PLC0415
        from hone.training.training import train  # noqa: PLC0415

        bare = base.unload() if hasattr(base, "unload") else base
        model = adapt(bare, how)
        train(
            model,
            self.tokenizer,
            encode_all(self.tokenizer, (one.chat for one in rows), longest=how.max_length).examples,
            how,
        )
        return model, model

    def sums(self) -> dict[str, Any]:
        runs, small = self.options.work / "sums", ("--limit", "80") if self.options.small else ()
        shared = ["--base", self.options.model, "--runs", str(runs), "--seed", str(self.options.seed), "--json"]
        told = self.run(
            "tune", "sums", "--budget", self.options.budget, *small, *shared, "--fresh", "--backend", "trl"
        )
        model, adapter = f"hf:{self.folder}", runs / told["run"] / "adapter"
        test = ["bench", "sums", "--model", model, "--model", f"{model}+{adapter}", "--gate", "--json", *small]
        return {
            "tune": {key: told.get(key) for key in KEPT},
            "bench": self.run(*test, "--runs", str(runs), codes=(0, 3)),
        }

    def export(self) -> dict[str, Any]:
        tuned = json.loads((self.options.out / f"choose-{self.options.seed}.json").read_text())
        made = self.options.work / "export"
        spec = f"hf:{self.folder}+{tuned['adapter']}"
        quants = ["--quant", "q8_0", *(() if self.options.small else ("--quant", "q4_k_m"))]
        self.run("export", spec, "--out", str(made), *quants, "--json")
        files = sorted(made.glob("*.gguf"))
        found: dict[str, Any] = {"files": {one.name: one.stat().st_size for one in files}, "read back": {}}
        way = next(one for one in self.prompts if one.label == tuned["best"]["prompt"])
        for file in files:
            self.folder = self.opened(f"gguf:{file}")
            found["read back"][file.name] = tested(self.load(), self.tokenizer, self.test, way)
        models = [
            word for one in (self.options.model, *(f"gguf:{one}" for one in files)) for word in ("--model", one)
        ]
        limit = "4" if self.options.small else "200"
        test = ["bench", str(self.options.data), *models, "--limit", limit, "--prompt", way.label, "--json", "--gate"]
        found["processor"] = self.run(*test, "--runs", str(self.options.work / "on-processor"), codes=(0, 3))
        return found

    def opened(self, spec: str) -> Path:
        from hone.weights.opening import weights  # noqa: PLC0415 - loads torch

        return weights(spec)

    def run(self, *arguments: str, codes: Sequence[int] = (0,)) -> Any:
        """What a command of Hone prints as JSON."""
        command = [sys.executable, "-m", "hone.cli.main", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise RuntimeError(f"hone {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-500:]}")
        return json.loads(done.stdout)


def table(folder: Path) -> None:
    """The table of what is there, as Markdown."""
    read = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    # The strongest rival: whichever way does best in the test itself, which favours the base.
    ways = [way for name, one in read.items() if name.startswith("base") for way in (one["best"], *one["ways"])]
    base = max(ways, key=lambda one: one["right"]) if ways else None
    print("| what | prompt | right of 1,319 | accuracy | cut | tokens | against the best base, points | gate |")
    print("|---|---|---|---|---|---|---|---|")
    for name, found in read.items():
        if "best" not in found:
            continue
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
        best = found.get("best")
        said = f"{best['prompt']}: {best['right']} of {best['n']}, " if best else ""
        print(f"{name}: {said}{found.get('tune_seconds', 0):.0f} s", flush=True)


if __name__ == "__main__":
    main()
