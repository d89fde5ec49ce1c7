"""How `gsm8k.py` came to its recipe: choices trained on one half of the training problems, tested on the other.

    python benchmarks/gpu/gsm8k_choices.py --data gsm8k --out results [--choice "other people"] [--small]

The stories of the two halves differ, as those of training and test do, and half of the training problems is nearly
three times the test set, so that choices can be told apart without a look at the test problems. Every choice starts
from the base; what sums without stories add is seen in the halves of `gsm8k.py`. Writes ``CHOICE.json`` and prints a
row of the table for each.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gsm8k import paired, problem, read, taught, tested, varied

from hone.examples.tokens import Encoded
from hone.problems import Problem, sums
from hone.training.adapting import adapt, device, open_model, tokenizer_of
from hone.training.settings import TuneSettings
from hone.training.training import train
from hone.weights.opening import weights

ROW = 49_152


@dataclass(frozen=True)
class Choice:
    """One way to train every weight."""

    variants: int = 8
    epochs: float = 3
    rate: float = 6e-4
    decay: float = 0.01
    renamed: bool = False
    """Variants are about other people."""
    questions: bool = False
    """Learn the questions too."""
    noise: float = 0.0
    """Alpha of NEFTune (Jain and others 2023): noise on the embeddings."""
    frozen: bool = False
    """Keep the embeddings as they are."""
    sums: int = 0
    """So many problems of `hone.problems.sums` beside the others."""
    step: int = ROW
    """Tokens of a step."""
    seed: int = 0
    soup: tuple[str, ...] = ()
    """Average the weights of these choices instead of training."""


CHOICES = {
    "reference": Choice(),
    "another seed": Choice(seed=1),
    "soup": Choice(soup=("reference", "another seed")),
    "2 epochs, faster": Choice(epochs=2, rate=1e-3, decay=0.1),
    "24 variants, 1 epoch": Choice(variants=24, epochs=1),
    "8 variants, 1 epoch": Choice(epochs=1),
    "NEFTune": Choice(noise=5.0),
    "other people": Choice(renamed=True),
    "questions too": Choice(questions=True),
    "embeddings frozen": Choice(frozen=True),
    "with problems made on the spot": Choice(sums=6000),
    "steps of 16k tokens": Choice(step=16_384, rate=4e-4),
}
_NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")
_WITHIN = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{2,})\b")
_LEADING = re.compile(r"^([A-Z][a-z]{2,}) (?:has|is|wants|buys|bought|had|needs|makes|gets|earns|goes|went)\b")
_NO_NAMES = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December The New Christmas".split()
)


def names(rows: Sequence[dict[str, str]]) -> dict[str, list[str]]:
    """First names by the pronouns of the problems that they stand in."""
    seen: dict[str, dict[str, int]] = {}
    for row in rows:
        text = row["question"]
        she, he = (bool(re.search(rf"\b({words})\b", text, re.I)) for words in ("she|her", "he|his|him"))
        if she == he:
            continue
        for name in {*_WITHIN.findall(text), *_LEADING.findall(text)} - _NO_NAMES:
            counts = seen.setdefault(name, {"she": 0, "he": 0})
            counts["she" if she else "he"] += 1
    often = {name: counts for name, counts in seen.items() if sum(counts.values()) > 2}
    return {
        kind: [name for name, counts in often.items() if counts[kind] > 0.8 * sum(counts.values())]
        for kind in ("she", "he")
    }


def renamed(one: Problem, known: dict[str, list[str]], draw: random.Random) -> Problem:
    """The same problem about other people."""
    text = one.question + " " + one.reply
    new = {}
    for name in sorted(set(_NAME.findall(text))):
        for kind in known.values():
            if name in kind:
                new[name] = draw.choice([other for other in kind if other not in text])

    def swap(words: str) -> str:
        return _NAME.sub(lambda match: new.get(match[0], match[0]), words)

    return replace(one, question=swap(one.question), solution=swap(one.solution))


class Choosing:
    """One half to train on, the other to test on."""

    def __init__(self, options: argparse.Namespace, pool: Any) -> None:
        self.pool, self.small = pool, options.small
        rows = read(options.data / "train.jsonl", 60 if self.small else None)
        self.rows, self.unseen = rows[0::2], [problem(row) for row in rows[1::2]][: 8 if self.small else None]
        self.known = names(rows)
        self.folder = weights("smollm2")
        self.tokenizer, self.kind = tokenizer_of(self.folder), device()
        self.states: dict[str, Any] = {}

    def tried(self, name: str) -> dict[str, Any]:
        choice = CHOICES[name]
        told: dict[str, Any] = {}
        if choice.soup:
            model = self.souped(choice)
        else:
            model, history = self.trained(choice)
            told = {"train_seconds": history.seconds, "steps": len(history.steps)}
        self.states[name] = {key: value.cpu() for key, value in model.state_dict().items()}
        return tested(model, self.tokenizer, self.unseen) | told

    def trained(self, choice: Choice) -> tuple[Any, Any]:
        row = 768 if self.small else choice.step
        settings = TuneSettings(
            method="full",
            learning_rate=choice.rate,
            epochs=choice.epochs,
            weight_decay=choice.decay,
            row=row,
            step_tokens=row,
            max_length=640,
            patience=None,
            seed=choice.seed,
            max_steps=2 if self.small else None,
        ).resolve(self.kind)
        model = adapt(open_model(self.folder, settings, self.kind), settings)
        embeddings = model.get_input_embeddings()
        embeddings.weight.requires_grad_(not choice.frozen)
        noisy = partial(noise, scale=choice.noise / (150 * model.config.hidden_size) ** 0.5)
        hook = embeddings.register_forward_hook(noisy) if choice.noise else None
        history = train(model, self.tokenizer, self.examples(choice), settings)
        if hook:
            hook.remove()
        return model, history

    def souped(self, choice: Choice) -> Any:
        settings = TuneSettings(method="full").resolve(self.kind)
        model = open_model(self.folder, settings, self.kind)
        states = [self.states[name] for name in choice.soup]
        model.load_state_dict({key: sum(state[key].float() for state in states) / len(states) for key in states[0]})
        return model

    def examples(self, choice: Choice) -> list[Encoded]:
        made = self.pool.map(partial(varied, count=choice.variants), self.rows, chunksize=32)
        more = [one for several in made for one in several]
        draw = random.Random(7)  # noqa: S311 - repeatable draws are wanted
        if choice.renamed:
            more = [renamed(one, self.known, draw) for one in more]
        pairs = paired([*map(problem, self.rows), *more, *sums(choice.sums)])
        parts = [pairs[start : start + 500] for start in range(0, len(pairs), 500)]
        found = [one for part in self.pool.map(partial(taught, longest=640), parts, 1) for one in part]
        if not choice.questions:
            return found
        least, most = min(one.ids for one in found), max(one.ids for one in found)
        system = next(place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b)
        return [replace(one, learnt=tuple(place >= system for place in range(len(one)))) for one in found]


def noise(module: Any, _: Any, made: Any, *, scale: float) -> Any:
    return made + made.new_empty(made.shape).uniform_(-scale, scale) if module.training else made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--choice", action="append", help="repeat for several; a soup needs its own before it")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    weights("smollm2")
    with multiprocessing.get_context("fork").Pool(2 if options.small else 14) as pool:
        choosing = Choosing(options, pool)
        print("| choice | right of n | accuracy | 95% interval | wrong answers with a false equation |")
        print("|---|---|---|---|---|")
        for name in options.choice or CHOICES:
            found = choosing.tried(name)
            (options.out / f"{name}.json").write_text(json.dumps(found))
            low, high = found["interval"]
            print(
                f"| {name} | {found['right']:,} of {found['n']:,} | {found['accuracy']:.1%} | {low:.1%} to "
                f"{high:.1%} | {found['wrong_with_false_equations']:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
