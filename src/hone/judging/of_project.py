"""The judge of a project: one way to make it, so that every door asks the same of the same reply."""

from __future__ import annotations

from collections.abc import Sequence

from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings, Sampling
from hone.domain.task import Brief
from hone.jobs import Journal, Progress, Setup
from hone.judging.form import rubric_sampling
from hone.judging.judge import Judge
from hone.judging.opening import judge_over
from hone.models import Model
from hone.project import Project
from hone.prompts import load_prompts


def judge_sampling(judge: ModelSettings, rubric: Rubric) -> Sampling:
    """How a judge is sampled: as its settings say, else the likeliest tokens with room for every reason."""
    return judge.sampling(rubric_sampling(rubric))


def judge_of(
    project: Project | None,
    models: Sequence[Model],
    settings: ModelSettings,
    rubric: Rubric,
    *,
    judging: Judging | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
    retry: bool = False,
) -> Judge:
    """The judge over models that are open.

    Args:
        project: Whose prompts, task and way of judging; none outside a project.
        models: One model, a panel, or a judge of one's own.
        settings: The settings of the first of them, for the sampling.
        rubric: What is judged by.
        judging: Another way of judging than the project's.
        journal: Where answers are kept.
        progress: Told how far it is.
        retry: Whether to ask once more where an answer of the journal could not be read.

    Raises:
        RubricError: The rubric has no criteria, or a judge of one's own was not fitted to it.
    """
    prompts = project.prompts if project is not None else load_prompts()
    setup = Setup(prompts, judge_sampling(settings, rubric), journal, progress, retry)
    subject = project.settings.task.subject if project else "reply"
    usual = project.settings.judging if project else Judging()
    told = project.settings.task.brief if project else Brief()
    return judge_over(models, rubric, subject, judging or usual, setup, told)
