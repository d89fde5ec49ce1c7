"""A model that answers from a script: for tests, Hone's own and its users'. Never a source of results."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from hone.errors import CallError, FileFormatError, UnavailableError
from hone.models.base import Completion, Model, Request, Usage

Answer = str | Completion | Exception


@dataclass(frozen=True, slots=True)
class _Rule:
    contains: str
    answer: Answer


class ScriptedModel(Model):
    """Answers by rule where a request contains a text, else from a queue.

    Example:
        >>> model = ScriptedModel()
        >>> model.enqueue("first answer")
        >>> model.when("Reply 1", '{"winner": "first"}')
    """

    def __init__(self, *answers: Answer, spec: str = "scripted:") -> None:
        super().__init__(spec, concurrency=8)
        self.requests: list[Request] = []
        """Every request, in the order of asking."""
        self._queue: deque[Answer] = deque(answers)
        self._rules: list[_Rule] = []

    def enqueue(self, *answers: Answer) -> None:
        """Add answers that are given once each, in order."""
        self._queue.extend(answers)

    def when(self, contains: str, answer: Answer) -> None:
        """Answer every request that contains this text in this way; earlier rules win."""
        self._rules.append(_Rule(contains, answer))

    @classmethod
    def read(cls, path: Path) -> ScriptedModel:
        """The model of a JSON Lines file of ``{"text": …}`` or ``{"contains": …, "text": …}``.

        Raises:
            UnavailableError: There is no such file.
            FileFormatError: A line is not of that form.
        """
        model = cls(spec=f"scripted:{path}")
        try:
            lines = path.read_bytes().decode("utf-8-sig").split("\n")
        except OSError as error:
            raise UnavailableError(f"{path}: the script cannot be read ({error.strerror}); check the path") from error
        except UnicodeDecodeError as error:
            raise FileFormatError(path, "not UTF-8 text; save the file as UTF-8") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                if entry.get("contains"):
                    model.when(str(entry["contains"]), str(entry["text"]))
                else:
                    model.enqueue(str(entry["text"]))
            except (ValueError, KeyError, AttributeError, RecursionError) as error:
                raise FileFormatError(
                    path, 'write {"text": "…"} or {"contains": "…", "text": "…"}', line=number
                ) from error
        return model

    async def ask(self, request: Request) -> Completion:
        """The answer of the first rule that fits, else the next of the queue.

        Raises:
            CallError: The script has no answer for this request.
        """
        self.requests.append(request)
        text = "\n".join(message.content for message in request.messages)
        rule = next((rule for rule in self._rules if rule.contains in text), None)
        if rule is None and not self._queue:
            raise CallError(f"{self.spec} has no answer left for {str(request.call) or 'this request'}")
        answer = rule.answer if rule else self._queue.popleft()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completion):
            return answer
        return Completion(answer, usage=Usage(len(text.split()), len(answer.split())))
