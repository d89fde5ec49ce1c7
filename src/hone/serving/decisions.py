"""`/v1/systemone`: questions with fixed answers, answered by the judge in the form that other tools read.

Each answer says beside what the form asks for where its probabilities come from (``basis``) and on how many readable
answers it rests (``votes``), and names the rubric's criterion where it is a judgement by one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiohttp import web

from hone.errors import ContextError, HoneError, VerdictError
from hone.jobs import Caller
from hone.judging.decider import DecidedAnswer, Decider
from hone.models.questions import Question, answer_data, check_state, read_questions
from hone.serving.access import refuse
from hone.serving.conversation import opened_models

ADDRESS = "/v1/systemone"


class RepeatedKeyError(ValueError):
    """A key stands twice in one object: of two questions or answers of one name only the last would be left."""


def loads(text: str) -> Any:
    """JSON in which no key stands twice in one object.

    Raises:
        RepeatedKeyError: One does.
        ValueError: It is not JSON.
    """
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise RepeatedKeyError(f"the key {twice[:60]!r} stands twice in one object; give each a name of its own")
    return found


def rubric_answer(decider: Decider, name: str) -> web.Response:
    """The rubric's own questions, to be sent back word for word, and the state that they are about."""
    questions = {criterion: question.to_data() for criterion, question in decider.questions.items()}
    return web.json_response(
        {"model": name, "state": {"request": "…", "reply": "…"}, "questions": questions, "others": not decider.closed}
    )


async def decide(
    decider: Decider, body: Mapping[str, Any], name: str, turn: AbstractAsyncContextManager[Any]
) -> web.Response:
    """The answer to one request.

    Args:
        decider: Who answers.
        body: The JSON object of the request.
        name: The model's name in the answer.
        turn: Entered while models are asked.
    """
    try:
        json.dumps(body, ensure_ascii=False).encode()
        questions = _questions(body)
    except UnicodeEncodeError:
        return refuse(400, "there is half a character in the body; send whole ones")
    except RecursionError:
        return refuse(400, "the body is nested too deeply")
    except ValueError as error:
        return refuse(400, str(error))
    caller = Caller()
    try:
        async with turn, opened_models(decider.models):
            answers = await decider.decide(body["state"], questions, caller)
    except ValueError as error:
        return refuse(400, str(error))
    except ContextError as error:
        return _too_long(str(error))
    except VerdictError as error:
        # Not a 5xx: clients would ask the same again, and at temperature 0 hear the same.
        return refuse(422, f"the judge gave no answer that reads: {error}", "server_error")
    except HoneError as error:
        return refuse(502, str(error), "server_error")
    usage = caller.tally.usage
    return web.json_response(
        {
            "model": name,
            "answers": {one: _answer(questions[one], answer) for one, answer in answers.items()},
            "usage": {"input_tokens": usage.prompt, "output_tokens": usage.completion},
        }
    )


def _questions(body: Mapping[str, Any]) -> dict[str, Question]:
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise ValueError('model is a name, such as the one that /v1/models tells; send {"model": "…", "state": …}')
    if body.get("assets") is not None:
        raise ValueError("assets are not read here: send text, without pictures")
    check_state(body.get("state"))
    return read_questions(body.get("questions"))


def _answer(question: Question, answer: DecidedAnswer) -> dict[str, Any]:
    more = {"basis": answer.basis, "votes": answer.votes}
    named = {"criterion": answer.criterion} if answer.criterion else {}
    return answer_data(question, answer.shares) | more | named


def _too_long(problem: str) -> web.Response:
    """A refusal that also says what clients of the form look for where a request does not fit into the context."""
    error = {"message": problem, "type": "invalid_request_error", "code": 400}
    detail = {"error_type": "max_tokens_exceeded", "message": problem}
    return web.json_response({"error": error, "detail": detail}, status=400)
