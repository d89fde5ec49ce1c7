"""The task, the rubric as it stands, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hone.domain.evidence import Decision, RubricVersion
from hone.domain.rubric import Rubric
from hone.report.diffs import worded_diff
from hone.report.page import Markup, cell, element, escaped, folded, joined, listed, paragraph, table
from hone.report.sections.parts import not_there_yet, part
from hone.report.view import ProjectView
from hone.rubrics.finalise import RubricChange, diff
from hone.rubrics.lint import lint

_DONE = {"accept": "accepted", "edit": "edited", "reject": "rejected"}
_CHANGED = {
    "reworded": "reworded",
    "renamed": "renamed",
    "added": "added",
    "removed": "removed",
    "scale": "scale",
    "examples": "examples",
}


def task_part(view: ProjectView) -> Markup:
    """What the model is asked to do, and by which models."""
    task, models = view.settings.task, view.settings.models
    rows = [
        ("subject", cell(task.subject, "words")),
        ("role", cell(task.role, "words")),
        ("instruction", cell(task.instruction, "words")),
        ("items", cell(f"{view.items:,} requests in items.jsonl")),
        ("writer", cell(models.writer.model)),
        ("expert", cell(models.expert.model)),
        ("judge", cell(models.judge.model)),
    ]
    return part("task", "The task", [table(("part", "as hone.yaml says it"), rows, "Task and models")])


def rubric_part(view: ProjectView) -> Markup:
    """The rubric that everything below rests on."""
    return part("rubric", "The rubric", _rubric(view))


def _rubric(view: ProjectView) -> Iterator[Markup]:
    rubric, final = view.shown, view.finalised
    if not rubric.criteria:
        yield not_there_yet("There are no criteria yet", view.makes["rubric"])
        return
    name = f"Version {final.version}, {final.hash}" if final else "rubric.yaml, not finalised yet"
    rows = [(criterion.name, cell(criterion.sentence, "words")) for criterion in rubric.criteria]
    yield table(("criterion", "what a reader sees in a reply that meets it"), rows, name)
    yield _scale(rubric)
    findings = lint(rubric)
    if findings:
        yield paragraph("What will be read in different ways, by hone rubric lint:")
        yield listed(f"{one.criterion or 'rubric'}: {one.message}" for one in findings)


def _scale(rubric: Rubric) -> Markup:
    own = [criterion for criterion in rubric.criteria if criterion.anchors]
    rows = [
        (
            f"{level.value:g}",
            cell(level.label),
            cell(level.anchor, "words"),
            *(cell(criterion.anchor(level), "words") for criterion in own),
        )
        for level in rubric.scale.levels
    ]
    head = ("level", "label", "what earns it", *(criterion.name for criterion in own))
    return table(head, rows, f"Scale; {len(rubric.examples)} scored examples")


def history_part(view: ProjectView) -> Markup:
    """Every version: what changed, and the decisions that led there."""
    return part("history", "How the rubric came to be", _history(view))


def _history(view: ProjectView) -> Iterator[Markup]:
    if not view.versions:
        yield not_there_yet("No version is frozen yet", view.makes["version"])
        return
    yield _version(view.versions[0], None)
    for before, after in pairwise(view.versions):
        yield _version(after, before)
    last = view.versions[-1]
    changes = [one for one in diff(last.rubric, view.rubric) if one.kind != "same"]
    if changes or view.decisions:
        yield element("h3", escaped("rubric.yaml since then"))
        yield _changes(changes)
        yield _decisions(view.decisions)
        yield not_there_yet("Not frozen yet", view.makes["version"])


def _version(version: RubricVersion, before: RubricVersion | None) -> Markup:
    head = element("h3", escaped(f"Version {version.version}" + (" (the start)" if version.version == 0 else "")))
    about = f"{version.created:%Y-%m-%d %H:%M}, by {version.by}, {version.hash}"
    note = f"; {version.note}" if version.note else ""
    parts = [head, paragraph(f"{about}{note}", "made")]
    if before is None:
        rows = [(criterion.name, cell(criterion.sentence, "words")) for criterion in version.rubric.criteria]
        parts.append(table(("criterion", "sentence"), rows, "The criteria it began with"))
    else:
        parts.append(_changes([one for one in diff(before.rubric, version.rubric) if one.kind != "same"]))
    parts.append(_decisions(version.decisions))
    return joined(*parts)


def _changes(changes: Sequence[RubricChange]) -> Markup:
    if not changes:
        return paragraph("Word for word as before.", "soft")
    rows = [
        (_named(one), cell(_CHANGED[one.kind]), element("td", worded_diff(one.old, one.new), kind="words"))
        for one in changes
    ]
    return table(("criterion", "what", "struck out: went; underlined: came"), rows, "What changed")


def _named(change: RubricChange) -> str:
    return change.name or {"scale": "the scale", "examples": "the examples"}.get(change.kind, "")


def _decisions(decisions: Sequence[Decision]) -> Markup:
    if not decisions:
        return Markup("")
    rows = []
    for one in decisions:
        piece = one.advice
        about = piece.criterion or (piece.proposal.name if piece.proposal else "")
        done = _DONE[one.action] + (f": {one.note}" if one.note else "")
        behind = ", ".join(piece.comparisons) or "none"
        rows.append(
            (
                f"{piece.action} {about}",
                cell(piece.reason, "words"),
                cell(behind),
                cell(done),
                cell(f"{one.by}, {one.at:%Y-%m-%d}"),
            )
        )
    head = ("advice", "the expert's reason", "comparisons behind it", "decision", "who, when")
    kept = sum(one.action != "reject" for one in decisions)
    title = f"{len(decisions)} pieces of advice were decided on, {kept} of them taken"
    return folded(title, table(head, rows, "Advice and decisions"))
