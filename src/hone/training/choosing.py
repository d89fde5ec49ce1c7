"""Chooses what is learnt, and whether anything is: gold answers, a model's own words or both, at which learning rate.

All of it happens within a budget of time, on one opened base. Its best prompt is sought; it answers the training
questions under that prompt, and what is right is kept; several arms train adapters on a share of the data, and the
best goes on with all of it. Where time is left, the tuned model answers what was hard, and a further round learns
from that. Problems that nothing was learnt from decide: the first half which prompt and which arm, the second, which
was not looked at before, whether what was learnt is handed over or the base stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from hone.errors import TuneError
from hone.examples.reading import Example, ExampleRow
from hone.examples.tokens import Tokens, encode_all
from hone.files import write_whole
from hone.problems import Problem, Prompting, TriedPrompt, candidates, prompt_search
from hone.stats import Figure, paired_shares
from hone.stats.share_difference import above_margin
from hone.training.adapting import adapt, trainable
from hone.training.history import Tell, TrainingHistory
from hone.training.own import REWRITTEN, Drawing, Shares, own_examples, same_reply, taught_under
from hone.training.pace import Pace
from hone.training.preflight import pass_seconds
from hone.training.settings import TuneSettings
from hone.training.sharding import put
from hone.training.solving import best_prompt, problem_of, solved
from hone.training.training import train
from hone.weights.tokenizer import context_of

LEAST = 40
"""Problems that it takes to choose anything."""
OWN = "own.jsonl"
_MOST = {"cuda": 800, "mps": 160, "cpu": 80}
"""Problems that decide, by device."""
_DRAWING, _ENDING = 0.4, 0.1
"""Shares of the budget: in which the base answers training questions, and that is kept for the last decision where
that takes no longer."""
_FEWEST_LEARNT = 8
"""Examples below which an arm is not worth its time."""
_FIRST = {"cuda": 512, "mps": 32, "cpu": 16}
"""Training questions that are answered first, to see how long one takes."""
_MARKS = 20
"""Characters that a chat template puts around a turn, as a guess on the safe side."""
_SAMPLES = 4
"""Replies that are drawn for a question at a time."""
_KEPT = 4
"""Different right replies to one question that are learnt, at most: fewer where the model is right anyway."""
_TRIED = 0.25
"""The share of the data on which every arm is tried."""
_RATES = {"lora": (1e-4, 4e-4), "qlora": (1e-4, 4e-4)}


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to learn."""

    name: str
    data: str
    """`gold`, `own` or `mixed`."""
    rate: float
    """The learning rate."""


@dataclass(slots=True)
class TriedArm:
    """An arm, and what came of it."""

    arm: Arm
    round: int
    examples: int
    right: int
    """Of the problems that arms are chosen by."""
    asked: int
    seconds: float
    weights: dict[str, Any] = field(repr=False)
    history: TrainingHistory = field(repr=False)

    def as_data(self) -> dict[str, Any]:
        """As plain data, without the weights."""
        told = {"name": self.arm.name, "data": self.arm.data, "learning_rate": self.arm.rate, "round": self.round}
        return told | {"examples": self.examples, "right": self.right, "asked": self.asked, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is handed over, and why."""

    prompt: Prompting
    """The base's best prompt; what was learnt stands under the same without its shots."""
    prompts: list[TriedPrompt]
    shares: list[Shares]
    """Where the own words came from, round by round."""
    arms: list[TriedArm]
    best: TriedArm | None
    """The arm that solved most; none where time sufficed for none."""
    difference: Figure
    """That arm minus the base at its best, on the problems that nothing was chosen by."""
    confirmed: tuple[float, float]
    """The shares that both solve there, the base's first."""

    @property
    def kept(self) -> bool:
        """Whether what was learnt is handed over: it solves more, and is not worse by more than the margin."""
        value = self.difference.value
        return value is not None and value > 0 and above_margin(self.difference)

    def as_data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "prompt": self.prompt.without_shots.label if self.kept else self.prompt.label,
            "system": self.prompt.system or "",
            "prompts": [asdict(one) for one in self.prompts],
            "shares": [one.as_data() for one in self.shares],
            "arms": [one.as_data() for one in self.arms],
            "arm": self.best.arm.name if self.best else None,
            "difference": self.difference.as_dict(),
            "confirmed": list(self.confirmed),
            "kept": "tuned" if self.kept else "base",
        }


