"""Labels a table within a project: look at it, say what it will take, run it, keep the results."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from pydantic import Field, field_validator

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings, compiled
from hone.domain.task import Brief, Reply
from hone.errors import ProjectError
from hone.files import open_new, temporary_folder
from hone.jobs import Budget
from hone.jobs.prices import price
from hone.journey.certifying import certified
from hone.journey.loop import Models, models
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.second_judge import SecondJudge, second_judge
from hone.journey.step import Step, judges_named, open_step, panel_parts, place_of, step_config
from hone.journey.watching import SILENT, Watch
from hone.judging import Judge
from hone.judging.cascade import CascadeJudge
from hone.judging.dataset import Columns, Survey, entries, survey
from hone.judging.label import MAPPED, LabelReport, RowToLabel, label_columns, label_rows, labelled
from hone.judging.of_project import judge_of, judge_sampling
from hone.judging.rows_for_people import Routing, RowsForPeople
from hone.judging.shards import Labeller, label_in_shards, take_shards_in
from hone.project import Project, Run, read_rubric
from hone.project.naming import named_rubric
from hone.spelling import option
from hone.tables import Table, Taken, guess, open_table, open_writer
from hone.tables.writer import Writer

if TYPE_CHECKING:
    from hone.judging.score_maps import JudgeMaps


class LabelOptions(AskingOptions):
    """What may be set for `label`."""

    verb = "label"
    data: Annotated[Path | None, OptionForm(positional=True)] = None
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    judge: tuple[str, ...] = ()
    """A model; several are a panel.  [default: the judge in hone.yaml]"""
    then: str | None = None
    """A second judge, asked where the first is less sure of a criterion than `below`."""
    below: float | None = Field(default=None, gt=0, le=1)
    """The first judge's probability, or share of votes; calibrate it with `hone judge cascade`."""
    out: Path | None = None
    """.jsonl, .csv, .parquet, or a `datasets` folder."""
    prompt_column: str | None = None
    """The column of the requests; several as A+B.  [default: guessed]"""
    reply_column: str | None = None
    """The column of the replies.  [default: guessed]"""
    id_column: str | None = None
    """The column of the ids.  [default: guessed]"""
    reference_column: str | None = None
    """The column of good answers.  [default: guessed]"""
    per_criterion: bool | None = None
    """One call a criterion."""
    commit_first: bool | None = None
    """The judge answers each request itself before it sees a reply to it."""
    mode: Literal["verdict", "expected"] | None = None
    """The chosen level, or levels by probability."""
    samples: int | None = Field(default=None, ge=1, le=64)
    """Votes of each judge."""
    vote: Literal["mean", "median", "majority"] | None = None
    """How votes become a score."""
    pattern: str | None = None
    """A regular expression with one group a criterion, for texts that are not JSON."""
    budget: str | None = None
    """Stop at '$5', '100000 tokens' or '2000 calls'."""
    people: Path | None = None
    """Write the rows that people should look at to a file: those without a score, and a draw of the others."""
    uncertain: float = Field(default=0.6, ge=0, le=1)
    """A probability below it is uncertain: as many rows as hold one are drawn for people."""
    share: float = Field(default=0.05, ge=0, le=1)
    """How many more are drawn for people, of the other rows."""
    calibration: Annotated[Path | None, OptionForm(path="file")] = None
    """Maps of this judge (`hone judge calibrate`): a column more with the score that people are expected to give."""
    role: str | None = None
    """Who the writer of the replies was told to be.  [default: the task in hone.yaml]"""
    instruction: str | None = None
    """What the writer was told to do.  [default: the task in hone.yaml]"""
    engine: Literal["local", "ray"] = "local"
    """In this process, or in several on Ray (RAY_ADDRESS names a cluster)."""
    require_certificate: bool = False
    """Refuse to start unless the judge has a certificate that fits (`hone agree --certify`)."""
    retry: bool = False
    """Ask again for rows whose answer in the journal could not be read; keep the others."""

    _compiles = field_validator("pattern")(compiled)

    @field_validator("budget")
    @classmethod
    def _reads(cls, budget: str | None) -> str | None:
        if budget is not None:
            Budget.read(budget)
        return budget


