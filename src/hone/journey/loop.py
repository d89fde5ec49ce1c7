"""The steps of a rubric's life, each a run: what it depends on, and what is asked; how a run lives is in `step`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, model_validator

from hone.domain.evidence import Advice, Comparison, Decision, RubricVersion
from hone.domain.language import LANGUAGES
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import ModelSettings, Sampling
from hone.domain.task import Item, Reply
from hone.errors import ProjectError
from hone.jobs import Journal, Setup
from hone.journey.options import AskingOptions, OptionForm, VerbOptions
from hone.journey.own_judge_in_use import agree_to_hosts, own_judge_words
from hone.journey.step import Step, open_step, run_step, step_config
from hone.journey.watching import SILENT, Watch
from hone.judging.opening import connect_judge
from hone.models import Model, connect
from hone.models.spec import own_folder
from hone.project import Project
from hone.project.files import made
from hone.rubrics import advise, compare, draft, replies
from hone.rubrics.finalise import finalise
from hone.rubrics.merge import Merged
from hone.spelling import option

T = TypeVar("T", bound=BaseModel)


class Models:
    """The models of a command, each engine started once, when it is first needed."""

    def __init__(self, project: Project, watch: Watch = SILENT) -> None:
        self._project = project
        self.watch = watch
        self._open: dict[str, Model] = {}

    def agreed(self, *parts: ModelSettings) -> None:
        """See that the user agreed to the hosts of these models, as far as the project itself names them.

        Raises:
            TrustError: The user did not agree.
        """
        self._project.check_models(*(part.model for part in parts))
        for part in parts:
            agree_to_hosts(part, self._project.folder)

    def __call__(self, settings: ModelSettings, *, asked: bool = True) -> Model:
        """The model of these settings.

        Args:
            settings: Which, and how it is sampled.
            asked: Whether it is to be asked anything; without, its host needs nobody's agreement.

        Raises:
            TrustError: The project names a host that the user has not agreed to.
            ModelError: It cannot be opened.
        """
        if asked:
            self.agreed(settings)
        # Sampling belongs to the call, not to the engine: two parts that differ in it share one.
        key = repr(settings.engine)
        if key not in self._open:
            if own_folder(settings) is None:
                self.watch.fetch(settings.model)
                self._open[key] = connect(settings, folder=self._project.folder)
            else:
                self._open[key] = self._own(settings)
        return self._open[key]

    def _own(self, settings: ModelSettings) -> Model:
        """A judge of one's own, whose prompted parts share the engines of this command."""
        folder = self._project.folder
        self.watch.tell(own_judge_words(settings, folder))
        return connect_judge(settings, folder, lambda part: self(part, asked=False))

    def tell_notes(self) -> None:
        """Tell what the person should know about them: a parameter that an endpoint does not take, and the like."""
        for model in self._open.values():
            for note in dict.fromkeys(model.notes):
                self.watch.tell(f"note: {note}")

    def close(self) -> None:
        """End every engine."""
        for model in self._open.values():
            model.close()


@contextmanager
def models(project: Project, watch: Watch = SILENT) -> Iterator[Models]:
    """The models of a command, closed at its end; `watch` is told how far it is."""
    opened = Models(project, watch)
    try:
        yield opened
        opened.tell_notes()
    finally:
        opened.close()


