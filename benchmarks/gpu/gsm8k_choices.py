"""How `gsm8k.py` came to its recipe: each choice is trained on one half of the training problems, tested on the other.

    python benchmarks/gpu/gsm8k_choices.py --data gsm8k --out results --choices reference,blanked [--small]

The stories of the two halves differ, as those of training and test do, and half of the training problems is nearly
three times the test set, so that choices can be told apart without a look at the test problems. Beside the accuracy
stands how many of the wrong answers hold an equation that is false: what is left are mistakes of reasoning.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gsm8k import MOST, problem, put, read, right, taught
from hone.models.decoding import Ask, generate
from hone.models.weights import weights
from hone.problems import Problem, sums
from hone.problems.variants import variants
from hone.stats import wilson
from hone.tuning.adapting import adapt, device, open_model, tokenizer_of
from hone.tuning.settings import TuneSettings
from hone.tuning.tokens import Encoded
from hone.tuning.training import train

ROW = 49_152


@dataclass(frozen=True)
class Choice:
    """One way to train."""

    variants: int = 8
    epochs: float = 3
    rate: float = 6e-4
    decay: float = 0.01
    hidden: float = 0.0
    renamed: bool = False
    questions: bool = False
    """Learn the questions too."""
    noise: float = 0.0
    """NEFTune's alpha."""
    frozen: bool = False
    """Keep the embeddings as they are."""
    sums: int = 0
    step: int = ROW
    seed: int = 0
    soup: tuple[str, ...] = ()
    """Average the weights of these choices instead of training."""


CHOICES = {
    "reference": Choice(),
    "seed": Choice(seed=1),
    "soup": Choice(soup=("reference", "seed")),
    "1-epoch": Choice(epochs=1),
    "2-fast": Choice(epochs=2, rate=1e-3, decay=0.1),
    "fast": Choice(rate=1e-3, decay=0.1),
    "gold": Choice(variants=0),
    "24-variants": Choice(variants=24, epochs=1),
    "hidden-10": Choice(hidden=0.1),
    "hidden-20": Choice(hidden=0.2),
    "hidden-40": Choice(hidden=0.4),
    "hidden-20-long": Choice(hidden=0.2, epochs=6),
    "hidden-soup": Choice(soup=("hidden-20", "reference")),
    "renamed": Choice(renamed=True),
    "renamed-hidden": Choice(renamed=True, hidden=0.2),
    "questions": Choice(questions=True),
    "noise": Choice(noise=5.0),
    "frozen": Choice(frozen=True),
    "sums": Choice(sums=6000),
    "small-steps": Choice(step=16_384, rate=4e-4),
    "slow": Choice(rate=3e-4),
}  # fmt: skip


def varied(row: dict[str, str], count: int) -> list[Problem]:
    return list(variants(row["question"], row["answer"], count=count, seed=1, id=row["id"]))


_NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")


def names(rows: Sequence[dict[str, str]]) -> dict[str, list[str]]:
    """First names by the pronouns of the problems that they stand in: capitalised in mid-sentence, with 's or a verb."""
    seen: dict[str, dict[str, int]] = {}
    for row in rows:
        text = row["question"]
        she = bool(re.search(r"\b(she|her)\b", text, re.I))
        he = bool(re.search(r"\b(he|his|him)\b", text, re.I))
        if she == he:
            continue
        for name in set(re.findall(r"(?<=[a-z,] )([A-Z][a-z]{2,})\b", text)) | set(re.findall(r"^([A-Z][a-z]{2,}) (?:has|is|wants|buys|bought|had|needs|makes|gets|earns|goes|went)\b", text)):
            counts = seen.setdefault(name, {"she": 0, "he": 0})
            counts["she" if she else "he"] += 1
    days = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April",
            "May", "June", "July", "August", "September", "October", "November", "December", "The", "New", "Christmas"}
    found: dict[str, list[str]] = {"she": [], "he": []}
    for name, counts in seen.items():
        total = sum(counts.values())
        for kind in found:
            if total >= 3 and counts[kind] / total > 0.8 and name not in days:
                found[kind].append(name)
    return found


def renamed(one: Problem, known: dict[str, list[str]], draw: random.Random) -> Problem:
    """The same problem about other people."""
    text = one.question + " " + one.reply
    mine = sorted(set(_NAME.findall(text)))
    new = {}
    for name in mine:
        for kind in known.values():
            if name in kind:
                new[name] = draw.choice([other for other in kind if other not in text])
    def swap(words: str) -> str:
        return _NAME.sub(lambda match: new.get(match[0], match[0]), words)
    return replace(one, question=swap(one.question), solution=swap(one.solution or ""))


_EQUATION = re.compile(r"([\d.,$%+\-*/x() ]*\d[\d.,$%+\-*/x() ]*)=\s*\$?(-?[\d,]*\.?\d+)")


def false_equation(text: str) -> bool:
    for left, stated in _EQUATION.findall(text):
        expression = re.sub(r"[$,%]", "", left).replace("x", "*").strip()
        if not re.search(r"\d\s*[-+*/]\s*\(?\d", expression):
            continue
        try:
            value = eval(expression, {"__builtins__": {}})
            if abs(value - float(stated.replace(",", ""))) > 0.02 * max(1, abs(value)) ** 0.5:
                return True
        except (SyntaxError, ZeroDivisionError, ValueError, TypeError, NameError, OverflowError, MemoryError):
            continue
    return False


