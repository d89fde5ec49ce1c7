"""Puts problems to one model under one prompt, and marks what it writes."""

from __future__ import annotations

import time
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
    """It reached a limit in a loop: it counts as ended, and as wrong."""
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


def requests(problems: Sequence[Problem], task: BenchTask, way: Prompting, limit: int | None = None) -> list[Request]:
    """What every model is asked: the same messages, greedily.

    Args:
        problems: What is asked.
        task: How they are put.
        way: The prompt.
        limit: Of an answer, in tokens; the task's first one by default.
    """
    sampling = Sampling(max_tokens=limit or task.max_tokens)
    return [Request(task.ask(problem, way), sampling, call=Call(problem.id, "bench")) for problem in problems]


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

    What is cut is asked again with twice the limit, until under one in a hundred is cut or the task's last limit is
    reached; an answer in a loop is not asked again.

    Raises:
        IncompleteError: Calls failed; what was answered is in the journal.
        UnavailableError: The model cannot answer at all.
    """
    speed = AnswerSpeed(0, 0, 0.0)
    found: dict[str, Outcome] = {}
    limit, pending = task.max_tokens, list(problems)
    while True:
        outcomes, taken = _asked(model, requests(pending, task, way, limit), journal, progress)
        speed += taken
        failed = [one for one in outcomes if one.completion is None and not isinstance(one.error, ContextError)]
        if failed:
            error = IncompleteError(
                f"{model.spec} did not answer {len(failed)} of {len(problems)} problems ({failed[0].error}); "
                "type the same command to go on"
            )
            error.answered = len(problems) - len(failed)
            raise error
        found |= {problem.id: outcome for problem, outcome in zip(pending, outcomes, strict=True)}
        pending = [one for one in pending if _wants_more(found[one.id], limit)]
        if len(pending) < CUT_AT_MOST * len(problems) or limit >= task.last_limit:
            break
        limit = min(2 * limit, task.last_limit)
    return [_result(model.spec, problem, found[problem.id], task, way) for problem in problems], speed


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
    return outcomes, AnswerSpeed(tally.calls, tally.usage.completion, time.perf_counter() - started)


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
    looped = done.cut and has_looped(done.text)
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
