"""Has the expert assess the criteria, and ties each piece of advice to the comparisons behind it.

The expert sees the pairs whose verdict held in both orders, with reasons and with the quotes that stand in the
replies, and names the items that each piece rests on. A reason that says the criterion again, an item that is not
there and an addition that repeats a criterion are refused: the expert is asked once more, and what is refused again
is no advice.

A project's own prompt without the field `pairs` works as it did in version 0.2: the expert names measures, which are
matched to criteria by their names, and an addition that repeats a criterion is merged into the advice on it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hone.domain.evidence import Action, Advice, Comparison
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Task
from hone.errors import RubricError, VerdictError
from hone.jobs import Setup
from hone.judging import cut_problem, read_object
from hone.judging.both_orders import once_more
from hone.judging.verdict import closed_object
from hone.models import Call, Model, Request
from hone.prompts import fence
from hone.rubrics.wording import alike, bullets, criterion_schema, names_match, repeats, says_the_same, worded

UNREAD = "No advice could be read:"
"""How the reason begins where the expert's own was refused twice; the criterion is then left as it is."""
_FORM = 'an object with the keys "criteria" and "missing", as before'
_REASON = 300
_SHORT = 6
"""Words below which two reasons may well be the same."""
_PAIRS = 24
"""The most pairs that are shown: what stands in a prompt has to be read."""


@dataclass(slots=True)
class Measured:
    """One measure over all comparisons: who was better by it, and where it was used."""

    name: str
    better_with: int = 0
    better_without: int = 0
    tied: int = 0
    comparisons: dict[str, None] = field(default_factory=dict)
    """The ids of the comparisons, each once, in order."""

    def __str__(self) -> str:
        uses = self.better_with + self.better_without + self.tied
        return (
            f"{self.name}: used {uses} times; better with the criteria stated {self.better_with}, "
            f"without {self.better_without}, tied {self.tied}"
        )


def measured(comparisons: Iterable[Comparison]) -> list[Measured]:
    """The measures of all comparisons, those of the same name together, the most used first."""
    found: dict[str, Measured] = {}
    for comparison in comparisons:
        for verdict in comparison.verdicts:
            for measure in verdict.measures:
                if not measure.counts:
                    continue
                criterion = worded(measure.name, "It is.")
                name = criterion.name if criterion else measure.name
                entry = found.setdefault(name.lower(), Measured(name))
                entry.better_with += measure.better == "with"
                entry.better_without += measure.better == "without"
                entry.tied += measure.better == "tie"
                entry.comparisons[comparison.id] = None
    return sorted(found.values(), key=lambda entry: -len(entry.comparisons))


def advise(
    task: Task, rubric: Rubric, comparisons: Sequence[Comparison], expert: Model, setup: Setup | None = None
) -> list[Advice]:
    """The expert's advice on every criterion, and on what is missing.

    Args:
        task: What the model is asked to do.
        rubric: The criteria as they stand.
        comparisons: What the advice rests on.
        expert: Who advises.
        setup: Prompts, sampling, journal and progress.

    Returns:
        One piece a criterion, in the rubric's order, then additions. Ids are ``a1``, ``a2``, … Where the expert's
        reason was refused twice, the piece leaves the criterion as it is, and its reason begins with `UNREAD`.

    Raises:
        RubricError: There are no criteria to advise on.
        VerdictError: The answer does not assess every criterion.
        CallError: The call failed.
        UnavailableError: The expert cannot answer at all.
    """
    if not rubric.criteria:
        raise RubricError("the rubric has no criteria to advise on; propose some with: hone rubric draft")
    used, measures, held = setup or Setup(), measured(comparisons), held_pairs(comparisons)
    prompt = used.prompts["advise"]
    text = prompt.render(
        subject=task.subject,
        role=task.role,
        instruction=task.instruction,
        criteria=bullets(rubric.criteria),
        pairs=pairs_text(held) or "- none",
        measures="\n".join(f"- {entry}" for entry in measures) or "- none could be read",
    )
    reading = _Reading(rubric, measures, tuple(pair.id for pair in held) if "pairs" in prompt.fields else None)
    request = Request(
        used.messages(text),
        used.sampling or advice_sampling(rubric),
        schema=_schema(rubric, reading, criterion_schema(used.language)),
        call=Call("advice"),
    )
    outcome = used.ask(expert, [request])[0]
    if outcome.error:
        raise outcome.error
    assert outcome.completion  # noqa: S101 - an outcome has the one or the other
    try:
        advice = reading.read(outcome.completion.text)
        problem = "; ".join(advice.problems)
    except VerdictError as error:
        advice, problem = None, str(error)
        if outcome.completion.cut:
            cut = cut_problem(outcome.completion, "expert")
            raise VerdictError(f"the advice of {expert.spec} cannot be read: {cut}") from error
    if problem:
        again = used.ask(expert, [once_more(outcome, problem, _FORM, used)])[0]
        if again.completion is not None:
            with contextlib.suppress(VerdictError):
                second = reading.read(again.completion.text)
                if advice is None or len(second.problems) <= len(advice.problems):
                    advice = second
    if advice is None:
        raise VerdictError(f"the advice of {expert.spec} cannot be read: {problem}")
    return advice.pieces()


