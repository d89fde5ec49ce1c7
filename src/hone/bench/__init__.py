"""Benchmarks: the same problems, put in the same way, to several models, compared pair by pair."""

from hone.bench.comparing import Comparison, ModelScore, Report, compare
from hone.bench.judged import JudgedReply, JudgedReport, compare_judged
from hone.bench.running import Result, Speed, ask
from hone.bench.scoring import Mark, mark
from hone.bench.task import BenchTask, read_task, task_names

__all__ = [
    "BenchTask",
    "Comparison",
    "JudgedReply",
    "JudgedReport",
    "Mark",
    "ModelScore",
    "Report",
    "Result",
    "Speed",
    "ask",
    "compare",
    "compare_judged",
    "mark",
    "read_task",
    "task_names",
]
