"""The rubric as it stands, and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hone.domain.evidence import Decision, RubricVersion
from hone.domain.rubric import Rubric
from hone.report.diffs import worded_diff
from hone.report.view import ProjectView
from hone.rubrics.finalise import RubricChange, diff
from hone.rubrics.lint import lint

_DONE = {"accept": "accepted", "edit": "edited", "reject": "rejected"}


def rubric_values(view: ProjectView) -> dict[str, object]:
    """The rubric that everything else rests on: its criteria, its scale, and what lint finds."""
    rubric, final = view.shown, view.finalised
    own = [criterion for criterion in rubric.criteria if criterion.anchors]
    return {
        "name": f"Version {final.version}, {final.hash}" if final else "rubric.yaml, not finalised yet",
        "criteria": _criteria(rubric),
        "scale_head": ["level", "label", "what earns it", *(criterion.name for criterion in own)],
        "scale": [
            (f"{level.value:g}", level.label, level.anchor, *(criterion.anchor(level) for criterion in own))
            for level in rubric.scale.levels
        ],
        "findings": [f"{one.criterion or 'rubric'}: {one.message}" for one in lint(rubric)],
    }


def history_values(view: ProjectView) -> dict[str, object]:
    """Every version, and what has happened since the last one; nothing where no version is frozen."""
    if not view.versions:
        return {"versions": [], "since": None}
    changes = _changes(view.versions[-1].rubric, view.rubric)
    since = {"changes": changes, "decisions": _decisions(view.decisions)} if changes or view.decisions else None
    parents = [None, *(before.rubric for before, _ in pairwise(view.versions))]
    versions = [_version(one, before) for one, before in zip(view.versions, parents, strict=True)]
    return {"versions": versions, "since": since}


def _version(version: RubricVersion, before: Rubric | None) -> dict[str, object]:
    about = f"{version.created:%Y-%m-%d %H:%M}, by {version.by}, {version.hash}"
    return {
        "title": f"Version {version.version}" + (" (the start)" if version.version == 0 else ""),
        "about": about + (f"; {version.note}" if version.note else ""),
        "criteria": _criteria(version.rubric),
        "changes": _changes(before, version.rubric) if before else [],
        "decisions": _decisions(version.decisions),
    }


def _criteria(rubric: Rubric) -> list[tuple[str, str]]:
    return [(criterion.name, criterion.sentence) for criterion in rubric.criteria]


def _changes(before: Rubric, after: Rubric) -> list[tuple[str, str, str]]:
    changes = [one for one in diff(before, after) if one.kind != "same"]
    return [(_named(one), one.kind, worded_diff(one.old, one.new)) for one in changes]


def _named(change: RubricChange) -> str:
    return change.name or {"scale": "the scale", "examples": "the examples"}.get(change.kind, "")


def _decisions(decisions: Sequence[Decision]) -> dict[str, object]:
    rows = []
    for one in decisions:
        piece = one.advice
        about = piece.criterion or (piece.proposal.name if piece.proposal else "")
        done = _DONE[one.action] + (f": {one.note}" if one.note else "")
        behind = ", ".join(piece.comparisons) or "none"
        rows.append((f"{piece.action} {about}", piece.reason, behind, done, f"{one.by}, {one.at:%Y-%m-%d}"))
    kept = sum(one.action != "reject" for one in decisions)
    return {"title": f"{len(decisions)} pieces of advice were decided on, {kept} of them taken", "rows": rows}
