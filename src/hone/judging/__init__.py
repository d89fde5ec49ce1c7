"""The judge: scores of replies under a rubric, or the reason why there are none."""

from hone.judging.judge import Judge, judge
from hone.judging.pairwise import prefer, win_rate
from hone.judging.verdict import cut_problem, read_object, read_verdict, read_winner

__all__ = ["Judge", "cut_problem", "judge", "prefer", "read_object", "read_verdict", "read_winner", "win_rate"]
