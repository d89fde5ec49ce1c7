"""Questions with fixed answers, as System One has them: yes or no, one of several, one of ordered levels.

The form is the one of ``POST /v1/systemone``, read from the packages `typesafe-sdk` 0.7 and `deepeval` 4.3:
``{"model", "state", "questions": {id: {"type": "noul" | "choice" | "score", "instructions", "criteria"}}}`` is asked,
``{"model", "answers": {id: …}, "usage"}`` is answered, with a probability for each answer that was possible. Both
directions are read and written here, because Hone serves the form and asks in it. What comes from outside is checked:
a distribution that is none is refused, and no score is made of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Content = str | dict[str, Any] | list[Any]
"""What stands in a state, in instructions or in a description: text, or JSON."""
Shares = Mapping[str, float]
"""How likely each answer is, by its key; they sum to 1."""

MOST_QUESTIONS, MOST_ANSWERS = 64, 255
"""Questions of one request, and answers of one question (as many as Kiln 1.2 sends)."""
_DEEPEST = 32
_MOST_ROUNDED = 0.25
"""How far a sum of probabilities may lie from 1, however many there are."""
_TYPES = ("noul", "choice", "score")


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """One answer that is possible: its key, and when it applies."""

    key: str
    description: Content | None = None

    @property
    def text(self) -> str:
        """The description in words; the key alone where there is none."""
        return self.key if self.description is None else text_of_content(self.description)


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Args:
        type: ``noul``: yes or no; ``choice``: one of several; ``score``: one of ordered levels, worst first.
        instructions: What is asked; none where the answers say it.
        answers: ``false`` and ``true`` of a noul, the names of a choice, ``0``, ``1``, … of a score.
    """

    type: Literal["noul", "choice", "score"]
    instructions: Content | None
    answers: tuple[AnswerOption, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the answers, in order."""
        return tuple(answer.key for answer in self.answers)

    def to_data(self) -> dict[str, Any]:
        """The question as it is sent."""
        data: dict[str, Any] = {"type": self.type}
        if self.instructions is not None:
            data["instructions"] = self.instructions
        said = {answer.key: answer.description for answer in self.answers}
        if self.type == "score":
            data["criteria"] = list(said.values())
        elif self.type == "choice" or any(one is not None for one in said.values()):
            data["criteria"] = said
        return data


def text_of_content(content: Content) -> str:
    """Content in words: text as it is, anything else as JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def read_questions(data: Any) -> dict[str, Question]:
    """The questions of a request, by their ids.

    Raises:
        ValueError: They do not read; the message names the question and says how to write it.
    """
    if not isinstance(data, dict) or not data:
        raise ValueError('questions is an object with at least one question: {"id": {"type": "noul", …}}')
    if len(data) > MOST_QUESTIONS:
        raise ValueError(f"there are {len(data)} questions; send at most {MOST_QUESTIONS} in one request")
    return {name: _question(name, question) for name, question in data.items()}


def _question(name: str, data: Any) -> Question:
    shown = f"question {name[:60]!r}"
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in _TYPES:
        raise ValueError(f"{shown} needs a type that is answered here: {', '.join(_TYPES)}")
    if unknown := sorted(data.keys() - {"type", "instructions", "criteria"}):
        raise ValueError(f"{shown} has the key {unknown[0][:60]!r}; write type, instructions and criteria alone")
    instructions, criteria = data.get("instructions"), data.get("criteria")
    _check_content(f"the instructions of {shown}", instructions)
    options = _OPTIONS[kind](shown, criteria)
    for option in options:
        _check_content(f"the criteria of {shown}", option.description)
    if kind == "noul" and instructions is None and all(option.description is None for option in options):
        raise ValueError(f"{shown} asks nothing; write instructions, or what counts as true or false")
    if len(options) > MOST_ANSWERS:
        raise ValueError(f"{shown} has {len(options)} answers; send at most {MOST_ANSWERS}")
    return Question(kind, instructions, options)


def _noul(shown: str, criteria: Any) -> tuple[AnswerOption, ...]:
    if criteria is not None and (not isinstance(criteria, dict) or not criteria.keys() <= {"true", "false"}):
        raise ValueError(f'the criteria of {shown} are {{"true": "…", "false": "…"}}, or left out')
    said = criteria or {}
    return AnswerOption("false", said.get("false")), AnswerOption("true", said.get("true"))


def _choice(shown: str, criteria: Any) -> tuple[AnswerOption, ...]:
    if not isinstance(criteria, dict) or not criteria:
        raise ValueError(f'the criteria of {shown} are the choices: {{"name": "when it applies", …}}')
    return tuple(AnswerOption(key, value) for key, value in criteria.items())


def _score(shown: str, criteria: Any) -> tuple[AnswerOption, ...]:
    if not isinstance(criteria, list) or not criteria or any(one is None for one in criteria):
        raise ValueError(f'the criteria of {shown} are a list of levels, worst first: ["…", "…"]')
    return tuple(AnswerOption(str(place), value) for place, value in enumerate(criteria))


_OPTIONS = {"noul": _noul, "choice": _choice, "score": _score}


def check_state(state: Any) -> None:
    """See that a state is one.

    Raises:
        ValueError: It is neither text, nor an object or a list, or is nested without end.
    """
    if state is None:
        raise ValueError("state is missing; send what the questions are about, as text, an object or a list")
    _check_content("state", state)


def _check_content(what: str, content: Any) -> None:
    if content is not None and not isinstance(content, str | dict | list):
        raise ValueError(f"{what}: send text, an object or a list")
    level = [content]
    for _ in range(_DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ValueError(f"{what}: nested more than {_DEEPEST} levels deep")


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def answer_data(question: Question, shares: Shares) -> dict[str, Any]:
    """The answer to a question as it is sent.

    Args:
        question: What was asked.
        shares: How likely each answer is.

    Returns:
        Of a noul the probability of yes; of the others the probabilities, the likeliest choice or the mean level, and
        the confidence (n · peak - 1) / (n - 1), as `deepeval` 4.3 states it: 0 where all are equally likely, 1 where
        one is certain.
    """
    if question.type == "noul":
        return {"type": "noul", "noul": shares["true"]}
    peak, count = max(shares.values()), len(question.answers)
    confidence = 1.0 if count == 1 else max(0.0, (count * peak - 1) / (count - 1))
    rest = {"confidence": confidence, "probabilities": dict(shares)}
    if question.type == "choice":
        return {"type": "choice", "choice": likeliest(question, shares), **rest}
    legend = {answer.key: answer.description for answer in question.answers}
    return {"type": "score", "score": mean_level(question, shares), "legend": legend, **rest}


def likeliest(question: Question, shares: Shares) -> str:
    """The key of the likeliest answer; of several, the one that stands first: of levels, the worst."""
    return max(question.keys, key=lambda key: shares[key])


def mean_level(question: Question, shares: Shares) -> float:
    """The mean place of the levels, from 0, weighed by probability."""
    return math.fsum(place * shares[key] for place, key in enumerate(question.keys))


def read_answers(questions: Mapping[str, Question], data: Any) -> dict[str, Shares]:
    """What a server answered, checked: a distribution over the answers of each question.

    Args:
        questions: What was asked.
        data: The object under ``answers``.

    Raises:
        ValueError: An answer is missing, is of another type, or is no distribution over the answers that were asked
            about; or what it says beside its probabilities is not what they say.
    """
    for name in questions:
        if not isinstance(data, dict) or name not in data:
            raise ValueError(f"the answer to {name[:60]!r} is missing")
    return {name: _shares(name, question, data[name]) for name, question in questions.items()}


def votes_behind(answer: Any) -> int:
    """How many votes an answer's probabilities are shares of, as servers of Hone say; 0 where they are no votes.

    Args:
        answer: One answer as it came. A single vote gives 1 and 0, which must not pass for certainty.
    """
    if not isinstance(answer, dict) or answer.get("basis") != "votes":
        return 0
    votes = answer.get("votes")
    return votes if isinstance(votes, int) and votes > 0 else 1


def _shares(name: str, question: Question, data: Any) -> Shares:
    shown = f"the answer to {name[:60]!r}"
    if not isinstance(data, dict) or data.get("type") != question.type:
        raise ValueError(f"{shown} is not of the type {question.type}")
    if question.type == "noul":
        yes = _share(shown, data.get("noul"))
        return {"false": 1 - yes, "true": yes}
    told = data.get("probabilities")
    if not isinstance(told, dict) or told.keys() != set(question.keys):
        raise ValueError(f"{shown} has no probability for each of its {len(question.answers)} answers, or for others")
    shares = {key: _share(shown, told[key]) for key in question.keys}
    total = math.fsum(shares.values())
    # Servers round: two decimals of each of n answers move the sum by n/200 at most. With very many answers that
    # would let every sum pass, also 0, which nothing can be divided by.
    if abs(total - 1) > min(0.01 + len(shares) / 200, _MOST_ROUNDED):
        raise ValueError(f"the probabilities of {shown} sum to {total:.3g}, not to 1")
    shares = {key: share / total for key, share in shares.items()}
    _check_summary(shown, question, shares, data)
    return shares


def _check_summary(shown: str, question: Question, shares: Shares, data: Mapping[str, Any]) -> None:
    """Refuse an answer whose own summary contradicts its probabilities: nobody can say which of the two is wrong."""
    if question.type == "choice":
        choice = data.get("choice")
        if not isinstance(choice, str) or choice not in shares or shares[choice] < max(shares.values()) - 0.02:
            raise ValueError(f"{shown} chooses {str(choice)[:60]!r}, which is not its likeliest answer")
        return
    score, top = data.get("score"), len(shares) - 1
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= top:
        raise ValueError(f"{shown} has no score from 0 to {top}")
    # What rounding to two decimals moves the mean by, and a little more.
    if abs(score - mean_level(question, shares)) > 0.02 + 0.01 * top * (top + 1) / 2:
        raise ValueError(
            f"{shown} has the score {score:g}, but its probabilities say {mean_level(question, shares):.3g}"
        )


def _share(shown: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{shown} has a probability that is not a number from 0 to 1: {str(value)[:40]}")
    return float(value)
