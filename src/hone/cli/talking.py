"""What `hone chat` and `hone serve` share: which task, rubric and judge stand behind a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hone.cli.options import named_rubric, rubric_anywhere
from hone.cli.screen import fetch_first
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.errors import ProjectError
from hone.jobs import Setup
from hone.judging import Judge
from hone.judging.form import default_sampling
from hone.models import Model, connect
from hone.project import Project
from hone.rubrics.replies import system_text


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a conversation.

    Args:
        project: The project, if there is one.
        rubric: The rubric, if there is one with criteria.
        judge: Who scores.
    """

    project: Project | None
    rubric: Rubric | None
    judge: ModelSettings

    @property
    def told(self) -> tuple[str, str]:
        """The system messages with and without the rubric; empty outside a project."""
        if self.project is None:
            return "", ""
        task, prompts = self.project.settings.task, self.project.prompts
        return system_text(task, self.rubric, prompts), system_text(task, None, prompts)

    def judge_of(self, model: Model) -> Judge | None:
        """The judge over a model that is open already; none where there is no rubric."""
        if self.rubric is None:
            return None
        settings = self.project.settings if self.project else None
        subject = settings.task.subject if settings else "reply"
        setup = Setup(sampling=self.judge.sampling(default_sampling(self.rubric)))
        if self.project:
            setup = Setup(prompts=self.project.prompts, sampling=setup.sampling)
        return Judge((model,), self.rubric, subject, settings.judging if settings else Judging(), setup)


def behind(folder: Path, name: str | None, judge: str | None) -> Behind:
    """The project that a folder lies in, and the rubric and judge that options name; outside one, those alone.

    Raises:
        ProjectError: There is no such rubric.
    """
    try:
        project = Project.find(folder)
    except ProjectError:
        return Behind(None, rubric_anywhere(name), ModelSettings(model=judge or "smollm2"))
    rubric = named_rubric(name, project)
    settings = ModelSettings(model=judge) if judge else project.settings.models.judge
    return Behind(project, rubric if rubric.criteria else None, settings)


@contextmanager
def opened(settings: ModelSettings, folder: Path | None = None) -> Iterator[Model]:
    """A model, fetched first where it is one of the hub, and closed at the end."""
    fetch_first(settings.model)
    with connect(settings, folder=folder) as model:
        yield model
