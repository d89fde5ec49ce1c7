"""The whole journey over a project, step by step: what the commands, the pages and a notebook call.

Each step is a run under `runs/`: stopped, it goes on where it was; asked again, it asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hone.domain.evidence import Advice, Comparison, Judgement, RubricVersion
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import ModelSettings
from hone.domain.task import Reply
from hone.journey.auditing import read_replies, run_audit
from hone.journey.drafting import draft_rubric
from hone.journey.labelling import Labelling, LabelResult, latest_replies, run_labelling
from hone.journey.loop import (
    DraftOptions,
    Models,
    freeze,
    keep_merged,
    latest_advice,
    run_advise,
    run_compare,
    run_draft,
    run_reply,
)
from hone.journey.watching import SILENT, Watch
from hone.judging.audit import AuditFinding
from hone.judging.dataset import Columns
from hone.models import Model
from hone.project import Project
from hone.project.files import made
from hone.project.naming import named_rubric
from hone.rubrics.merge import Choice, Merged, merge
from hone.tables import open_table

if TYPE_CHECKING:
    from hone.journey.refining import RefineOptions
    from hone.rubrics.refinement import Refinement


class Journey:
    """A project, its models and the steps over it.

    Models are started when they are first asked, and closed at the end of a `with` block.

    Args:
        project: The project, or its folder.
        models: Its models, where they are open already.
        watch: Told how far each step is.

    Raises:
        ProjectError: The folder is no project.
    """

    def __init__(self, project: Project | Path | str, models: Models | None = None, *, watch: Watch = SILENT) -> None:
        self.project = project if isinstance(project, Project) else Project(Path(project))
        self._models = models or Models(self.project, watch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End every model."""
        self._models.close()

    def model(self, settings: ModelSettings) -> Model:
        """A model, started when it is first asked for."""
        return self._models(settings)

    def rubric(self, name: str | None = None) -> Rubric:
        """A rubric: `v1`, `working`, a file or a library name; by default the latest, else the working one."""
        return named_rubric(name, self.project)

    def draft(self, *, more: bool = False, instead: bool = False, fresh: bool = False) -> Rubric:
        """The working rubric; where it has no criteria yet, with those that the expert proposes.

        Args:
            more: Propose criteria beside those that are there.
            instead: Propose criteria in place of those that are there; the file as it was is kept in ``rubrics/``.
            fresh: Ask anew.
        """
        options = made(DraftOptions, {"more": more, "instead": instead, "fresh": fresh}, "")
        return draft_rubric(self.project, self._models, options).rubric

    def propose(self, *, fresh: bool = False) -> list[Criterion]:
        """Criteria that the expert proposes for the task; nothing is changed."""
        return run_draft(self.project, self._models, fresh=fresh)[0]

    def compare(self, *, items: int = 3, fresh: bool = False) -> list[Comparison]:
        """Replies with and without the rubric, compared by the expert, blind and in both orders."""
        return run_compare(self.project, self._models, count=items, fresh=fresh)[0]

    def advise(self, *, fresh: bool = False) -> list[Advice]:
        """The expert's advice on each criterion, resting on the latest comparisons."""
        return run_advise(self.project, self._models, fresh=fresh)[0]

    def advice(self, working: Rubric) -> list[Advice]:
        """The latest advice on the rubric as it stands; raises `ProjectError` where there is none."""
        return latest_advice(self.project, working)

    def merge(self, choices: Mapping[str, Choice], *, by: str) -> Rubric:
        """The working rubric after a person's choices on the latest advice, which are kept.

        Args:
            choices: One for each piece of advice, by its id; `accept_all` makes them where nobody wants to choose.
            by: Who decides.

        Raises:
            ProjectError: There is no advice on the rubric as it stands.
            RubricError: A choice is missing, or leaves fewer than 2 or more than 7 criteria.
        """
        working = self.project.rubric
        merged = merge(working, self.advice(working), choices, by=by)
        self.keep(working, merged, by)
        return merged.rubric

    def keep(self, working: Rubric, merged: Merged, by: str) -> None:
        """Keep decisions and the rubric that came of them."""
        keep_merged(self.project, working, merged, by)

    def edit(self, working: Rubric, edited: Rubric, by: str) -> None:
        """Keep a rubric that was edited by hand, and before the first edit what it began as."""
        if edited != working:
            if working.criteria:
                self.project.keep_start(working, by)
            self.project.save_rubric(edited)

    def finalise(self, *, by: str, note: str = "") -> RubricVersion:
        """The working rubric as a frozen version; the latest one where nothing has changed since."""
        return self.freeze(by, note)[0]

    def freeze(self, by: str, text: str) -> tuple[RubricVersion, Path | None]:
        """Freeze the working rubric; gives the version, and its file where one was written."""
        return freeze(self.project, by=by, text=text)

    def refine(self, options: RefineOptions | None = None) -> Refinement:
        """The working rubric refined from people's ratings, and whether ratings that did not refine it agree.

        Nothing is changed; `decide` takes over what is offered.

        Args:
            options: All that `hone rubric refine` can be told.

        Raises:
            ProjectError: There are no ratings of the rubric, or no texts of what was rated.
            StatsError: There are too few.
        """
        from hone.journey.refining import RefineOptions, run_refine  # noqa: PLC0415 - loads the statistics

        return run_refine(self.project, self._models, options or RefineOptions()).refinement

    def decide(self, found: Refinement, *, accept: bool, by: str, note: str = "") -> Rubric:
        """Take what refining offers over into the working rubric, or decline it; gives the rubric as it is then.

        Raises:
            ProjectError: Nothing is offered, or the rubric has changed since.
        """
        from hone.journey.refining import decide_refinement  # noqa: PLC0415 - loads the statistics

        decide_refinement(self.project, found, accept=accept, by=by, note=note)
        return self.project.rubric

    def reply(self, *, items: int | None = None, rubric: Rubric | None = None, fresh: bool = False) -> list[Reply]:
        """Replies to the items under a rubric, by default the latest version."""
        asked = self.project.items[:items]
        return run_reply(self.project, self._models, rubric or self.rubric(), asked, fresh=fresh)[0]

    def label(
        self,
        data: Path | str | None = None,
        *,
        rubric: Rubric | None = None,
        out: Path | str | None = None,
        **more: Any,
    ) -> LabelResult:
        """Scores of replies, criterion by criterion, with reasons.

        Args:
            data: JSONL, CSV, Parquet or a `datasets` folder; by default the latest replies.
            rubric: By default the latest version.
            out: Where labelled rows go.
            more: Any other field of `Labelling`: judges, judging, people, routing, budget, fresh, engine.
        """
        table = open_table(Path(data) if data else latest_replies(self.project))
        settings = self.project.settings
        work = Labelling(
            self.project,
            table,
            Columns.of(table),
            rubric or self.rubric(),
            (settings.models.judge,),
            settings.judging,
            file=None if out is None else Path(out),
        )
        return run_labelling(replace(work, **more), self._models, tell=self._models.watch.tell)

    def judgements(self) -> list[Judgement]:
        """The latest judgements; none where nothing was labelled."""
        run = self.project.latest_run("label")
        return run.read(Judgement) if run else []

    def audit(
        self, data: Path | str | None = None, *, items: int = 30, rubric: Rubric | None = None, fresh: bool = False
    ) -> list[AuditFinding]:
        """What moves the judge besides the criteria, each with its interval."""
        replies = read_replies(Path(data) if data else latest_replies(self.project), items)
        return run_audit(self.project, self._models, rubric or self.rubric(), replies, fresh=fresh).findings
