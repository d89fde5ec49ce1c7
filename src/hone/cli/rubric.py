"""`hone rubric …`: one command a step of the rubric's life."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from hone.cli import choices as choosing
from hone.cli.later import LaterCommands
from hone.cli.options import by_option, fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.domain.evidence import Comparison, Decision
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.drafting import Drafted, draft_rubric
from hone.journey.loop import (
    AdviseOptions,
    CompareOptions,
    DraftOptions,
    FinaliseOptions,
    LintOptions,
    MergeOptions,
    decided_before,
    freeze,
    keep_merged,
    latest_advice,
    latest_comparisons,
    models,
    run_advise,
    run_compare,
)
from hone.journey.next import after, command_of
from hone.journey.step import Step
from hone.project import Project
from hone.project.examples import prune_examples
from hone.project.folder import RUBRIC
from hone.project.naming import named_rubric
from hone.report import terminal
from hone.rubrics import compare as comparing
from hone.rubrics import finalise as finalising
from hone.rubrics.lint import LintFinding, advice_findings, stale_examples
from hone.rubrics.lint import lint as find
from hone.rubrics.merge import Merged
from hone.rubrics.merge import merge as apply


@click.group(
    "rubric",
    cls=LaterCommands,
    homes={
        "test": ("hone.cli.golden", "golden_command", "Does the judge give golden replies their levels?"),
        "refine": ("hone.cli.refine", "refine_command", "Mend the rubric where judge and people differ."),
        "weights": ("hone.cli.weights", "weights_command", "How much does each criterion count overall?"),
    },
)
def rubric_command() -> None:
    """The rubric's life: draft, compare, advise, merge, finalise; test, refine, weights; and show, diff, lint."""


@rubric_command.command("draft")
@verb_options(DraftOptions)
@project_option
@fresh_option
@json_option
def draft_command(options: DraftOptions, folder: Path, as_json: bool) -> None:
    """Propose 2 or 3 criteria from the task, where rubric.yaml has none; beside those that are there with --more."""
    project = Project.find(folder)
    with models(project, SCREEN) as opened:
        done = draft_rubric(project, opened, options)
    _tell_drafted(done)
    if as_json:
        print_json(done.rubric)
        return
    out().print(terminal.rubric_table(done.rubric))
    _show_findings(find(done.rubric))
    note(f"Next: change rubric.yaml as you like, then: {command_of(after(options))}")


def _tell_drafted(done: Drafted) -> None:
    if done.step is None:
        count = len(done.rubric.criteria)
        note(
            f"rubric.yaml has {count} criteria already; they stay as they are. --more proposes others beside them, "
            "--instead others in their place."
        )
        return
    note(done.step.line)
    if done.kept:
        note(f"new: {', '.join(criterion.name for criterion in done.new)}; rubric.yaml as it was: {done.kept}")
    if done.unscored:
        note(f"{done.unscored} scored examples were about criteria that are gone, and stand in that file alone")


@rubric_command.command("compare")
@verb_options(CompareOptions)
@project_option
@fresh_option
@json_option
def compare_command(options: CompareOptions, folder: Path, as_json: bool) -> None:
    """Write replies with and without the rubric, and let the expert compare them blind, in both orders."""
    project = Project.find(folder)
    with models(project, SCREEN) as opened:
        comparisons, done = run_compare(project, opened, count=options.items, fresh=options.fresh)
    summary = comparing.summary(comparisons)
    if as_json:
        print_json({"run": done.run.folder.name, "summary": _summary_data(summary), "comparisons": comparisons})
    else:
        _show_comparisons(comparisons, summary, done)
        note(f"Next: {command_of(after(options))}")
    end_incomplete(
        summary.unread, "comparisons have no verdict that could be read", "--fresh asks for all of them again"
    )


def _show_comparisons(comparisons: list[Comparison], summary: comparing.Summary, done: Step) -> None:
    out().print(terminal.comparison_table(comparisons))
    out().print(terminal.comparison_summary(summary), markup=False)
    note(done.line)


def _show_findings(findings: Sequence[LintFinding]) -> None:
    """What lint has to say of criteria that an expert proposed."""
    if findings:
        note("To look at before you take these proposals:")
        out().print(terminal.findings_table(findings))


@rubric_command.command("advise")
@verb_options(AdviseOptions)
@project_option
@fresh_option
@json_option
def advise_command(options: AdviseOptions, folder: Path, as_json: bool) -> None:
    """Let the expert assess the criteria, on the grounds of the latest comparisons."""
    project = Project.find(folder)
    with models(project, SCREEN) as opened:
        advice, done = run_advise(project, opened, fresh=options.fresh)
    if as_json:
        print_json({"run": done.run.folder.name, "advice": advice})
        return
    for piece in advice:
        out().print(terminal.advice_block(piece, project.rubric, latest_comparisons(project)))
    _show_findings(advice_findings(advice, project.rubric))
    note(done.line)
    note(f"Next: {command_of(after(options))}")