@dataclass(frozen=True, slots=True)
class Labelling:
    """All that a labelling run depends on."""

    project: Project
    table: Table
    columns: Columns
    rubric: Rubric
    judges: tuple[ModelSettings, ...]
    judging: Judging
    file: Path | None = None
    people: Path | None = None
    routing: Routing = field(default_factory=Routing)
    budget: Budget = field(default_factory=Budget)
    fresh: bool = False
    retry: bool = False
    """Whether to ask again where an answer of the journal could not be read."""
    engine: Literal["local", "ray"] = "local"
    """Where: in this process, or in several on Ray. The results are the same."""
    brief: Brief | None = None
    """What the writer was told, where it is not the project's task."""
    require_certificate: bool = False
    """Whether to refuse a judge without a certificate that fits."""
    then: SecondJudge | None = None
    """The second judge of a cascade."""
    maps: JudgeMaps | None = None
    """From the judge's scores to people's."""


@dataclass(frozen=True, slots=True)
class LabelResult:
    """What came of it."""

    step: Step
    report: LabelReport
    before: bool
    """Whether the run had been finished before, and nothing was missing, so that nothing was asked."""
    routed: int = 0
    """Rows written for people."""
    blank: int = 0
    """Rows without any value, which were passed over."""

    @property
    def run(self) -> Run:
        """The run that keeps the judgements."""
        return self.step.run

    @property
    def judgements(self) -> list[Judgement]:
        """What was said of each row, in order."""
        return self.run.read(Judgement)

    @property
    def line(self) -> str:
        """Where the run lies, and whether nothing was asked."""
        idle = self.before and not self.report.tally.calls
        return self.step.told(again=idle, also=f", {option('retry', True)} what could not be read")


def needs_no_judge(name: str | None) -> bool:
    """Whether every criterion of the rubric that a file or a library name gives is a rule."""
    rubric = read_rubric(name) if name else None
    return rubric is not None and rubric.is_rules_alone


def label(
    data: Path | str,
    *,
    rubric: Rubric | Path | str,
    judge: str | Sequence[str] = (),
    out: Path | str | None = None,
    folder: Path | str = ".",
    options: LabelOptions | None = None,
    watch: Watch = SILENT,
) -> LabelResult:
    """Score the replies of a data set, with or without a project; each row comes out scored, or with the reason.

    Args:
        data: JSONL, CSV, XLSX, Parquet or a `datasets` folder.
        rubric: The rubric, a file of one, or a name of the library.
        judge: A model spec, or several as a panel; in a project its own judge by default. Rules alone need none.
        out: Where labelled rows go, by the suffix.
        folder: A project's folder; without a project, runs go to `runs` in it and relative model files start there.
        options: Anything else that `hone label` can be told.
        watch: Told how far it is.

    Raises:
        ProjectError: Something is missing, or the data does not read.
        ModelError: A judge cannot be used.
    """
    judges = (judge,) if isinstance(judge, str) else tuple(judge)
    said = (options or LabelOptions()).model_copy(
        update={"data": Path(data), "rubric": None if isinstance(rubric, Rubric) else str(rubric)}
    )
    if judges:
        said = said.model_copy(update={"judge": judges})
    if out is not None:
        said = said.model_copy(update={"out": Path(out)})
    alone = rubric.is_rules_alone if isinstance(rubric, Rubric) else needs_no_judge(said.rubric)
    project = place_of(Path(folder), data=data, rubric=True, judge=said.judge or alone)
    work = labelling_of(project, said, rubric=rubric if isinstance(rubric, Rubric) else None)
    with models(project, watch) as opened:
        return run_labelling(work, opened, tell=watch.tell)


