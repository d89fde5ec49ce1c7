"""The judge: scores of replies under a rubric, or the reason why there are none."""

from hone.judging.judge import Judge, judge
from hone.judging.verdict import read_object, read_verdict

__all__ = ["Judge", "judge", "read_object", "read_verdict"]
