"""Hone: customise a metric and a small language model for your own task.

Every name below is loaded when it is first used, so `import hone` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy

if TYPE_CHECKING:
    from hone.domain.evidence import Advice as Advice
    from hone.domain.evidence import Comparison as Comparison
    from hone.domain.evidence import Decision as Decision
    from hone.domain.evidence import Judgement as Judgement
    from hone.domain.evidence import RubricVersion as RubricVersion
    from hone.domain.rubric import Criterion as Criterion
    from hone.domain.rubric import Rubric as Rubric
    from hone.domain.rubric import Scale as Scale
    from hone.domain.settings import ModelSettings as ModelSettings
    from hone.domain.settings import Sampling as Sampling
    from hone.domain.task import Item as Item
    from hone.domain.task import Reply as Reply
    from hone.domain.task import Task as Task
    from hone.errors import HoneError as HoneError
    from hone.jobs import Journal as Journal
    from hone.jobs import Setup as Setup
    from hone.judging import judge as judge
    from hone.models import ScriptedModel as ScriptedModel
    from hone.models import connect as connect
    from hone.project import Project as Project
    from hone.prompts import load_prompts as load_prompts
    from hone.rubrics.advise import advise as advise
    from hone.rubrics.compare import compare as compare
    from hone.rubrics.compare import summary as summary
    from hone.rubrics.draft import draft as draft
    from hone.rubrics.finalise import diff as diff
    from hone.rubrics.finalise import finalise as finalise
    from hone.rubrics.lint import lint as lint
    from hone.rubrics.merge import Choice as Choice
    from hone.rubrics.merge import merge as merge
    from hone.rubrics.replies import write as write

_HOMES = {
    "Advice": "hone.domain.evidence",
    "Choice": "hone.rubrics.merge",
    "Comparison": "hone.domain.evidence",
    "Criterion": "hone.domain.rubric",
    "Decision": "hone.domain.evidence",
    "HoneError": "hone.errors",
    "Item": "hone.domain.task",
    "Journal": "hone.jobs",
    "Judgement": "hone.domain.evidence",
    "ModelSettings": "hone.domain.settings",
    "Project": "hone.project",
    "Reply": "hone.domain.task",
    "Rubric": "hone.domain.rubric",
    "RubricVersion": "hone.domain.evidence",
    "Sampling": "hone.domain.settings",
    "Scale": "hone.domain.rubric",
    "ScriptedModel": "hone.models",
    "Setup": "hone.jobs",
    "Task": "hone.domain.task",
    "advise": "hone.rubrics.advise",
    "compare": "hone.rubrics.compare",
    "connect": "hone.models",
    "diff": "hone.rubrics.finalise",
    "draft": "hone.rubrics.draft",
    "finalise": "hone.rubrics.finalise",
    "judge": "hone.judging",
    "lint": "hone.rubrics.lint",
    "load_prompts": "hone.prompts",
    "merge": "hone.rubrics.merge",
    "summary": "hone.rubrics.compare",
    "write": "hone.rubrics.replies",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(_HOMES)
