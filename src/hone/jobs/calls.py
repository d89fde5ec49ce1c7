"""Asks models many things at once, never the same thing twice.

An answer is in the journal before anyone sees it. A call that fails is reported and not written down, so that the
next run tries it again; a model that cannot answer at all ends the run.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from hone.errors import BudgetError, CallError
from hone.jobs.journal import Journal
from hone.jobs.pool import pool, wait
from hone.models import Completion, Model, Request, Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request: a completion, or the error that ended it."""

    request: Request
    completion: Completion | None
    error: CallError | None = None
    known: bool = False
    """Whether the answer was in the journal already."""


class Answers(Protocol):
    """Where answers are looked up and written down: a journal."""

    def get(self, key: str) -> Completion | None:
        """The answer to what has this key, or none."""

    def add(self, key: str, request: Request, answer: Completion) -> None:
        """Write an answer down."""

    def note(self, key: str, request: Request, model: str, *, known: bool) -> None:
        """Keep what was asked of which model, where that is kept; `known` says that the answer was there before."""


@dataclass(frozen=True)
class Budget:
    """What a run may spend; none is no limit. Answers from a journal cost nothing."""

    calls: int | None = None
    tokens: int | None = None
    dollars: float | None = None
    price: tuple[float, float] = (0.0, 0.0)
    """Dollars for one token of prompt, and for one of answer."""

    @classmethod
    def read(cls, text: str) -> Budget:
        """The budget that a text such as ``$5``, ``100000 tokens`` or ``2000 calls`` names.

        Raises:
            ValueError: It names none.
        """
        match = re.fullmatch(
            r"\$(?P<dollars>[\d,]+(?:\.\d+)?)|(?P<count>[\d,]+) (?P<kind>tokens|calls)", text.strip()
        )
        amount = float((match["dollars"] or match["count"]).replace(",", "") or 0) if match else 0.0
        if match is None or amount <= 0:
            raise ValueError(f"{text!r} is not a budget; write '$5', '100000 tokens' or '2000 calls'")
        if match["dollars"]:
            return cls(dollars=amount)
        return cls(tokens=int(amount)) if match["kind"] == "tokens" else cls(calls=int(amount))

    def spent(self, tally: CallTally) -> str | None:
        """What is used up, in words, or none."""
        if self.calls is not None and tally.calls >= self.calls:
            return f"the budget of {self.calls} calls is used up"
        if self.tokens is not None and tally.usage.prompt + tally.usage.completion >= self.tokens:
            return f"the budget of {self.tokens} tokens is used up"
        if self.dollars is not None and self.cost(tally.usage) >= self.dollars:
            return f"the budget of ${self.dollars:g} is used up"
        return None

    def cost(self, usage: Usage) -> float:
        """What so many tokens cost, in dollars."""
        return usage.prompt * self.price[0] + usage.completion * self.price[1]


@dataclass(slots=True)
class CallTally:
    """How far a run has come."""

    total: int | None = None
    """How many there are to do, where that is known."""
    done: int = 0
    calls: int = 0
    """Calls that were sent to a model, those under way among them."""
    failed: int = 0
    reused: int = 0
    """Answers that were in a journal already."""
    unsent: int = 0
    """Calls that the budget did not allow."""
    usage: Usage = field(default_factory=Usage)
    begun: int = 0
    """Tokens of the answers that had been made before, for calls with a lower limit."""


Progress = Callable[[CallTally], None]
"""Called after every outcome."""


class Caller:
    """Asks models, the journal first, and counts.

    Args:
        journal: Answers that are in it are not asked for again; new ones are added.
        budget: What may be spent; calls beyond it are not sent.
        total: How many things there are to do, for the tally.
    """

    def __init__(
        self, journal: Answers | None = None, budget: Budget | None = None, total: int | None = None
    ) -> None:
        self.tally = CallTally(total)
        self._journal, self._budget = journal, budget or Budget()
        self._under_way: dict[str, asyncio.Future[Completion | CallError]] = {}

    async def ask(self, model: Model, request: Request, *, anew: bool = False) -> Outcome:
        """The outcome of one request. The same request twice at once is one call.

        Args:
            model: Who is asked.
            request: What is asked.
            anew: Ask even where the journal has an answer; the new one takes its place.

        Raises:
            UnavailableError: The model cannot answer at all.
            RunError: The journal cannot be written.
        """
        journal = self._journal
        if journal is None:
            return await self._send(model, request)
        key = request.key(model.identity)
        known = None if anew else journal.get(key)
        if known is None and not anew:
            older = (journal.get(request.key(name)) for name in model.formerly if name != model.identity)
            known = next((answer for answer in older if answer is not None), None)
        # Journals of older versions hold answers that never came.
        if known is not None and not (known.empty and model.empty_is_failure):
            self.tally.reused += 1
            journal.note(key, request, model.spec, known=True)
            return Outcome(request, known, known=True)
        if key in self._under_way:
            answer = await asyncio.shield(self._under_way[key])
            return Outcome(request, *((None, answer) if isinstance(answer, CallError) else (answer, None)))
        future = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            outcome = await self._send(model, request)
            if outcome.completion is not None:
                journal.add(key, request, outcome.completion)
                journal.note(key, request, model.spec, known=False)
            future.set_result(outcome.completion or outcome.error)
        finally:
            del self._under_way[key]
            if not future.done():
                future.cancel()
        return outcome

    async def _send(self, model: Model, request: Request) -> Outcome:
        if spent := self._budget.spent(self.tally):
            self.tally.unsent += 1
            return Outcome(request, None, BudgetError(spent))
        self.tally.calls += 1
        started = time.monotonic()
        try:
            completion = await model.ask(request)
        except CallError as error:
            self.tally.failed += 1
            return Outcome(request, None, error)
        completion = replace(completion, seconds=round(time.monotonic() - started, 3))
        self.tally.usage += completion.usage
        self.tally.begun += completion.begun
        return Outcome(request, completion)


def ask_all(
    model: Model, requests: Iterable[Request], *, journal: Journal | None = None, progress: Progress | None = None
) -> list[Outcome]:
    """Ask every request and wait for all of them.

    Args:
        model: Who is asked.
        requests: What is asked.
        journal: Answers that are in it are not asked for again; new ones are added.
        progress: Told after every outcome.

    Returns:
        One outcome a request, in the order of the requests.

    Raises:
        UnavailableError: The model cannot answer at all. What was answered before is in the journal.
        RunError: The journal cannot be written.
    """
    asked = list(requests)
    outcomes: list[Outcome] = []
    caller = Caller(journal, total=len(asked))

    async def ask(request: Request) -> Outcome:
        outcome = await caller.ask(model, request)
        caller.tally.done += 1
        if progress:
            progress(caller.tally)
        return outcome

    async def run() -> None:
        async with model:
            await pool(asked, ask, outcomes.append, width=model.concurrency)

    wait(run())
    return outcomes
