"""Which of two replies is better under a rubric: asked in both orders; two different verdicts are a tie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hone.domain.evidence import Place, Preference
from hone.domain.rubric import Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Brief, Reply
from hone.jobs import Outcome, Setup
from hone.judging.both_orders import Order, ask_both_orders, read_order
from hone.judging.decision import pair_state
from hone.judging.form import brief_fields, criteria_text
from hone.judging.verdict import closed_object, read_winner
from hone.models import Call, Model, Request
from hone.models.questions import AnswerOption, Question, likeliest, read_answers
from hone.models.systemone import decision_request
from hone.prompts import fence
from hone.stats import Figure, wilson

SAMPLING = Sampling(max_tokens=320, break_loops=True)

_SCHEMA = closed_object(
    {
        "reason": {"type": "string", "minLength": 12, "maxLength": 400},
        "winner": {"enum": ["first", "second", "tie"]},
    }
)


_OneOrder = tuple[tuple[Place, str] | None, str]
"""What won in one order and why, or none and what was wrong with the answer."""


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

    def decision(order: Order, first: Reply, second: Reply) -> Request:
        state = pair_state(first, second, brief or Brief())
        return decision_request(state, {"winner": _question(rubric)}, Call(first.item, order))

    outcomes = ask_both_orders(pairs, decision if model.decides else request, model, used)
    read = _decided if model.decides else _written
    return [
        _preference(a.item, model.spec, rubric, tuple(read(outcome, rubric) for outcome in both))
        for (a, _), both in zip(pairs, outcomes, strict=True)
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


def _preference(item: str, judge: str, rubric: Rubric, both: Sequence[_OneOrder]) -> Preference:
    (first, why_first), (second, why_second) = both
    problems = [problem for problem in (why_first, why_second) if problem]
    return Preference(
        item=item,
        judge=judge,
        rubric=rubric.digest,
        orders=(first[0] if first else None, second[0] if second else None),
        reasons=(first[1] if first else "", second[1] if second else ""),
        unread="; ".join(problems) or None,
    )


def _question(rubric: Rubric) -> Question:
    """Which of two replies is better, as a question with fixed answers."""
    asked = f"Which reply meets these criteria better, all of them together?\n\n{criteria_text(rubric)}"
    said = {"first": "The first reply.", "second": "The second reply.", "tie": "Both meet them equally well."}
    return Question("choice", asked, tuple(AnswerOption(key, text) for key, text in said.items()))


def _written(outcome: Outcome, _rubric: Rubric) -> _OneOrder:
    return read_order(outcome, _read, "judge")


def _decided(outcome: Outcome, rubric: Rubric) -> _OneOrder:
    """What a model that decides answered in one order; it gives no reason, and none is made up."""
    if outcome.completion is None:
        return None, str(outcome.error)
    try:
        question = _question(rubric)
        shares = read_answers({"winner": question}, json.loads(outcome.completion.text))["winner"]
        even = shares["first"] == shares["second"] >= shares["tie"]  # else the place would decide
        return (read_winner("tie" if even else likeliest(question, shares)), ""), ""
    except (ValueError, RecursionError) as error:
        return None, str(error)


def _read(data: dict[str, Any], reason: str) -> tuple[Place, str]:
    return read_winner(data.get("winner")), reason
