"""Puts every problem to one model and marks what it writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from hone.bench.scoring import mark
from hone.bench.task import BenchTask
from hone.domain.base import Frozen
from hone.domain.settings import Sampling
from hone.errors import ContextError, IncompleteError
from hone.jobs import CallTally, Journal, Outcome, Progress, ask_all
from hone.models import Call, Model, Request
from hone.problems import Problem, Prompting


class Result(Frozen):
    """One model's answer to one problem, marked."""

    model: str
    item: str
    right: bool
    """Flexibly: the answer is right, wherever it stood."""
    strict: bool
    """It is right and stood behind ``####``."""
    read: str | None
    place: str
    gold: str
    cut: bool
    tokens: int
    text: str
    problem: str | None = None
    """Why there is no answer, where the prompt did not fit into the model's context; it then counts as wrong."""


@dataclass(frozen=True, slots=True)
class AnswerSpeed:
    """How fast a model answered, the calls that the journal answered left out."""

    calls: int
    tokens: int
    """Tokens of answers."""
    seconds: float

    @property
    def tokens_per_second(self) -> float | None:
        """None where nothing was asked."""
        return self.tokens / self.seconds if self.calls and self.seconds else None


def requests(problems: Sequence[Problem], task: BenchTask, way: Prompting) -> list[Request]:
    """What every model is asked: the same messages, greedily."""
    sampling = Sampling(max_tokens=task.max_tokens)
    return [Request(way.ask(task.put(problem)), sampling, call=Call(problem.id, "bench")) for problem in problems]


def marked_answers(
    model: Model,
    problems: Sequence[Problem],
    task: BenchTask,
    way: Prompting,
    *,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> tuple[list[Result], AnswerSpeed]:
    """The marked answers of one model, in the order of the problems.

    Raises:
        IncompleteError: Calls failed; what was answered is in the journal.
        UnavailableError: The model cannot answer at all.
    """
    tally = CallTally()

    def told(now: CallTally) -> None:
        nonlocal tally
        tally = now
        if progress:
            progress(now)

    started = time.perf_counter()
    outcomes = ask_all(model, requests(problems, task, way), journal=journal, progress=told)
    speed = AnswerSpeed(tally.calls, tally.usage.completion, time.perf_counter() - started)
    failed = [one for one in outcomes if one.completion is None and not isinstance(one.error, ContextError)]
    if failed:
        raise IncompleteError(
            f"{model.spec} did not answer {len(failed)} of {len(problems)} problems ({failed[0].error}); "
            "type the same command to go on"
        )
    return [_result(model.spec, *pair, task) for pair in zip(problems, outcomes, strict=True)], speed


def _result(spec: str, problem: Problem, outcome: Outcome, task: BenchTask) -> Result:
    done = outcome.completion
    if done is None:
        return Result(
            model=spec,
            item=problem.id,
            right=False,
            strict=False,
            read=None,
            place="none",
            gold=problem.answer,
            cut=False,
            tokens=0,
            text="",
            problem=str(outcome.error),
        )
    marked = mark(done.text, problem, task)
    return Result(
        model=spec,
        item=problem.id,
        right=marked.right,
        strict=marked.strict,
        read=marked.read,
        place=marked.place,
        gold=problem.answer,
        cut=done.cut,
        tokens=done.usage.completion,
        text=done.text,
    )
