"""`hone label`: scores of replies, criterion by criterion, with reasons."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click
from pydantic import Field

from hone.cli.options import fresh_option, json_option, named_rubric, project_option
from hone.cli.screen import note, out, plain, print_json
from hone.cli.steps import models, run_label
from hone.domain.base import Frozen
from hone.domain.evidence import Judgement
from hone.domain.task import Reply
from hone.errors import FileFormatError, IncompleteError, ProjectError
from hone.project import Project
from hone.project.files import read_lines, write_lines
from hone.report import terminal


class Row(Frozen):
    """One line of a data set to be labelled; other columns are not allowed yet."""

    prompt: str = Field(min_length=1)
    reply: str
    id: str | None = None
    reference: str | None = None


class LabelledRow(Frozen):
    """One line of a labelled data set."""

    item: str
    prompt: str
    reply: str
    scores: dict[str, float] | None
    reasons: dict[str, str] | None
    unscored: str | None
    judge: str
    rubric: str


@click.command()
@click.argument("data", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--rubric", "name", help="v1, v2, …, working, a file or a library name.  [default: the latest version]")
@click.option("--judge", "spec", help="The judge's model.  [default: the judge in hone.yaml]")
@click.option(
    "--out", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the scores to a JSONL file."
)
@project_option
@fresh_option
@json_option
def label(**options: Any) -> None:
    """Score the replies in DATA (JSONL with `prompt` and `reply`); by default, those of the latest `hone reply`."""
    _label(**options)


def _label(
    data: Path | None, name: str | None, spec: str | None, file: Path | None, folder: Path, fresh: bool, as_json: bool
) -> None:
    project = Project.find(folder)
    rubric = named_rubric(name, project)
    replies = _replies(data, project)
    with models(project) as opened:
        judgements, done = run_label(project, opened, rubric, replies, judge_spec=spec, fresh=fresh)
    if file:
        write_lines(file, [_row(reply, one) for reply, one in zip(replies, judgements, strict=True)])
    if as_json:
        print_json({"run": done.run.folder.name, "rubric": rubric.digest, "judgements": judgements})
    else:
        out().print(terminal.judgement_table(judgements, rubric))
    unscored = Counter(one.unscored for one in judgements if one.unscored is not None)
    note(f"{len(judgements) - unscored.total()} scored, {unscored.total()} unscored")
    for reason, count in unscored.most_common():
        note(f"  {count} × {terminal.short(str(reason))}")
    note(f"run: {done.run.folder}{'; nothing was asked again (--fresh asks anew)' if done.before else ''}")
    if unscored.total() == len(judgements):
        raise IncompleteError("nothing could be scored; the reasons stand above")


def _replies(data: Path | None, project: Project) -> list[Reply]:
    if data is None:
        run = project.latest_run("reply")
        if run is None:
            raise ProjectError("there are no replies to score; write some with `hone reply`, or name a data file")
        return run.read(Reply)
    replies: dict[str, Reply] = {}
    for number, row in read_lines(data, Row):
        name = row.id or f"{data.stem}-{number}"
        if name in replies:
            raise FileFormatError(data, f"the id {name!r} stands twice", line=number, key="id")
        replies[name] = Reply(item=name, prompt=row.prompt, text=row.reply, model="", reference=row.reference)
    if not replies:
        raise FileFormatError(data, 'the file has no rows; write one {"prompt": "…", "reply": "…"} a line')
    return list(replies.values())


def _row(reply: Reply, judgement: Judgement) -> LabelledRow:
    scores = {score.criterion: score.value for score in judgement.scores} or None
    reasons = {score.criterion: score.reason for score in judgement.scores} or None
    return LabelledRow(
        item=reply.item, prompt=reply.prompt, reply=reply.text, scores=scores, reasons=reasons,
        unscored=judgement.unscored, judge=judgement.judge, rubric=judgement.rubric,
    )  # fmt: skip


__all__ = ["label", "plain"]
