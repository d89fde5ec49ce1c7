"""A rubric refined from where people and judge differ, and offered where ratings that did not refine it agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from hone.domain.base import digest
from hone.domain.evidence import Advice, Decision, Judgement
from hone.domain.language import LANGUAGES
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Reply
from hone.errors import ProjectError
from hone.jobs import Journal, Setup
from hone.journey.column_options import ColumnOptions
from hone.journey.loop import Models, keep_merged
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.rated_texts import as_rated_reply, stored_texts, texts_in
from hone.journey.step import Step, judges_named, open_step, panel_parts, run_step, step_config
from hone.journey.stored import project_store
from hone.judging.of_project import judge_of, judge_sampling
from hone.judging.signals import ReplyText
from hone.measuring import Collected, Reading, read_ratings
from hone.models.spec import own_folder
from hone.people.store import check_store_installed
from hone.project import Project
from hone.project.runs import finished_runs
from hone.rubrics.gated import (
    LEAST_WORDED,
    Openings,
    Plan,
    RatedForRefining,
    RefineRule,
    Refining,
    planned,
    read_alike,
    units_of,
)
from hone.rubrics.merge import Merged
from hone.rubrics.refine import SAMPLING, RatedCase, Reworded, WordsWanted, reword
from hone.rubrics.refinement import Proposal, Refinement, Way
from hone.spelling import option
from hone.stats import BootstrapOptions
from hone.stats.arrays import Floats, Integers
from hone.stats.refining import significance_of
from hone.tables import Row, RowProblem, Table, open_table

if TYPE_CHECKING:
    from hone.people.exchange.stored import Stored
    from hone.people.store.store import Store

VERB = "rubric refine"
_ADVICE = "refined-"
"""How the ids of decisions begin that took a refined rubric over."""


class RefineOptions(ColumnOptions, AskingOptions):
    """What may be set for `rubric refine`."""

    verb = VERB
    file: Annotated[Path | None, OptionForm(positional=True, metavar="[RATINGS]")] = None
    judged: tuple[Path, ...] = ()
    """The rated replies' texts, where RATINGS does not hold them."""
    judge: tuple[str, ...] = ()
    """A model; several are a panel.  [default: the judge in hone.yaml]"""
    proposals: int = Field(default=2, ge=1, le=20)
    """Wordings that the expert is asked for, of each criterion."""
    way: Way | None = None
    """Test block after block, or on a sealed third.  [default: what shows a gain more often]"""
    split: bool = False
    """Try also two criteria in place of one."""
    join: bool = False
    """Try also one criterion in place of two that people score alike."""
    search: int | None = Field(default=None, ge=20)
    """Search longer, with GEPA: at most so many replies are judged for it.  [default: no]"""
    remake: bool = False
    """Let the expert word anew before each block, from all ratings before it: dearer."""
    examples_only: bool = False
    """Try scored examples alone, and ask no expert."""
    accept: Literal["yes", "no"] | None = None
    """Take what is offered over into rubric.yaml, or not.  [default: asked]"""
    margin: float = Field(default=0.1, gt=0, le=1)
    """By how much no criterion may fall."""
    resamples: int = Field(default=4_000, ge=400, le=1_000_000)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class RefineResult:
    """What came of it, and the run that keeps it."""

    refinement: Refinement
    step: Step
    notes: tuple[str, ...] = ()
    """What a reader should know of the ratings."""


