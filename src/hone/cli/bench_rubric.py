"""`hone bench rubric`: models write replies to the project's items, and the rubric's judge scores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from hone.bench.judged import JudgedReply, compare_judged
from hone.cli.screen import SCREEN, note, out, print_json, progress_bar
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings, Sampling
from hone.domain.task import Item, Reply
from hone.jobs import Journal, Setup
from hone.judging import judge
from hone.judging.form import default_sampling
from hone.models.spec import fingerprint
from hone.project import Project
from hone.project.folder import read_items
from hone.project.naming import named_rubric
from hone.report.bench import judged_report
from hone.rubrics import replies
from hone.steps.loop import Models, models, step_config

RUBRIC = "rubric"


@dataclass(frozen=True, slots=True)
class Match:
    """All that a benchmark by rubric rests on."""

    project: Project
    items: Sequence[Item]
    rubric: Rubric
    specs: tuple[str, ...]
    judge: ModelSettings
    sampling: Sampling


def prepare_match(
    project: Project, specs: tuple[str, ...], *, judge_spec: str | None, rubric: str | None, data: str | None,
    limit: int | None, max_tokens: int | None,
) -> Match:  # fmt: skip
    """Items, rubric and judge: the project's, where the command line says nothing else.

    Raises:
        ProjectError: There is no such rubric.
        FileFormatError: The items do not read.
        click.UsageError: The judge would score itself.
    """
    settings = project.settings
    items = read_items(Path(data)) if data else project.items
    scorer = ModelSettings(model=judge_spec) if judge_spec else settings.models.judge
    if scorer.model in specs:
        raise click.UsageError(f"{scorer.model} would score its own replies; name another judge with --judge")
    draws = replies.SAMPLING.model_copy(update={"max_tokens": max_tokens} if max_tokens else {})
    return Match(project, items[:limit], named_rubric(rubric, project), specs, scorer, draws)


def run_match(match: Match, *, fresh: bool) -> list[JudgedReply]:
    """Every model's judged replies, asked for or out of a finished run."""
    writers = {spec: fingerprint(spec, folder=match.project.folder) for spec in match.specs}
    config = step_config(
        match.project, rubric=match.rubric, items=match.items, judge=match.judge, sampling=match.sampling,
        judging=match.project.settings.judging, models=writers,
    )  # fmt: skip
    run = match.project.open_run("match", config, fresh=fresh)
    note(f"run: {run.folder}{'; nothing was asked again (--fresh asks anew)' if run.finished else ''}")
    if run.finished:
        return run.read(JudgedReply)
    found: list[JudgedReply] = []
    with Journal(run.journal, index=run.index, reuse=not fresh) as journal, models(match.project, SCREEN) as opened:
        for spec in match.specs:
            written = _written(match, ModelSettings(model=spec), opened, journal)
            judgements = _judged(match, written, opened, journal)
            found += map(_both, written, judgements, (item.group for item in match.items))
        for line in opened.notes:
            note(line)
    run.finish(found)
    return found


def show_match(match: Match, found: Sequence[JudgedReply], margin: float, *, as_json: bool) -> bool | None:
    """Print the report; whether the last model is not worse than the first, none where there is but one."""
    report = compare_judged(found, match.specs, match.rubric)
    passed = report.comparisons[-1].not_worse(margin) if report.comparisons else None
    if as_json:
        about = {"task": RUBRIC, "items": len(match.items), "rubric": match.rubric.digest, "judge": match.judge.model,
                 "margin": margin, "not_worse": passed}  # fmt: skip
        print_json({**about, **report.as_dict()})
    else:
        out().print(judged_report(report, margin))
    return passed


def _written(match: Match, writer: ModelSettings, opened: Models, journal: Journal) -> list[Reply]:
    settings = match.project.settings
    with progress_bar(f"{writer.model} writes") as progress:
        setup = Setup(match.project.prompts, match.sampling, journal, progress)
        return replies.write(settings.task, match.items, opened(writer), rubric=match.rubric, setup=setup)


def _judged(match: Match, written: Sequence[Reply], opened: Models, journal: Journal) -> list[Judgement]:
    settings = match.project.settings
    with progress_bar(f"{match.judge.model} scores") as progress:
        setup = Setup(match.project.prompts, match.judge.sampling(default_sampling(match.rubric)), journal, progress)
        return judge(written, match.rubric, opened(match.judge), subject=settings.task.subject, setup=setup,
                     judging=settings.judging)  # fmt: skip


def _both(reply: Reply, judgement: Judgement, group: str | None) -> JudgedReply:
    scores = {score.criterion: score.value for score in judgement.scores}
    return JudgedReply(model=reply.model, item=reply.item, group=group, text=reply.text, cut=reply.cut, scores=scores,
                       unscored=judgement.unscored)  # fmt: skip
