"""`hone demo`: the whole journey on the embedded model, with nothing but this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.rule import Rule

from hone.cli.demo_model import Recipe, check_extras, walk_model
from hone.cli.screen import SCREEN, note, out
from hone.domain.evidence import Advice, Comparison, Judgement, RubricVersion
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.labelling import Labelling, run_labelling
from hone.journey.loop import (
    Models,
    freeze,
    keep_merged,
    latest_advice,
    models,
    run_advise,
    run_compare,
    run_draft,
    run_reply,
)
from hone.journey.reporting import write_report
from hone.judging.dataset import Columns
from hone.models.spec import spec_from_anywhere
from hone.project import Project
from hone.project.folder import SETTINGS
from hone.report import terminal
from hone.rubrics import compare as comparing
from hone.rubrics.advise import measured
from hone.rubrics.lint import lint
from hone.rubrics.merge import Choice, accept_all, merge
from hone.rubrics.wording import names_match
from hone.tables import open_table

_BY = "hone demo (nobody was asked)"
_REPLIES = 4
_EMBEDDED = "smollm2"

_WELCOME = """\
Hone makes a metric that people agree with, and a small model that it then drives. This demo walks the first part on \
study plans for students: writer, expert and judge are all {model}."""
_WEAK = """\
SmolLM2-135M shows how the journey works, not how good advice is: at 135 million parameters its verdicts follow the \
order of the replies, and its scores say little. For real work name a stronger expert and judge in hone.yaml, such as
  expert: openai:MODEL                 (the key in OPENAI_API_KEY)
  judge: http://HOST:PORT/v1#MODEL     (vLLM, Ollama, llama.cpp, LM Studio)
  writer: gguf:FILE                    (any GGUF model on this machine)"""
_UNMEASURED = """\
Writer, expert and judge were all {model}. How far its scores agree with people's nobody knows before people have \
rated: hone rate, then hone agree. A model may favour replies of its own; hone.yaml can name another judge."""


@click.command("demo")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@click.option("--model", metavar="SPEC", help="The model of writer, expert and judge, in place of SmolLM2.")
@click.option("--full", is_flag=True, help="Also tune a small model on sums, test, export and talk to it.")
@click.option("--fresh", is_flag=True, help="Ask everything again; earlier runs and versions stay.")
def demo_command(folder: Path, model: str | None, full: bool, fresh: bool) -> None:
    """Walk the whole journey on study plans, with the embedded model or your own, in a new project folder."""
    started = time.monotonic()
    if full:
        check_extras()
    console = out()
    project = _project(console, folder, spec_from_anywhere(model) if model else None)
    with models(project, SCREEN) as opened:
        _walk(console, project, opened, fresh=fresh)
    passed = walk_model(console, project, _title) if full else True
    if not passed:
        note("the tuned model was refused by its gate; it is neither exported nor talked to")
    _, page = write_report(project)
    _end(console, project, page, time.monotonic() - started)


def _project(console: Console, folder: Path, spec: str | None) -> Project:
    """The demo's project, a new one or the one that is there; what is about to happen is said."""
    if not (folder / SETTINGS).exists():
        if folder.exists() and any(folder.iterdir()):
            raise ProjectError(f"{folder} holds something else; name another folder with --folder")
        console.print(_WELCOME.format(model=_called(spec or _EMBEDDED)), "", sep="\n", markup=False)
        return Project.create(folder, model=spec)
    project = Project(folder)
    named = project.settings.models.expert.model
    if spec and spec != named:
        raise ProjectError(f"{folder} is a demo of {named}; name another folder with --folder")
    console.print(_WELCOME.format(model=_called(named)), "", sep="\n", markup=False)
    console.print(f"{folder} is there already: what was done is shown, what was not is done now.\n", markup=False)
    return project


def _called(spec: str) -> str:
    return "SmolLM2-135M, which runs here, offline" if spec == _EMBEDDED else spec


def _walk(console: Console, project: Project, opened: Models, *, fresh: bool) -> None:
    versions = [version for version in project.versions if version.version > 0]
    if versions and not fresh:
        version = versions[-1]
        _title(console, f"The rubric was finalised before, as v{version.version}")
        console.print(terminal.version_line(version), markup=False)
    else:
        decided = project.decisions
        if fresh or not decided or decided[-1].after != project.rubric.digest:
            _rubric(console, project, opened, fresh=fresh)
        version = _finalise(console, project)
    console.print(terminal.rubric_table(version.rubric))
    _title(console, "6. Replies under the final rubric, scored criterion by criterion")
    replies, _ = run_reply(project, opened, version.rubric, project.items[:_REPLIES], fresh=fresh)
    console.print(terminal.reply_panel(replies[0], f"{replies[0].item}, by {replies[0].model}"))
    _score(console, project, opened, version.rubric, fresh=fresh)


