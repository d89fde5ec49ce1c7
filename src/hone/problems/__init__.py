"""Problems with worked answers: where they come from, how they are put to a model, how an answer is read.

Training, testing and export share this room, so that none of them can put a problem, or read an answer, in a way of
its own.
"""

from hone.domain.looping import has_ended, has_looped, trails_off
from hone.problems.answers import (
    FinalAnswer,
    answers_rightly,
    boxed_number,
    gold_number,
    marked_place,
    marked_text,
    read_answer,
)
from hone.problems.leaks import Leak, leaks, without_leaks
from hone.problems.preferring import TriedPrompt, preferred_prompts
from hone.problems.problem import MARK, Problem, Split, split_answer, without_marks
from hone.problems.prompt_search import CUT_AT_MOST, PromptSearch, prompt_search
from hone.problems.prompting import PROMPT_NAMES, Prompting, PromptName, candidates, choose_shots, prompting
from hone.problems.reading import (
    Names,
    apart_for_choosing,
    has_parts,
    in_training_part,
    load_problems,
    numbered_problems,
    read_problems,
)
from hone.problems.sums import sums
from hone.problems.variants import variants

__all__ = [
    "CUT_AT_MOST",
    "MARK",
    "PROMPT_NAMES",
    "FinalAnswer",
    "Leak",
    "Names",
    "Problem",
    "PromptName",
    "PromptSearch",
    "Prompting",
    "Split",
    "TriedPrompt",
    "answers_rightly",
    "apart_for_choosing",
    "boxed_number",
    "candidates",
    "choose_shots",
    "gold_number",
    "has_ended",
    "has_looped",
    "has_parts",
    "in_training_part",
    "leaks",
    "load_problems",
    "marked_place",
    "marked_text",
    "numbered_problems",
    "preferred_prompts",
    "prompt_search",
    "prompting",
    "read_answer",
    "read_problems",
    "split_answer",
    "sums",
    "trails_off",
    "variants",
    "without_leaks",
    "without_marks",
]