@dataclass(frozen=True)
class _Rated:
    """The ratings as refining needs them, and what names them."""

    data: RatedForRefining
    marks: tuple[str, ...]
    """By reply, what it is known by in the count of openings: its request and its text."""
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Names the ratings: other ones make another run."""
        said = {
            name: np.where(np.isnan(given), None, given).tolist()  # type: ignore[call-overload]
            for name, given in self.data.people.items()
        }
        notes = {str(at): list(texts) for at, texts in self.data.notes.items()}
        replies = [reply.model_dump() for reply in self.data.replies]
        return digest([replies, said, self.data.units.tolist(), notes])


def run_refine(project: Project, models: Models, options: RefineOptions) -> RefineResult:
    """Refine the working rubric, and test what comes of it; what is in a journal is not asked again.

    Each run that tests something counts as one opening of its ratings, in the project's store.

    Args:
        project: The project; its expert words criteria anew.
        models: Its models.
        options: All that may be said.

    Raises:
        ProjectError: There are no ratings of the rubric, no texts, or the judge reads no rubric.
        StatsError: There are too few rated replies.
        CallError: The expert could not be asked.
        UnavailableError: A model cannot answer at all.
    """
    check_store_installed()
    from hone.people.store.openings import GateOpening  # noqa: PLC0415 - loads SQLAlchemy

    rubric, judges = project.rubric, judges_named(options.judge, project)
    _check(rubric, judges)
    tell = models.watch.tell
    rated = _rated(project, rubric, options, tell)
    for line in rated.notes:
        tell(line)
    rule = RefineRule(
        options.way,
        options.margin,
        options.seed,
        options.split,
        options.join,
        options.search or 0,
        options.remake,
        BootstrapOptions(options.resamples, options.seed),
    )
    few = len(rated.data.replies) < LEAST_WORDED
    expert = None if few or options.examples_only else project.settings.models.expert
    config = step_config(
        project,
        rubric=rubric,
        ratings=rated.digest,
        judging=project.settings.judging,
        sampling=judge_sampling(judges[0], rubric),
        rule=asdict(rule),
        proposals=options.proposals,
        refine=digest(project.prompts["refine"].text),
        **({"expert": expert} if expert else {}),
        **panel_parts(judges),
    )
    step = open_step(project.runs_folder, VERB, config, fresh=options.fresh, tell=tell)
    run = step.run.folder.name

    def work(journal: Journal) -> list[Refinement]:
        with project_store(project, tell=tell) as store:
            times = store.times_opened(rated.marks, but=run)
            openings = Openings(np.array([times.get(mark, 0) for mark in rated.marks], dtype=np.int64))
            plan = planned(rated.data.units, openings, rule)
            for line in _beforehand(plan, rated, options, few=few):
                tell(line)
            asked = _Asked(project, models, rubric, rated.data, judges, expert, options, journal)
            found = asked.refining(plan, rule).run()
            found = found.model_copy(
                update={
                    "judge": " + ".join(one.model for one in judges),
                    "expert": expert.model if expert else None,
                    "unscored": asked.unscored,
                }
            )
            if found.gate is not None:  # before anybody sees the answer: what was seen has been spent
                # Those that only chose count, too: else what is left of the same ratings would pass for fresh ones.
                verdict = found.gate.verdict
                store.open_gate(GateOpening(run, rubric.digest, found.judge, plan.way, verdict, rated.marks))
        return [found]

    (found,) = run_step(step, Refinement, work)
    return RefineResult(found, step, rated.notes)


def latest_refinement(project: Project, working: Rubric) -> Refinement | None:
    """What the latest run that refined the rubric as it stands came to; none where there is no such run."""
    for run in finished_runs(project.runs_folder, VERB):
        found = next(iter(run.read(Refinement)), None)
        if found is not None and found.rubric.digest == working.digest:
            return found
    return None


def awaits_decision(project: Project, found: Refinement) -> bool:
    """Whether something is offered on which nobody has decided yet."""
    if not found.passed:
        return False
    before, proposals = found.rubric.digest, {piece.proposal for piece in _as_advice(found.rubric, found.proposal)}
    return not any(
        one.before == before and one.advice.id.startswith(_ADVICE) and one.advice.proposal in proposals
        for one in project.decisions
    )


def decide_refinement(
    project: Project, found: Refinement, *, accept: bool, by: str, note: str = ""
) -> list[Decision]:
    """Take what is offered over into the working rubric, or keep that it was declined.

    Args:
        project: The project.
        found: What was offered for its working rubric.
        accept: Whether it is taken over.
        by: Who decides.
        note: Why.

    Raises:
        ProjectError: Nothing is offered, or the rubric has changed since.
    """
    working = project.rubric
    if not found.passed:
        raise ProjectError("nothing is offered: no change was shown to be better")
    if working.digest != found.rubric.digest:
        raise ProjectError("rubric.yaml has changed since; refine it again with: hone rubric refine")
    after = found.proposal.rubric if accept else working
    now = datetime.now(UTC).replace(microsecond=0)
    decisions = [
        Decision(
            advice=advice,
            action="accept" if accept else "reject",
            note=note,
            by=by,
            at=now,
            before=working.digest,
            after=after.digest,
        )
        for advice in _as_advice(found.rubric, found.proposal)
    ]
    keep_merged(project, working, Merged(after, tuple(decisions)), by)
    return decisions


def _as_advice(rubric: Rubric, proposal: Proposal) -> Iterator[Advice]:
    """The change as pieces of advice, so that a version carries it as it carries an expert's."""
    new = {one.name: one for one in proposal.rubric.criteria}
    number, taken = 0, set[str]()
    for old in rubric.criteria:
        reason = proposal.reasons.get(old.name, "chosen by agreement with people")
        names = proposal.scored_by.get(old.name, (old.name,))
        if taken.issuperset(names):
            number += 1
            yield Advice(id=f"{_ADVICE}{number}", action="remove", criterion=old.name, proposal=None, reason=reason)
            continue
        taken |= set(names)
        changed = [new[name] for name in names if new[name] != old]
        for place, one in enumerate(changed):
            number += 1
            yield Advice(
                id=f"{_ADVICE}{number}",
                action="add" if place else "modify",
                criterion=None if place else old.name,
                proposal=one,
                reason=reason,
            )
    added = len(proposal.rubric.examples) - len(rubric.examples)
    if not number:
        reason = f"its words stay; {added} scored examples of people are shown to judges"
        yield Advice(id=f"{_ADVICE}1", action="keep", criterion=rubric.names[0], proposal=None, reason=reason)