def labelling_of(project: Project, options: LabelOptions, *, rubric: Rubric | None = None) -> Labelling:
    """What the options ask for in a project.

    Args:
        project: The project.
        options: The options.
        rubric: The rubric itself, in place of the one that the options name.

    Raises:
        ProjectError: There is nothing to score, or no such rubric.
        FileFormatError: The data does not read.
    """
    settings = project.settings
    judges = judges_named(options.judge, project)
    found = rubric or named_rubric(options.rubric, project)
    maps: JudgeMaps | None = None
    if options.calibration is not None:
        from hone.judging.score_maps import read_maps  # noqa: PLC0415 - loads the statistics

        maps = read_maps(options.calibration)
        maps.check(" + ".join(judge.model for judge in judges), found.digest, options.calibration)
    then = second_judge(options.then, options.below)
    if then is not None and options.engine == "ray":
        raise ProjectError(f"{option('then')} needs {option('engine', 'local')}: shards have one judge each")
    table = open_table(options.data or latest_replies(project))
    column = options.flag("prompt_column")
    columns = Columns.of(
        table,
        prompt=options.prompt_column,
        reply=options.reply_column,
        id=options.id_column,
        reference=options.reference_column,
        remedy=f"name it with {column} {{whole}}, or leave it out with {column} {{taken}}",
    )
    return Labelling(
        project=project,
        table=table,
        columns=columns,
        rubric=found,
        judges=judges,
        judging=options.put_over(settings.judging),
        file=options.out,
        people=options.people,
        routing=Routing(probability=options.uncertain, share=options.share),
        budget=Budget() if options.budget is None else Budget.read(options.budget),
        fresh=options.fresh,
        retry=options.retry,
        engine=options.engine,
        brief=other_brief(project, options.role, options.instruction),
        require_certificate=options.require_certificate,
        then=then,
        maps=maps,
    )


def other_brief(project: Project, role: str | None, instruction: str | None) -> Brief | None:
    """What the writer was told, where options say so; what they leave out is as in the project's task.

    Returns:
        None where nothing is said, or the same as the task says.
    """
    own = project.settings.task.brief
    said = Brief(
        role=own.role if role is None else role, instruction=own.instruction if instruction is None else instruction
    )
    return None if said == own else said


def run_labelling(work: Labelling, models: Models, *, tell: Callable[[str], object]) -> LabelResult:
    """Label a table, or show what was labelled before.

    Args:
        work: What is labelled, by what, with what.
        models: The project's models.
        tell: Told what it will take before it starts.
    """
    found = survey(work.table, work.columns)
    for line in Taken(work.columns.taken, found.blank, remarks=found.remarks).lines():
        tell(line)
    draws = judge_sampling(work.judges[0], work.rubric)
    judges = () if work.rubric.is_rules_alone else work.judges
    told: dict[str, Any] = {} if work.brief is None else {"told": work.brief}
    if work.then is not None and judges:
        told |= work.then.parts(work.rubric)
    config = step_config(
        work.project,
        rubric=work.rubric,
        data=found.digest,
        judging=work.judging,
        sampling=draws,
        **panel_parts(judges),
        **told,
    )
    if judges and (words := certified(work.project, config, required=work.require_certificate)):
        tell(words)
    step = open_step(work.project.runs_folder, "label", config, fresh=work.fresh, tell=tell)
    run = step.run
    sealed = run.sealed and not work.retry
    before = step.before and (sealed or not run.incomplete)
    with ExitStack() as stack:
        stack.enter_context(_rare_collections())
        # A finished run is gone through again only for its files, and for rows that have no score.
        journal = stack.enter_context(step.journal(readonly=sealed))
        asks = not before or work.fresh or work.retry
        opened = tuple(models(judge, asked=asks) for judge in judges)
        progress = stack.enter_context(models.watch.progress("scoring"))
        judge = judge_of(
            work.project.with_task,
            opened,
            work.judges[0],
            work.rubric,
            judging=work.judging,
            journal=journal,
            progress=progress,
            retry=work.retry,
        )
        if work.then is not None and judges:
            judge = work.then.behind(judge, models(work.then.settings, asked=asks), work.project.with_task)
        judge = judge.told(work.brief)
        budget = _priced(work, judge, found, tell)
        sink = stack.enter_context(_Sink(work, run, found))
        if work.engine == "ray" and not before and judges:
            report = _on_ray(work, judge, sink, run, found.rows)
        else:
            take_shards_in(run.shards, journal)
            rows = entries(work.table, work.columns)
            rows = _known(rows, run, whole=sealed) if before and not (work.retry or work.fresh) else rows
            report = label_rows(rows, judge, sink.take, budget=budget, total=found.rows)
        sink.route()
    if found.duplicates:
        report.noted["rows whose id stood before"] = found.duplicates
    if not sealed:
        failed = "some calls failed" if report.tally.failed else None
        run.mark(report.stopped or failed)
    return LabelResult(step, report, before, sink.routed, found.blank)


