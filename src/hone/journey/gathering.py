"""Reads a project's folder for its report. What cannot be read is named and left out; it never ends the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from hone.domain.evidence import Advice, Comparison, Decision, Judgement
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.errors import HoneError, ProjectError
from hone.export.results import ExportRow
from hone.journey import retracing
from hone.journey.agreement import AgreeOptions
from hone.journey.auditing import AuditOptions
from hone.journey.certifying import certificate_line
from hone.journey.labelling import LabelOptions
from hone.journey.loop import AdviseOptions, CompareOptions
from hone.journey.matching import VERB
from hone.journey.next import makes, next_steps
from hone.journey.showing import shown_calls
from hone.journey.stored import check_there, project_ratings
from hone.journey.tuning import OWN_TEST
from hone.judging.audit import FindingRow
from hone.measuring import Reading, read_ratings
from hone.problems import prompting
from hone.project import Project, Run
from hone.project.runs import every_run
from hone.report.view import (
    Advised,
    AgreementPart,
    AuditPart,
    ComparingPart,
    ExportPart,
    FigureSource,
    ProjectView,
    ScoresPart,
    Suggestion,
    TuningPart,
)
from hone.stats import BootstrapOptions, Figure, paired_means
from hone.stats import agreement_figures as compute
from hone.training.job import RESULTS, TrainingJob, read_history

T = TypeVar("T")
Entry = TypeVar("Entry", bound=BaseModel)
RESAMPLES = 2_000
"""Enough for an interval's second digit; `hone agree` takes more."""

_MOST_LOOKED_THROUGH = 50_000_000
"""Bytes of a journal up to which a call is looked for: a report is not to wait for it."""


@dataclass
class Gatherer:
    """One project while its report is made."""

    project: Project
    runs: Sequence[Run]
    rubric: Rubric
    """The one that the report is about: the latest finalised version, else the working one."""
    decisions: Sequence[Decision] = ()
    broken: list[tuple[str, str]] = field(default_factory=list)
    unrated: str = ""
    """Why there is no agreement."""

    def latest(self, verb: str, read: Callable[[Run], T]) -> T | None:
        """What the latest finished run of a verb holds; one that does not read is named, and the one before it taken.

        Args:
            verb: What the run does.
            read: Reads it; whatever a damaged file can do wrong counts as not read.
        """
        for run in self.runs:
            if run.verb == verb and run.finished:
                try:
                    return read(run)
                except HoneError as error:
                    self.broken.append((f"runs/{run.folder.name}", str(error)))
                except (OSError, LookupError, TypeError, ValueError) as error:
                    self.broken.append((f"runs/{run.folder.name}", f"it is damaged ({_short(error)})"))
        return None

    def whole(self, run: Run, kind: type[Entry]) -> list[Entry]:
        """The results of a run that must have some.

        Raises:
            ValueError: It has none.
        """
        found = run.read(kind)
        if not found:
            raise ValueError("results.jsonl is empty")
        return found

    def part(self, name: str, read: Callable[[], T]) -> T | None:
        """Something that lies there; what does not read is named, and left out."""
        try:
            return read()
        except HoneError as error:
            self.broken.append((name, retracing.inside(self.project, str(error))))
            return None

    def rated(self) -> AgreementPart | None:
        """The agreement, where somebody has rated."""
        try:
            return _agreed(self)
        except HoneError as error:
            said = retracing.inside(self.project, str(error))
            # The remedy that follows stands on the page already, as a command.
            self.unrated = said.partition(";")[0]
            if type(error) is not ProjectError:
                self.broken.append(("agreement", said))
            return None


def gather_view(project: Project, now: datetime) -> ProjectView:
    """All that the page of a project shows.

    Raises:
        HoneError: Settings, rubric or a version do not read: without them there is no project to report on.
    """
    runs, damaged = every_run(project.runs_folder)
    versions = project.versions
    final = versions[-1].rubric if versions and versions[-1].version > 0 else None
    one = Gatherer(project, runs, final or project.rubric)
    one.broken += [(f"runs/{broken.folder.name}", broken.problem) for broken in damaged]
    one.decisions = one.part("decisions", lambda: project.decisions) or []
    agreed = one.rated()
    view = ProjectView(
        name=project.folder.resolve().name,
        made=now,
        settings=project.settings,
        items=len(one.part("items", lambda: project.items) or ()),
        rubric=project.rubric,
        versions=versions,
        decisions=one.decisions[sum(len(version.decisions) for version in versions) :],
        replies=len(one.latest("reply", lambda run: run.read(Reply)) or ()),
        compared=one.latest("compare", lambda run: _compared(one, run)),
        advised=one.latest("advise", lambda run: _advised(one, run)),
        scored=one.latest("label", lambda run: _scored(one, run)),
        agreed=agreed,
        audited=one.latest("audit", lambda run: _audited(one, run)),
        tuned=one.latest("tune", lambda run: tuned_in(project, run)),
        benched=one.latest("bench", lambda run: retracing.benched(project, run)),
        matched=one.latest(VERB, lambda run: retracing.matched(project, run)),
        exported=one.latest("export", lambda run: _exported(one, run)),
        unrated=one.unrated,
        runs=[(run.folder.name, run.verb, _state(run)) for run in runs],
        broken=one.broken,
    )
    todo = [Suggestion(step.why, step.command) for step in next_steps(view)]
    return replace(view, todo=todo, makes=makes(view))


