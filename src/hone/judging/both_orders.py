"""Asks about pairs of replies in both orders, and reads what came back: preferences and comparisons alike.

What the two orders come to is said in `domain/orders`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from hone.domain.task import Reply
from hone.errors import VerdictError
from hone.jobs import Outcome, Setup
from hone.judging.form import asked_again
from hone.judging.verdict import cut_problem, read_object
from hone.models import Model, Request

T = TypeVar("T")
Order = Literal["AB", "BA"]
Ask = Callable[[Order, Reply, Reply], Request]
"""Makes the request for one order: its name, and the replies as they are shown, the first one first."""


def ask_both_orders(
    pairs: Sequence[tuple[Reply, Reply]], request: Ask, model: Model, setup: Setup
) -> list[tuple[Outcome, Outcome]]:
    """What the model answers on each pair when A stands first, and when B does.

    Args:
        pairs: Two replies to one item each, A and B.
        request: What is asked in one order.
        model: Who is asked; it is not told which reply is which.
        setup: Journal and progress.

    Raises:
        UnavailableError: The model cannot answer at all.
    """
    requests = [one for a, b in pairs for one in (request("AB", a, b), request("BA", b, a))]
    outcomes = setup.ask(model, requests)
    return list(zip(outcomes[::2], outcomes[1::2], strict=True))


def once_more(outcome: Outcome, problem: str, form: str, setup: Setup) -> Request:
    """The same question again, after an answer that cannot be used.

    Args:
        outcome: The answer.
        problem: What is wrong with it, and what to do, in words for the model.
        form: The form of an answer, in words for the model.
        setup: Whose prompts.
    """
    said = outcome.completion.answer if outcome.completion else ""
    return asked_again(outcome.request, said, problem, form, setup, f"{outcome.request.call.step}:again")


def read_order(outcome: Outcome, read: Callable[[dict[str, Any], str], T], whom: str) -> tuple[T | None, str]:
    """What one order's answer says, or none and what was wrong with it.

    Args:
        outcome: The answer, or why there is none.
        read: Makes a verdict of the answer's object and its reason; raises `VerdictError` where it is not one.
        whom: Who answered, as a message names them: "judge".
    """
    if outcome.completion is None:
        return None, str(outcome.error)
    try:
        data = read_object(outcome.completion.text)
        reason = data.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            raise VerdictError("a verdict without a reason")
        return read(data, reason), ""
    except VerdictError as error:
        return None, cut_problem(outcome.completion, whom) if outcome.completion.cut else str(error)