class DraftOptions(AskingOptions):
    """What may be set for `rubric draft`."""

    verb = "rubric draft"
    more: bool = False
    """Propose criteria beside those that are there."""
    instead: bool = False
    """Propose criteria in place of those that are there; the file as it was is kept."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.more and self.instead:
            raise ValueError(f"give {option('more')} or {option('instead')}, not both")
        return self


class CompareOptions(AskingOptions):
    """What may be set for `rubric compare`."""

    verb = "rubric compare"
    items: int = Field(default=3, ge=1)
    """How many items."""


class AdviseOptions(AskingOptions):
    """What may be set for `rubric advise`."""

    verb = "rubric advise"


class MergeOptions(VerbOptions):
    """What may be set for `rubric merge`, beside who decides."""

    verb = "rubric merge"
    decisions: Path | None = None
    """YAML: a1: accept, a2: reject, a3: {edit: …}"""
    accept: Literal["all", "none"] | None = None
    """Decide without being asked."""


class FinaliseOptions(VerbOptions):
    """What may be set for `rubric finalise`, beside who decides."""

    verb = "rubric finalise"
    note: str = ""
    """Why, in your own words."""


class LintOptions(VerbOptions):
    """What may be set for `rubric lint`."""

    verb = "rubric lint"
    name: Annotated[str | None, OptionForm(positional=True)] = None
    prune: bool = False
    """Take scores of criteria that are gone out of the examples of rubric.yaml; the file as it was is kept."""


class ReplyOptions(AskingOptions):
    """What may be set for `reply`."""

    verb = "reply"
    items: int | None = Field(default=None, ge=1)
    """Only the first N items."""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    no_rubric: bool = False
    """The task alone."""


def run_draft(
    project: Project, models: Models, *, beside: Sequence[Criterion] = (), fresh: bool = False
) -> tuple[list[Criterion], Step]:
    """Criteria that the expert proposes for the project's task, beside others where there are some."""
    settings, items, scale = project.settings, project.items, project.rubric.scale
    expert = settings.models.expert
    draws = expert.sampling(draft.SAMPLING)
    config = step_config(project, expert=expert, sampling=draws, items=items, scale=scale)
    if beside:
        config["beside"] = [criterion.model_dump(mode="json") for criterion in beside]

    def work(journal: Journal) -> Sequence[Criterion]:
        models.agreed(expert)
        with _setup(project, models.watch, "proposing criteria", draws, journal) as setup:
            return draft.draft(settings.task, items, models(expert), setup, scale=scale, beside=beside)

    return _run(project, models, "draft", config, Criterion, work, fresh=fresh)


def run_compare(
    project: Project, models: Models, *, count: int = 3, fresh: bool = False
) -> tuple[list[Comparison], Step]:
    """Replies with and without the rubric, compared by the expert in both orders."""
    settings, rubric, items = project.settings, project.rubric, project.items[:count]
    if not rubric.criteria:
        raise ProjectError(f"{project.folder / 'rubric.yaml'} has no criteria; propose some with: hone rubric draft")
    writer, expert, task = settings.models.writer, settings.models.expert, settings.task
    draws = {"writer": writer.sampling(replies.SAMPLING), "expert": expert.sampling(compare.SAMPLING)}
    config = step_config(project, rubric=rubric, items=items, writer=writer, expert=expert, sampling=draws)

    def work(journal: Journal) -> Sequence[Comparison]:
        models.agreed(writer, expert)
        with _setup(project, models.watch, "replies under the task alone", draws["writer"], journal) as setup:
            without = replies.write(task, items, models(writer), setup=setup)
        with _setup(project, models.watch, "replies under task and rubric", draws["writer"], journal) as setup:
            stated = replies.write(task, items, models(writer), rubric=rubric, setup=setup)
        with _setup(project, models.watch, "comparing, both orders", draws["expert"], journal) as setup:
            return compare.compare(
                without, stated, models(expert), subject=task.subject, brief=task.brief, setup=setup
            )

    return _run(project, models, "compare", config, Comparison, work, fresh=fresh)


def run_advise(project: Project, models: Models, *, fresh: bool = False) -> tuple[list[Advice], Step]:
    """The expert's advice on the working rubric, resting on the latest comparisons."""
    settings, rubric = project.settings, project.rubric
    compared = project.latest_run("compare")
    if compared is None:
        raise ProjectError("there are no comparisons to rest advice on; make some with: hone rubric compare")
    if compared.config["rubric"] != rubric.model_dump(mode="json"):
        raise ProjectError(
            "rubric.yaml has changed since the latest comparisons; compare again with: hone rubric compare"
        )
    comparisons = compared.read(Comparison)
    expert = settings.models.expert
    draws = expert.sampling(advise.advice_sampling(rubric))
    config = step_config(project, rubric=rubric, compared=compared.folder.name, expert=expert, sampling=draws)

    def work(journal: Journal) -> Sequence[Advice]:
        models.agreed(expert)
        with _setup(project, models.watch, "advising", draws, journal) as setup:
            return advise.advise(settings.task, rubric, comparisons, models(expert), setup)

    return _run(project, models, "advise", config, Advice, work, fresh=fresh)