class Bench:
    def __init__(self, options: argparse.Namespace, pool: Any) -> None:
        self.pool, self.small, self.out = pool, options.small, options.out
        rows = read(options.data / "train.jsonl", 60 if options.small else None)
        self.all_rows = rows
        half = rows[0::2] if not options.second else rows[1::2]
        other = rows[1::2] if not options.second else rows[0::2]
        self.rows, self.test = half, [problem(row) for row in (other[:8] if options.small else other)]
        self.folder = weights("smollm2")
        self.tokenizer = tokenizer_of(self.folder)
        self.kind = device()
        self.known = names(rows)
        print({kind: len(those) for kind, those in self.known.items()}, flush=True)
        self.kept: dict[str, Any] = {}

    def examples(self, choice: Choice) -> list[Encoded]:
        more = self.pool.map(partial(varied, count=choice.variants), self.rows, chunksize=32) if choice.variants else []
        problems = [*(problem(row) for row in self.rows), *(one for several in more for one in several)]
        if choice.renamed:
            draw = random.Random(7)
            gold = len(self.rows)
            problems = problems[:gold] + [renamed(one, self.known, draw) for one in problems[gold:]]
        if choice.sums:
            problems += sums(20 if self.small else choice.sums)
        pairs = [(one.question, one.reply) for one in problems]
        parts = [pairs[start : start + 500] for start in range(0, len(pairs), 500)]
        found = [one for part in self.pool.map(partial(taught, longest=640), parts, 1) for one in part]
        if choice.questions:
            first = found[0].ids
            start = next(i for i in range(len(first)) if any(len(one.ids) <= i or one.ids[i] != first[i] for one in found))
            found = [replace(one, learnt=tuple(place >= start for place in range(len(one.ids)))) for one in found]
        return found

    def trained(self, choice: Choice, tell: Callable[[Any], None] | None = None) -> tuple[Any, Any]:
        row = 768 if self.small else choice.step
        settings = TuneSettings(method="full", learning_rate=choice.rate, epochs=choice.epochs, weight_decay=choice.decay,
                                hidden=choice.hidden, row=row, step_tokens=row, max_length=640, evaluations=4, patience=None,
                                seed=choice.seed, max_steps=2 if self.small else None).resolve(self.kind)
        model = adapt(open_model(self.folder, settings, self.kind), settings)
        embeddings = model.get_input_embeddings()
        hooks = []
        if choice.frozen:
            embeddings.weight.requires_grad_(False)
        if choice.noise:
            import torch
            scale = choice.noise / (150 * model.config.hidden_size) ** 0.5
            hooks.append(embeddings.register_forward_hook(
                lambda module, _, made: made + torch.empty_like(made).uniform_(-scale, scale) if module.training else made))
        history = train(model, self.tokenizer, self.examples(choice), settings, tell=tell)
        for hook in hooks:
            hook.remove()
        return model, history

    def souped(self, choice: Choice) -> Any:
        settings = TuneSettings(method="full").resolve(self.kind)
        model = adapt(open_model(self.folder, settings, self.kind), settings)
        states = [self.kept[name] for name in choice.soup]
        model.load_state_dict({key: sum(state[key].float() for state in states) / len(states) for key in states[0]})
        return model

    def tried(self, name: str) -> dict[str, Any]:
        choice = CHOICES[name]
        started = time.perf_counter()
        if choice.soup:
            model, told = self.souped(choice), {}
        else:
            model, history = self.trained(choice)
            told = {"train_seconds": history.seconds, "tokens": history.tokens, "steps": len(history.steps), "loss": history.steps[-1].loss}
        texts = [several[0] for several in generate(model, self.tokenizer, put(self.test), Ask(max_tokens=24 if self.small else MOST))]
        good = [right(text.text, one) for text, one in zip(texts, self.test, strict=True)]
        wrong = [text.text for text, fine in zip(texts, good, strict=True) if not fine]
        share = wilson(sum(good), len(good))
        self.kept[name] = {key: value.cpu() for key, value in model.state_dict().items()}
        return {"choice": name, "right": sum(good), "n": len(good), "accuracy": share.value, "low": share.low, "high": share.high,
                "false_equations": sum(map(false_equation, wrong)) / max(1, len(wrong)), **told,
                "seconds": time.perf_counter() - started, "wrong": wrong[:40], "items": good}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--choices", default=",".join(CHOICES))
    parser.add_argument("--second", action="store_true", help="train on the second half instead")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    weights("smollm2")
    with multiprocessing.get_context("fork").Pool(2 if options.small else 14) as pool:
        bench = Bench(options, pool)
        for name in options.choices.split(","):
            try:
                found = bench.tried(name)
            except Exception:
                traceback.print_exc()
                continue
            (options.out / f"{name}.json").write_text(json.dumps(found))
            print(json.dumps({key: value for key, value in found.items() if key not in {"wrong", "items"}}), flush=True)


if __name__ == "__main__":
    main()