def _known(rows: Iterable[RowToLabel], run: Run, *, whole: bool) -> Iterator[RowToLabel]:
    """The rows with the scores that a finished run has of them, which stand in their order.

    The journal's keys hold the place of a model's file, so that a project that was moved would be asked anew.

    Args:
        rows: The rows.
        run: The finished run.
        whole: Take also that a row has no score, because nothing new can be written.
    """
    results = _results(run)
    for entry in rows:
        said = next(results, None)
        yield entry if said is None or (said.unscored is not None and not whole) else replace(entry, known=said)


def _results(run: Run) -> Iterator[Judgement]:
    # What is damaged comes out of the journal instead.
    with contextlib.suppress(OSError, ValueError), run.results.open(encoding="utf-8") as lines:
        for line in lines:
            yield Judgement.model_validate_json(line)


def latest_replies(project: Project) -> Path:
    """The file of the latest replies.

    Raises:
        ProjectError: There are none.
    """
    run = project.latest_run("reply")
    if run is None:
        raise ProjectError("there are no replies to score; write some with `hone reply`, or name a data file")
    return run.results


def _on_ray(work: Labelling, judge: Judge, sink: _Sink, run: Run, rows: int) -> LabelReport:
    """Label in several processes, each of which makes the judge anew."""
    setup, project = judge.setup, work.project
    labeller = Labeller(
        judges=work.judges,
        folder=project.folder,
        rubric=work.rubric,
        subject=judge.subject,
        brief=judge.brief,
        judging=work.judging,
        prompts=setup.prompts,
        sampling=setup.sampling or judge_sampling(work.judges[0], work.rubric),
    )
    return label_in_shards(
        lambda: entries(work.table, work.columns), judge, labeller, sink.take, folder=run.shards, total=rows
    )


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for cyclic garbage less often: a run makes millions of short-lived objects, and next to no cycles."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Sink:
    """Takes rows with their judgements: the run's results, the file that was asked for, and the rows for people."""

    def __init__(self, work: Labelling, run: Run, found: Survey) -> None:
        self.routed = 0
        self._work, self._run = work, run
        self._id = _id_column(work)
        self._mapped = [name for name in work.rubric.names if work.maps is not None and name in work.maps.criteria]
        self._columns = (
            ({self._id: str} if self._id else {})
            | found.types
            | label_columns(work.rubric, cascade=work.then is not None)
            | {f"{name}{MAPPED}": float for name in self._mapped}
        )
        self._stack = ExitStack()
        self._drawing = RowsForPeople(work.routing, work.rubric)
        self._people: Writer | None = None
        self._said: BinaryIO | None = None
        """The judgements in order, kept until it is known which rows are for people."""
        self._said_at = Path()

    def __enter__(self) -> _Sink:
        work = self._work
        # What lies where nothing can be written stays as it is.
        self._results = None if self._run.sealed else self._stack.enter_context(self._run.writing())
        self._out = self._stack.enter_context(open_writer(work.file, self._columns)) if work.file else None
        columns = {"why": str, "weight": float} | self._columns
        if work.people:
            self._people = self._stack.enter_context(open_writer(work.people, columns))
            self._said_at = self._stack.enter_context(temporary_folder("hone-label-")) / "judgements.jsonl"
            self._said = self._stack.enter_context(open_new(self._said_at))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def take(self, entry: RowToLabel, judgement: Judgement) -> None:
        """Write one row wherever it belongs."""
        if self._results:
            self._results.write(judgement.model_dump_json() + "\n")
        if self._said:
            self._drawing.add(judgement)
            self._said.write(judgement.model_dump_json().encode() + b"\n")
        if self._out:
            self._out.write(self._row(entry, judgement))

    def route(self) -> None:
        """Write the rows for people, once all are taken: only then is it known how unsure the judge is of each."""
        if self._people is None or self._said is None:
            return
        weight = self._drawing.weights()
        self._said.flush()
        with self._said_at.open("rb") as said:
            both = zip(entries(self._work.table, self._work.columns), said, strict=True)
            for place, (entry, line) in enumerate(both):
                if (stands_for := weight(place)) is not None:
                    judgement = Judgement.model_validate_json(line)
                    why = self._work.routing.reason(judgement)
                    self.routed += 1
                    self._people.write({"why": why, "weight": stands_for} | self._row(entry, judgement))

    def _row(self, entry: RowToLabel, judgement: Judgement) -> dict[str, Any]:
        row = ({self._id: entry.item} if self._id else {}) | labelled(
            entry, judgement, self._work.rubric, cascade=self._work.then is not None
        )
        if self._work.maps is None:
            return row
        mapped = self._work.maps.mapped(judgement)
        return row | {f"{name}{MAPPED}": mapped.get(name) for name in self._mapped}