def held_pairs(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """The comparisons that advice may rest on: one reply won in both orders. At most so many as a prompt holds."""
    return [one for one in comparisons if one.winner in {"with", "without"}][:_PAIRS]


def pairs_text(pairs: Iterable[Comparison]) -> str:
    """What was said of each pair: who won, why, and the quotes that stand in the replies, fenced as material."""
    return "\n\n".join(f"Item {json.dumps(pair.id)}:\n{fence('verdict', _said(pair))}" for pair in pairs)


def _said(pair: Comparison) -> str:
    written = {"with": "with the criteria stated", "without": "without them"}
    better = written[str(pair.winner)]
    lines = [f"better: the reply that was written {better}"]
    for verdict in pair.verdicts:
        second = "with" if verdict.first == "without" else "without"
        lines.append(
            f"reason: {verdict.reason} (first: written {written[verdict.first]}; second: written {written[second]})"
        )
    lines += [
        f"quote, {name}, written {written[quote.side]}: {json.dumps(quote.text, ensure_ascii=False)}"
        for quote, name in pair.found_quotes.items()
    ]
    return "\n".join(lines)


def advice_sampling(rubric: Rubric) -> Sampling:
    """The likeliest tokens, with room for an assessment of every criterion and two additions."""
    return Sampling(max_tokens=400 + 300 * len(rubric.criteria), break_loops=True)


def _schema(rubric: Rubric, reading: _Reading, criterion: dict[str, Any]) -> dict[str, Any]:
    reason = {"type": "string", "minLength": 3, "maxLength": _REASON}
    key, names = reading.resting
    least = {"minItems": 1} if reading.items else {}
    resting = {"type": "array", "maxItems": 3, "items": {"enum": names} if names else {"type": "string"}} | least
    if reading.items is None:
        grounds: dict[str, Any] = {"reason": reason, key: resting}
    else:
        grounds = {key: resting, "reason": reason}
    assessment = closed_object(grounds | {"action": {"enum": ["keep", "modify", "remove"]}} | criterion)
    missing = closed_object(grounds | criterion)
    return closed_object(
        {
            "criteria": closed_object(dict.fromkeys(rubric.names, assessment)),
            "missing": {"type": "array", "maxItems": 2, "items": missing},
        }
    )


@dataclass(slots=True)
class _Piece:
    """A piece of advice in the making."""

    action: Action
    criterion: Criterion | None
    proposal: Criterion | None
    reason: str
    comparisons: dict[str, None]


@dataclass(slots=True)
class _Read:
    """What an answer advises, and what of it is refused."""

    made: list[_Piece] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def pieces(self) -> list[Advice]:
        """The advice, numbered."""
        return [
            Advice(
                id=f"a{number}",
                action=piece.action,
                criterion=piece.criterion.name if piece.criterion else None,
                proposal=piece.proposal,
                reason=piece.reason,
                comparisons=tuple(piece.comparisons),
            )
            for number, piece in enumerate(self.made, 1)
        ]


def _copied(reason: str, before: Sequence[_Piece]) -> str:
    """Whether a reason of some length stood before in (nearly) the same words: it cannot be about both."""
    if len(reason.split()) < _SHORT:
        return ""
    first = next((piece for piece in before if alike(piece.reason, reason)), None)
    about = (first.criterion or first.proposal) if first else None
    return f"its reason is that for {about.name!r}, in (nearly) the same words" if about else ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How an answer is read: against which criteria, and what its pieces may rest on."""

    rubric: Rubric
    measures: Sequence[Measured]
    items: tuple[str, ...] | None
    """The ids of the pairs that were shown; none where the prompt is a project's own that shows measures alone."""

    @property
    def resting(self) -> tuple[str, list[str]]:
        """The key under which an answer says what it rests on, and the names that may stand there."""
        if self.items is None:
            return "measures", [entry.name for entry in self.measures]
        return "items", list(self.items)

    def read(self, text: str) -> _Read:
        """The advice of an answer.

        Raises:
            VerdictError: It does not assess every criterion.
        """
        data = read_object(text)
        assessed, missing = data.get("criteria"), data.get("missing", [])
        if not isinstance(assessed, dict) or not isinstance(missing, list):
            raise VerdictError("it has no `criteria`, or `missing` is not a list")
        read = _Read()
        for criterion in self.rubric.criteria:
            entry = assessed.get(criterion.name)
            piece = _assessment(criterion, entry, self.measures)
            if self.items is not None:
                problem = self._refused(entry, piece.reason, criterion) or _copied(piece.reason, read.made)
                if problem:
                    read.problems.append(f"{criterion.name}: {problem}")
                    piece = _Piece("keep", criterion, None, f"{UNREAD} {problem}.", {})
                else:
                    piece.comparisons = self._named(entry)
            read.made.append(piece)
        _settle_names(read.made)
        for entry in missing:
            self._add(read, entry)
        return read

    def _named(self, entry: Any) -> dict[str, None]:
        """The items that an entry names, each once."""
        named = entry.get("items")
        return {str(name): None for name in named} if isinstance(named, list) else {}

    def _refused(self, entry: Any, reason: str, criterion: Criterion) -> str:
        """Why a piece is no advice; empty where it is."""
        named, known = self._named(entry), self.items or ()
        if unknown := next((name for name in named if name not in known), None):
            return f"{unknown[:60]!r} is not the id of a pair that was shown"
        if known and not named:
            return "it names no item that it rests on"
        if repeats(reason, criterion):
            return "the reason says the criterion again instead of what was seen in the replies"
        return ""

    def _add(self, read: _Read, entry: Any) -> None:
        if self.items is None:
            _add(read.made, entry, self.measures)
            return
        proposal = worded(entry.get("name"), entry.get("sentence")) if isinstance(entry, dict) else None
        if proposal is None:
            return
        same = next((one for one in self.rubric.criteria if says_the_same(proposal, one)), None)
        problem = f"it says {same.name!r} again" if same else self._refused(entry, _reason(entry), proposal)
        problem = problem or _copied(_reason(entry), read.made)
        if problem:
            read.problems.append(f"the addition {proposal.name}: {problem}")
            return
        others = [one for piece in read.made for one in (piece.criterion, piece.proposal) if one]
        if not any(says_the_same(proposal, one) for one in others):
            read.made.append(_Piece("add", None, proposal, _reason(entry) or "no reason given", self._named(entry)))


def _assessment(criterion: Criterion, entry: Any, measures: Sequence[Measured]) -> _Piece:
    if not isinstance(entry, dict) or entry.get("action") not in ("keep", "modify", "remove"):
        raise VerdictError(f"no keep, modify or remove for {criterion.name!r}")
    reason = _reason(entry)
    if not reason:
        raise VerdictError(f"no reason for {criterion.name!r}")
    action, proposal = cast("Action", entry["action"]), None
    if action == "modify":
        sentence = entry.get("sentence")
        proposal = worded(entry.get("name"), sentence) or worded(criterion.name, sentence)
        if proposal is None or (proposal.name, proposal.sentence) == (criterion.name, criterion.sentence):
            action, proposal = "keep", None  # a change that changes nothing
    return _Piece(action, criterion, proposal, reason, _behind(criterion, entry, measures))


def _settle_names(pieces: list[_Piece]) -> None:
    """A new name that another criterion has, or would get, is not taken: the criterion keeps its own.

    Names are then unique whichever pieces a person accepts.
    """
    for piece in pieces:
        others = {name for other in pieces if other is not piece for name in _names(other)}
        if piece.proposal and piece.criterion and piece.proposal.name.lower() in others:
            piece.proposal = Criterion(name=piece.criterion.name, sentence=piece.proposal.sentence)


def _names(piece: _Piece) -> set[str]:
    return {criterion.name.lower() for criterion in (piece.criterion, piece.proposal) if criterion}


def _reason(entry: dict[str, Any]) -> str:
    reason = entry.get("reason")
    return " ".join(reason.split()) if isinstance(reason, str) else ""


def _add(pieces: list[_Piece], entry: Any, measures: Sequence[Measured]) -> None:
    """A missing criterion; one that repeats another piece lends it its comparisons instead."""
    if not isinstance(entry, dict):
        return
    proposal = worded(entry.get("name"), entry.get("sentence"))
    if proposal is None:
        return
    behind = _behind(proposal, entry, measures)
    for piece in pieces:
        present = [criterion for criterion in (piece.criterion, piece.proposal) if criterion]
        if any(says_the_same(proposal, criterion) for criterion in present):
            piece.comparisons |= behind
            return
    pieces.append(_Piece("add", None, proposal, _reason(entry) or "no reason given", behind))


def _behind(criterion: Criterion, entry: dict[str, Any], measures: Sequence[Measured]) -> dict[str, None]:
    """The comparisons whose measures carry the criterion's name, or that the expert names itself."""
    named = entry.get("measures")
    names = {str(name).lower() for name in named} if isinstance(named, list) else set()
    return {
        comparison: None
        for measure in measures
        if measure.name.lower() in names or names_match(measure.name, criterion.name)
        for comparison in measure.comparisons
    }
