"""Puts problems to one model under one prompt, and marks what it writes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hone.bench.scoring import mark
from hone.bench.task import BenchTask
from hone.domain.base import Frozen
from hone.domain.settings import Sampling
from hone.errors import ContextError, IncompleteError
from hone.jobs import CallTally, Journal, Outcome, Progress, ask_all
from hone.models import Call, Model, Request
from hone.problems import CUT_AT_MOST, Problem, Prompting, has_ended, has_looped

_GROWTH = 4
"""By how much a limit grows. Engines that cannot go on from what was cut make it from its beginning again, so that
few large steps cost less."""


class Result(Frozen):
    """One model's answer to one problem, marked."""

    model: str
    item: str
    right: bool
    """Flexibly: the answer is right, wherever it stood."""
    strict: bool
    """It is right and stood where the prompt asked for it: behind ``####``, or in a box."""
    read: str | None
    place: str
    gold: str
    cut: bool
    """It reached the last limit without coming to its end, and without a loop."""
    tokens: int
    text: str
    problem: str | None = None
    """Why there is no answer, where the prompt did not fit into the model's context; it then counts as wrong."""
    looped: bool = False
    """It fell into a loop, in which it was ended or reached a limit: it counts as ended, and as wrong."""
    prompt: str = ""
    """What the prompt is called that it was asked under."""
    part: Literal["test", "choosing"] = "test"
    """Whether the problem tests the model, or served to choose its prompt."""


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

    def __add__(self, other: AnswerSpeed) -> AnswerSpeed:
        """Both together, one after the other."""
        return AnswerSpeed(self.calls + other.calls, self.tokens + other.tokens, self.seconds + other.seconds)


def requests(problems: Sequence[Problem], task: BenchTask, way: Prompting) -> list[Request]:
    """What every model is asked: the same messages, greedily, with the task's first limit.

    Args:
        problems: What is asked.
        task: How they are put.
        way: The prompt.
    """
    return [_request(problem, task, way, task.max_tokens) for problem in problems]


def _request(problem: Problem, task: BenchTask, way: Prompting, limit: int) -> Request:
    sampling = Sampling(max_tokens=limit)
    return Request(task.ask(problem, way), sampling, call=Call(problem.id, "bench"), stop_loops=True)


def marked_answers(
    model: Model,
    problems: Sequence[Problem],
    task: BenchTask,
    way: Prompting,
    *,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> tuple[list[Result], AnswerSpeed]:
    """The marked answers of one model under one prompt, in the order of the problems: see `answers_under`."""
    (results,), speed = answers_under(model, problems, task, [way], journal=journal, progress=progress)
    return results, speed


def answers_under(
    model: Model,
    problems: Sequence[Problem],
    task: BenchTask,
    ways: Sequence[Prompting],
    *,
    limits: tuple[int, int] | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> tuple[list[list[Result]], AnswerSpeed]:
    """The marked answers of one model under several prompts, all asked at once.

    What is cut is asked again with four times the limit, until under one in a hundred is cut or the last limit is
    reached; an answer in a loop is not asked again, and is ended in its loop where the engine looks for that.

    Args:
        model: Who is asked.
        problems: What is asked.
        task: How it is put and read.
        ways: The prompts, each of another name.
        limits: Tokens of an answer, at first and at last; the task's by default.
        journal: Knows what was answered before.
        progress: Told how far it is.

    Returns:
        The answers under each prompt, in the order of the problems, and how long all of it took.

    Raises:
        IncompleteError: Calls failed; what was answered is in the journal.
        UnavailableError: The model cannot answer at all.
    """
    speed = AnswerSpeed(0, 0, 0.0)
    found: dict[tuple[str, str], Outcome] = {}
    limit, last = limits or (task.max_tokens, task.last_limit)
    asked = pending = [(way, problem) for way in ways for problem in problems]
    while True:
        outcomes, taken = _asked(model, [_request(one, task, way, limit) for way, one in pending], journal, progress)
        speed += taken
        failed = [one for one in outcomes if one.completion is None and not isinstance(one.error, ContextError)]
        if failed:
            error = IncompleteError(
                f"{model.spec} did not answer {len(failed)} of {len(asked)} problems ({failed[0].error}); "
                "type the same command to go on"
            )
            error.answered = len(asked) - len(failed)
            raise error
        found |= {(way.label, one.id): outcome for (way, one), outcome in zip(pending, outcomes, strict=True)}
        pending = [(way, one) for way, one in pending if _wants_more(found[way.label, one.id], limit)]
        # Of each prompt's answers so few may be cut: a prompt under which none is does not speak for another.
        cut = Counter(way.label for way, _ in pending)
        pending = [(way, one) for way, one in pending if cut[way.label] >= CUT_AT_MOST * len(problems)]
        if not pending or limit >= last:
            break
        limit = min(_GROWTH * limit, last)
    results = [[_result(model.spec, one, found[way.label, one.id], task, way) for one in problems] for way in ways]
    return results, speed


def _asked(
    model: Model, asked: Sequence[Request], journal: Journal | None, progress: Progress | None
) -> tuple[list[Outcome], AnswerSpeed]:
    tally = CallTally()

    def told(now: CallTally) -> None:
        nonlocal tally
        tally = now
        if progress:
            progress(now)

    started = time.perf_counter()
    outcomes = ask_all(model, asked, journal=journal, progress=told)
    made = tally.usage.completion - tally.begun
    return outcomes, AnswerSpeed(tally.calls, made, time.perf_counter() - started)


def _wants_more(outcome: Outcome, limit: int) -> bool:
    """Whether a higher limit would give a longer answer: it was cut there, not by the model's context, nor loops."""
    done = outcome.completion
    if done is None or not done.cut or has_ended(done.text):
        return False
    return not done.usage.completion or done.usage.completion >= limit


def _result(spec: str, problem: Problem, outcome: Outcome, task: BenchTask, way: Prompting) -> Result:
    done = outcome.completion
    about = {"model": spec, "item": problem.id, "gold": problem.answer, "prompt": way.label}
    if done is None:
        return Result(
            **about,
            right=False,
            strict=False,
            read=None,
            place="none",
            cut=False,
            tokens=0,
            text="",
            problem=str(outcome.error),
        )
    marked = mark(done.text, problem, task)
    looped = done.looped or (done.cut and has_looped(done.text))
    right = marked.right and not looped
    return Result(
        **about,
        right=right,
        strict=right and marked.place == way.closing,
        read=marked.read,
        place=marked.place,
        cut=done.cut and not has_ended(done.text),
        looped=looped,
        tokens=done.usage.completion,
        text=done.text,
    )
