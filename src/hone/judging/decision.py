"""A rubric as questions with fixed answers, for judges that decide and write nothing; and what they answer, read.

Such a judge gives a probability for each level and no reason, and none is made up: a score of it has an empty reason.
"""

from __future__ import annotations

import json

from hone.domain.evidence import Score
from hone.domain.rubric import Criterion, Rubric, Scale
from hone.domain.task import Brief, Reply
from hone.errors import VerdictError
from hone.judging.expected import expected
from hone.models.questions import AnswerOption, Question, read_answers, votes_behind


def criterion_question(criterion: Criterion, scale: Scale) -> Question:
    """How far a reply meets a criterion, as a question with one answer a level, worst first."""
    levels = tuple(
        AnswerOption(str(place), f"{level.label}: {criterion.anchor(level)}")
        for place, level in enumerate(scale.levels)
    )
    asked = f"How far does the reply meet this criterion? {criterion.name}: {criterion.sentence}"
    return Question("score", asked, levels)


def rubric_questions(rubric: Rubric) -> dict[str, Question]:
    """One question a criterion, by the criterion's name."""
    return {criterion.name: criterion_question(criterion, rubric.scale) for criterion in rubric.criteria}


def reply_state(reply: Reply, brief: Brief) -> dict[str, str]:
    """What the questions are about: request and reply, and what else is known."""
    reference = {"reference": reply.reference} if reply.reference else {}
    return {**_told(brief), "request": reply.prompt, **reference, "reply": reply.text}


def pair_state(first: Reply, second: Reply, brief: Brief) -> dict[str, str]:
    """What a question about two replies to one request is about."""
    return {**_told(brief), "request": first.prompt, "first": first.text, "second": second.text}


def _told(brief: Brief) -> dict[str, str]:
    told = {"role": brief.role.strip(), "instruction": brief.instruction.strip()}
    return {name: text for name, text in told.items() if text}


def read_decision(text: str, rubric: Rubric) -> tuple[tuple[Score, ...], tuple[Score, ...]]:
    """The scores that answers to a rubric's questions come to.

    Args:
        text: The answers as JSON: untrusted, as all that a journal holds.
        rubric: What was asked.

    Returns:
        The likeliest level of each criterion (of several, the lowest), and the mean level weighed by probability.
        Where the server says that an answer is a single vote, there is no probability, and no mean.

    Raises:
        VerdictError: An answer is missing, or is no distribution over the levels.
    """
    questions, values = rubric_questions(rubric), rubric.scale.values
    try:
        data = json.loads(text)
        answers = read_answers(questions, data)
    except (ValueError, RecursionError) as error:
        raise VerdictError(str(error)) from error
    chosen, weighed = [], []
    for name, question in questions.items():
        shares = tuple(answers[name][key] for key in question.keys)
        level = shares.index(max(shares))
        score = Score(criterion=name, value=values[level], reason="")
        if votes_behind(data[name]) != 1:
            score = score.model_copy(update={"probability": shares[level], "shares": shares})
            weighed.append(score.model_copy(update={"value": expected(dict(zip(values, shares, strict=True)))}))
        chosen.append(score)
    return tuple(chosen), tuple(weighed) if len(weighed) == len(chosen) else ()
