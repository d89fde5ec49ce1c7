"""transformers models in this process, with or without an adapter: `hf:REPO_OR_FOLDER[+ADAPTER]`.

Calls that come at once are answered together: what waits while a batch runs is the next batch.
"""

from __future__ import annotations

import asyncio
import gc
import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hone.domain.settings import Precision, Sampling
from hone.errors import CallError, ContextError, HoneError, UnavailableError
from hone.extras import library
from hone.models.base import Completion, Model, Request, Usage
from hone.prompts import break_marks
from hone.weights.chat_text import chat_tokens, takes_system
from hone.weights.decoding import Decoding, GeneratedText, generate
from hone.weights.opening import fast_type, weights
from hone.weights.quiet import quiet
from hone.weights.tokenizer import context_of, open_tokenizer

_AT_ONCE = {"cuda": 4096, "cpu": 512}
"""Calls to have under way: more than are answered side by side, so that one that ends makes room for another."""
_GATHER = 0.02
"""Seconds in which calls gather before a batch begins: a pool sends all that it may at once."""
_KEPT = 4096
"""Answers that were cut and are kept to go on from."""


@dataclass(frozen=True, slots=True)
class _Call:
    request: Request
    tokens: list[int]
    answer: asyncio.Future[Completion]


class TransformersModel(Model):
    """A transformers model, loaded when it is made.

    Args:
        spec: The spec that names it.
        name: ``smollm2``, a folder or a repository of the hub.
        adapter: The folder of a PEFT adapter for it, or none.
        concurrency: How many calls to have under way; by default what the device can use.
        precision: Of the weights; ``auto`` takes what the device multiplies fastest.

    Raises:
        UnavailableError: Files are missing, or the adapter is for another model, or the memory does not hold it.
        MissingExtraError: The extra `tune` is not installed.
    """

    def __init__(
        self,
        spec: str,
        name: str,
        adapter: Path | None = None,
        *,
        concurrency: int | None = None,
        precision: Precision = "auto",
    ) -> None:
        folder = weights(name)
        torch = library("torch")
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        super().__init__(spec, concurrency or _AT_ONCE[device.type])
        self._rows = concurrency
        if device.type == "cuda" and (count := torch.cuda.device_count()) > 1:
            self._note(
                f"answers on one of the {count} GPUs here; to use another at once, start a second command with "
                "CUDA_VISIBLE_DEVICES=1 on another part of the rows"
            )
        self._model: Any = load_model(folder, adapter, device, precision)
        stamps = [*_stamps(folder), *(_stamps(adapter) if adapter else ())]
        self.files = (folder, *((adapter,) if adapter else ()))
        self.variant = str(self._model.dtype).removeprefix("torch.")
        self.identity = " ".join([spec, *stamps, self.variant])
        self._tokenizer: Any = open_tokenizer(folder)
        self._waiting: list[_Call] = []
        self._worker: asyncio.Task[None] | None = None
        self._begun: dict[tuple[int, ...], array[int]] = {}
        """Greedy answers that were cut, by their prompts: asked again with a higher limit, they go on from there."""

    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            ContextError: The prompt does not fit into the model's context.
            CallError: The chat template refuses the conversation.
        """
        if self._model is None:
            raise UnavailableError(f"{self.spec} was closed; connect to it again")
        if any(one.role == "system" for one in request.messages) and not takes_system(self._tokenizer):
            note = f"{self.spec} takes no system turn; its text opens the first turn of the user"
            self.notes += [note] if note not in self.notes else []
        turns = [replace(one, content=break_marks(one.content)) for one in request.messages]
        tokens = chat_tokens(self._tokenizer, turns)
        context = context_of(self._model.config)
        if len(tokens) >= context:
            raise ContextError(
                f"the prompt has {len(tokens)} tokens, and the context of {self.spec} is {context}; shorten it"
            )
        call = _Call(request, tokens, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await call.answer

    def close(self) -> None:
        """Free the model."""
        self._model = None
        gc.collect()

    async def _work(self) -> None:
        """Answer what waits, batch after batch, until nothing does."""
        while self._waiting:
            await asyncio.sleep(_GATHER)
            first = self._waiting[0].request
            kind = _kind(first)
            batch = [call for call in self._waiting if _kind(call.request) == kind]
            self._waiting = [call for call in self._waiting if call not in batch]
            try:
                await asyncio.to_thread(self._answer, batch, first, asyncio.get_running_loop())
            except Exception as error:
                for call in batch:
                    if not call.answer.done():
                        call.answer.set_exception(_stated(error, self.spec))
            # The answers of the batch are handed over before the next one begins.
            await asyncio.sleep(0)

    def _answer(self, batch: list[_Call], like: Request, loop: asyncio.AbstractEventLoop) -> None:
        """Answer calls that are all asked as this one is."""
        sampling = like.sampling
        begun = [self._there(call) for call in batch]

        def tell(place: int, _: int, text: GeneratedText) -> None:
            finish = "length" if text.cut else "loop" if text.looped else "stop"
            usage = Usage(text.prompt_tokens, text.tokens)
            completion = Completion(text.text, finish, usage, begun=len(begun[place]))
            if text.cut and like.stop_loops:
                self._keep(batch[place], text)
            loop.call_soon_threadsafe(_hand_over, batch[place].answer, completion)

        seed = None if sampling.seed is None else (sampling.seed + like.call.sample) % 2**32
        ask = Decoding(
            sampling.max_tokens,
            sampling.temperature,
            seed=seed,
            top_p=sampling.top_p,
            rows=self._rows,
            stop_loops=like.stop_loops,
        )
        prompts = [call.tokens for call in batch]
        generate(self._model, self._tokenizer, prompts, ask, begun=begun, told=tell, note=self._note)

    def _there(self, call: _Call) -> Sequence[int]:
        """What there is of an answer that was cut at a lower limit."""
        begun = self._begun.get(tuple(call.tokens), ()) if not call.request.sampling.temperature else ()
        return begun if len(begun) < call.request.sampling.max_tokens else ()

    def _keep(self, call: _Call, text: GeneratedText) -> None:
        """Keep what there is of a greedy answer that was cut; the oldest make room."""
        if not call.request.sampling.temperature:
            while len(self._begun) >= _KEPT:
                del self._begun[next(iter(self._begun))]
            self._begun[tuple(call.tokens)] = array("i", text.made)

    def _note(self, text: str) -> None:
        note = f"{self.spec}: {text}"
        self.notes += [note] if note not in self.notes else []


def _kind(request: Request) -> tuple[Sampling, int, bool]:
    """What calls must have in common to be answered together."""
    return request.sampling, request.call.sample, request.stop_loops


def load_model(folder: Path, adapter: Path | None, device: Any, precision: Precision = "auto") -> Any:
    """The language model of a folder, on a device, with an adapter where there is one.

    Args:
        folder: Of the base.
        adapter: Of the adapter, or none.
        device: Where the model goes.
        precision: Of the weights; ``auto`` takes what the device multiplies fastest.

    Raises:
        UnavailableError: The files do not load, or the adapter is for another model.
    """
    torch, transformers = library("torch"), library("transformers")
    named = {"auto": fast_type(device.type), "bf16": torch.bfloat16, "fp32": torch.float32}
    # An adapter is added in 32 bits: in 16, the small changes that it makes would be rounded twice.
    dtype = named[precision] if adapter is None else torch.float32
    try:
        with quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, use_safetensors=True, trust_remote_code=False
            )
            if adapter is not None:
                model = library("peft").PeftModel.from_pretrained(model, _adapter(adapter)).merge_and_unload()
        return model.to(device, named[precision]).eval()
    except HoneError:
        raise
    except (OSError, ValueError, RuntimeError, KeyError, library("safetensors").SafetensorError) as error:
        what = f"{adapter} on {folder}" if adapter else str(folder)
        raise UnavailableError(
            f"{what}: cannot be loaded ({' '.join(str(error).split())[:200]}); "
            "is it complete, and is an adapter the one for this model?"
        ) from error


def _adapter(folder: Path) -> Path:
    file = folder / "adapter_config.json"
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnavailableError(f"{folder}: there is no adapter_config.json, so it holds no adapter") from error
    except ValueError as error:
        raise UnavailableError(f"{file}: not valid JSON; the adapter is damaged") from error
    if not (folder / "adapter_model.safetensors").is_file():
        raise UnavailableError(f"{folder}: there is no adapter_model.safetensors, and Hone loads no other form")
    return folder


def _stamps(folder: Path) -> list[str]:
    """What tells one state of a folder's weights from another."""
    files = sorted(folder.glob("*.safetensors"))
    return [f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files]


def _hand_over(answer: asyncio.Future[Completion], completion: Completion) -> None:
    if not answer.done():  # the caller may have gone
        answer.set_result(completion)


def _stated(error: Exception, spec: str) -> Exception:
    """The error as the caller is to see it."""
    if isinstance(error, HoneError):
        return error
    if type(error).__name__ == "OutOfMemoryError":
        return UnavailableError(
            f"{spec}: the memory does not hold so many answers at once; set a lower `concurrency` for this model"
        )
    if isinstance(error, RuntimeError):
        return CallError(f"{spec}: {' '.join(str(error).split())[:200]}")
    return error