def check_choosing(settings: TuneSettings, train: Sequence[Example], problems: Sequence[Example]) -> None:
    """See that there is what a search needs.

    Args:
        settings: Whose method must train adapters.
        train: What may be learnt: examples whose answers are numbers.
        problems: What decides: the same.

    Raises:
        TuneError: There is not.
    """
    if settings.method not in _RATES:
        raise TuneError("a budget chooses among adapters; use method lora or qlora, or leave the budget out")
    if not train:
        raise TuneError("no example to learn from has a number for an answer; leave the budget out")
    if len(problems) < LEAST:
        raise TuneError(
            f"{len(problems)} problems with numbers for answers are too few to choose by; it takes {LEAST}"
        )


class Chooser:
    """One search.

    Args:
        model: The base, without adapters.
        tokenizer: Its tokenizer.
        settings: Resolved; `lora` or `qlora`.
        train: What may be learnt: questions with worked answers that end in numbers.
        problems: What nothing is learnt from.
        budget: Seconds.
        folder: The run's folder; own words are kept there.
        tell: Told how far it is.
        clock: Gives seconds.

    Raises:
        TuneError: There are too few problems to choose by, or every weight would be trained.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        model: Any,
        tokenizer: Any,
        settings: TuneSettings,
        train: Sequence[Example],
        problems: Sequence[Example],
        *,
        budget: float,
        folder: Path,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_choosing(settings, train, problems)
        self.model, self.tokenizer, self.settings, self.train = model, tokenizer, settings, list(train)
        used = [problem_of(one) for one in problems][: _MOST[model.device.type]]
        self.first, self.second = used[: len(used) // 2], used[len(used) // 2 :]
        self.budget, self.folder, self._tell, self._clock = budget, folder, tell, clock
        self._started = clock()
        self._tried: list[TriedArm] = []
        self._own: dict[str, list[Example]] = {}
        self._easy: set[str] = set()
        self._shares: list[Shares] = []
        self._last: list[Prompting] = []
        """The base's best prompt, and those that cannot be told from it."""
        self._pace = Pace()

    def choose(self) -> Chosen:
        """Seek the best that can be learnt within the budget.

        Returns:
            What is best. `model` then has its weights in its adapters, or adapters that change nothing where the base
            stays as it is.
        """
        pool = [problem_of(one) for one in self.train]
        search = prompt_search(self.model.device.type)
        tried, asked = candidates(pool, shots=search.shots), self.first[: search.problems]
        begun = self._used()
        prompt, prompts = best_prompt(self.model, self.tokenizer, tried, asked, self._say)
        self._pace.base = (self._used() - begun) / sum(one.asked for one in prompts)
        named = {one.label: one for one in tried}
        self._last = [named[one.prompt] for one in prompts if one.final] or [prompt]
        self._say(
            f"the base's best prompt: {prompts[0].prompt} ({prompts[0].right} of {prompts[0].asked} right); "
            f"{self._used():.0f} s"
        )
        gold = [taught_under(one, prompt) for one in self.train]
        self._draw(prompt, until=_DRAWING * self.budget, rewrite=True)
        taught = prompt.without_shots
        for arm in _arms(self.settings, own=bool(self._own)):
            if self._tried and self._left() < 3 * self._cost():
                self._say(f"no time is left to try {arm.name}")
                continue
            if data := self._that_fit(arm, _some(self._data(arm, gold), _TRIED)):
                self._learn(arm, data, taught)
        best = max(self._tried, key=lambda one: one.right, default=None)
        if best is not None:
            best = self._rounds(best, gold, taught)
        return self._confirmed(prompt, prompts, best)

    def _rounds(self, best: TriedArm, gold: list[Example], taught: Prompting) -> TriedArm:
        """All of the best arm's data, and as many further rounds as time allows."""
        number, low = 1, _rates(self.settings)[0]
        # What a fast rate does with a quarter of the data it can undo with four times as many steps.
        rates = list(dict.fromkeys((low, best.arm.rate)))
        while True:
            before, data = best, self._data(best.arm, gold)
            for rate in rates:
                need = best.seconds / max(1, best.examples) * len(data)
                share = min(1.0, max(0.0, self._left()) / (1.15 * need))
                if share < 1.0 and (number > 1 or rate != rates[0] or share * len(data) <= 1.2 * best.examples):
                    break
                epochs = max(1.0, min(self.settings.epochs, self._left() / (1.5 * need))) if share == 1.0 else 1.0
                arm = replace(best.arm, rate=rate)
                full = self._learn(arm, _some(data, share), taught, epochs=epochs, number=number)
                best = max((best, full), key=lambda one: (one.right, one.examples))
            room = self._left() - 1.3 * self._cost()
            if best.arm.data == "gold" or room < 0.15 * self.budget or (number > 1 and best is before):
                return best
            number, rates = number + 1, [best.arm.rate]
            put(self.model, best.weights)
            self._draw(taught, until=self._used() + room / 2, rewrite=False)

    def _that_fit(self, arm: Arm, examples: list[Example]) -> list[Example]:
        """As many of the examples as there is time to learn from and to measure; none where that is not worth it."""
        left = self._left() - self._pace.learnt * len(self.first)
        tokens = self._tokens(examples)
        if not self._pace.token and tokens.total:
            # Nothing was trained yet: as the checks estimate it.
            base = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
            each = base.get_input_embeddings().weight.dtype.itemsize
            once = pass_seconds(base.config, self.settings, tokens, self.model.device.type, each)
            self._pace.token = once / tokens.total
        needed = self._pace.token * tokens.total
        if needed <= left:
            return examples
        count = int(len(examples) * max(0.0, left) / needed)
        about = (
            f"{arm.name} on {len(examples):,} examples would take about {needed:.0f} s, and {max(0.0, left):.0f} s"
        )
        if count < _FEWEST_LEARNT:
            self._say(f"{about} are left for it: it is not begun")
            return []
        self._say(f"{about} are left for it: it is tried on {count:,}")
        return _some(examples, count / len(examples))

    def _confirmed(self, prompt: Prompting, prompts: list[TriedPrompt], best: TriedArm | None) -> Chosen:
        """The last decision, on the problems that nothing was chosen by."""
        if best is None:
            self.model = self._fresh(self.settings)
            return self._nothing(prompt, prompts, "the budget was too small to learn anything")
        # The base counts under whichever of the prompts that cannot be told apart does best here, in its favour.
        asked = self._affordable()
        if not asked:
            put(self.model, _changing_nothing(best.weights))
            return self._nothing(prompt, prompts, "no time was left for the last decision")
        put(self.model, best.weights)
        learnt = solved(self.model, self.tokenizer, asked, prompt.without_shots, self._say)
        put(self.model, _changing_nothing(best.weights))
        base = max((solved(self.model, self.tokenizer, asked, one, self._say) for one in self._last), key=sum)
        difference = paired_shares([float(one) for one in learnt], [float(one) for one in base])
        shares = (sum(base) / len(base), sum(learnt) / len(learnt))
        chosen = Chosen(prompt, prompts, self._shares, self._tried, best, difference, shares)
        if chosen.kept:
            put(self.model, best.weights)
        return chosen

    def _nothing(self, prompt: Prompting, prompts: list[TriedPrompt], why: str) -> Chosen:
        """The base as it is, where nothing is shown of what was learnt."""
        self._say(f"{why}, so the base stays as it is")
        return Chosen(prompt, prompts, self._shares, self._tried, None, Figure(None, None, None, 0, why), (0.0, 0.0))

    def _affordable(self) -> list[Problem]:
        """The problems of the last decision that there is time for; none where they are too few to show anything."""
        left, each = self.budget - self._used(), self._pace.decision(len(self._last))
        if each * len(self.second) <= left:
            return self.second
        count = int(left / each)
        if count < LEAST // 2:
            return []
        self._say(f"time is left for {count} of the {len(self.second)} problems of the last decision")
        return self.second[:count]

    def _draw(self, way: Prompting, *, until: float, rewrite: bool) -> None:
        """Let the model answer training questions until so many seconds of the budget are used, pass after pass."""
        begun, device = self._used(), self.model.device.type
        order = sorted(self.train, key=lambda one: len(self._own.get(one.id, ())))
        room = context_of(self.model.config)
        # No token is shorter than a character: what is shorter than the context fits for sure.
        wanted = [
            one
            for one in order
            if one.id not in self._easy
            and len(self._own.get(one.id, ())) < _KEPT
            and sum(len(turn.content) + _MARKS for turn in way.ask(one.question)) < room
        ]
        total: Shares | None = None
        # Each question is answered several times, and its gold solution may be written again.
        several = _SAMPLES + rewrite
        place, number, each = 0, _FIRST[device], several * (self._pace.base if rewrite else self._pace.learnt)
        if number * each > until - begun:
            number = int(max(0.0, until - begun) / each)
        if number < _FEWEST_LEARNT:
            self._say(
                f"no time is left for own words: {_FEWEST_LEARNT * several} answers would take about "
                f"{_FEWEST_LEARNT * each:.0f} s"
            )
            number = 0
        while place < len(wanted) and number > 0:
            asked = wanted[place : place + number]
            drawing = Drawing(
                samples=_SAMPLES,
                prompting=way,
                keep=_SAMPLES,
                rewrite=rewrite,
                seed=self.settings.seed + place + 7919 * len(self._shares),
            )
            rows, shares = own_examples(self.model, self.tokenizer, asked, drawing)
            shares = replace(shares, kept=self._keep(asked, rows))
            total = shares if total is None else total + shares
            place += number
            each = (self._used() - begun) / place
            if rewrite:
                self._pace.base = each / several
            # All that fits goes in one call: a call ends with few answers under way, and a GPU half idle.
            number = min(len(wanted) - place, int((until - self._used()) / each)) if each else len(wanted) - place
            if number < min(_FIRST[device], len(wanted) - place):
                break
        if total is not None:
            self._shares.append(total)
            self._say(
                f"own words: {total.solved:,} of {total.questions:,} questions solved, {total.rewritten:,} rewritten "
                f"from the gold, {total.left:,} left out; {self._used() - begun:.0f} s"
            )
        rows = [row for several in self._own.values() for row in several]
        lines = (ExampleRow.of(one).model_dump_json(exclude_none=True) + "\n" for one in rows)
        write_whole(self.folder / OWN, "".join(lines), errors="replace", kind=TuneError)

    def _keep(self, asked: Sequence[Example], rows: Sequence[Example]) -> int:
        """Add what is new, and of a question that is nearly always solved little: it has little left to teach.

        Drawing alike for all questions fills the data with easy ones (Tong et al. 2024, DART-Math). Of so many right
        replies the first `1 + wrong` are kept.

        Returns:
            How many the model found itself; those that it wrote again from the gold are counted apart.
        """
        count = 0
        ids = {one.question: one.id for one in asked}
        found: dict[str, list[Example]] = {}
        for row in rows:
            found.setdefault(ids[row.question], []).append(row)
        for name, right in found.items():
            known = self._own.setdefault(name, [])
            if len(right) >= _SAMPLES:
                self._easy.add(name)
            for row in right[: 1 + _SAMPLES - len(right)]:
                if len(known) < _KEPT and not any(same_reply(row.reply, one.reply) for one in known):
                    known.append(row)
                    count += not row.id.endswith(REWRITTEN)
        return count

    def _data(self, arm: Arm, gold: Sequence[Example]) -> list[Example]:
        own = [row for several in self._own.values() for row in several]
        if arm.data == "gold":
            return list(gold)
        if arm.data == "own":
            return own
        # Gold answers where the model has none of its own: what it never solves is what it could learn.
        return [*own, *(one for one in gold if one.id not in self._own)]

    def _learn(
        self, arm: Arm, examples: Sequence[Example], taught: Prompting, *, epochs: float = 1.0, number: int = 1
    ) -> TriedArm:
        """Train fresh adapters on the base, and solve the choosing problems with them."""
        begun = self._used()
        settings = self.settings.model_copy(
            update={"learning_rate": arm.rate, "epochs": epochs, "patience": None, "compiled": "off"}
        )
        self.model = self._fresh(settings)
        chats = self._tokens(examples)
        if not chats.examples:
            raise TuneError("every example is longer than max_length; raise it")
        history = train(self.model, self.tokenizer, chats.examples, settings)
        trained = self._used()
        self._pace.token = (trained - begun) / (epochs * chats.total)
        right = sum(solved(self.model, self.tokenizer, self.first, taught, self._say))
        self._pace.tuned = (self._used() - trained) / len(self.first)
        weights = {name: weight.detach().clone() for name, weight in trainable(self.model).items()}
        spent = self._used() - begun
        tried = TriedArm(arm, number, len(chats.examples), right, len(self.first), spent, weights, history)
        self._tried.append(tried)
        self._say(
            f"{arm.name} at a rate of {arm.rate:g}, {len(chats.examples):,} examples"
            f"{f' of round {number}' if number > 1 else ''}, loss {history.loss:.3f}: {right} of {len(self.first)} "
            f"right; {spent:.0f} s"
        )
        return tried

    def _fresh(self, settings: TuneSettings) -> Any:
        """The base with adapters that change nothing yet."""
        base = self.model.unload() if hasattr(self.model, "unload") else self.model
        return adapt(base, settings)

    def _used(self) -> float:
        return self._clock() - self._started

    def _tokens(self, examples: Sequence[Example]) -> Tokens:
        return encode_all(self.tokenizer, (one.chat for one in examples), longest=self.settings.max_length)

    def _left(self) -> float:
        """Seconds beside those that the last decision will take."""
        ending = self._pace.decision(len(self._last)) * len(self.second)
        return self.budget - max(_ENDING * self.budget, ending) - self._used()

    def _cost(self) -> float:
        return max(one.seconds for one in self._tried)

    def _say(self, text: str) -> None:
        self._tell({"event": "note", "text": text})


def _arms(settings: TuneSettings, *, own: bool) -> list[Arm]:
    """What is tried, the likeliest first: time may not suffice for all."""
    low, high = _rates(settings)
    found = [Arm("own words", "own", low), Arm("mixed", "mixed", high), Arm("own words", "own", high)] if own else []
    return list(dict.fromkeys([*found, Arm("gold", "gold", low)]))


def _rates(settings: TuneSettings) -> tuple[float, float]:
    """The lowest and the highest learning rate that are tried: the one that was asked for, where there is one."""
    rates = (settings.learning_rate,) if settings.learning_rate else _RATES[settings.method]
    return rates[0], rates[-1]


def _some(examples: Sequence[Example], share: float) -> list[Example]:
    """A share of the examples, spread evenly over them."""
    count = max(1, min(len(examples), round(share * len(examples))))
    return [examples[int(place * len(examples) / count)] for place in range(count)]


def _changing_nothing(weights: dict[str, Any]) -> dict[str, Any]:
    """The adapters as they are before training: their second factor is nought."""
    return {name: torch.zeros_like(weight) if "lora_B" in name else weight for name, weight in weights.items()}
