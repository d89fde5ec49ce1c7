"""Has an expert compare replies with and without the rubric: blind, in both orders, with quotes that are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hone.domain.evidence import Comparison, Measure, PairReply, Quote, Side, Verdict
from hone.domain.language import Language
from hone.domain.settings import Sampling
from hone.domain.task import Brief, Reply
from hone.errors import IncompleteError, VerdictError
from hone.jobs import Outcome, Setup
from hone.judging import read_winner
from hone.judging.both_orders import Order, ask_both_orders, once_more, read_order
from hone.judging.form import brief_fields
from hone.judging.verdict import closed_object
from hone.models import Call, Model, Request
from hone.prompts import fence
from hone.rubrics.wording import name_schema
from hone.stats import Figure, wilson

SAMPLING = Sampling(max_tokens=900, break_loops=True)

_WHICH: dict[str, Any] = {"enum": ["first", "second", "tie"]}


def _schema(language: Language) -> dict[str, Any]:
    """The form of a verdict."""
    quote = {"type": "string", "maxLength": 160}
    measure = closed_object(
        {"name": name_schema(language), "first_quote": quote, "second_quote": quote, "better": _WHICH}
    )
    return closed_object(
        {
            "measures": {"type": "array", "minItems": 2, "maxItems": 3, "items": measure},
            "reason": {"type": "string", "minLength": 12, "maxLength": 400},
            "winner": _WHICH,
        }
    )


_FORM = 'an object with the keys "measures", "reason" and "winner", as before'


@dataclass(frozen=True, slots=True)
class Summary:
    """How often stating the rubric won."""

    pairs: int
    won: int
    lost: int
    tied: int
    """Ties, flips among them."""
    flipped: int
    """Pairs whose winner changed with the order: the expert followed the position, not the replies."""
    unread: int
    """Pairs with an answer that could not be read."""
    rate: Figure
    """Won out of the pairs that were read."""
    cut: int = 0
    """Pairs with a reply that ended at its length limit: what it lacks may be what was cut off."""


def compare(
    without: Sequence[Reply],
    stated: Sequence[Reply],
    expert: Model,
    *,
    subject: str,
    brief: Brief | None = None,
    setup: Setup | None = None,
) -> list[Comparison]:
    """Compare two replies to each item.

    Args:
        without: Replies written under the task alone.
        stated: Replies to the same items, in the same order, written under task and rubric.
        expert: Who compares. It is not told which is which, and sees each pair in both orders.
        subject: What the replies are, such as "study plan".
        brief: What the writer was told, such as `task.brief`; it never holds the rubric.
        setup: Prompts, sampling, journal and progress.

    Returns:
        One comparison an item. An order whose answer could not be read has no winner; nor has one without a quote
        that stands in the replies, or whose winner goes against its own measures. Such an order is asked once more.

    Raises:
        IncompleteError: Not one answer had the form of a verdict.
        UnavailableError: The expert cannot answer at all.
    """
    used = setup or Setup()
    pairs, schema = list(zip(without, stated, strict=True)), _schema(used.language)

    def request(order: Order, first: Reply, second: Reply) -> Request:
        text = used.prompts["compare"].render(
            subject=subject,
            **brief_fields(brief or Brief()),
            request=fence("request", first.prompt),
            first=fence("reply", first.text),
            second=fence("reply", second.text),
        )
        sampling = used.sampling or SAMPLING
        return Request(used.messages(text), sampling, schema=schema, call=Call(first.item, order))

    outcomes = ask_both_orders(pairs, request, expert, used)
    comparisons = [
        _comparison(plain, guided, first, second)
        for (plain, guided), (first, second) in zip(pairs, outcomes, strict=True)
    ]
    comparisons = _asked_again(comparisons, outcomes, expert, used)
    verdicts = [verdict for comparison in comparisons for verdict in comparison.verdicts]
    if verdicts and not any(verdict.measures for verdict in verdicts):
        raise IncompleteError(f"not one comparison could be read; the first: {verdicts[0].unread}")
    return comparisons


def summary(comparisons: Sequence[Comparison]) -> Summary:
    """How often stating the rubric won, with a 95% Wilson interval."""
    winners = [comparison.winner for comparison in comparisons]
    won, lost, tied = winners.count("with"), winners.count("without"), winners.count("tie")
    return Summary(
        pairs=len(winners),
        won=won,
        lost=lost,
        tied=tied,
        flipped=sum(comparison.flipped for comparison in comparisons),
        unread=winners.count(None),
        rate=wilson(won, won + lost + tied),
        cut=sum(comparison.without.cut or comparison.with_.cut for comparison in comparisons),
    )


def _asked_again(
    comparisons: Sequence[Comparison],
    outcomes: Sequence[tuple[Outcome, Outcome]],
    expert: Model,
    setup: Setup,
) -> list[Comparison]:
    """The comparisons, with what the expert said when it was asked once more where an answer could not be used."""
    unread = [
        (place, side)
        for place, comparison in enumerate(comparisons)
        for side, verdict in enumerate(comparison.verdicts)
        if verdict.unread is not None and (known := outcomes[place][side].completion) and not known.cut
    ]
    if not unread:
        return list(comparisons)
    requests = [
        once_more(outcomes[place][side], comparisons[place].verdicts[side].unread or "", _FORM, setup)
        for place, side in unread
    ]
    found = list(comparisons)
    for (place, side), outcome in zip(unread, setup.ask(expert, requests), strict=True):
        before = found[place]
        first = before.verdicts[side].first
        order: tuple[Side, Side] = ("without", "with") if first == "without" else ("with", "without")
        again = _verdict(outcome, order, {"without": before.without.text, "with": before.with_.text})
        if again.unread is None:
            verdicts = list(before.verdicts)
            verdicts[side] = again
            found[place] = before.model_copy(update={"verdicts": tuple(verdicts)})
    return found


def _comparison(plain: Reply, guided: Reply, first: Outcome, second: Outcome) -> Comparison:
    sides = {"without": plain.text, "with": guided.text}
    return Comparison(
        id=plain.item,
        without=PairReply(text=plain.text, model=plain.model, cut=plain.cut),
        with_=PairReply(text=guided.text, model=guided.model, cut=guided.cut),
        verdicts=(_verdict(first, ("without", "with"), sides), _verdict(second, ("with", "without"), sides)),
    )


def _verdict(outcome: Outcome, order: tuple[Side, Side], texts: dict[str, str]) -> Verdict:
    raw = outcome.completion.text if outcome.completion else None

    def read(data: dict[str, Any], reason: str) -> Verdict:
        winner = _which(data.get("winner"), order)
        measures = tuple(_measure(entry, order, texts) for entry in _list(data.get("measures")))
        if problem := unfounded(winner, measures):
            return Verdict(first=order[0], winner=None, reason=reason, measures=measures, unread=problem, raw=raw)
        return Verdict(first=order[0], winner=winner, reason=reason, measures=measures)

    verdict, problem = read_order(outcome, read, "expert")
    return verdict or Verdict(first=order[0], winner=None, unread=problem, raw=raw)


def unfounded(winner: Side | Literal["tie"], measures: Sequence[Measure]) -> str:
    """Why a verdict does not follow from what the expert points at; empty where it does.

    A measure counts where a quote of it stands in its reply. A winner goes against its measures where more of those
    that count favour the other reply; a tie goes against none.
    """
    counting = [measure for measure in measures if measure.counts]
    if not counting:
        return "not one quote stands in the replies; copy each quote word for word from its reply"
    if winner == "tie":
        return ""
    mine = sum(measure.better == winner for measure in counting)
    others = sum(measure.better not in {winner, "tie"} for measure in counting)
    if others > mine:
        return (
            "the verdict goes against its own measures: of those with a quote that stands in its reply, more favour "
            "the other reply; let measures and verdict say the same"
        )
    return ""


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list) or not data:
        raise VerdictError("a verdict without measures")
    return data


def _which(value: Any, order: tuple[Side, Side]) -> Side | Literal["tie"]:
    """The side that "first" or "second" stands for in this order."""
    place = read_winner(value)
    return "tie" if place == "tie" else order[0] if place == "first" else order[1]


def _measure(entry: Any, order: tuple[Side, Side], texts: dict[str, str]) -> Measure:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise VerdictError("a measure without a name")
    quotes = []
    for side, key in zip(order, ("first_quote", "second_quote"), strict=True):
        quote = str(entry.get(key) or "").strip()
        if quote:
            words = _spaced(quote)
            quotes.append(Quote(text=quote, side=side, found=bool(words) and words in _spaced(texts[side])))
    return Measure(name=name, better=_which(entry.get("better"), order), quotes=tuple(quotes))


_MARKUP = str.maketrans("", "", "*_`#>\"'“”‘’«»„")
"""Marks of Markdown, and quotation marks: who quotes what a reader sees leaves them out, or has others."""


def _spaced(text: str) -> str:
    return " ".join(text.lower().translate(_MARKUP).split()).strip(" .…")
