"""The wire form of a System One server, for the client of endpoints: questions go out, probabilities come back.

A request to such a server is not a conversation. Its one message holds ``{"state": …, "questions": …}`` as JSON,
which `decision_request` writes; the model's name is added here. The completion's text is the ``answers``, as JSON. It
has been checked: what is no distribution is a failed call, so that nothing of it stands in a journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hone.domain.conversation import Message
from hone.errors import CallError, NoAnswerError, UnavailableError
from hone.models.answers import error_words, parsed_body
from hone.models.base import Call, Completion, Request, Usage
from hone.models.questions import Content, Question, read_answers, read_questions
from hone.prompts import break_marks


def decision_request(state: Content, questions: Mapping[str, Question], call: Call) -> Request:
    """What a model is asked that decides in place of writing.

    Args:
        state: What the questions are about.
        questions: By their ids.
        call: What the call is about.
    """
    asked = {"state": state, "questions": {name: question.to_data() for name, question in questions.items()}}
    return Request((Message("user", json.dumps(asked, ensure_ascii=False)),), call=call)


class SystemOneForm:
    """Calls and answers of ``POST /v1/systemone``.

    Args:
        url: The base URL, for messages.
        name: The model's name at the server.
    """

    path = "systemone"
    answers = "System One answer"

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name
        self.lessons = 0

    def body(self, request: Request) -> bytes:
        """The body of a call, as JSON.

        Raises:
            UnavailableError: It asks for a text.
        """
        asked = asked_in(request)
        if asked is None:
            raise UnavailableError(
                f"systemone:{self._url}#{self._name} answers questions and writes no text: name it as a judge, and "
                "another model as writer or expert"
            )
        state = json.loads(break_marks(json.dumps(asked["state"], ensure_ascii=False)))
        return json.dumps({"model": self._name, "state": state, "questions": asked["questions"]}).encode()

    def read(self, body: bytes, request: Request, scrub: Callable[[str], str]) -> Completion:
        """The answers as JSON, each a distribution over what was asked.

        Args:
            body: The bytes of a 200 answer.
            request: What was asked.
            scrub: Takes the key out of what a message quotes.

        Raises:
            CallError: It is not JSON of this form.
            NoAnswerError: An answer is missing, or is no distribution.
        """
        try:
            data = parsed_body(body)
            answers, usage = data["answers"], data.get("usage")
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise CallError(
                f"{self._url} answers something that is not a System One answer ({error_words(body, scrub)[:120]})"
            ) from error
        asked = asked_in(request) or {"questions": {}}
        try:
            read_answers(read_questions(asked["questions"]), answers)
        except ValueError as error:
            raise NoAnswerError(f"{self._url}: {scrub(str(error))}") from error
        kept = {name: answers[name] for name in asked["questions"]}
        return Completion(json.dumps(kept, ensure_ascii=False), usage=_usage(usage))

    def refuses(self, _status: int, _problem: str, _request: Request) -> bool:
        """Nothing can be left out of a call."""
        return False

    def learn(self, _status: int, _problem: str, _request: Request) -> str | None:
        """Nothing is learnt from a refusal."""
        return None


def asked_in(request: Request) -> dict[str, Any] | None:
    """State and questions that a request holds; none where it asks for a text."""
    if len(request.messages) != 1:
        return None
    try:
        data = json.loads(request.messages[0].content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.keys() == {"state", "questions"} else None


def _usage(data: Any) -> Usage:
    told = data if isinstance(data, dict) else {}
    counts = [told.get(name) for name in ("input_tokens", "output_tokens")]
    return Usage(*(count if isinstance(count, int) and count >= 0 else 0 for count in counts))