def _check(rubric: Rubric, judges: Sequence[ModelSettings]) -> None:
    if not rubric.criteria:
        raise ProjectError("rubric.yaml has no criteria; propose some with: hone rubric draft")
    if not rubric.judged.criteria:
        raise ProjectError("every criterion is a rule, which is scored without a model: there is no judge to refine")
    own = next((one.model for one in judges if own_folder(one) is not None), None)
    if own:
        raise ProjectError(
            f"{own} was fitted to the rubric as it stands and reads no other words; name a model with "
            f"{option('judge')}"
        )


def _beforehand(plan: Plan, rated: _Rated, options: RefineOptions, *, few: bool) -> Iterator[str]:
    """What is told before anything is asked."""
    count = len(rated.data.replies)
    if few:
        yield (
            f"{count} rated replies are fewer than {LEAST_WORDED}: only scored examples are tried. So few show that "
            "a judge errs, and not which words it misreads"
        )
    yield (
        f"of {count:,} rated replies {len(plan.tested):,} test what the others chose; a true gain in kappa would be "
        f"shown as follows: {_chances(plan, plan.way)} of such sets, if the better wording is found at all"
    )
    other = next((way for way in plan.power if way != plan.way), None)
    if other:
        yield f"{_WAYS[plan.way]} is taken; {_WAYS[other]} would show {_chances(plan, other)}"
    if plan.fresh:
        yield "only ratings that have not decided before are tested; the others choose"
    elif plan.opening > 1:
        yield (
            f"these ratings have decided {plan.opening - 1} times before: this time a change passes at "
            f"{significance_of(plan.opening):.2%} (one-sided); fresh ratings begin anew"
        )
    worded = 0 if few or options.examples_only else options.proposals + options.split + 1
    most = 2 + worded + options.join
    more = " (more, as there are proposals before each block)" if options.remake else ""
    yield f"at most {most * count:,} replies are judged{more}"


def _chances(plan: Plan, way: str) -> str:
    """How often each gain would be shown in a way of testing."""
    return ", ".join(f"{gain} in {chance:.0%}" for gain, chance in plan.power[way].items())


_WAYS: Mapping[str, str] = {"prequential": "testing block after block", "sealed": "a sealed third"}