def _rubric(console: Console, project: Project, opened: Models, *, fresh: bool) -> None:
    _title(console, "1. The task and the criteria that it starts with")
    task = project.settings.task
    console.print(f"{task.role} {task.instruction}", "", sep="\n", markup=False)
    if not project.rubric.criteria:
        criteria, _ = run_draft(project, opened, fresh=fresh)
        project.save_rubric(Rubric(criteria=tuple(criteria)))
    working = project.rubric
    console.print(terminal.rubric_table(working))

    _title(console, "2. Does stating the criteria help? Replies with and without them, compared blind in both orders")
    comparisons, _ = run_compare(project, opened, fresh=fresh)
    console.print(terminal.comparison_table(comparisons))
    console.print(terminal.comparison_summary(comparing.summary(comparisons)), markup=False)

    _title(console, "3. The expert's advice on the criteria")
    run_advise(project, opened, fresh=fresh)
    advice = latest_advice(project, working)
    for piece in advice:
        console.print(terminal.advice_block(piece, working, comparisons))

    _title(console, "4. A person decides on each piece of advice; here the demo does, and you would choose")
    merged = merge(working, advice, _choices(advice, working, comparisons), by=_BY)
    for decision in merged.decisions:
        console.print(terminal.decision_line(decision))
    keep_merged(project, working, merged, _BY)


def _choices(advice: Sequence[Advice], working: Rubric, comparisons: Sequence[Comparison]) -> dict[str, Choice]:
    """Accept what leaves 2 to 7 criteria, but no addition whose measure decided no comparison."""
    used = [measure.name for measure in measured(comparisons)]
    choices = accept_all(advice, len(working.criteria))
    for piece in advice:
        if (
            piece.action == "add"
            and piece.proposal
            and not any(names_match(piece.proposal.name, name) for name in used)
        ):
            choices[piece.id] = Choice("reject", note="no comparison was decided by it")
    return choices


def _finalise(console: Console, project: Project) -> RubricVersion:
    _title(console, "5. The rubric is frozen, with its parent and every decision")
    version, _ = freeze(project, by=_BY)
    console.print(terminal.version_line(version), markup=False)
    for finding in lint(version.rubric):
        console.print(f"lint: {finding.criterion}: {finding.message}", markup=False)
    return version


def _score(console: Console, project: Project, opened: Models, rubric: Rubric, *, fresh: bool) -> None:
    judge = project.settings.models.judge
    run = project.latest_run("reply")
    assert run is not None  # noqa: S101 - the replies were written a moment ago
    table = open_table(run.results)
    work = Labelling(project, table, Columns.of(table), rubric, (judge,), project.settings.judging, fresh=fresh)
    judgements = run_labelling(work, opened, tell=note).run.read(Judgement)
    console.print(terminal.judgement_table(judgements, rubric))
    scored = next((one for one in judgements if one.scores), None)
    for score in scored.scores if scored else ():
        line = f"{score.criterion}: {score.value:g}, because: {terminal.short(score.reason)}"
        console.print(line, markup=False)


def _end(console: Console, project: Project, page: Path, seconds: float) -> None:
    folder = project.folder
    _title(console, f"Done in {seconds:.0f} s. What it means, where it lies, what to type next")
    named = project.settings.models.expert.model
    words = _WEAK if named == _EMBEDDED else _UNMEASURED.format(model=named)
    console.print(words, "", sep="\n", markup=False)
    file = folder / Recipe().file
    talk = (f"hone chat gguf:{file}     talk to the tuned model",) if file.exists() else ()
    console.print(
        f"report: {page.resolve().as_uri()}     all of it on one page",
        "",
        f"{folder}/rubric.yaml    the working rubric; change it by hand",
        f"{folder}/rubrics/       frozen versions; v0 is the start, v1 the first finalised one",
        f"{folder}/runs/          every question, answer, comparison, piece of advice and score",
        "",
        *talk,
        f"hone rubric diff v0 v1 --project {folder}     what the advice changed",
        f"hone rubric lint --project {folder}           which criteria will be read in different ways",
        "hone init my-plans && cd my-plans && hone rubric compare     your own",
        sep="\n",
        markup=False,
    )


def _title(console: Console, text: str) -> None:
    console.print("", Rule(text, align="left", style="cyan"), sep="\n")
