"""An audit of a project's judge: what moves it besides the criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.domain.task import Brief, Reply
from hone.errors import IncompleteError, ProjectError
from hone.journey.loop import Models
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.step import open_step, step_config
from hone.judging.audit import AuditFinding, FindingRow
from hone.judging.audit import audit as examine
from hone.judging.dataset import Columns, entries
from hone.judging.of_project import judge_of, judge_sampling
from hone.project import Project, Run
from hone.tables import Taken, open_table


class AuditOptions(AskingOptions):
    """What may be set for `audit`."""

    verb = "audit"
    data: Annotated[Path | None, OptionForm(positional=True)] = None
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    judge: str | None = None
    """The judge's model.  [default: the judge in hone.yaml]"""
    role: str | None = None
    """Who the writer of the replies was told to be.  [default: the task in hone.yaml]"""
    instruction: str | None = None
    """What the writer was told to do.  [default: the task in hone.yaml]"""
    items: int = Field(default=30, ge=2)
    """How many replies."""
    ratings: Path | None = None
    """People's ratings; how far length goes with them is shown too."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The findings, and the run that keeps them."""

    run: Run
    findings: list[AuditFinding]
    unscored: int = 0
    """Replies that were left out of a finding, because an answer on them did not come or could not be read."""


def run_audit(
    project: Project,
    models: Models,
    rubric: Rubric,
    replies: Sequence[Reply],
    *,
    judge: ModelSettings | None = None,
    brief: Brief | None = None,
    people: Mapping[str, float] | None = None,
    fresh: bool = False,
) -> AuditResult:
    """Ask what moves the judge: order, length, repetition, formatting, a plea in the reply.

    Args:
        project: Whose judge, prompts and way of judging.
        models: Its models.
        rubric: What is judged by.
        replies: The replies, at least 2.
        judge: Another judge than the project's.
        brief: What the writer was told, where it is not the project's task.
        people: The mean score that people gave each item, to set length beside.
        fresh: Ask everything again.

    Raises:
        IncompleteError: Not one reply could be scored.
    """
    rubric = rubric.judged  # a rule is not moved by anything
    if not rubric.criteria:
        raise ProjectError("every criterion of the rubric is a rule, so there is no judge to audit")
    part = judge or project.settings.models.judge
    draws = judge_sampling(part, rubric)
    content = digest([reply.model_dump() for reply in replies])
    told = {} if brief is None else {"told": brief}
    config = step_config(project, rubric=rubric, data=content, judge=part, sampling=draws, **told)
    step = open_step(project.runs_folder, "audit", config, fresh=fresh, tell=models.watch.tell)
    run = step.run
    if run.sealed and people is None:
        return _audited(run, [row.root for row in run.read(FindingRow)], len(replies), len(rubric.criteria))
    with ExitStack() as stack:
        journal = stack.enter_context(step.journal())
        opened = models(part, asked=not step.before)
        progress = stack.enter_context(models.watch.progress("auditing"))
        who = judge_of(project.with_task, (opened,), part, rubric, journal=journal, progress=progress).told(brief)
        findings = examine(replies, who, people=dict(people) if people else None)
        if all(finding.figure.value is None for finding in findings):
            raise IncompleteError("not one reply could be scored; try the judge with: hone label")
    run.finish(FindingRow(finding) for finding in findings)
    return _audited(run, findings, len(replies), len(rubric.criteria))


def _audited(run: Run, findings: list[AuditFinding], replies: int, criteria: int) -> AuditResult:
    """With how many replies the shortest row lacks: scores are repeated criterion by criterion, and rise as one."""
    repeated = next(one.figure.n for one in findings if one.name == "repeat")
    rose = next(one.figure.n for one in findings if "rose" in one.measured)
    return AuditResult(run, findings, replies - min(repeated // criteria, rose))


def read_replies(data: Path, count: int, taken: Taken | None = None) -> list[Reply]:
    """The first replies of a data set.

    Args:
        data: The file or folder.
        count: How many.
        taken: Told which columns are taken.

    Raises:
        ProjectError: There are fewer than 2.
    """
    table = open_table(data)
    columns = Columns.of(table)
    if taken:
        taken.take(columns.taken)
    found = (entry.reply for entry in entries(table, columns) if entry.reply is not None)
    replies = list(islice(found, count))
    if len(replies) < 2:
        raise ProjectError(f"{data}: an audit needs at least 2 replies, and there are {len(replies)}")
    return replies