def _id_column(work: Labelling) -> str | None:
    """The column that ids are written to; none where the rows bring theirs in a column that is read as one."""
    kept = work.columns.id is not None and guess(work.table.columns, "id", None) == work.columns.id
    return None if kept or "item" in work.table.columns else "item"


def _priced(work: Labelling, judge: Judge, found: Survey, tell: Callable[[str], object]) -> Budget:
    """Say what the run will take, and give the budget its prices: of two judges in a row, those of the dearer one."""
    calls = found.rows * judge.most_calls
    if not judge.asked_models:
        why = "every criterion is a rule" if work.rubric.is_rules_alone else f"{judge.spec} asks no model"
        tell(f"{found.rows:,} rows, no calls: {why}")
        return work.budget
    second = judge.then if isinstance(judge, CascadeJudge) else None
    both = [one for one in (judge, second) if one is not None and one.models]
    shares = [_tokens(one, found) for one in both]
    most = "" if second is None else "at most "
    total = sum(prompt + answer for prompt, answer in shares)
    text = f"{found.rows:,} rows, {most}{calls:,} calls, {most}about {total:,} tokens"
    prices = [_mean_price(one) for one in both]
    known = [one for one in prices if one is not None]
    if len(known) < len(prices):
        tell(f"{text}, price unknown")
        return work.budget
    cost = sum(prompt * one[0] + answer * one[1] for (prompt, answer), one in zip(shares, known, strict=True))
    tell(f"{text}, {most}about ${cost:,.2f}")
    return replace(work.budget, price=(max(one[0] for one in known), max(one[1] for one in known)))


def _tokens(judge: Judge, found: Survey) -> tuple[int, int]:
    """About how many tokens a judge reads and writes where it is asked about every row."""
    blank = Reply(item="-", prompt="-", text="-", model="")
    asked = sum(len(form.request(blank).messages[1].content) for form in judge.forms)
    calls = found.rows * judge.calls
    # Four characters a token is the usual rule of thumb for English; it is said to be an estimate.
    each = max(1, len(judge.forms))
    prompt = (found.rows * asked + found.characters * len(judge.forms)) * (judge.calls // each) / 4
    answer = calls * 45 * max(1, len(judge.rubric.criteria) // each)
    return int(prompt), int(answer)


def _mean_price(judge: Judge) -> tuple[float, float] | None:
    """The mean price of a token that a judge's models read, and of one that they write; none where one is unknown."""
    prices = [price(model.spec) for model in judge.models]
    known = [one for one in prices if one is not None]
    if len(known) < len(prices) or not known:
        return None
    return sum(one[0] for one in known) / len(known), sum(one[1] for one in known) / len(known)