def first_look(project: Project, *, replies: int, invited: int, wanted: int) -> ProjectView:
    """What the first page goes by: the rubric's life, and what the store says; nothing is computed.

    Args:
        project: The project.
        replies: How many replies can be rated.
        invited: How many people may come in beside the owner.
        wanted: How many ratings of a reply are still wanted.
    """
    found = [run for verb in ("compare", "advise") if (run := project.latest_run(verb)) is not None]
    one = Gatherer(project, found, project.rubric)
    one.decisions = one.part("decisions", lambda: project.decisions) or []
    return ProjectView(
        name=project.folder.resolve().name,
        made=datetime.now().astimezone(),
        settings=project.settings,
        items=0,
        rubric=project.rubric,
        versions=project.versions,
        replies=replies,
        compared=one.latest("compare", lambda run: _compared(one, run)),
        advised=one.latest("advise", lambda run: _advised(one, run)),
        invited=invited,
        wanted=wanted,
    )


def _compared(one: Gatherer, run: Run) -> ComparingPart:
    count = len(run.config.get("items") or ())
    source = retracing.source_of(run, CompareOptions(items=count) if count else CompareOptions())
    current = run.config["rubric"] == one.project.rubric.model_dump(mode="json")
    return ComparingPart(source, one.whole(run, Comparison), current)


def _advised(one: Gatherer, run: Run) -> Advised | None:
    """The advice, where it is about the rubric as it stands, so that a decision is still open."""
    advice = one.whole(run, Advice)
    if run.config["rubric"] != one.project.rubric.model_dump(mode="json"):
        return None
    if any(decision.advice == piece for decision in one.decisions for piece in advice):
        return None
    return Advised(retracing.source_of(run, AdviseOptions()), advice)


def _scored(one: Gatherer, run: Run) -> ScoresPart:
    rubric = Rubric.model_validate(run.config["rubric"])
    judgements = one.whole(run, Judgement)
    scored = [judgement.scores for judgement in judgements if judgement.scores]
    means = {
        name: _mean([scores[place].value for scores in scored], rubric) for place, name in enumerate(rubric.names)
    }
    judge = _other_judge(one, run)
    source = retracing.source_of(
        run,
        LabelOptions(judge=(judge,) if judge else (), **_told(run), **retracing.cascade_options(one.project, run)),
    )
    told = certificate_line(one.project, run)
    return ScoresPart(source, rubric, judgements, means, run.incomplete, told, _first_call(run, judgements[0].item))


def _first_call(run: Run, item: str) -> list[tuple[str, str]]:
    """The first call about an item, whole; nothing where it was not kept, or looking for it would take long."""
    try:
        if max(run.journal.stat().st_size, run.asked.stat().st_size) > _MOST_LOOKED_THROUGH:
            return []
        call = shown_calls(run, item)[0]
    except (OSError, HoneError):
        return []
    said: list[tuple[str, str]] = [(one.role, one.content) for one in call.asked.messages]
    return said if call.answer is None else [*said, ("answer", call.answer.text)]


def _mean(values: Sequence[float], rubric: Rubric) -> Figure:
    """The mean with its bootstrap interval."""
    levels = rubric.scale.values
    return paired_means(values, values, options=BootstrapOptions(RESAMPLES), span=(levels[0], levels[-1])).first


def _other_judge(one: Gatherer, run: Run) -> str | None:
    return retracing.other_judge(one.project, _named(run.config.get("judge")))


def _told(run: Run) -> dict[str, str]:
    """What the writer was told, where options of the run said so."""
    said = run.config.get("told")
    return {name: str(said[name]) for name in ("role", "instruction")} if isinstance(said, Mapping) else {}


def _named(model: object) -> str:
    return str(model.get("model", "")) if isinstance(model, Mapping) else ""


def _agreed(one: Gatherer) -> AgreementPart:
    check_there(one.project.database)  # before the store's packages are missed: who has no ratings needs none
    table = project_ratings(one.project, one.rubric).table
    collected = read_ratings(table, Reading(rubric=one.rubric))
    found = compute(collected.ratings, BootstrapOptions(RESAMPLES))
    return AgreementPart(
        FigureSource(f"{table.path.name} and the latest hone label", AgreeOptions().command_line()),
        found,
        [*collected.notes(), *collected.weighting()],
    )


def _audited(one: Gatherer, run: Run) -> AuditPart:
    findings = [row.root for row in one.whole(run, FindingRow)]
    source = retracing.source_of(run, AuditOptions(judge=_other_judge(one, run), **_told(run)))
    rubric = Rubric.model_validate(run.config["rubric"])
    return AuditPart(source, findings, _named(run.config.get("judge")), rubric)


def tuned_in(project: Project, run: Run) -> TuningPart:
    """The tuned model of a run."""
    job = TrainingJob.read(run.folder)
    result = json.loads((run.folder / RESULTS).read_text(encoding="utf-8"))
    return TuningPart(
        source=retracing.source_of(run, retracing.tune_options(run, job)),
        spec=retracing.tuned_spec(project, run, job),
        base=retracing.base_spec(job),
        examples=job.source,
        history=read_history(run.folder),
        result=result,
        test="sums" if job.prompt in {None, prompting().system} else OWN_TEST,
    )


def _exported(one: Gatherer, run: Run) -> ExportPart:
    model = retracing.inside(one.project, str(run.config["model"]))
    files = [
        row.model_copy(update={"file": retracing.inside(one.project, row.file)}) for row in one.whole(run, ExportRow)
    ]
    return ExportPart(retracing.source_of(run, retracing.export_options(one.project, run)), model, files)


def _state(run: Run) -> str:
    if run.finished:
        return f"not complete: {run.incomplete}" if run.incomplete else "finished"
    return "unfinished; the same command goes on"


def _short(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:120]}"
