"""GSM8K for real: SmolLM2-135M-Instruct on all 1,319 test problems, as it is and tuned in three ways.

    python benchmarks/gpu/gsm8k.py --data gsm8k --out results [--arms base,full] [--work FOLDER] [--small]

Arms:
- ``base``: the model as it is, without shots and with 2.
- ``predecessor``: its recipe: LoRA of rank 16, 60 steps of about 8 problems, learning rate 2e-4, gold answers.
- ``full``, ``lora``: every weight, or adapters of rank 128. First on the gold answers and on variants of them (one
  story, other numbers: `hone.problems.variants`); then the model itself answers the training questions several
  times, and what is right and new is learnt beside the rest.

The test problems are only ever tested on: 300 training problems are held out for every choice. Each arm writes
``ARM.json``; the table is made from those that are there, so arms can be run one by one. ``--small`` tries the whole
path in a minute without a GPU; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hone.models.decoding import Ask, generate
from hone.models.weights import weights
from hone.problems import Problem, choose_shots, prompting, read_answer, split_answer
from hone.problems.variants import variants
from hone.stats import wilson
from hone.tuning.adapting import adapt, device, open_model, tokenizer_of
from hone.tuning.settings import TuneSettings
from hone.tuning.tokens import encode_all
from hone.tuning.training import train

HELD_OUT = 300
MOST = 320
ROW = 49_152
VARIANTS = 8
ANSWERS = 8
KEPT = 4
"""Right answers of its own that are kept for one question, each with other sums."""


def read(path: Path, limit: int | None = None) -> list[dict[str, str]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:limit]]
    return [{"id": str(number), **row} for number, row in enumerate(rows, 1)]


def problem(row: dict[str, str]) -> Problem:
    solution, answer = split_answer(row["answer"])
    return Problem(row["id"], row["question"], answer, solution)


def varied(row: dict[str, str], count: int) -> list[Problem]:
    return list(variants(row["question"], row["answer"], count=count, seed=1, id=row["id"]))


def right(text: str, one: Problem, *, strict: bool = False) -> bool:
    answer = read_answer(text)
    gold = read_answer(f"#### {one.answer}").value
    return answer.value == gold and (answer.strict or not strict)


def put(problems: Sequence[Problem], shots: Sequence[Problem] = ()) -> list[Any]:
    way = prompting(shots)
    return [way.ask(one.question) for one in problems]


def tested(model: Any, tokenizer: Any, problems: Sequence[Problem], *shots: Problem) -> dict[str, Any]:
    """Greedy answers to the problems: how many are right, read strictly and flexibly."""
    started = time.perf_counter()
    texts = [several[0] for several in generate(model, tokenizer, put(problems, shots), Ask(max_tokens=MOST))]
    seconds = time.perf_counter() - started
    count = sum(right(text.text, one) for text, one in zip(texts, problems, strict=True))
    share = wilson(count, len(problems))
    return {
        "right": count, "n": len(problems), "accuracy": share.value, "interval": [share.low, share.high],
        "strict": sum(right(text.text, one, strict=True) for text, one in zip(texts, problems, strict=True)),
        "cut": sum(text.cut for text in texts), "test_seconds": seconds, "tokens": sum(text.tokens for text in texts),
        "items": [right(text.text, one) for text, one in zip(texts, problems, strict=True)],
    }  # fmt: skip


def taught(pairs: Sequence[tuple[str, str]], longest: int) -> list[Any]:
    """The pairs as tokens, one process' share of them."""
    way = prompting()
    turns = (
        [{"role": message.role, "content": message.content} for message in way.teach(question, reply)]
        for question, reply in pairs
    )
    return encode_all(tokenizer_of(weights("smollm2")), turns, longest=longest).examples


def sums_of(reply: str) -> tuple[str, ...]:
    """What tells two answers apart: the lines' numbers, not their words."""
    return tuple("".join(c for c in line if c in "0123456789+-*/=.") for line in reply.splitlines())


def own_answers(model: Any, tokenizer: Any, problems: Sequence[Problem], count: int) -> list[tuple[str, str]]:
    """Right answers of the model's own, at most a few a question, each with other sums than the gold answer."""
    ask = Ask(max_tokens=256, temperature=0.8, samples=count, seed=2)
    found = []
    for one, texts in zip(problems, generate(model, tokenizer, put(problems), ask), strict=True):
        new: dict[tuple[str, ...], str] = {}
        for text in texts:
            if not text.cut and right(text.text, one, strict=True):
                new.setdefault(sums_of(text.text), text.text.strip())
        new.pop(sums_of(one.reply), None)
        found += [(one.question, reply) for reply in list(new.values())[:KEPT]]
    return found


