"""Hone: customise a metric and a small language model for your own task.

Every name below is loaded when it is first used, so `import hone` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy
from hone.moved import know_moved_modules

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
    from hone.domain.task import Brief as Brief
    from hone.domain.task import Item as Item
    from hone.domain.task import Reply as Reply
    from hone.domain.task import Task as Task
    from hone.errors import HoneError as HoneError
    from hone.jobs import Budget as Budget
    from hone.jobs import Journal as Journal
    from hone.jobs import Setup as Setup
    from hone.journey.agreement import AgreementResult as AgreementResult
    from hone.journey.agreement import agree as agree
    from hone.journey.agreement import estimate as estimate
    from hone.journey.calibrating import calibrate as calibrate
    from hone.journey.cascade import replay_cascade as replay_cascade
    from hone.journey.examples import OwnReplies as OwnReplies
    from hone.journey.examples import write_examples as write_examples
    from hone.journey.exporting import ExportResult as ExportResult
    from hone.journey.exporting import ModelCard as ModelCard
    from hone.journey.exporting import export_gguf as export_gguf
    from hone.journey.golden import RubricTestOptions as RubricTestOptions
    from hone.journey.golden import check_golden_replies as check_golden_replies
    from hone.journey.journey import Journey as Journey
    from hone.journey.labelling import LabelOptions as LabelOptions
    from hone.journey.labelling import LabelResult as LabelResult
    from hone.journey.labelling import label as label
    from hone.journey.machine import doctor as doctor
    from hone.journey.matching import BenchmarkItems as BenchmarkItems
    from hone.journey.matching import RubricBenchmark as RubricBenchmark
    from hone.journey.matching import benchmark_by_rubric as benchmark_by_rubric
    from hone.journey.own_judge import OwnJudgeResult as OwnJudgeResult
    from hone.journey.own_judge import tune_judge as tune_judge
    from hone.journey.own_judge import write_own_judge as write_own_judge
    from hone.journey.people import export_feedback as export_feedback
    from hone.journey.people import feedback_status as feedback_status
    from hone.journey.people import import_feedback as import_feedback
    from hone.journey.reporting import write_report as write_report
    from hone.journey.showing import shown_calls as shown_calls
    from hone.journey.showing import shown_run as shown_run
    from hone.journey.talking import Endpoint as Endpoint
    from hone.journey.talking import chat as chat
    from hone.journey.talking import serve as serve
    from hone.journey.testing import BenchmarkResult as BenchmarkResult
    from hone.journey.testing import benchmark as benchmark
    from hone.journey.tuning import TuningResult as TuningResult
    from hone.journey.tuning import tune as tune
    from hone.journey.votes import VotesToAsk as VotesToAsk
    from hone.journey.watching import Watch as Watch
    from hone.journey.weighing import weigh_criteria as weigh_criteria
    from hone.judging import judge as judge
    from hone.judging.opening import connect_own as connect_own
    from hone.measuring import Sources as Sources
    from hone.measuring.cascade import CascadeReplay as CascadeReplay
    from hone.measuring.cascade import CascadeRule as CascadeRule
    from hone.measuring.own_judge import OwnJudgeRule as OwnJudgeRule
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
    from hone.rubrics.golden import GoldenOutcome as GoldenOutcome
    from hone.rubrics.lint import lint as lint
    from hone.rubrics.merge import Choice as Choice
    from hone.rubrics.merge import accept_all as accept_all
    from hone.rubrics.merge import merge as merge
    from hone.rubrics.replies import write as write
    from hone.serving.conversation import Conversation as Conversation
    from hone.stats import BootstrapOptions as BootstrapOptions
    from hone.web import rate as rate

_HOMES = {
    "Advice": "hone.domain.evidence",
    "AgreementResult": "hone.journey.agreement",
    "Brief": "hone.domain.task",
    "BenchmarkItems": "hone.journey.matching",
    "BenchmarkResult": "hone.journey.testing",
    "Budget": "hone.jobs",
    "Choice": "hone.rubrics.merge",
    "Comparison": "hone.domain.evidence",
    "Conversation": "hone.serving.conversation",
    "Criterion": "hone.domain.rubric",
    "Decision": "hone.domain.evidence",
    "CascadeReplay": "hone.measuring.cascade",
    "CascadeRule": "hone.measuring.cascade",
    "OwnJudgeResult": "hone.journey.own_judge",
    "OwnJudgeRule": "hone.measuring.own_judge",
    "OwnReplies": "hone.journey.examples",
    "Endpoint": "hone.journey.talking",
    "ExportResult": "hone.journey.exporting",
    "GoldenOutcome": "hone.rubrics.golden",
    "HoneError": "hone.errors",
    "Item": "hone.domain.task",
    "Journal": "hone.jobs",
    "Journey": "hone.journey.journey",
    "Judgement": "hone.domain.evidence",
    "Judging": "hone.domain.settings",
    "LabelOptions": "hone.journey.labelling",
    "LabelResult": "hone.journey.labelling",
    "Level": "hone.domain.rubric",
    "RubricBenchmark": "hone.journey.matching",
    "ModelSettings": "hone.domain.settings",
    "ModelCard": "hone.journey.exporting",
    "BootstrapOptions": "hone.stats",
    "Project": "hone.project",
    "Reply": "hone.domain.task",
    "Rubric": "hone.domain.rubric",
    "RubricTestOptions": "hone.journey.golden",
    "RubricVersion": "hone.domain.evidence",
    "Sampling": "hone.domain.settings",
    "Scale": "hone.domain.rubric",
    "ScriptedModel": "hone.models",
    "Setup": "hone.jobs",
    "Sources": "hone.measuring",
    "Task": "hone.domain.task",
    "TuningResult": "hone.journey.tuning",
    "VotesToAsk": "hone.journey.votes",
    "Watch": "hone.journey.watching",
    "accept_all": "hone.rubrics.merge",
    "advise": "hone.rubrics.advise",
    "agree": "hone.journey.agreement",
    "benchmark": "hone.journey.testing",
    "benchmark_by_rubric": "hone.journey.matching",
    "chat": "hone.journey.talking",
    "check_golden_replies": "hone.journey.golden",
    "weigh_criteria": "hone.journey.weighing",
    "calibrate": "hone.journey.calibrating",
    "compare": "hone.rubrics.compare",
    "connect": "hone.models",
    "connect_own": "hone.judging.opening",
    "diff": "hone.rubrics.finalise",
    "doctor": "hone.journey.machine",
    "draft": "hone.rubrics.draft",
    "estimate": "hone.journey.agreement",
    "export_feedback": "hone.journey.people",
    "export_gguf": "hone.journey.exporting",
    "feedback_status": "hone.journey.people",
    "finalise": "hone.rubrics.finalise",
    "finalised_rubrics": "hone.project",
    "import_feedback": "hone.journey.people",
    "judge": "hone.judging",
    "label": "hone.journey.labelling",
    "lint": "hone.rubrics.lint",
    "load_prompts": "hone.prompts",
    "merge": "hone.rubrics.merge",
    "rate": "hone.web",
    "serve": "hone.journey.talking",
    "shown_calls": "hone.journey.showing",
    "shown_run": "hone.journey.showing",
    "summary": "hone.rubrics.compare",
    "templates": "hone.project",
    "tune": "hone.journey.tuning",
    "replay_cascade": "hone.journey.cascade",
    "tune_judge": "hone.journey.own_judge",
    "write": "hone.rubrics.replies",
    "write_own_judge": "hone.journey.own_judge",
    "write_examples": "hone.journey.examples",
    "write_report": "hone.journey.reporting",
}

_RENAMED = {
    "Agreed": "AgreementResult",
    "Asked": "BenchmarkItems",
    "Benchmarked": "BenchmarkResult",
    "Drawn": "OwnReplies",
    "Exported": "ExportResult",
    "Labelled": "LabelResult",
    "Matched": "RubricBenchmark",
    "Named": "ModelCard",
    "Options": "BootstrapOptions",
    "Tuned": "TuningResult",
}
"""Names of version 0.1, kept until 0.3."""

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES, _RENAMED)
know_moved_modules()


def __dir__() -> list[str]:
    return sorted(_HOMES)
