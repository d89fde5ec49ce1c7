"""The best prompt of a model: several are tried on problems that neither train nor test it, and the worst dropped.

A tuned model is then compared with its base as each does best, and not with a base that was asked badly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hone.bench.running import AnswerSpeed, Result
from hone.problems import Problem, Prompting, PromptSearch, TriedPrompt, preferred_prompts
from hone.stats.halving import Candidate, successive_halving

LEAST, MOST = 16, 320
"""Problems to choose by."""
FEWEST = 30
"""Problems of a test from which prompts are chosen for it."""

Asker = Callable[[Sequence[Prompting], Sequence[Problem]], tuple[list[list[Result]], AnswerSpeed]]
"""Puts problems to a model under several prompts: the answers under each."""


def enough_to_choose(tested: int, search: PromptSearch) -> int:
    """How many problems prompts are chosen by, beside so many that the model is tested on: a quarter, or none.

    On a few problems no figure says anything, the choice of a prompt least of all.
    """
    return 0 if tested < FEWEST else max(LEAST, min(MOST, search.problems or MOST, tested // 4))


def try_prompts(
    ask: Asker,
    prompts: Sequence[Prompting],
    problems: Sequence[Problem],
    *,
    strict: bool = False,
    one_round: int = 0,
    tell: Callable[[str], object] = lambda _: None,
) -> tuple[list[Prompting], list[Result], AnswerSpeed]:
    """The best of several prompts for a model.

    Args:
        ask: Puts problems to the model.
        prompts: Those that are tried, the simplest first: of equals the first is taken.
        problems: What they are tried on.
        strict: Count answers in the form that the prompt asked for alone.
        one_round: As many answers are asked for in one round; more are by successive halving.
        tell: Told, in one line, which prompts are left out: those whose solved problems leave no room for a question.

    Returns:
        The prompt, and after it those that cannot be told from it, the best first; every answer, as part
        ``choosing``; and the time that it took.
    """
    found: list[list[Result]] = [[] for _ in prompts]
    speed = AnswerSpeed(0, 0, 0.0)
    left_out: dict[int, str] = {}

    def right(places: Sequence[int], trials: range) -> list[int]:
        nonlocal speed
        answers, taken = ask([prompts[place] for place in places], problems[trials.start : trials.stop])
        for place, results in zip(places, answers, strict=True):
            found[place] += [one.model_copy(update={"part": "choosing"}) for one in results]
            if prompts[place].shots and (reason := next((one.problem for one in results if one.problem), None)):
                left_out.setdefault(place, reason)
        speed += taken
        # What is left out comes behind what gets nothing right.
        return [
            -len(trials) if place in left_out else _right(results, strict=strict)
            for place, results in zip(places, answers, strict=True)
        ]

    successive_halving(len(prompts), len(problems), right, one_round=one_round)
    if len(left_out) == len(prompts):
        left_out = {}  # every prompt has them: the test says how many problems did not fit
    for place, reason in left_out.items():
        tell(f"the prompt {prompts[place].label} is left out: {reason}")
    results = [one for place, several in enumerate(found) if place not in left_out for one in several]
    named = {one.label: one for one in prompts}
    chosen, *others = [one for one in tried_prompts(results, results[0].model, strict=strict) if one.final]
    others.sort(key=lambda one: -one.right)
    return [named[one.prompt] for one in (chosen, *others)], results, speed


def tried_prompts(results: Sequence[Result], model: str, *, strict: bool = False) -> list[TriedPrompt]:
    """What a model's prompts gave, as `preferred_prompts` has it; empty where none was chosen.

    Args:
        results: Of a run; answers to the test are passed over.
        model: Its spec.
        strict: Count answers in the form that the prompt asked for alone.
    """
    own: dict[str, list[Result]] = {}
    for one in results:
        if one.model == model and one.part == "choosing":
            own.setdefault(one.prompt, []).append(one)
    found = [
        Candidate(place, _right(answers, strict=strict), len(answers)) for place, answers in enumerate(own.values())
    ]
    return preferred_prompts(list(own), found)


def _right(results: Sequence[Result], *, strict: bool = False) -> int:
    return sum(one.strict if strict else one.right for one in results)