@rubric_command.command("merge")
@verb_options(MergeOptions)
@by_option
@project_option
@json_option
def merge_command(options: MergeOptions, folder: Path, by: str, as_json: bool) -> None:
    """Decide on each piece of advice: accept, edit or reject; the working rubric becomes what you decided."""
    if options.decisions and options.accept:
        raise click.UsageError("give --decisions or --accept, not both")
    given = choosing.given(options.decisions, options.accept)
    project = Project.find(folder)
    working = project.rubric
    if before := decided_before(project, working):
        merged = _merged_before(*before, working, given, by)
    else:
        advice = latest_advice(project, working)
        chosen = given or partial(choosing.ask_for_choices, comparisons=latest_comparisons(project))
        merged = apply(working, advice, chosen(advice, working), by=by)
        keep_merged(project, working, merged, by)
    if as_json:
        print_json({"rubric": merged.rubric, "decisions": merged.decisions})
        return
    for decision in merged.decisions:
        out().print(terminal.decision_line(decision))
    out().print(terminal.rubric_table(merged.rubric, "rubric.yaml"))
    note(f"Next: {command_of(after(options))} (or compare again, with the new criteria)")


def _merged_before(
    start: Rubric, decisions: list[Decision], working: Rubric, given: choosing.Given | None, by: str
) -> Merged:
    """What is there already, where the same is typed again; another decision comes too late."""
    said = f"the latest advice was decided on before, by {decisions[-1].by} on {decisions[-1].at:%Y-%m-%d}"
    if given:
        advice = [one.advice for one in decisions]
        if apply(start, advice, given(advice, start), by=by).rubric.digest != working.digest:
            raise ProjectError(f"{said}, and otherwise; to decide again, start with: hone rubric compare")
    note(f"{said}; rubric.yaml is what came of it, and stays as it is.")
    return Merged(working, tuple(decisions))


@rubric_command.command("finalise")
@verb_options(FinaliseOptions)
@by_option
@project_option
@json_option
def finalise_command(options: FinaliseOptions, folder: Path, by: str, as_json: bool) -> None:
    """Freeze the working rubric as rubrics/vN.yaml, with its parent and the decisions that led to it."""
    project = Project.find(folder)
    stale = _stale(project, project.rubric)
    version, path = freeze(project, by=by, text=options.note)
    note(f"Frozen: {path}" if path else f"rubric.yaml is v{version.version} word for word; nothing to finalise.")
    for finding in [*find(version.rubric), *stale]:
        note(f"lint: {finding.criterion or 'rubric'}: {finding.message}")
    if as_json:
        print_json(version)
        return
    out().print(terminal.version_line(version), markup=False)
    out().print(terminal.rubric_table(version.rubric))


@rubric_command.command("show")
@click.argument("name", required=False)
@project_option
@json_option
def show_rubric_command(folder: Path, name: str | None, as_json: bool) -> None:
    """Show a rubric: NAME is v1, v2, …, working, a file, or a rubric of the library; by default the working one."""
    project = Project.find(folder)
    shown, versions = named_rubric(name or "working", project), project.versions
    same = [version for version in versions if version.hash == shown.digest]
    frozen = next((version for version in same if f"v{version.version}" == name), same[-1] if same else None)
    if as_json:
        print_json(
            {"hash": shown.digest, "version": frozen.version if frozen else None, **shown.model_dump(mode="json")}
        )
        return
    out().print(terminal.rubric_table(shown, f"v{frozen.version}" if frozen else name or "rubric.yaml (not frozen)"))
    for version in versions:
        out().print(terminal.version_line(version), markup=False)


@rubric_command.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@project_option
@json_option
def diff_command(folder: Path, old: str | None, new: str | None, as_json: bool) -> None:
    """What changed from OLD to NEW; by default from the latest version to the working rubric."""
    project = Project.find(folder)
    versions = project.versions
    if old is None and not versions:
        raise ProjectError("there is no frozen version to compare with yet; make one with: hone rubric finalise")
    before = named_rubric(old, project) if old else versions[-1].rubric
    changes = finalising.diff(before, named_rubric(new or "working", project))
    if as_json:
        print_json([{"kind": one.kind, "name": one.name, "old": one.old, "new": one.new} for one in changes])
        return
    out().print(terminal.diff_block(changes))


@rubric_command.command("lint")
@verb_options(LintOptions)
@project_option
@json_option
def lint_command(options: LintOptions, folder: Path, as_json: bool) -> None:
    """Find criteria that will be read in different ways: vague, overlapping, two in one, too long."""
    project = Project.find(folder)
    if options.prune:
        _prune(project)
    looked_at = named_rubric(options.name or "working", project)
    findings = [*find(looked_at), *_stale(project, looked_at)]
    if as_json:
        print_json([{"rule": one.rule, "criterion": one.criterion, "message": one.message} for one in findings])
        return
    out().print(terminal.findings_table(findings) if findings else "nothing to look at")


def _prune(project: Project) -> None:
    done = prune_examples(project.folder / RUBRIC)
    if done is None:
        note("no example scores a criterion that is gone")
        return
    note(f"taken out: {', '.join(done.scores)}; rubric.yaml as it was: {done.kept}")
    if done.examples:
        note(f"{done.examples} examples had no other score, and went with them")


def _stale(project: Project, rubric: Rubric) -> list[LintFinding]:
    """Examples that were scored under other words, seen against the latest version."""
    versions = project.versions
    return stale_examples(rubric, versions[-1].rubric) if versions else []


def _summary_data(summary: comparing.Summary) -> dict[str, object]:
    """The summary of comparisons for JSON; a share of nothing is null."""
    rate = summary.rate
    share = {"value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n} if rate.n else None
    counts = ("pairs", "won", "lost", "tied", "flipped", "unread")
    return {name: getattr(summary, name) for name in counts} | {"rate": share}
