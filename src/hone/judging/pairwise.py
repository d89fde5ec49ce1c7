"""Which of two replies is better under a rubric: asked in both orders, and a verdict that flips is a tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hone.domain.evidence import Preference
from hone.domain.rubric import Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Reply
from hone.errors import VerdictError
from hone.jobs import Outcome, Setup
from hone.judging.form import criteria_text
from hone.judging.verdict import cut_problem, read_object, read_winner
from hone.models import Call, Model, Request
from hone.prompts import fence
from hone.stats import Figure, wilson

SAMPLING = Sampling(max_tokens=320, break_loops=True)

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "minLength": 12, "maxLength": 400},
        "winner": {"enum": ["first", "second", "tie"]},
    },
    "required": ["reason", "winner"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often the one side won, and how far the judge followed the order."""

    pairs: int
    won: int
    """Pairs that A won in both orders."""
    lost: int
    tied: int
    """Ties, flips among them."""
    flipped: int
    unread: int
    rate: Figure
    """A's wins, and half its ties, out of the pairs that were read."""
    first: Figure
    """How often the reply that stood first won, out of the single verdicts that named a winner. A judge that does not
    follow the order is near one half, whichever side is better: each pair is asked in both orders."""


def prefer(
    pairs: Sequence[tuple[Reply, Reply]], rubric: Rubric, model: Model, *, subject: str, setup: Setup | None = None
) -> list[Preference]:
    """Which reply of each pair is better under the rubric.

    Args:
        pairs: Two replies to one item each, A and B.
        rubric: By what.
        model: Who judges.
        subject: What the replies are, such as "study plan".
        setup: Prompts, sampling, journal and progress.

    Returns:
        One preference a pair, in order; an order whose answer could not be read leaves the pair without a winner.

    Raises:
        UnavailableError: The judge cannot answer at all.
    """
    used = setup or Setup()
    requests = []
    for a, b in pairs:
        requests.append(_request("AB", a, b, rubric, subject, used))
        requests.append(_request("BA", b, a, rubric, subject, used))
    outcomes = used.ask(model, requests)
    return [
        _preference(a.item, model.spec, rubric.digest, outcomes[2 * number], outcomes[2 * number + 1])
        for number, (a, _) in enumerate(pairs)
    ]


def win_rate(preferences: Sequence[Preference]) -> WinRate:
    """A's win rate with its 95% Wilson interval, and the judge's leaning to the reply that stands first."""
    winners = [preference.winner for preference in preferences]
    won, lost, tied = winners.count("A"), winners.count("B"), winners.count("tie")
    named = [verdict for preference in preferences for verdict in preference.orders if verdict in {"first", "second"}]
    return WinRate(
        pairs=len(winners),
        won=won,
        lost=lost,
        tied=tied,
        flipped=sum(preference.flipped for preference in preferences),
        unread=winners.count(None),
        rate=wilson(won + tied / 2, won + lost + tied),
        first=wilson(named.count("first"), len(named)),
    )


def _request(step: str, first: Reply, second: Reply, rubric: Rubric, subject: str, setup: Setup) -> Request:
    text = setup.prompts["prefer"].render(
        subject=subject,
        criteria=criteria_text(rubric),
        request=fence("request", first.prompt),
        first=fence("reply", first.text),
        second=fence("reply", second.text),
    )
    return Request(setup.messages(text), setup.sampling or SAMPLING, schema=_SCHEMA, call=Call(first.item, step))


def _preference(item: str, judge: str, rubric: str, first: Outcome, second: Outcome) -> Preference:
    read = [_read(outcome) for outcome in (first, second)]
    problems = [problem for _, _, problem in read if problem]
    return Preference(
        item=item,
        judge=judge,
        rubric=rubric,
        orders=(read[0][0], read[1][0]),
        reasons=(read[0][1], read[1][1]),
        unread="; ".join(problems) or None,
    )


def _read(outcome: Outcome) -> tuple[Any, str, str]:
    """The winner's place, the reason, and what was wrong."""
    if outcome.completion is None:
        return None, "", str(outcome.error)
    try:
        data = read_object(outcome.completion.text)
        reason = data.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            raise VerdictError("a verdict without a reason")
        return read_winner(data.get("winner")), reason, ""
    except VerdictError as error:
        return None, "", cut_problem(outcome.completion, "judge") if outcome.completion.cut else str(error)
