"""Golden replies through the present judge, as unit tests; and golden replies made from ratings all people share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from hone.domain.base import digest
from hone.domain.evidence import Judgement
from hone.domain.golden import ExpectedLevel, GoldenReplies, GoldenReply
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import NO_REQUEST, Reply
from hone.errors import ProjectError
from hone.jobs import Journal
from hone.journey.labelling import needs_no_judge
from hone.journey.loop import Models, models
from hone.journey.options import AskingOptions
from hone.journey.second_judge import SecondJudge, second_judge
from hone.journey.step import Step, judges_named, open_step, panel_parts, place_of, step_config
from hone.journey.stored import project_store
from hone.journey.watching import SILENT, Watch
from hone.judging.of_project import judge_of, judge_sampling
from hone.people.store import check_store_installed
from hone.people.store.values import Subject
from hone.project import Project
from hone.project.folder import ITEMS
from hone.project.golden import GOLDEN, add_golden_replies, read_golden_replies
from hone.project.naming import named_rubric
from hone.rubrics.golden import GoldenOutcome, golden_outcome
from hone.rubrics.unanimous import AgreedReply, UnanimousRatings, spread_over_levels, unanimous_ratings
from hone.spelling import option

if TYPE_CHECKING:
    from hone.people.store.store import Store

VERB = "rubric test"


class RubricTestOptions(AskingOptions):
    """What may be set for `rubric test`."""

    verb = VERB
    make: int | None = Field(default=None, ge=1)
    """Ask no judge: add up to so many golden replies, from ratings on which all people agree."""
    golden: Path | None = None
    """The file of golden replies.  [default: rubric-tests.yaml beside rubric.yaml]"""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    judge: tuple[str, ...] = ()
    """A model; several are a panel.  [default: the judge in hone.yaml]"""
    then: str | None = None
    """A second judge, asked where the first is less sure of a criterion than `below`."""
    below: float | None = Field(default=None, gt=0, le=1)
    """The first judge's probability, or share of votes; calibrate it with `hone judge cascade`."""
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

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.make is not None and (self.judge or self.then or self.fresh):
            raise ValueError(f"{option('make')} asks no judge; give it without a judge, and test afterwards")
        return self


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """What came of a test, and the step that keeps the judgements."""

    outcome: GoldenOutcome
    step: Step


@dataclass(frozen=True, slots=True)
class MadeGolden:
    """Golden replies that were made from ratings."""

    file: Path
    made: tuple[GoldenReply, ...]
    there: int
    """Replies that all people agree on and that stood in the file before."""
    found: UnanimousRatings
    textless: int
    """Replies that all people agree on, whose text the store does not have."""


def check_golden_replies(
    folder: Path | str = ".", *, options: RubricTestOptions | None = None, watch: Watch = SILENT
) -> GoldenOutcome:
    """Ask the present judge about every golden reply, as `hone rubric test` does; for tests of your own, too.

    Args:
        folder: A project's folder; without a project, name rubric and judge, and the file of golden replies starts
            there.
        options: All that `hone rubric test` can be told.
        watch: Told how far it is.

    Returns:
        What came of it; `passed`, `failures` and `checks` are what a test asks for.

    Raises:
        ProjectError: There are no golden replies, or the file does not read.
        ModelError: The judge cannot be used.
    """
    said = options or RubricTestOptions()
    project = place_of_test(Path(folder), said)
    with models(project, watch) as opened:
        return run_golden(project, opened, said).outcome


def place_of_test(folder: Path, options: RubricTestOptions) -> Project:
    """The project that is tested in; the folder alone where rubric and judge are named."""
    return place_of(folder, rubric=options.rubric, judge=options.judge or needs_no_judge(options.rubric))


def run_golden(project: Project, models: Models, options: RubricTestOptions) -> GoldenResult:
    """Ask a judge about every golden reply; what is in a journal, of whichever run, is not asked again.

    Raises:
        ProjectError: There are no golden replies.
        FileFormatError: The file does not read, or expects what the rubric does not have.
        UnavailableError: The judge cannot answer at all.
    """
    rubric, path = named_rubric(options.rubric, project), _file(project, options)
    golden = _there(path, rubric)
    test = _GoldenTest.of(project, options, rubric, [one.as_reply for one in golden.replies])
    step = open_step(project.runs_folder, VERB, test.config(), fresh=options.fresh, tell=models.watch.tell)
    judgements = step.run.read(Judgement) if step.before else []
    if not step.before or not (step.run.sealed or all(one.unscored is None for one in judgements)):
        with step.journal() as journal:
            judgements = test.judgements(models, journal)
        step.run.finish(judgements)
    name, judge = step.run.folder.name, judgements[0].judge
    return GoldenResult(golden_outcome(golden.replies, judgements, rubric, judge=judge, run=name), step)


