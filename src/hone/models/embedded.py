"""GGUF models inside this process: llama.cpp's server from `xllamacpp`, driven through the endpoint client.

The server listens on a free loopback port with a key of its own that only this process knows, and ends with it.
"""

from __future__ import annotations

import importlib.metadata
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hone.domain.looping import is_stuck_text
from hone.errors import ContextError, MissingExtraError, UnavailableError, UnreachableError
from hone.lazily import lazy
from hone.models.base import Chunk, Completion, Model, Request, Usage
from hone.models.capabilities import Capabilities
from hone.models.endpoint import EndpointModel, Patience
from hone.weights.gguf_file import check_gguf
from hone.weights.template import check_template, templates_of_gguf

CONTEXT = 4096
"""Tokens of prompt and answer together for each call."""
SLOTS = 4
"""Calls that the engine decodes side by side."""
_LOOK_EVERY = 32
"""Pieces of an answer between two looks for a loop."""

_DRY = {"dry_multiplier": 0.8, "dry_allowed_length": 3, "dry_penalty_last_n": 96}
"""llama.cpp's DRY sampler, which penalises a token that would go on with a run of tokens written shortly before. It
looks back 96 tokens only, so quoting from the prompt costs nothing."""


__getattr__ = lazy(__name__, {"smollm2_file": "hone.weights.smollm2"})
"""`smollm2_file` stood here in version 0.1; kept until 0.3."""


class EmbeddedModel(Model):
    """A GGUF file, run by llama.cpp in this process.

    Args:
        spec: The spec that names it.
        file: The GGUF file.
        context: Tokens of prompt and answer together for each call.
        slots: Calls decoded side by side; memory grows with context times slots.
        adapter: A GGUF LoRA adapter over the model, at scale 1 unless a call says otherwise (`lora`).

    Raises:
        UnavailableError: The file is missing, is no GGUF, or llama.cpp cannot load it.
        MissingExtraError: `xllamacpp` is not installed.
    """

    def __init__(
        self, spec: str, file: Path, *, context: int = CONTEXT, slots: int = SLOTS, adapter: Path | None = None
    ) -> None:
        super().__init__(spec, concurrency=slots)
        self.context = context
        self.constrains = True
        files = [file] if adapter is None else [file, adapter]
        for one in files:
            check_gguf(one)
        if spec.partition("+")[0] != "smollm2":
            check_template(templates_of_gguf(file), file)
        self.files = tuple(files)
        states = [one.stat() for one in files]
        self.identity = " ".join([spec, *(f"{state.st_size} {state.st_mtime_ns}" for state in states)])
        key = secrets.token_urlsafe(24)
        self._server: Any = _start(files, context, slots, key)
        self.url = f"{self._server.listening_address}/v1"
        """The server's own OpenAI-compatible address; it takes calls with `key` only."""
        self.key = key
        self._endpoint = EndpointModel(
            spec,
            self.url,
            "embedded",
            key=key,
            concurrency=slots,
            patience=Patience(answer=1800.0, retries=2),
            remote=False,
        )
        self._endpoint.wire = Capabilities(self.url, "embedded", extra=_DRY)
        self.notes = self._endpoint.notes

    async def __aenter__(self) -> Self:
        """Open the connections to the server."""
        await self._endpoint.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        await self._endpoint.__aexit__(kind, error, trace)

    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            ContextError: Prompt and answer do not fit into the context; the message says how long the prompt is.
            CallError: The engine refused the request.
        """
        if self._server is None:
            raise UnavailableError(f"{self.spec} was closed; connect to it again")
        try:
            if request.stop_loops and request.schema is None and not request.top_logprobs:
                return await self._ask_until_stuck(request)
            return await self._endpoint.ask(request)
        except ContextError as error:
            raise ContextError(f"{error} (now {self.context} tokens)") from error

    async def _ask_until_stuck(self, request: Request) -> Completion:
        """Answer one request, and end the answer in its loop where it falls into one.

        The engine stops when nobody listens any longer. Of an answer that is ended so it tells no tokens: its pieces,
        most of them one token, are counted for them.
        """
        text, finish, usage, count = "", "", Usage(), 0
        try:
            async with aclosing(self._endpoint.stream(request)) as pieces:
                async for piece in pieces:
                    text, finish, usage = text + piece.text, piece.finish or finish, piece.usage or usage
                    count += bool(piece.text)
                    if piece.text and not count % _LOOK_EVERY and is_stuck_text(text):
                        return Completion(text, "loop" if text[-_LOOK_EVERY:].strip() else "stop", Usage(0, count))
        except UnreachableError:
            return await self._endpoint.ask(request)  # which tries again, as a stream does not
        return Completion(text, finish or "stop", usage)

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """The pieces of an answer as they are written.

        Raises:
            ContextError: Prompt and answer do not fit into the context.
            CallError: The engine refused the request.
        """
        if self._server is None:
            raise UnavailableError(f"{self.spec} was closed; connect to it again")
        try:
            async for piece in self._endpoint.stream(request):
                yield piece
        except ContextError as error:
            raise ContextError(f"{error} (now {self.context} tokens)") from error

    def close(self) -> None:
        """End the server and free the model."""
        if self._server is not None:
            # The engine waits for ever for a server that is ended before its loop runs; the loop answers this.
            self._server.handle_metrics()
            self._server = None


def engine_version() -> str | None:
    """The installed version of `xllamacpp`, or none."""
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return None


def _start(files: Sequence[Path], context: int, slots: int, key: str) -> Any:
    # By default the engine's threads wait for each other by spinning for milliseconds; on a busy machine that keeps
    # the very thread they wait for from running, and generation becomes many times slower.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        import xllamacpp  # noqa: PLC0415 - the one door to the engine
    except ImportError as error:
        raise MissingExtraError(
            "the embedded engine is not installed; install it with: pip install xllamacpp"
        ) from error
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    params = xllamacpp.CommonParams()
    params.model.path = str(files[0])
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0) for adapter in files[1:]]
    params.model_alias = {files[0].stem}  # else answers would name the file with its whole path
    params.n_ctx, params.n_parallel = context * slots, slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.api_keys = [key]
    params.ui, params.endpoint_slots, params.endpoint_metrics = False, False, True
    # What the cache keeps of a prompt was made at one scale of the adapter, and would be used at another.
    params.cache_ram_mib = 0 if files[1:] else 256
    params.verbosity = 0
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise UnavailableError(
            f"{' + '.join(map(str, files))}: llama.cpp cannot load this model ({' '.join(str(error).split())}); "
            "the file may be damaged, too new for this engine, or too large for the memory"
            f"{', or the adapter may be for another model' if files[1:] else ''}"
        ) from error
