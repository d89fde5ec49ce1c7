"""The judge: scores of replies under a rubric, or the reason why there are none."""

from hone.judging.judge import judge, judge_request
from hone.judging.verdict import read_object, read_verdict

__all__ = ["judge", "judge_request", "read_object", "read_verdict"]
