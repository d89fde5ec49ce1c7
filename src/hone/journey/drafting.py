"""Criteria that the expert proposes, written into rubric.yaml. What a person wrote is never lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hone.domain.rubric import Criterion, Rubric
from hone.journey.loop import DraftOptions, Models, run_draft
from hone.journey.step import Step
from hone.project import Project
from hone.project.examples import keep_copy
from hone.project.folder import RUBRIC


@dataclass(frozen=True)
class Drafted:
    """The working rubric after a draft."""

    rubric: Rubric
    new: tuple[Criterion, ...] = ()
    step: Step | None = None
    """The run; none where criteria were there and nobody asked for others."""
    kept: Path | None = None
    """The file as it was, where it had criteria and was changed."""
    unscored: int = 0
    """Scored examples that scored replaced criteria alone, and went with them."""


def draft_rubric(project: Project, models: Models, options: DraftOptions) -> Drafted:
    """Let the expert propose criteria, and write them into rubric.yaml.

    Where criteria are there, nothing happens unless the options say ``more`` (those stay, word for word) or
    ``instead``; the file as it was is then kept first.

    Raises:
        RubricError: There is no room beside the criteria that are there.
        VerdictError: The expert proposed none that could be used.
    """
    working = project.rubric
    if working.criteria and not (options.more or options.instead):
        return Drafted(working)
    beside = working.criteria if options.more else ()
    criteria, step = run_draft(project, models, beside=beside, fresh=options.fresh)
    new = tuple(criteria)
    drafted = working.with_criteria((*beside, *new))
    if not working.criteria:
        project.save_rubric(drafted)
        return Drafted(drafted, new, step)
    kept = keep_copy(project.folder / RUBRIC)
    project.save_rubric(drafted)
    return Drafted(drafted, new, step, kept, len(working.examples) - len(drafted.examples))
