"""The one interface of all models: a request goes in, a completion comes out.

Requests and completions are plain dataclasses, not pydantic: a labelling run makes thousands of them a second.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hone.domain.conversation import Message
from hone.domain.settings import Sampling
from hone.models.thinking import answer_of

Schema = Mapping[str, Any]
"""A JSON schema."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a request is about. Never sent to a model; names the call in journals and to recorded models."""

    item: str
    step: str = ""
    """Which of several calls for the item: ``with``, ``AB``, …"""
    sample: int = 0

    def __str__(self) -> str:
        return "/".join(part for part in (self.item, self.step, str(self.sample) if self.sample else "") if part)


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    schema: Schema | None = None
    """The answer is to be JSON of this schema. Engines that can, enforce it; the reader checks in any case."""
    top_logprobs: int = 0
    """How many alternatives to report at each token; 0 asks for no log-probabilities."""
    call: Call = field(default_factory=lambda: Call(""))
    stop_loops: bool = False
    """An answer that has fallen into a loop may be ended there (`Completion.looped`): it would come to no end.
    Engines that do not look for loops go on to the limit."""

    def key(self, model: str) -> str:
        """The content hash of what is asked of which model (its `identity`): the same key, the same call.

        Each part goes into the hash with its length, so that no two requests can spell the same text.
        """
        settings = _settings_text(self.sampling, self.top_logprobs, self.call.sample)
        parts = [model, settings, schema_text(self.schema) if self.schema is not None else ""]
        if self.stop_loops:
            parts.append("stop loops")
        for message in self.messages:
            parts += (message.role, message.content)
        text = "".join([f"{len(part)}:{part}" for part in parts])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=256)
def _settings_text(sampling: Sampling, top_logprobs: int, sample: int) -> str:
    """A run has one or two samplings, a few votes, and many requests."""
    return json.dumps([sampling.model_dump(), top_logprobs, sample])


_SCHEMAS: dict[int, tuple[Schema, str]] = {}


def schema_text(schema: Schema) -> str:
    """The schema as JSON, made once for each schema object: a run sends the same one thousands of times."""
    known = _SCHEMAS.get(id(schema))
    if known is None or known[0] is not schema:
        if len(_SCHEMAS) >= 64:
            _SCHEMAS.clear()
        known = _SCHEMAS[id(schema)] = (schema, json.dumps(schema, ensure_ascii=False))
    return known[1]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted by the engine."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion)


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token of an answer, its natural-log probability, and the likeliest tokens at its place."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of an answer while it is written."""

    text: str
    finish: str = ""
    """How the answer ended, as in `Completion`, where this part says so; else empty."""
    usage: Usage | None = None
    """The tokens of the whole answer, where this part tells them."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered."""

    text: str
    finish: str = "stop"
    """``stop`` at its end, ``length`` where it was cut at its length limit, ``loop`` where it was ended in a loop."""
    usage: Usage = Usage()
    logprobs: tuple[TokenLogprob, ...] | None = None
    seconds: float | None = field(default=None, compare=False)
    """From the question to the answer, waiting and tries included, where it was measured."""
    tries: int = field(default=1, compare=False)
    """How often an endpoint was asked until it answered."""
    begun: int = field(default=0, compare=False)
    """Tokens of it that had been made for an earlier call with a lower limit, which this one went on from."""

    @property
    def cut(self) -> bool:
        """Whether it ended because it reached its length limit."""
        return self.finish == "length"

    @property
    def looped(self) -> bool:
        """Whether it was ended because it had fallen into a loop."""
        return self.finish == "loop"

    @property
    def answer(self) -> str:
        """The text without what a reasoning model thought before it."""
        return answer_of(self.text)

    @property
    def empty(self) -> bool:
        """Whether nothing came, though the length limit was not reached."""
        return not self.cut and not self.text.strip()

    def to_data(self) -> dict[str, Any]:
        """A JSON-serialisable form that `from_data` reads back."""
        data: dict[str, Any] = {
            "text": self.text,
            "finish": self.finish,
            "usage": {"prompt": self.usage.prompt, "completion": self.usage.completion},
        }
        if self.seconds is not None:
            data["seconds"] = self.seconds
        if self.tries > 1:
            data["tries"] = self.tries
        if self.logprobs is not None:
            data["logprobs"] = [asdict(token) for token in self.logprobs]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Completion:
        """The completion that `to_data` wrote."""
        logprobs = data.get("logprobs")
        return cls(
            text=data["text"],
            finish=data["finish"],
            usage=Usage(**data["usage"]),
            seconds=data.get("seconds"),
            tries=data.get("tries", 1),
            logprobs=None
            if logprobs is None
            else tuple(
                TokenLogprob(entry["token"], entry["logprob"], tuple((token, value) for token, value in entry["top"]))
                for entry in logprobs
            ),
        )


class Model(ABC):
    """A language model, whatever runs it.

    ``async with model:`` opens its connections for the running event loop; within it, `ask` may be called many times
    at once. ``with model:`` keeps the engine itself until the block ends.
    """

    def __init__(self, spec: str, concurrency: int) -> None:
        self.spec = spec
        """The spec that names it in files and tables."""
        self.concurrency = concurrency
        """How many calls it can usefully have under way."""
        self.identity = spec
        """What stands for the model in the keys of journals: what its files hold, or the spec where it has none."""
        self.files: tuple[Path, ...] = ()
        """The files and folders that it was opened from."""
        self.variant = ""
        """What else answers depend on, such as the precision that files are opened with."""
        self.formerly: tuple[str, ...] = ()
        """What stood for the same model in journals of version 0.1; answers under it count."""
        self.constrains = False
        """Whether the engine enforces a request's schema; where it does not, the reader asks once for a repair."""
        self.decides = False
        """Whether it answers questions with probabilities (`models/questions`) and writes no text: it can be a judge,
        and neither a writer nor an expert."""
        self.empty_is_failure = False
        """Whether an answer without text is a failed call: of an endpoint it is; an engine in this process has said
        what the model says."""
        self.must_answer_once = False
        """Whether nobody at its address, before it has answered anything, ends all calls at once."""
        self.notes: list[str] = []
        """What the person should know: a parameter that the endpoint does not take, and the like."""

    @abstractmethod
    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            CallError: This call failed for good.
            UnavailableError: No call can succeed.
        """

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """The pieces of an answer as they are written; all of it at once where the engine cannot do so.

        Raises:
            CallError: This call failed for good.
            UnavailableError: No call can succeed.
        """
        answer = await self.ask(request)
        yield Chunk(answer.text, answer.finish)

    async def __aenter__(self) -> Self:
        """Open the connections, where there are any."""
        return self

    async def __aexit__(  # noqa: B027 - most models have no connection
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""

    def close(self) -> None:  # noqa: B027 - most models hold no engine
        """End the engine and free what it holds; may be called twice."""

    def __enter__(self) -> Self:
        """Keep the engine until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the engine."""
        self.close()