class Arms:
    """What all arms share: model folder, problems, settings."""

    def __init__(self, options: argparse.Namespace, pool: Any) -> None:
        self.small, self.pool, self.out = options.small, pool, options.out
        self.work = options.work
        rows = read(options.data / "train.jsonl", 40 if self.small else None)
        held = max(4, HELD_OUT if not self.small else 4)
        self.rows, self.held_out = rows[held:], [problem(row) for row in rows[:held]]
        self.gold = [problem(row) for row in self.rows]
        self.test = [problem(row) for row in read(options.data / "test.jsonl", 8 if self.small else None)]
        self.folder = weights("smollm2")
        self.tokenizer = tokenizer_of(self.folder)
        self.kind = device()
        self.longest = 640

    def base(self) -> dict[str, Any]:
        model = open_model(self.folder, TuneSettings(), self.kind)
        model.config.use_cache = True
        shots = choose_shots(self.gold, 2)
        return {
            "base, 0-shot": tested(model, self.tokenizer, self.test),
            "base, 2-shot": tested(model, self.tokenizer, self.test, *shots),
        }

    def predecessor(self) -> dict[str, Any]:
        settings = TuneSettings(
            method="lora", rank=16, learning_rate=2e-4, epochs=10, max_steps=2 if self.small else 60, warmup=0.1,
            step_tokens=1600 if not self.small else 700, row=1600 if not self.small else 700, held_out=0.05,
            max_length=self.longest, compiled="off", patience=None,
        )  # fmt: skip
        pairs = [(one.question, one.reply) for one in self.gold]
        model, history = self.trained(None, settings, pairs)
        return {"predecessor's recipe": tested(model, self.tokenizer, self.test) | history}

    def full(self) -> dict[str, Any]:
        first = TuneSettings(method="full", learning_rate=6e-4, epochs=3, weight_decay=0.01)
        return self.ours("full", [first, first.model_copy(update={"learning_rate": 4e-4})])

    def lora(self) -> dict[str, Any]:
        first = TuneSettings(method="lora", rank=128, learning_rate=1.5e-3, epochs=3)
        return self.ours("lora", [first, first.model_copy(update={"learning_rate": 8e-4})])

    def ours(self, name: str, rounds: list[TuneSettings]) -> dict[str, Any]:
        """Gold and variants, then the model's own right answers as well, each round going on from the last."""
        made = self.pool.map(partial(varied, count=1 if self.small else VARIANTS), self.rows, chunksize=64)
        more = [one for several in made for one in several]
        pairs = [(one.question, one.reply) for one in (*self.gold, *more)]
        found: dict[str, Any] = {}
        model, own, sampled = None, [], 0.0
        for number, settings in enumerate(rounds):
            if number:
                started = time.perf_counter()
                own = own_answers(model, self.tokenizer, self.gold, 2 if self.small else ANSWERS)
                sampled = time.perf_counter() - started
            mixed = [*pairs, *own]
            model, history = self.trained(model, self.shaped(settings), mixed)
            label = f"{name}, {'and its own right answers' if number else 'gold and variants'}"
            label += f" ({number} rounds)" if number > 1 else ""
            held = tested(model, self.tokenizer, self.held_out)
            found[label] = tested(model, self.tokenizer, self.test) | history | {
                "examples": len(mixed), "own": len(own), "sampling_seconds": sampled, "held_out": held["accuracy"],
            }  # fmt: skip
            print(label, {key: value for key, value in found[label].items() if key != "items"}, flush=True)
            self.write(name, found)
        if self.work:
            model.save_pretrained(self.work / name)
        return found

    def write(self, arm: str, found: dict[str, Any]) -> None:
        """Keep what there is: a run that is cut off has lost only its last round."""
        (self.out / f"{arm}.json").write_text(json.dumps(found))

    def shaped(self, settings: TuneSettings) -> TuneSettings:
        """Rows as long as the GPU holds, and a step of one row."""
        length = 768 if self.small else ROW
        return settings.model_copy(update={
            "row": length, "step_tokens": length, "max_length": self.longest, "evaluations": 4, "patience": None,
            "max_steps": 2 if self.small else None,
        })  # fmt: skip

    def trained(
        self, model: Any, settings: TuneSettings, pairs: Sequence[tuple[str, str]]
    ) -> tuple[Any, dict[str, Any]]:
        settings = settings.resolve(self.kind)
        if model is None:
            model = adapt(open_model(self.folder, settings, self.kind), settings)
        parts = [pairs[start : start + 1000] for start in range(0, len(pairs), 1000)]
        examples = [one for part in self.pool.map(partial(taught, longest=self.longest), parts, 1) for one in part]
        # No looks at the held-out loss: it rises while more answers become right, so it cannot say when to stop.
        history = train(model, self.tokenizer, examples, settings, tell=told)
        return model, {
            "train_seconds": history.seconds, "train_tokens": history.tokens, "steps": len(history.steps),
            "loss": history.loss, "peak_gb": history.peak_bytes / 2**30,
        }  # fmt: skip


def told(event: dict[str, Any]) -> None:
    """Print a step now and then."""
    if event.get("step", 1) % 50 == 0 or "loss" not in event:
        print(json.dumps(event), flush=True)


def table(out: Path) -> str:
    lines = [
        "| what | right of n | accuracy | 95% interval | trained on | training | test |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in ("base", "predecessor", "lora", "full"):
        path = out / f"{arm}.json"
        for name, row in json.loads(path.read_text()).items() if path.exists() else ():
            low, high = row["interval"]
            training = f"{row['train_seconds']:.0f} s" if "train_seconds" in row else ""
            lines.append(
                f"| {name} | {row['right']} of {row['n']} | {row['accuracy']:.1%} | {low:.1%} to {high:.1%} | "
                f"{row.get('examples', '')} | {training} | {row['test_seconds']:.0f} s |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with train.jsonl and test.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", default="base,predecessor,full,lora")
    parser.add_argument("--work", type=Path, help="where tuned weights are kept")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    if options.small:
        globals()["MOST"] = 24
    options.out.mkdir(parents=True, exist_ok=True)
    weights("smollm2")  # made once, before there are several processes that want it
    # Forked before CUDA starts: its memory cannot be shared.
    with multiprocessing.get_context("fork").Pool(2 if options.small else None) as pool:
        arms = Arms(options, pool)
        for arm in options.arms.split(","):
            started = time.perf_counter()
            try:
                found = getattr(arms, arm)()
            except Exception:  # the other arms are worth having
                traceback.print_exc()
                continue
            arms.write(arm, found)
            print(f"{arm}: {time.perf_counter() - started:.0f} s", flush=True)
    text = table(options.out)
    (options.out / "gsm8k.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
