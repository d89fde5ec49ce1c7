"""Problems with worked answers: where they come from, how they are put to a model, how an answer is read.

Training, testing and export share this room, so that none of them can put a problem, or read an answer, in a way of
its own.
"""

from hone.problems.answers import FinalAnswer, gold_number, marked_text, read_answer
from hone.problems.leaks import Leak, leaks, without_leaks
from hone.problems.problem import MARK, Problem, split_answer, without_marks
from hone.problems.prompting import Prompting, choose_shots, prompting
from hone.problems.reading import Names, Split, load_problems, numbered_problems, read_problems
from hone.problems.sums import sums
from hone.problems.variants import variants

__all__ = [
    "MARK",
    "FinalAnswer",
    "Leak",
    "Names",
    "Problem",
    "Prompting",
    "Split",
    "choose_shots",
    "gold_number",
    "leaks",
    "load_problems",
    "marked_text",
    "numbered_problems",
    "prompting",
    "read_answer",
    "read_problems",
    "split_answer",
    "sums",
    "variants",
    "without_leaks",
    "without_marks",
]
