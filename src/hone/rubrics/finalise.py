"""Freezes the working rubric as the next version, with its whole lineage; and shows what changed between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hone.domain.evidence import Decision, RubricVersion, VersionRef
from hone.domain.rubric import Criterion, Rubric
from hone.rubrics.merge import check_count
from hone.rubrics.wording import likeness


def finalise(
    rubric: Rubric, versions: Sequence[RubricVersion], decisions: Sequence[Decision], *, by: str, note: str = ""
) -> RubricVersion:
    """The next version.

    Args:
        rubric: The working rubric.
        versions: All earlier versions, oldest first.
        decisions: Every decision that was ever taken in the project.
        by: Who finalises.
        note: Why, in the person's own words.

    Returns:
        The version, not yet saved. It carries the decisions that no earlier version carries. An edit by hand after
        the last decision is said in its note.

    Raises:
        RubricError: There are fewer than 2 or more than 7 criteria.
    """
    check_count(len(rubric.criteria), "the rubric has")
    parent = versions[-1] if versions else None
    used = sum(len(version.decisions) for version in versions)
    new = tuple(decisions[used:])
    before = new[-1].after if new else parent.hash if parent else rubric.digest
    if before != rubric.digest:
        note = "; ".join(part for part in (note, "edited by hand after the last decision") if part)
    return RubricVersion(
        version=parent.version + 1 if parent else 1,
        hash=rubric.digest,
        parent=VersionRef(version=parent.version, hash=parent.hash) if parent else None,
        created=datetime.now(UTC).replace(microsecond=0),
        by=by,
        note=note,
        decisions=new,
        rubric=rubric,
    )


@dataclass(frozen=True, slots=True)
class RubricChange:
    """One difference between two rubrics."""

    kind: Literal["same", "reworded", "renamed", "added", "removed", "scale", "examples"]
    old: str = ""
    new: str = ""
    name: str = ""


def diff(old: Rubric, new: Rubric) -> list[RubricChange]:
    """What changed: criterion by criterion, then scale and examples. A criterion that was renamed is found again."""
    gone = {criterion.name: criterion for criterion in old.criteria}
    changes: list[RubricChange] = []
    fresh: list[Criterion] = []
    for criterion in new.criteria:
        before = gone.pop(criterion.name, None)
        if before is None:
            fresh.append(criterion)
        elif before == criterion:
            changes.append(RubricChange("same", before.sentence, criterion.sentence, criterion.name))
        else:
            changes.append(RubricChange("reworded", _said(before), _said(criterion), criterion.name))
    for criterion in fresh:
        origin = max(gone.values(), key=lambda other: likeness(criterion, other), default=None)
        if origin and likeness(criterion, origin) >= 0.5:
            del gone[origin.name]
            changes.append(RubricChange("renamed", _full(origin), _full(criterion), criterion.name))
        else:
            changes.append(RubricChange("added", new=_full(criterion), name=criterion.name))
    changes += [RubricChange("removed", old=_full(criterion), name=criterion.name) for criterion in gone.values()]
    if old.scale != new.scale:
        changes.append(RubricChange("scale", _levels(old), _levels(new)))
    if old.examples != new.examples:
        changes.append(RubricChange("examples", f"{len(old.examples)} examples", f"{len(new.examples)} examples"))
    return changes


def _said(criterion: Criterion) -> str:
    anchors = "".join(f" [{anchor.value:g}: {anchor.text}]" for anchor in criterion.anchors)
    rule = f" [rule: {'; '.join(criterion.rule.words)}]" if criterion.rule else ""
    return criterion.sentence + anchors + rule


def _full(criterion: Criterion) -> str:
    return f"{criterion.name}: {_said(criterion)}"


def _levels(rubric: Rubric) -> str:
    return "; ".join(f"{level.value:g} {level.label}: {level.anchor}" for level in rubric.scale.levels)