@dataclass(frozen=True, slots=True)
class _GoldenTest:
    """All that the judgements of golden replies depend on."""

    project: Project
    rubric: Rubric
    replies: Sequence[Reply]
    judges: tuple[ModelSettings, ...]
    """One, or a panel; where every criterion is a rule they are asked nothing."""
    judging: Judging
    then: SecondJudge | None

    @classmethod
    def of(
        cls, project: Project, options: RubricTestOptions, rubric: Rubric, replies: Sequence[Reply]
    ) -> _GoldenTest:
        judges = judges_named(options.judge, project)
        then = second_judge(options.then, options.below)
        return cls(
            project,
            rubric,
            replies,
            judges,
            options.put_over(project.settings.judging),
            None if rubric.is_rules_alone else then,
        )

    @property
    def asked(self) -> tuple[ModelSettings, ...]:
        return () if self.rubric.is_rules_alone else self.judges

    def config(self) -> dict[str, Any]:
        """What the run is known by: not the expected levels, so that with other ones nothing is asked again."""
        return step_config(
            self.project,
            rubric=self.rubric,
            data=digest([reply.model_dump() for reply in self.replies]),
            judging=self.judging,
            sampling=judge_sampling(self.judges[0], self.rubric),
            **panel_parts(self.asked),
            **(self.then.parts(self.rubric) if self.then else {}),
        )

    def judgements(self, models: Models, journal: Journal) -> list[Judgement]:
        """One a golden reply, in order; what a journal holds is not asked again."""
        opened, task = tuple(models(one) for one in self.asked), self.project.with_task
        with models.watch.progress("golden replies") as progress:
            judge = judge_of(
                task,
                opened,
                self.judges[0],
                self.rubric,
                judging=self.judging,
                journal=journal,
                progress=progress,
            )
            if self.then is not None:
                judge = self.then.behind(judge, models(self.then.settings), task)
            return judge.score_all(self.replies)


def make_golden_replies(project: Project, options: RubricTestOptions, *, watch: Watch = SILENT) -> MadeGolden:
    """Add golden replies from the ratings in the project's store on which all people agree, at least two of them.

    They are spread over criteria and levels. What the file holds stays, and a reply that is in it is not added again.

    Args:
        project: The project.
        options: How many, under which rubric, into which file.
        watch: Told where the store's schema was brought up to date.

    Raises:
        ProjectError: There are no ratings, or none on which two people agree.
        FileFormatError: The file does not read.
    """
    check_store_installed()
    rubric, path = named_rubric(options.rubric, project), _file(project, options)
    before = read_golden_replies(path, rubric).replies if path.exists() else ()
    with project_store(project, readonly=True, tell=watch.tell) as store:
        found = unanimous_ratings(store.ratings(rubric), rubric.judged.names)
        texts = _texts(store, found.replies)
    if not found.replies:
        raise ProjectError(_why_none(found))
    known = {golden.texts for golden in before}
    with_text = [one for one in found.replies if one.subject in texts]
    new = [one for one in with_text if _of_subject(texts[one.subject]) not in known]
    shown = Counter(
        (name, level.low)
        for golden in before
        for name, level in golden.levels.items()
        if level.low is not None and level.low == level.high
    )
    chosen = spread_over_levels(new, options.make or 0, shown)
    made = _made(project, chosen, texts, {golden.id for golden in before})
    if made:
        add_golden_replies(path, made)
    return MadeGolden(path, made, len(with_text) - len(new), found, len(found.replies) - len(with_text))


def _file(project: Project, options: RubricTestOptions) -> Path:
    return options.golden or project.folder / GOLDEN


def _there(path: Path, rubric: Rubric) -> GoldenReplies:
    if path.exists():
        golden = read_golden_replies(path, rubric)
        if golden.replies:
            return golden
    raise ProjectError(
        f"{path}: there are no golden replies yet; write some, or make them from ratings with: "
        f"hone rubric test, and {option('make', 10)}"
    )


def _why_none(found: UnanimousRatings) -> str:
    if not found.shared:
        return (
            f"no reply was scored by two people on the same criterion ({found.ratings:,} ratings); ask a second "
            "person to rate the same replies with: hone rate invite NAME"
        )
    return f"people do not agree on any of {found.shared:,} criteria that two or more of them scored"


def _texts(store: Store, replies: Sequence[AgreedReply]) -> dict[str, Subject]:
    """The replies whose texts are known; a file of ratings may have named an item alone."""
    found = {one.subject: store.subject(one.subject) for one in replies}
    return {name: subject for name, subject in found.items() if subject is not None and subject.reply.strip()}


def _of_subject(subject: Subject) -> tuple[str, str]:
    return subject.prompt.strip() or NO_REQUEST, subject.reply.strip()


def _made(
    project: Project, chosen: Sequence[AgreedReply], texts: dict[str, Subject], taken: set[str]
) -> tuple[GoldenReply, ...]:
    items = {item.id: item for item in project.items} if (project.folder / ITEMS).exists() else {}
    made = []
    for agreed in chosen:
        subject = texts[agreed.subject]
        prompt, reply = _of_subject(subject)
        # Of several replies to one item the first has its id; a judge that was fitted to them knows each by the item.
        name = subject.item if subject.item not in taken else f"{subject.item}/{agreed.subject}"[-200:]
        taken.add(name)
        item = items.get(subject.item)
        made.append(
            GoldenReply(
                id=name,
                item=None if name == subject.item else subject.item,
                prompt=prompt,
                reply=reply,
                reference=item.reference if item is not None and item.prompt == prompt else None,
                levels={one: ExpectedLevel.model_validate(level) for one, level in agreed.levels.items()},
                people=agreed.people,
            )
        )
    return tuple(made)
