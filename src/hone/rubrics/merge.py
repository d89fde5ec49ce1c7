"""Applies what a person decided on each piece of advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hone.domain.evidence import Advice, Decision
from hone.domain.rubric import MAX_CRITERIA, MIN_CRITERIA, Criterion, Rubric
from hone.errors import RubricError


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for one piece of advice, before it is signed and dated."""

    action: Literal["accept", "edit", "reject"]
    wording: Criterion | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a sitting."""

    rubric: Rubric
    decisions: tuple[Decision, ...]


def merge(rubric: Rubric, advice: Sequence[Advice], choices: Mapping[str, Choice], *, by: str) -> Merged:
    """Apply a person's choices.

    Args:
        rubric: The rubric that the advice is about.
        advice: All pieces.
        choices: One choice a piece, by its id.
        by: Who chose.

    Returns:
        The new rubric and the decisions, signed and dated.

    Raises:
        RubricError: A piece has no choice, a choice has no piece, two criteria would share a name, or there would be
            fewer than 2 or more than 7 criteria.
    """
    ids = [piece.id for piece in advice]
    if undecided := [number for number in ids if number not in choices]:
        raise RubricError(
            f"no decision on {', '.join(undecided)}; decide accept, edit or reject for each piece of advice"
        )
    if unknown := [number for number in choices if number not in ids]:
        raise RubricError(f"a decision on {unknown[0]!r}, which is not a piece of advice; there are {', '.join(ids)}")
    criteria = _apply(rubric.criteria, advice, choices)
    check_count(len(criteria), "these decisions would leave")
    names = [criterion.name.lower() for criterion in criteria]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RubricError(f"these decisions would leave two criteria called {twice[0]!r}; edit or reject one of them")
    merged = rubric.with_criteria(criteria)
    now = datetime.now(UTC).replace(microsecond=0)
    decisions = tuple(
        Decision(
            advice=piece,
            action=choices[piece.id].action,
            wording=choices[piece.id].wording,
            note=choices[piece.id].note,
            by=by,
            at=now,
            before=rubric.digest,
            after=merged.digest,
        )
        for piece in advice
    )
    return Merged(merged, decisions)


def accept_all(advice: Sequence[Advice], count: int) -> dict[str, Choice]:
    """Accept everything that leaves 2 to 7 criteria; the removals and additions that would go beyond are rejected.

    Args:
        advice: All pieces.
        count: How many criteria there are now.
    """
    choices: dict[str, Choice] = {}
    change = {"remove": -1, "add": 1}
    for piece in advice:
        after = count + change.get(piece.action, 0)
        if piece.action in change and not MIN_CRITERIA <= after <= MAX_CRITERIA:
            choices[piece.id] = Choice("reject", note=f"accepting it would leave {after} criteria")
            continue
        choices[piece.id] = Choice("accept")
        count = after
    return choices


def check_count(count: int, what: str) -> None:
    """Make sure that there are 2 to 7 criteria.

    Raises:
        RubricError: There are fewer or more.
    """
    if count < MIN_CRITERIA:
        raise RubricError(
            f"{what} {count} criteria; a rubric has at least {MIN_CRITERIA}: reject a removal, or add some"
        )
    if count > MAX_CRITERIA:
        over = count - MAX_CRITERIA
        raise RubricError(
            f"{what} {count} criteria; a rubric has at most {MAX_CRITERIA}: reject {over} or remove {over}"
        )


def _apply(
    criteria: Sequence[Criterion], advice: Sequence[Advice], choices: Mapping[str, Choice]
) -> tuple[Criterion, ...]:
    kept: dict[str, Criterion | None] = {criterion.name: criterion for criterion in criteria}
    added: list[Criterion] = []
    for piece in advice:
        choice = choices[piece.id]
        if choice.action == "reject":
            continue
        wording = choice.wording if choice.action == "edit" else piece.proposal
        if piece.criterion is None:
            if wording:
                added.append(wording)
        elif piece.criterion not in kept:
            raise RubricError(
                f"{piece.id} is about {piece.criterion!r}, which the rubric no longer has; advise again"
            )
        elif piece.action == "remove" and choice.action == "accept":
            kept[piece.criterion] = None
        elif wording:
            rule = next(one.rule for one in criteria if one.name == piece.criterion)
            # Other words for it do not make it a matter of judgement.
            kept[piece.criterion] = wording if rule is None else wording.model_copy(update={"rule": rule})
    return (*(criterion for criterion in kept.values() if criterion), *added)
