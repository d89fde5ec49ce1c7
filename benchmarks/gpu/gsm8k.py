"""GSM8K for real: SmolLM2-135M-Instruct on all 1,319 test problems, as it is and tuned in three ways.

    python benchmarks/gpu/gsm8k.py --data gsm8k --out results --work weights [--arms base,full] [--small]

Arms:
- ``base``: the model as it is, without shots and with 2.
- ``predecessor``: its recipe: LoRA of rank 16, 60 steps of about 8 problems, learning rate 2e-4, gold answers.
- ``practice``: every weight, on sums without stories (`hone.problems.drills`), because half of the wrong answers hold
  a false equation. ``full`` and the halves go on from it.
- ``first-half``, ``second-half``: trained on one half of the training problems and on variants of them (one story,
  other numbers: `hone.problems.variants`), tested on the other half, whose questions they then answer several times.
  What is right, in its result and in every equation, is kept for ``full``. A model that has seen a question knows its
  answer by heart and has no other to give. With ``--round 2`` each half is trained once more, with what the other
  found for its questions in the first round, and only answers that are new are kept.
- ``full``: every weight, on gold answers, variants, some sums, and what the halves found.
- ``soup``: the mean of the weights of several ``full`` runs (``--seed``).
- ``lora``: adapters of rank 128, on the sums first, then on the same examples without what the halves found.

The test problems are only ever tested on: every choice was made between the halves (`gsm8k_choices.py`). Each arm
writes ``ARM.json``; the table is made from those that are there, so arms can be run one by one, or on several GPUs at
once: where one needs another it waits for its file. ``--small`` tries the whole path without a GPU; its figures mean
nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import traceback
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hone.examples.tokens import encode_all
from hone.problems import Problem, choose_shots, prompting, read_answer, split_answer
from hone.problems.checking import false_equations
from hone.problems.drills import drills
from hone.problems.variants import variants
from hone.stats import wilson
from hone.training.adapting import adapt, device, open_model, tokenizer_of
from hone.training.settings import TuneSettings
from hone.training.training import train
from hone.weights.decoding import Decoding, generate
from hone.weights.opening import weights

HELD_OUT = 300
MOST = 320
ROW = 16_384
VARIANTS = 8
DRILLS = 60_000
"""Problems of ten sums each."""
REPLAYED = 4_000
"""Problems of ten sums that stand among the word problems."""
ANSWERS = 16
KEPT = 4
"""Right answers of its own that are kept for one question, each with other sums."""
PATIENCE = 900
"""Seconds that an arm waits for another."""
HALVES = {"first-half": 0, "second-half": 1}


def read(path: Path, limit: int | None = None) -> list[dict[str, str]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:limit]]
    return [{"id": str(number), **row} for number, row in enumerate(rows, 1)]


def problem(row: dict[str, str]) -> Problem:
    solution, answer = split_answer(row["answer"])
    return Problem(row["id"], row["question"], answer, solution)


def varied(row: dict[str, str], count: int) -> list[Problem]:
    return list(variants(row["question"], row["answer"], count=count, seed=1, id=row["id"]))


def drilled(seed: int, answers: Sequence[str], count: int) -> list[Problem]:
    return list(drills(answers, count, seed=seed))


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
    texts = [several[0] for several in generate(model, tokenizer, put(problems, shots), Decoding(max_tokens=MOST))]
    seconds = time.perf_counter() - started
    good = [right(text.text, one) for text, one in zip(texts, problems, strict=True)]
    wrong = [text.text for text, fine in zip(texts, good, strict=True) if not fine]
    share = wilson(sum(good), len(problems))
    return {
        "right": sum(good),
        "n": len(problems),
        "accuracy": share.value,
        "interval": [share.low, share.high],
        "strict": sum(right(text.text, one, strict=True) for text, one in zip(texts, problems, strict=True)),
        "cut": sum(text.cut for text in texts),
        "test_seconds": seconds,
        "tokens": sum(text.tokens for text in texts),
        "wrong_with_false_equations": sum(bool(false_equations(text)) for text in wrong) / max(1, len(wrong)),
        "items": [int(fine) for fine in good],
    }


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


def told_apart(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, tuple[str, ...]], tuple[str, str]]:
    """The pairs by question and sums; of those with the same sums the first."""
    found: dict[tuple[str, tuple[str, ...]], tuple[str, str]] = {}
    for question, reply in pairs:
        found.setdefault((question, sums_of(reply)), (question, reply))
    return found


def own_answers(
    model: Any, tokenizer: Any, problems: Sequence[Problem], count: int, known: Iterable[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Right answers of the model's own, at most a few a question, with sums of which no answer is known."""
    before = told_apart([*known, *paired(problems)])
    ask = Decoding(max_tokens=256, temperature=0.8, samples=count, seed=2)
    found = []
    for one, texts in zip(problems, generate(model, tokenizer, put(problems), ask), strict=True):
        good = told_apart(
            (one.question, text.text.strip())
            for text in texts
            if not text.cut and right(text.text, one, strict=True) and not false_equations(text.text)
        )
        found += [pair for key, pair in good.items() if key not in before][:KEPT]
    return found


