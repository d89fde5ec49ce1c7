"""Has the expert assess the criteria, and ties each piece of advice to the comparisons behind it.

Measures that the expert used while comparing blind are matched to criteria by name, and by what the expert itself
says it rests on; proposals that repeat a criterion are merged into the advice on that criterion.
"""

from __future__ import annotations

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
from hone.models import Call, Model, Request
from hone.rubrics.draft import CRITERION_SCHEMA
from hone.rubrics.wording import bullets, likeness, names_match, worded

_REASON = 300
_SAME = 0.75
"""How alike two criteria are when they count as one; see `likeness`."""


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
        One piece a criterion, in the rubric's order, then additions. Ids are ``a1``, ``a2``, …

    Raises:
        RubricError: There are no criteria to advise on.
        VerdictError: The answer does not assess every criterion.
        CallError: The call failed.
        UnavailableError: The expert cannot answer at all.
    """
    if not rubric.criteria:
        raise RubricError("the rubric has no criteria to advise on; propose some with: hone rubric draft")
    used, measures = setup or Setup(), measured(comparisons)
    text = used.prompts["advise"].render(
        subject=task.subject,
        role=task.role,
        instruction=task.instruction,
        criteria=bullets(rubric.criteria),
        measures="\n".join(f"- {entry}" for entry in measures) or "- none could be read",
    )
    request = Request(
        used.messages(text),
        used.sampling or advice_sampling(rubric),
        schema=_schema(rubric, measures),
        call=Call("advice"),
    )
    outcome = used.ask(expert, [request])[0]
    if outcome.error:
        raise outcome.error
    assert outcome.completion  # noqa: S101 - an outcome has the one or the other
    try:
        data = read_object(outcome.completion.text)
        return _advice(data, rubric, measures)
    except VerdictError as error:
        problem = cut_problem(outcome.completion, "expert") if outcome.completion.cut else str(error)
        raise VerdictError(f"the advice of {expert.spec} cannot be read: {problem}") from error


def advice_sampling(rubric: Rubric) -> Sampling:
    """The likeliest tokens, with room for an assessment of every criterion and two additions."""
    return Sampling(max_tokens=400 + 300 * len(rubric.criteria), break_loops=True)


def _schema(rubric: Rubric, measures: Sequence[Measured]) -> dict[str, Any]:
    reason = {"type": "string", "minLength": 3, "maxLength": _REASON}
    names = [entry.name for entry in measures]
    resting = {"type": "array", "maxItems": 3, "items": {"enum": names} if names else {"type": "string"}}
    assessment = _object(
        {"reason": reason, "measures": resting, "action": {"enum": ["keep", "modify", "remove"]}} | CRITERION_SCHEMA
    )
    missing = _object({"reason": reason, "measures": resting} | CRITERION_SCHEMA)
    return _object(
        {
            "criteria": _object(dict.fromkeys(rubric.names, assessment)),
            "missing": {"type": "array", "maxItems": 2, "items": missing},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@dataclass(slots=True)
class _Piece:
    """A piece of advice in the making."""

    action: Action
    criterion: Criterion | None
    proposal: Criterion | None
    reason: str
    comparisons: dict[str, None]


def _advice(data: dict[str, Any], rubric: Rubric, measures: Sequence[Measured]) -> list[Advice]:
    assessed, missing = data.get("criteria"), data.get("missing", [])
    if not isinstance(assessed, dict) or not isinstance(missing, list):
        raise VerdictError("it has no `criteria`, or `missing` is not a list")
    pieces = [_assessment(criterion, assessed.get(criterion.name), measures) for criterion in rubric.criteria]
    _settle_names(pieces)
    for entry in missing:
        _add(pieces, entry, measures)
    return [
        Advice(
            id=f"a{number}",
            action=piece.action,
            criterion=piece.criterion.name if piece.criterion else None,
            proposal=piece.proposal,
            reason=piece.reason,
            comparisons=tuple(piece.comparisons),
        )
        for number, piece in enumerate(pieces, 1)
    ]


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
        if any(likeness(proposal, criterion) >= _SAME for criterion in present):
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
