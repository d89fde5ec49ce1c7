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
    from hone.domain.rubric import Level as Level
    from hone.domain.rubric import Rubric as Rubric
    from hone.domain.rubric import Scale as Scale
    from hone.domain.settings import Judging as Judging
    from hone.domain.settings import ModelSettings as ModelSettings
    from hone.domain.settings import Sampling as Sampling
    from hone.domain.task import Item as Item
    from hone.domain.task import Reply as Reply
    from hone.domain.task import Task as Task
    from hone.errors import HoneError as HoneError
    from hone.feedback import Sources as Sources
    from hone.jobs import Budget as Budget
    from hone.jobs import Journal as Journal
    from hone.jobs import Setup as Setup
    from hone.judging import judge as judge
    from hone.models import ScriptedModel as ScriptedModel
    from hone.models import connect as connect
    from hone.project import Project as Project
    from hone.project import finalised_rubrics as finalised_rubrics
    from hone.project import templates as templates
    from hone.prompts import load_prompts as load_prompts
    from hone.rubrics.advise import advise as advise
    from hone.rubrics.compare import compare as compare
    from hone.rubrics.compare import summary as summary
    from hone.rubrics.draft import draft as draft
    from hone.rubrics.finalise import diff as diff
    from hone.rubrics.finalise import finalise as finalise
    from hone.rubrics.lint import lint as lint
    from hone.rubrics.merge import Choice as Choice
    from hone.rubrics.merge import accept_all as accept_all
    from hone.rubrics.merge import merge as merge
    from hone.rubrics.replies import write as write
    from hone.serving.conversation import Conversation as Conversation
    from hone.stats import Options as Options
    from hone.steps.agreement import Agreed as Agreed
    from hone.steps.agreement import agree as agree
    from hone.steps.agreement import estimate as estimate
    from hone.steps.examples import Drawn as Drawn
    from hone.steps.examples import write_examples as write_examples
    from hone.steps.exporting import Exported as Exported
    from hone.steps.exporting import Named as Named
    from hone.steps.exporting import export_gguf as export_gguf
    from hone.steps.journey import Journey as Journey
    from hone.steps.labelling import Labelled as Labelled
    from hone.steps.machine import doctor as doctor
    from hone.steps.matching import Asked as Asked
    from hone.steps.matching import Matched as Matched
    from hone.steps.matching import benchmark_by_rubric as benchmark_by_rubric
    from hone.steps.people import export_feedback as export_feedback
    from hone.steps.people import feedback_status as feedback_status
    from hone.steps.people import import_feedback as import_feedback
    from hone.steps.people import rate as rate
    from hone.steps.reporting import write_report as write_report
    from hone.steps.talking import Endpoint as Endpoint
    from hone.steps.talking import chat as chat
    from hone.steps.talking import serve as serve
    from hone.steps.testing import Benchmarked as Benchmarked
    from hone.steps.testing import benchmark as benchmark
    from hone.steps.tuning import Tuned as Tuned
    from hone.steps.tuning import tune as tune
    from hone.steps.watching import Watch as Watch

_HOMES = {
    "Advice": "hone.domain.evidence",
    "Agreed": "hone.steps.agreement",
    "Asked": "hone.steps.matching",
    "Benchmarked": "hone.steps.testing",
    "Budget": "hone.jobs",
    "Choice": "hone.rubrics.merge",
    "Comparison": "hone.domain.evidence",
    "Conversation": "hone.serving.conversation",
    "Criterion": "hone.domain.rubric",
    "Decision": "hone.domain.evidence",
    "Drawn": "hone.steps.examples",
    "Endpoint": "hone.steps.talking",
    "Exported": "hone.steps.exporting",
    "HoneError": "hone.errors",
    "Item": "hone.domain.task",
    "Journal": "hone.jobs",
    "Journey": "hone.steps.journey",
    "Judgement": "hone.domain.evidence",
    "Judging": "hone.domain.settings",
    "Labelled": "hone.steps.labelling",
    "Level": "hone.domain.rubric",
    "Matched": "hone.steps.matching",
    "ModelSettings": "hone.domain.settings",
    "Named": "hone.steps.exporting",
    "Options": "hone.stats",
    "Project": "hone.project",
    "Reply": "hone.domain.task",
    "Rubric": "hone.domain.rubric",
    "RubricVersion": "hone.domain.evidence",
    "Sampling": "hone.domain.settings",
    "Scale": "hone.domain.rubric",
    "ScriptedModel": "hone.models",
    "Setup": "hone.jobs",
    "Sources": "hone.feedback",
    "Task": "hone.domain.task",
    "Tuned": "hone.steps.tuning",
    "Watch": "hone.steps.watching",
    "accept_all": "hone.rubrics.merge",
    "advise": "hone.rubrics.advise",
    "agree": "hone.steps.agreement",
    "benchmark": "hone.steps.testing",
    "benchmark_by_rubric": "hone.steps.matching",
    "chat": "hone.steps.talking",
    "compare": "hone.rubrics.compare",
    "connect": "hone.models",
    "diff": "hone.rubrics.finalise",
    "doctor": "hone.steps.machine",
    "draft": "hone.rubrics.draft",
    "estimate": "hone.steps.agreement",
    "export_feedback": "hone.steps.people",
    "export_gguf": "hone.steps.exporting",
    "feedback_status": "hone.steps.people",
    "finalise": "hone.rubrics.finalise",
    "finalised_rubrics": "hone.project",
    "import_feedback": "hone.steps.people",
    "judge": "hone.judging",
    "lint": "hone.rubrics.lint",
    "load_prompts": "hone.prompts",
    "merge": "hone.rubrics.merge",
    "rate": "hone.steps.people",
    "serve": "hone.steps.talking",
    "summary": "hone.rubrics.compare",
    "templates": "hone.project",
    "tune": "hone.steps.tuning",
    "write": "hone.rubrics.replies",
    "write_examples": "hone.steps.examples",
    "write_report": "hone.steps.reporting",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(_HOMES)