def run_reply(
    project: Project, models: Models, rubric: Rubric | None, items: Sequence[Item], *, fresh: bool = False
) -> tuple[list[Reply], Step]:
    """Replies to items under a rubric."""
    settings = project.settings
    writer = settings.models.writer
    draws = writer.sampling(replies.SAMPLING)
    config = step_config(project, rubric=rubric, items=items, writer=writer, sampling=draws)

    def work(journal: Journal) -> Sequence[Reply]:
        models.agreed(writer)
        with _setup(project, models.watch, "writing replies", draws, journal) as setup:
            return replies.write(settings.task, items, models(writer), rubric=rubric, setup=setup)

    return _run(project, models, "reply", config, Reply, work, fresh=fresh)


def latest_comparisons(project: Project) -> list[Comparison]:
    """What the expert said of pairs in the latest run that compared; empty where there is none."""
    run = project.latest_run("compare")
    return run.read(Comparison) if run else []


def latest_advice(project: Project, working: Rubric) -> list[Advice]:
    """The latest advice, which must be about the rubric as it stands.

    Raises:
        ProjectError: There is none, or the rubric has changed since.
    """
    run = project.latest_run("advise")
    if run is None:
        raise ProjectError("there is no advice to decide on; get some with: hone rubric advise")
    if run.config["rubric"] != working.model_dump(mode="json"):
        raise ProjectError("rubric.yaml has changed since the latest advice; begin again with: hone rubric compare")
    return run.read(Advice)


def decided_before(project: Project, working: Rubric) -> tuple[Rubric, list[Decision]] | None:
    """What was decided on the latest advice, where the rubric as it stands is what came of it.

    Returns:
        The rubric that was decided on, and the decisions of that sitting; none where the advice is still to be
        decided on, or the rubric has been changed since.
    """
    run, kept = project.latest_run("advise"), project.decisions
    if run is None or not kept or kept[-1].after != working.digest or kept[-1].before == working.digest:
        return None
    before = made(Rubric, run.config["rubric"], f"{run.folder / 'config.yaml'}: config.rubric")
    if before.digest != kept[-1].before:
        return None
    sitting: dict[str, Decision] = {}
    for one in reversed(kept):
        if (one.before, one.after) != (kept[-1].before, kept[-1].after) or one.advice.id in sitting:
            break
        sitting[one.advice.id] = one
    return before, list(reversed(sitting.values()))


def keep_merged(project: Project, working: Rubric, merged: Merged, by: str) -> None:
    """Keep the start, the decisions and the new working rubric, in this order: a crash between them loses nothing."""
    project.keep_start(working, by)
    project.save_decisions(merged.decisions)
    project.save_rubric(merged.rubric)


def freeze(project: Project, *, by: str, text: str = "") -> tuple[RubricVersion, Path | None]:
    """The working rubric as a frozen version, and its file; none where it is the latest version word for word."""
    working, versions = project.rubric, project.versions
    if versions and versions[-1].version > 0 and versions[-1].hash == working.digest:
        return versions[-1], None
    version = finalise(working, versions, project.decisions, by=by, note=text)
    return version, project.save_version(version)


@contextmanager
def _setup(project: Project, watch: Watch, title: str, sampling: Sampling, journal: Journal) -> Iterator[Setup]:
    with watch.progress(title) as progress:
        language = LANGUAGES[project.settings.language or "en"]
        yield Setup(project.prompts, sampling, journal, progress, language=language)


def _run(
    project: Project,
    models: Models,
    verb: str,
    config: Mapping[str, Any],
    kind: type[T],
    work: Callable[[Journal], Sequence[T]],
    *,
    fresh: bool,
) -> tuple[list[T], Step]:
    step = open_step(project.runs_folder, verb, config, fresh=fresh, tell=models.watch.tell)
    return run_step(step, kind, work), step
