"""The second judge of a cascade, as options name it: what a run depends on by it, and how it joins the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.errors import ProjectError
from hone.judging import Judge
from hone.judging.cascade import CascadeJudge, cascade_of, second_judging
from hone.judging.of_project import judge_of, judge_sampling
from hone.models import Model
from hone.models.spec import settings_of
from hone.project import Project
from hone.spelling import option


@dataclass(frozen=True, slots=True)
class SecondJudge:
    """Who is asked what the first judge is unsure of."""

    settings: ModelSettings
    below: float
    """The certainty of the first below which it is asked."""

    def parts(self, rubric: Rubric) -> Mapping[str, Any]:
        """What a run's results depend on by it, for the run's config."""
        return {"then": self.settings, "below": self.below, "then sampling": judge_sampling(self.settings, rubric)}

    def behind(self, first: Judge, model: Model, project: Project | None) -> CascadeJudge:
        """Both judges in a row.

        Args:
            first: The first, whose journal and way of judging the second has, too.
            model: The second's model.
            project: Whose prompts and task; none outside a project.

        Raises:
            RubricError: Nothing tells how sure the first judge is.
        """
        second = judge_of(
            project,
            (model,),
            self.settings,
            first.rubric,
            judging=second_judging(first.judging),
            journal=first.setup.journal,
            retry=first.setup.retry,
        )
        return cascade_of(first, second, self.below)


def second_judge(then: str | None, below: float | None) -> SecondJudge | None:
    """The second judge that options name, or none.

    Raises:
        ProjectError: One of the two options is missing.
        SpecError: The spec names no model.
    """
    if (then is None) != (below is None):
        given, missing = ("then", "below") if then else ("below", "then")
        raise ProjectError(f"{option(given)} needs {option(missing)} too: who is asked, and below which certainty")
    return None if then is None or below is None else SecondJudge(settings_of(then), below)
