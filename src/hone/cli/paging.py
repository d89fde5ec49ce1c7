"""The steps over a project as the pages call them: the same functions that the commands run."""

from __future__ import annotations

from pathlib import Path

from hone.cli.options import named_rubric
from hone.cli.rubric import latest_advice
from hone.cli.steps import Models, freeze, keep_merged, run_advise, run_compare
from hone.domain.evidence import Advice, Comparison, RubricVersion
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.models import Model
from hone.project import Project
from hone.rubrics.merge import Merged


class ProjectSteps:
    """What the pages ask of the steps; see `hone.web.site.Steps`.

    Args:
        project: The project.
        models: Its models, which stay open as long as the pages do.
    """

    def __init__(self, project: Project, models: Models) -> None:
        self._project, self._models = project, models

    def rubric(self) -> Rubric:
        """The latest version, or the working rubric before there is any."""
        return named_rubric(None, self._project)

    def advice(self, working: Rubric) -> list[Advice]:
        """The latest advice on the rubric as it stands."""
        return latest_advice(self._project, working)

    def keep(self, working: Rubric, merged: Merged, by: str) -> None:
        """Keep decisions and the rubric that came of them."""
        keep_merged(self._project, working, merged, by)

    def freeze(self, by: str, text: str) -> tuple[RubricVersion, Path | None]:
        """Freeze the working rubric."""
        return freeze(self._project, by=by, text=text)

    def compare(self) -> list[Comparison]:
        """Replies with and without the rubric, compared by the expert."""
        return run_compare(self._project, self._models)[0]

    def advise(self) -> list[Advice]:
        """The expert's advice."""
        return run_advise(self._project, self._models)[0]

    def model(self, settings: ModelSettings) -> Model:
        """A model, started when it is first asked for."""
        return self._models(settings)
