"""What the exported file does, asked of the engine that runs it: tokens, next-token distributions, greedy replies."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from hone.errors import ExportError
from hone.jobs.pool import wait
from hone.models.embedded import EmbeddedModel

T = TypeVar("T")
TOP = 256
"""How many of the likeliest tokens are told at each place; the rest counts as one."""
LONG = 512
"""The same where the probability of one given token is wanted, which may be an unlikely one."""
SLOTS = 2


@dataclass(frozen=True, slots=True)
class NextToken:
    """The distribution of the next token at one place: natural-log probabilities of the likeliest tokens."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Greedy:
    """A greedy reply."""

    tokens: tuple[int, ...]
    """Without the one that ended it."""
    places: tuple[NextToken | None, ...]
    """One a token; none where the engine tells none, in the middle of a character."""
    ended: bool
    """Whether the model ended it; else it was cut at the limit."""
    end: int | None = None
    """The token that ended it, where the engine tells it."""


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """Tokens a second, as llama.cpp itself counts them."""

    prompt: float
    generation: float


class EmbeddedExport:
    """A GGUF file in the embedded engine.

    Args:
        file: The GGUF file.
        context: Tokens of prompt and answer together.
        adapter: A GGUF adapter over it.

    Raises:
        UnavailableError: The engine cannot load it.
    """

    def __init__(self, file: Path, *, context: int = 1024, adapter: Path | None = None) -> None:
        self._model = EmbeddedModel(f"gguf:{file}", file, context=context, slots=SLOTS, adapter=adapter)
        self._root = self._model.url.removesuffix("/v1")
        self.adapter_scale: float | None = None
        """The scale of the adapter in what is asked from now on; none leaves it as it was loaded."""

    def __enter__(self) -> Self:
        """Keep the engine until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the engine."""
        self._model.close()

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text as a prompt, with those that the model puts first; special tokens in it count."""
        return self._run(self._tokens(text))

    def chat_text(self, messages: Sequence[dict[str, str]]) -> str:
        """A chat as the file's template writes it."""
        answer = self._run(self._post("/apply-template", {"messages": list(messages)}))
        return str(answer["prompt"])

    def chat_length(self, messages: Sequence[dict[str, str]]) -> int:
        """How many tokens the engine counts in a chat that it is really asked: what a doubled token would show in."""
        body = {"messages": list(messages), "max_tokens": 1, "temperature": 0, "cache_prompt": False}
        return int(self._run(self._post("/v1/chat/completions", body))["usage"]["prompt_tokens"])

    def greedy(self, prompts: Sequence[Sequence[int]], limit: int) -> list[Greedy]:
        """Greedy replies, each token with the distribution that it was taken from."""
        return self._run(self._all(self._greedy(prompt, limit) for prompt in prompts))

    def places(self, tokens: Sequence[int], starts: Sequence[int]) -> list[NextToken | None]:
        """The distribution of the token after each beginning of a text, in long lists; none where none is told."""

        async def one_by_one() -> list[NextToken | None]:
            # In order, so that each beginning is the last one and a few tokens more, which the engine remembers.
            return [(await self._next(tokens[:start])) for start in starts]

        return self._run(one_by_one())

    def speed(self, prompt: Sequence[int], limit: int) -> EngineSpeed:
        """How fast one call is: the better of two, with nothing remembered of the last."""
        body = {
            "prompt": list(prompt),
            "n_predict": limit,
            "temperature": 0,
            "cache_prompt": False,
            "ignore_eos": True,
        }
        times = [self._run(self._post("/completion", body))["timings"] for _ in range(2)]
        return EngineSpeed(
            max(one["prompt_per_second"] for one in times), max(one["predicted_per_second"] for one in times)
        )

    async def _next(self, tokens: Sequence[int]) -> NextToken | None:
        answer = await self._greedy(tokens, 1, LONG)
        return answer.places[0] if answer.places else None

    async def _tokens(self, text: str) -> list[int]:
        answer = await self._post("/tokenize", {"content": text, "add_special": True, "parse_special": True})
        return [int(token) for token in answer["tokens"]]

    async def _greedy(self, prompt: Sequence[int], limit: int, top: int = TOP) -> Greedy:
        body = {
            "prompt": list(prompt),
            "n_predict": limit,
            "temperature": 0,
            "n_probs": top,
            "return_tokens": True,
            "cache_prompt": True,
        }
        answer = await self._post("/completion", body)
        return _read(answer)

    async def _all(self, calls: Any) -> list[Any]:
        gate = asyncio.Semaphore(SLOTS)

        async def one(call: Any) -> Any:
            async with gate:
                return await call

        return await asyncio.gather(*(one(call) for call in calls))

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        if self.adapter_scale is not None:
            body = body | {"lora": [{"id": 0, "scale": self.adapter_scale}]}
        headers = {"Authorization": f"Bearer {self._model.key}"}
        limit = aiohttp.ClientTimeout(total=1800)
        async with (
            aiohttp.ClientSession(headers=headers, timeout=limit) as session,
            session.post(self._root + path, json=body) as answer,
        ):
            if answer.status != 200:
                raise ExportError(f"the engine refuses {path}: {(await answer.text())[:200]}")
            return await answer.json()

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return wait(call)


def _read(answer: Any) -> Greedy:
    """A reply of the engine. It lists a distribution for each token, but for those that end within a character."""
    told = list(answer.get("completion_probabilities") or ())
    ended = answer["stop_type"] == "eos"
    tokens = [int(token) for token in answer["tokens"]]
    places: list[NextToken | None] = []
    for token in tokens:
        fits = bool(told) and int(told[0]["id"]) == token
        places.append(_place(told.pop(0)) if fits else None)
    end = int(told[-1]["id"]) if ended and told else None
    if ended and end is None and tokens:
        end, tokens, places = tokens[-1], tokens[:-1], places[:-1]
    return Greedy(tuple(tokens), tuple(places), ended, end)


def _place(entry: Any) -> NextToken:
    top = entry["top_logprobs"]
    return NextToken(tuple(int(one["id"]) for one in top), tuple(float(one["logprob"]) for one in top))