def _rated(project: Project, rubric: Rubric, options: RefineOptions, tell: Any) -> _Rated:
    """The ratings of criteria that a model judges, with their replies' texts."""
    names = rubric.judged.names
    notes_of: dict[str, tuple[str, ...]] = {}
    texts: dict[str, ReplyText] = {}
    source: Path | Table
    told: list[str] = []
    if options.file is None:
        with project_store(project, readonly=True, tell=tell) as store:
            lineage = _rubrics_before(project, rubric)
            source, told = _lineage_ratings(store, lineage)
            notes_of = _stored_notes(store, lineage)
        for one in lineage:
            texts = stored_texts(project, one) | texts
        if not source.count():
            raise ProjectError("nobody has rated replies under rubric.yaml; rate some with: hone rate")
    else:
        source = options.file
    reading = Reading("ordinal", rubric, raters=options.rater_column, columns=options.columns())
    collected = read_ratings(source, reading)
    for place in [*options.judged, source]:
        texts = texts_in(open_table(place) if isinstance(place, Path) else place, collected.items) | texts
    return _arranged(collected, texts, names, notes_of, told)


def _arranged(
    collected: Collected,
    texts: Mapping[str, ReplyText],
    names: Sequence[str],
    notes_of: Mapping[str, tuple[str, ...]],
    told: list[str],
) -> _Rated:
    ratings = collected.ratings
    known = [name for name in names if name in ratings.people]
    if not known:
        raise ProjectError(f"nobody rated {', '.join(names)}; rate with: hone rate")
    told += [f"nobody rated {name}: it stays as it is" for name in names if name not in known]
    rows = [at for at, item in enumerate(collected.items) if item in texts]
    if not rows:
        remedy = f"name a file with the columns id, prompt and reply with {option('judged')}"
        raise ProjectError(f"no file has the texts of the rated replies; {remedy}")
    lacking = len(collected.items) - len(rows)
    if collected.weights is not None:
        told.append("each rated reply counts once here, whatever chance it had to be drawn")
    told += [f"{lacking:,} rated replies without their texts are left out"] if lacking else []
    replies = tuple(as_rated_reply(collected.items[at], texts[collected.items[at]]) for at in rows)
    groups = None if ratings.clusters is None else [ratings.clusters[at] for at in rows]
    data = RatedForRefining(
        replies,
        {name: np.asarray(ratings.people[name], dtype=np.float64)[rows] for name in known},
        tuple(ratings.raters),
        units_of(replies, groups),
        {place: notes_of[reply.item] for place, reply in enumerate(replies) if reply.item in notes_of},
    )
    return _Rated(data, tuple(digest(read_alike(reply)) for reply in replies), (*collected.notes(), *told))


def _rubrics_before(project: Project, rubric: Rubric) -> list[Rubric]:
    """The rubric, and those that refinements which a person accepted led to it from, the latest first.

    Refining gives a criterion other words for what people said of it, so what they said stays about it.
    """
    taken = {
        one.after: one.before
        for one in project.decisions
        if one.advice.id.startswith(_ADVICE) and one.before != one.after
    }
    found, known = [rubric], dict[str, Rubric]()
    if taken:
        for run in finished_runs(project.runs_folder, VERB):
            for one in run.read(Refinement):
                known[one.rubric.digest] = one.rubric
    while (before := known.get(taken.get(found[-1].digest, ""))) is not None and before not in found:
        found.append(before)
    return found


def _lineage_ratings(store: Store, lineage: Sequence[Rubric]) -> tuple[Stored, list[str]]:
    """Ratings under the rubric, and under those that it was refined from; the latest of a criterion count."""
    from hone.people.exchange.stored import Stored, stored_ratings  # noqa: PLC0415 - loads SQLAlchemy

    rows: dict[tuple[Any, ...], Row] = {}
    columns: tuple[str, ...] = ()
    current = 0
    rubric = lineage[0]
    for one in lineage:
        table = stored_ratings(store, one)
        columns = table.columns
        for _, row in table.rows():
            if not isinstance(row, RowProblem) and row["criterion"] in rubric.names:
                rows.setdefault((row["item"], row["criterion"], row["rater"]), row)
        if one.digest == rubric.digest:
            current = len(rows)
    older = len(rows) - current
    told = [f"{older:,} ratings were given under the words that these were refined from"] if older else []
    return Stored(Path(store.database.name), columns, list(rows.values())), told


