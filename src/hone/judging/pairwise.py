"""Which of two replies is better under a rubric: asked in both orders; two different verdicts are a tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hone.domain.evidence import Place, Preference
from hone.domain.rubric import Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Brief, Reply
from hone.jobs import Outcome, Setup
from hone.judging.both_orders import Order, ask_both_orders, read_order
from hone.judging.form import brief_fields, criteria_text
from hone.judging.verdict import read_winner
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
    pairs: Sequence[tuple[Reply, Reply]],
    rubric: Rubric,
    model: Model,
    *,
    subject: str,
    brief: Brief | None = None,
    setup: Setup | None = None,
) -> list[Preference]:
    """Which reply of each pair is better under the rubric.

    Args:
        pairs: Two replies to one item each, A and B.
        rubric: By what.
        model: Who judges.
        subject: What the replies are, such as "study plan".
        brief: What the writer was told, such as `task.brief`.
        setup: Prompts, sampling, journal and progress.

    Returns:
        One preference a pair, in order; an order whose answer could not be read leaves the pair without a winner.

    Raises:
        UnavailableError: The judge cannot answer at all.
    """
    used = setup or Setup()

    def text(first: Reply, second: Reply) -> str:
        return used.prompts["prefer"].render(
            subject=subject,
            **brief_fields(brief or Brief()),
            criteria=criteria_text(rubric),
            request=fence("request", first.prompt),
            first=fence("reply", first.text),
            second=fence("reply", second.text),
        )

    def request(order: Order, first: Reply, second: Reply) -> Request:
        return Request(
            used.messages(text(first, second)),
            used.sampling or SAMPLING,
            schema=_SCHEMA,
            call=Call(first.item, order),
        )

    outcomes = ask_both_orders(pairs, request, model, used)
    return [
        _preference(a.item, model.spec, rubric.digest, both) for (a, _), both in zip(pairs, outcomes, strict=True)
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


def _preference(item: str, judge: str, rubric: str, both: Sequence[Outcome]) -> Preference:
    (first, why_first), (second, why_second) = (read_order(outcome, _read, "judge") for outcome in both)
    problems = [problem for problem in (why_first, why_second) if problem]
    return Preference(
        item=item,
        judge=judge,
        rubric=rubric,
        orders=(first[0] if first else None, second[0] if second else None),
        reasons=(first[1] if first else "", second[1] if second else ""),
        unread="; ".join(problems) or None,
    )


def _read(data: dict[str, Any], reason: str) -> tuple[Place, str]:
    return read_winner(data.get("winner")), reason
