"""Benchmarks: the same problems, put in the same way, to several models, compared pair by pair."""

from hone.bench.choosing import enough_to_choose, try_prompts
from hone.bench.comparing import BenchReport, ModelComparison, ModelScore, compare_models
from hone.bench.judged import JudgedReply, JudgedReport, compare_judged
from hone.bench.running import AnswerSpeed, Result, answers_under, marked_answers
from hone.bench.scoring import Mark, mark
from hone.bench.task import BenchTask, read_task, task_names

__all__ = [
    "AnswerSpeed",
    "BenchReport",
    "BenchTask",
    "JudgedReply",
    "JudgedReport",
    "Mark",
    "ModelComparison",
    "ModelScore",
    "Result",
    "answers_under",
    "compare_judged",
    "compare_models",
    "enough_to_choose",
    "mark",
    "marked_answers",
    "read_task",
    "task_names",
    "try_prompts",
]