def _stored_notes(store: Store, rubrics: Sequence[Rubric]) -> dict[str, tuple[str, ...]]:
    """What people wrote beside rated replies, and of a judge's reasons, by item."""
    # What is said of a reason comes first: it tells most, and of many notes an expert sees a few.
    written: dict[str, list[str]] = {}
    for rubric in rubrics:
        for look in store.second_looks(rubric):
            if look.answer == "wrong":
                why = f": {look.text}" if look.text else ""
                said = f"of a judge's reason on {look.criterion}, “{look.shown.reason}”: it is wrong{why}"
                written.setdefault(look.subject, []).append(said)
    for subject, notes in store.rater_notes().items():
        written.setdefault(subject, []).extend(dict.fromkeys(notes))
    return {
        row.item: tuple(written[row.subject])
        for rubric in rubrics
        for row in store.ratings(rubric)
        if row.subject in written
    }


@dataclass
class _Asked:
    """The judge and the expert of one run."""

    project: Project
    models: Models
    rubric: Rubric
    rated: RatedForRefining
    judges: tuple[ModelSettings, ...]
    expert: ModelSettings | None
    options: RefineOptions
    journal: Journal
    reasons: dict[str, list[str]] = field(default_factory=dict)
    unscored: int = 0

    def refining(self, plan: Plan, rule: RefineRule) -> Refining:
        """The refinement over them."""
        count = len(self.rated.replies)
        self.reasons = {name: [""] * count for name in self.rubric.names}
        words = None if self.expert is None else self.words
        ask = None if self.expert is None else self.anew
        return Refining(self.rubric, self.rated, plan, self.score, words, rule, self.reasons, ask)

    def score(self, rubric: Rubric, rows: Integers) -> Floats:
        """The judge's scores of some replies; shape (rows, criteria)."""
        replies = [self.rated.replies[at] for at in rows.tolist()]
        judged = self._judged(rubric, replies)
        found = np.full((len(rows), len(rubric.names)), np.nan)
        place = {name: at for at, name in enumerate(rubric.names)}
        for at, judgement in enumerate(judged):
            self.unscored += judgement.unscored is not None
            for score in judgement.scores:
                found[at, place[score.criterion]] = score.value
                if score.criterion in self.reasons:
                    self.reasons[score.criterion][int(rows[at])] = score.reason
        return found

    def _judged(self, rubric: Rubric, replies: Sequence[Reply]) -> list[Judgement]:
        opened = tuple(self.models(one) for one in self.judges)
        with self.models.watch.progress("replies judged") as progress:
            judge = judge_of(
                self.project,
                opened,
                self.judges[0],
                rubric,
                judging=self.judging,
                journal=self.journal,
                progress=progress,
            )
            return judge.score_all(replies)

    @property
    def judging(self) -> Judging:
        """As the project's, whatever number of criteria a proposal has."""
        return self.project.settings.judging

    def words(self, name: str, cases: Sequence[RatedCase]) -> list[Reworded]:
        """Other words for one criterion."""
        return self._words(self.rubric, name, cases, WordsWanted(self.options.proposals, self.options.split))

    def anew(self, rubric: Rubric, name: str, cases: Sequence[RatedCase], number: int) -> list[Reworded]:
        """Other words for one criterion of another rubric."""
        return self._words(rubric, name, cases, WordsWanted(1, begin=number))

    def _words(
        self,
        rubric: Rubric,
        name: str,
        cases: Sequence[RatedCase],
        wanted: WordsWanted,
    ) -> list[Reworded]:
        assert self.expert is not None  # noqa: S101 - only asked where there is one
        settings = self.project.settings
        with self.models.watch.progress(f"wording {name} anew") as progress:
            setup = Setup(
                self.project.prompts,
                self.expert.sampling(SAMPLING),
                self.journal,
                progress,
                language=LANGUAGES[settings.language or "en"],
            )
            return reword(
                settings.task,
                rubric,
                name,
                cases,
                self.models(self.expert),
                setup,
                wanted=wanted,
            )
