"""Opens whoever judges, and makes the judge: a model, a panel of models, or a judge of one's own.

What a judge of one's own needs of the statistics is loaded when one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Brief
from hone.errors import RubricError
from hone.jobs import Setup
from hone.judging.form import Wording
from hone.judging.judge import Judge
from hone.models import Model, connect
from hone.models.spec import own_folder
from hone.spelling import option


def connect_judge(
    settings: ModelSettings, folder: Path | None = None, connected: Callable[[ModelSettings], Model] | None = None
) -> Model:
    """The model that judges: one that a spec names, or a judge of one's own with the models that it asks.

    Args:
        settings: Whose.
        folder: Where relative names start; the working folder by default.
        connected: Opens a model; by default, `connect`.

    Raises:
        ModelError: A model cannot be opened.
        FileFormatError: The folder of a judge of one's own is damaged.
    """
    opened = connected or (lambda part: connect(part, folder=folder))
    if own_folder(settings) is None:
        return opened(settings)
    from hone.judging.stacked import open_stacked  # noqa: PLC0415 - scipy

    return open_stacked(settings, folder, opened)


def connect_own(folder: Path | str) -> Model:
    """A judge of one's own, for `judge` to score with; close it, or use it as a context manager.

    Args:
        folder: What `tune_judge` wrote.

    Raises:
        FileFormatError: The folder holds no such judge, or it is damaged.
        UnavailableError: A model that it asks is not the one that it was fitted with, or cannot be opened.
    """
    return connect_judge(ModelSettings(model=f"own:{Path(folder)}"))


def judge_over(
    models: Sequence[Model],
    rubric: Rubric,
    subject: str,
    judging: Judging,
    setup: Setup,
    brief: Brief,
    wording: Wording = "score",
) -> Judge:
    """The judge over models that are open: a model, a panel of models, or one judge of one's own.

    Raises:
        RubricError: The rubric has no criteria, or a judge of one's own was not fitted to it or stands in a panel.
    """
    own = [model for model in models if own_folder(ModelSettings(model=model.spec)) is not None]
    if not own:
        return Judge(tuple(models), rubric, subject, judging, setup, brief, wording=wording)
    if len(models) > 1:
        raise RubricError(f"{own[0].spec} stands alone: it weighs votes of its own, so name no other judge beside it")
    from hone.judging.stacked import StackedJudge, StackedModel  # noqa: PLC0415 - scipy

    stacked = own[0]
    if not isinstance(stacked, StackedModel):
        raise RubricError(f"{stacked.spec} was not opened as a judge of one's own")
    passed_over = [
        name
        for name, said in (
            ("samples", judging.samples > 1),
            ("pattern", judging.pattern is not None),
            ("per-criterion", judging.per_criterion),
            ("commit-first", judging.commit_first),
        )
        if said
    ]
    if passed_over:
        words = f"{stacked.spec} asks as it was fitted; it passes over {', '.join(map(option, passed_over))}"
        stacked.notes += [words] if words not in stacked.notes else []
    return StackedJudge(stacked.models, rubric, subject, judging, setup, brief, stacked=stacked)
