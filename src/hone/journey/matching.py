"""A benchmark by rubric in one call: models reply to a project's items, and the rubric's judge scores the replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hone.bench import JudgedReply, JudgedReport, compare_judged
from hone.bench.comparing import ComparisonChoices
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings, Sampling
from hone.domain.task import Item, Reply
from hone.errors import ProjectError
from hone.jobs import Journal, Setup
from hone.journey.certifying import certified_judge
from hone.journey.loop import Models, models
from hone.journey.second_judge import SecondJudge, second_judge
from hone.journey.step import each_once, open_step, run_step, same_models, step_config
from hone.journey.testing import keep_comparison_choices
from hone.journey.watching import SILENT, Watch
from hone.judging.form import rubric_sampling
from hone.judging.of_project import judge_of, judge_sampling
from hone.models.spec import settings_of
from hone.project import Project, Run
from hone.project.folder import read_items
from hone.project.naming import named_rubric
from hone.rubrics import replies
from hone.spelling import option
from hone.stats.share_difference import MARGIN

VERB = "match"
RUBRIC = "rubric"
"""The task, for `bench`, that is this benchmark."""


@dataclass(frozen=True, slots=True)
class BenchmarkItems:
    """What the models reply to."""

    items: Path | None = None
    """A file of items; the project's where absent."""
    limit: int | None = None
    """Only the first items."""
    max_tokens: int | None = None
    """The longest reply."""


@dataclass(frozen=True, slots=True)
class Match:
    """All that a benchmark by rubric rests on."""

    project: Project
    items: Sequence[Item]
    rubric: Rubric
    specs: tuple[str, ...]
    judge: ModelSettings
    sampling: Sampling
    then: SecondJudge | None = None
    """Who is asked what the judge is unsure of."""


@dataclass(frozen=True, slots=True)
class RubricBenchmark:
    """What came of a benchmark by rubric."""

    run: Run
    match: Match
    replies: list[JudgedReply]
    report: JudgedReport
    """Mean scores as shares of the scale and paired differences to the first model; `not_worse` is the gate."""


def benchmark_by_rubric(  # noqa: PLR0913 - each is a choice of its own
    folder: Path | str,
    specs: Sequence[str],
    *,
    judge: str | None = None,
    then: str | None = None,
    below: float | None = None,
    rubric: str | None = None,
    asked: BenchmarkItems | None = None,
    confidence: float = 0.95,
    margin: float = MARGIN,
    fresh: bool = False,
    require_certificate: bool = False,
    watch: Watch = SILENT,
) -> RubricBenchmark:
    """Let a rubric's judge compare models on the same items.

    Args:
        folder: In a project.
        specs: The models; the first one is the base.
        judge: Who scores; the project's judge by default, and never one of the models.
        then: A second judge, asked where the first is less sure of a criterion than `below`; never one of the models.
        below: The first judge's probability, or share of votes, under which the second is asked.
        rubric: `v1`, `working`, a file or a library name; the latest version by default.
        asked: What the models reply to, and how long; all of the project's items by default.
        confidence: How often an interval is to hold the truth.
        margin: How much worse, as a share of the scale, still counts as not worse; kept with the run, for its report.
        fresh: Ask everything again.
        require_certificate: Refuse a judge without a certificate that fits.
        watch: Told how far it is.

    Raises:
        ProjectError: There is no project or no such rubric, a model is named twice, or the judge is one of them.
        FileFormatError: The items do not read.
        ModelError: A model cannot be used.
    """
    project = Project.find(Path(folder))
    settings, names = project.settings, each_once(specs)
    scorer = settings_of(judge) if judge else settings.models.judge
    second = second_judge(then, below)
    for name, one in (("judge", scorer), *([("then", second.settings)] if second else ())):
        if one.model in names:
            raise ProjectError(f"{one.model} would score its own replies; name another judge with {option(name)}")
    wanted = asked or BenchmarkItems()
    items = (read_items(wanted.items) if wanted.items else project.items)[: wanted.limit]
    draws = replies.SAMPLING.model_copy(update={"max_tokens": wanted.max_tokens} if wanted.max_tokens else {})
    match = Match(project, items, named_rubric(rubric, project), names, scorer, draws, second)
    if words := certified_judge(project, match.rubric, scorer, required=require_certificate, then=second):
        watch.tell(words)
    run, found = _run(match, watch, fresh=fresh)
    keep_comparison_choices(run, ComparisonChoices(confidence=confidence, margin=margin, models=tuple(names)))
    return RubricBenchmark(run, match, found, compare_judged(found, names, match.rubric, confidence))


def _run(match: Match, watch: Watch, *, fresh: bool) -> tuple[Run, list[JudgedReply]]:
    """Every model's judged replies, asked for or out of a finished run."""
    writers = same_models(match.specs, match.project.folder)
    draws = judge_sampling(match.judge, match.rubric)
    # A judge that is sampled as usual leaves the config as it always was, so that finished runs open again.
    scoring = {} if draws == rubric_sampling(match.rubric) else {"judge_sampling": draws}
    config = step_config(
        match.project,
        rubric=match.rubric,
        items=match.items,
        judge=match.judge,
        sampling=match.sampling,
        judging=match.project.settings.judging,
        models=writers,
        **scoring,
        **(match.then.parts(match.rubric) if match.then else {}),
    )
    step = open_step(match.project.runs_folder, VERB, config, fresh=fresh, tell=watch.tell)
    watch.tell(step.line)

    def work(journal: Journal) -> Iterator[JudgedReply]:
        with models(match.project, watch) as opened:
            judges = (match.judge, *([match.then.settings] if match.then else ()))
            opened.agreed(*judges, *(settings_of(spec) for spec in match.specs))
            for spec in match.specs:
                written = _written(match, settings_of(spec), opened, journal, watch)
                judgements = _judged(match, written, opened, journal, watch)
                yield from map(_both, written, judgements, (item.group for item in match.items))

    return step.run, run_step(step, JudgedReply, work)


def _written(match: Match, writer: ModelSettings, opened: Models, journal: Journal, watch: Watch) -> list[Reply]:
    task = match.project.settings.task
    with watch.progress(f"{writer.model} writes") as progress:
        setup = Setup(match.project.prompts, match.sampling, journal, progress)
        return replies.write(task, match.items, opened(writer), rubric=match.rubric, setup=setup)


def _judged(
    match: Match, written: Sequence[Reply], opened: Models, journal: Journal, watch: Watch
) -> list[Judgement]:
    with watch.progress(f"{match.judge.model} scores") as progress:
        judge = judge_of(
            match.project,
            (opened(match.judge),),
            match.judge,
            match.rubric,
            journal=journal,
            progress=progress,
        )
        if match.then is not None:
            judge = match.then.behind(judge, opened(match.then.settings), match.project)
        return judge.score_all(written)


def _both(reply: Reply, judgement: Judgement, group: str | None) -> JudgedReply:
    scores = {score.criterion: score.value for score in judgement.scores}
    return JudgedReply(
        model=reply.model,
        item=reply.item,
        group=group,
        text=reply.text,
        cut=reply.cut,
        scores=scores,
        unscored=judgement.unscored,
    )