class Arms:
    """What all arms share: model folder, problems, settings."""

    def __init__(self, options: argparse.Namespace, pool: Any) -> None:
        self.small, self.pool, self.out, self.work = options.small, pool, options.out, options.work
        self.seed, self.options = options.seed, options
        rows = read(options.data / "train.jsonl", 40 if self.small else None)
        held = HELD_OUT if not self.small else 4
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
            method="lora",
            rank=16,
            learning_rate=2e-4,
            epochs=10,
            max_steps=2 if self.small else 60,
            warmup=0.1,
            step_tokens=1600 if not self.small else 700,
            row=1600 if not self.small else 700,
            held_out=0.05,
            max_length=self.longest,
            compiled="off",
            patience=None,
        )
        model, history = self.trained(None, settings, paired(self.gold))
        return {"predecessor's recipe": tested(model, self.tokenizer, self.test) | history}

    def practice(self) -> dict[str, Any]:
        """Sums alone; how many of fresh ones are right."""
        model, history = self.trained(None, self.shaped("full", 6e-4, 1), paired(self.drills(DRILLS, self.seed)))
        fresh = self.drills(20 * 16, 1_000_000)
        texts = [
            several[0].text for several in generate(model, self.tokenizer, put(fresh), Decoding(max_tokens=MOST))
        ]
        wanted = [
            (line, text.splitlines())
            for one, text in zip(fresh, texts, strict=True)
            for line in one.solution.splitlines()
        ]
        folder = self.folder_of("practice")
        part = folder.with_name(f".{folder.name}.part")
        model.save_pretrained(part)
        self.tokenizer.save_pretrained(part)
        part.rename(folder)
        return {"sums": {"right": sum(line in lines for line, lines in wanted), "n": len(wanted)} | history}

    def half(self, name: str) -> dict[str, Any]:
        """Train on one half, test on the other, and keep the right answers given there."""
        mine, other = self.rows[HALVES[name] :: 2], self.rows[1 - HALVES[name] :: 2]
        unseen = [problem(row) for row in other]
        settings = self.shaped("full", 4e-4, self.options.epochs)
        known = self.own(self.options.round - 1)
        asked = {row["question"] for row in mine}
        examples = [*self.examples(mine), *(pair for pair in known if pair[0] in asked)]
        model, history = self.trained(self.practised(), settings, examples)
        found = {name: tested(model, self.tokenizer, unseen) | history}
        self.write(name, found)
        print(name, {key: value for key, value in found[name].items() if key != "items"}, flush=True)
        if not self.options.answers:
            return found
        own = own_answers(model, self.tokenizer, unseen, 2 if self.small else self.options.answers, known)
        path = self.work / f"own-{name}-{self.seed}-{self.options.round}.jsonl"
        path.with_suffix(".part").write_text("".join(json.dumps(pair) + "\n" for pair in own), encoding="utf-8")
        path.with_suffix(".part").rename(path)
        found[name]["own"] = len(own)
        return found

    def full(self) -> dict[str, Any]:
        own = self.own(self.options.round)
        examples = [*self.examples(self.rows), *own]
        model, history = self.trained(self.practised(), self.shaped("full", 4e-4, self.options.epochs), examples)
        return self.finished("full", model, history | {"own": len(own)})

    def own(self, rounds: int) -> list[tuple[str, str]]:
        """What both halves have answered right in all rounds up to one, once each."""
        for done in range(1, rounds + 1):
            for name in HALVES:
                self.wait(f"own-{name}-*-{done}.jsonl")
        paths = [path for path in sorted(self.work.glob("own-*.jsonl")) if int(path.stem.rsplit("-", 1)[1]) <= rounds]
        lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
        return list(told_apart(tuple(json.loads(line)) for line in lines).values())

    def lora(self) -> dict[str, Any]:
        sums = paired(self.drills(DRILLS, self.seed))
        model, practice = self.trained(None, self.shaped("lora", 1.5e-3, 1), sums)
        model, history = self.trained(model, self.shaped("lora", 1e-3, 3), self.examples(self.rows))
        history["train_seconds"] += practice["train_seconds"]
        return self.finished("lora", model, history)

    def soup(self) -> dict[str, Any]:
        """The mean of the weights of every ``full`` that is there: runs from one start lie in one valley."""
        settings = TuneSettings(method="full").resolve(self.kind)
        folders = sorted(self.work.glob("full-*"))
        model = open_model(folders[0], settings, self.kind)
        states = [open_model(folder, settings, "cpu").state_dict() for folder in folders]
        mean = {name: sum(state[name].float() for state in states) / len(states) for name in states[0]}
        model.load_state_dict(mean)
        return self.finished("soup", model, {"of": len(folders)})

    def finished(self, label: str, model: Any, history: dict[str, Any]) -> dict[str, Any]:
        held = tested(model, self.tokenizer, self.held_out)
        found = tested(model, self.tokenizer, self.test) | history | {"held_out": held["accuracy"]}
        model.save_pretrained(self.work / f"{label}-{self.seed}{self.options.label}")
        return {f"{label}{self.options.label}": found}

    def examples(self, rows: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
        """Gold answers, variants, and some sums."""
        made = self.pool.map(partial(varied, count=1 if self.small else VARIANTS), rows, chunksize=64)
        gold, more = [problem(row) for row in rows], [one for several in made for one in several]
        return paired([*gold, *more, *self.drills(REPLAYED, 500_000 + self.seed)])

    def drills(self, count: int, seed: int) -> list[Problem]:
        """Problems of ten sums, drawn from the training answers' own."""
        count, pieces = (8, 2) if self.small else (count, 64)
        draw = partial(drilled, answers=[row["answer"] for row in self.rows], count=-(-count // pieces))
        return [
            one for part in self.pool.map(draw, [seed * 1000 + piece for piece in range(pieces)], 1) for one in part
        ]

    def folder_of(self, name: str) -> Path:
        return Path(self.work / f"{name}-{self.seed}")

    def practised(self) -> Any:
        """The model of ``practice``, which this process or another has made or is making."""
        folder = self.folder_of("practice")
        self.wait(folder.name)
        settings = TuneSettings(method="full").resolve(self.kind)
        return adapt(open_model(folder, settings, self.kind), settings)

    def wait(self, name: str) -> None:
        """Until another process has made what is needed."""
        started = time.monotonic()
        while not list(self.work.glob(name)):
            if time.monotonic() - started > PATIENCE:
                raise FileNotFoundError(f"{self.work / name}: run the arm that makes it")
            time.sleep(1)

    def write(self, arm: str, found: dict[str, Any]) -> None:
        """Keep what there is: a run that is cut off has lost only what was under way."""
        (self.out / f"{arm}{self.options.label}.json").write_text(json.dumps(found))

    def shaped(self, method: Any, rate: float, epochs: float) -> TuneSettings:
        """A step of one row: many small steps were worth more than few large ones."""
        length = 768 if self.small else self.options.row
        return TuneSettings(
            method=method,
            rank=128,
            learning_rate=rate * (self.options.row / ROW) ** 0.5,
            epochs=epochs,
            weight_decay=0.01,
            row=length,
            step_tokens=length,
            max_length=self.longest,
            evaluations=4,
            patience=None,
            seed=self.seed,
            max_steps=2 if self.small else None,
        )

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
            "examples": len(pairs),
            "train_seconds": history.seconds,
            "train_tokens": history.tokens,
            "steps": len(history.steps),
            "loss": history.loss,
            "peak_gb": history.peak_bytes / 2**30,
        }


def paired(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    return [(one.question, one.reply) for one in problems]


def told(event: dict[str, Any]) -> None:
    """Print a step now and then."""
    if event.get("step", 1) % 200 == 0 or "loss" not in event:
        print(json.dumps(event), flush=True)


def table(out: Path) -> str:
    lines = [
        "| what | right of n | accuracy | 95% interval | wrong by an equation | trained on | training | test |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted(out.glob("*.json")):
        for name, row in json.loads(path.read_text()).items():
            if "interval" not in row:
                continue
            low, high = row["interval"]
            training = f"{row['train_seconds']:.0f} s" if "train_seconds" in row else ""
            lines.append(
                f"| {name} | {row['right']} of {row['n']} | {row['accuracy']:.1%} | {low:.1%} to {high:.1%} | "
                f"{row['wrong_with_false_equations']:.0%} | {row.get('examples', '')} | {training} | "
                f"{row['test_seconds']:.0f} s |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with train.jsonl and test.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where weights and the halves' answers are kept")
    parser.add_argument("--arms", default="base,predecessor,practice,first-half,second-half,full,lora")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--row", type=int, default=ROW, help="tokens of a step")
    parser.add_argument("--epochs", type=float, default=3, help="of `full` and the halves")
    parser.add_argument("--answers", type=int, default=ANSWERS, help="a question in the halves; 0 asks none")
    parser.add_argument("--round", type=int, default=1, help="of the halves; in `full`, how many are learnt from")
    parser.add_argument("--label", default="", help="added to the names of results")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    if options.small:
        globals()["MOST"] = 24
    for folder in (options.out, options.work):
        folder.mkdir(parents=True, exist_ok=True)
    weights("smollm2")  # made once, before there are several processes that want it
    # Forked before CUDA starts: its memory cannot be shared.
    with multiprocessing.get_context("fork").Pool(2 if options.small else 14) as pool:
        arms = Arms(options, pool)
        for arm in options.arms.split(","):
            started = time.perf_counter()
            try:
                found = arms.half(arm) if arm in HALVES else getattr(arms, arm)()
            except Exception:  # the other arms are worth having
                traceback.print_exc()
                continue
            arms.write(arm, found)
            for name, row in found.items():
                print(name, {key: value for key, value in row.items() if key != "items"}, flush=True)
            print(f"{arm}: {time.perf_counter() - started:.0f} s", flush=True)
    text = table(options.out)
    (options.out / "gsm8k.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
