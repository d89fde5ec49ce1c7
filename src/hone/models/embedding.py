"""What a model on this machine makes of a reply where it stands: numbers out of its middle, and no words.

A reply is read behind its request, and the states of its own tokens halfway up the model are averaged: there a model
has taken in what it reads, and does not yet choose its next word. llama.cpp hands out the last layer alone, whose
states say far less of a reply (docs/results/own_judge.md), so transformers does it, which reads GGUF files back.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import gc
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.domain.settings import Precision
from hone.errors import CallError, ContextError, UnavailableError
from hone.extras import library
from hone.models.base import Completion, Model, Request, Usage
from hone.models.local import load_model
from hone.prompts import break_marks
from hone.weights.opening import fast_type, weights
from hone.weights.tokenizer import context_of, open_tokenizer

_KEPT = 4
"""Contexts whose states are kept, as replies to one request come one after the other."""


class EmbeddingModel(Model):
    """A transformers model that is read from halfway up; the layers above are dropped.

    A request is two messages, what stands before the reply and the reply; the answer is a vector (`vector_of`). Each
    is read by itself, so that it is the same whatever else is read.

    Args:
        spec: The spec that names it.
        name: ``smollm2``, a folder, a GGUF file or a repository of the hub.
        precision: Of the weights; ``auto`` takes what the device multiplies fastest.

    Raises:
        UnavailableError: Files are missing, the model has no row of layers, or the memory does not hold it.
        MissingExtraError: The extra `tune` is not installed.
    """

    def __init__(self, spec: str, name: str, *, precision: Precision = "auto") -> None:
        super().__init__(spec, concurrency=8)
        folder = weights(name)
        self._torch = library("torch")
        self._device = self._torch.device("cuda" if self._torch.cuda.is_available() else "cpu")
        whole = load_model(folder, None, self._device, precision)
        self._model: Any = whole.base_model
        layers = getattr(self._model, "layers", None)
        if layers is None or len(layers) < 2:
            raise UnavailableError(f"{spec}: the model has no row of layers to be read from halfway; name another")
        self._layer = len(layers) // 2
        # What goes into the layer above is what is averaged: behind the last layer, states are scaled once more.
        self._model.layers = layers[: self._layer + 1]
        self._model.config.num_hidden_layers = self._layer + 1
        self._tokenizer: Any = open_tokenizer(folder)
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self.files = (folder,)
        self.variant = f"{fast_type(self._device.type) if precision == 'auto' else precision!s} layer {self._layer}"
        self.size = int(self._model.config.hidden_size)
        """Numbers of a vector."""

    async def ask(self, request: Request) -> Completion:
        """The vector of one reply, as the text of a completion.

        Raises:
            ContextError: Request and reply do not fit into the model's context.
            CallError: The model makes no finite numbers of it.
        """
        if self._model is None:
            raise UnavailableError(f"{self.spec} was closed; connect to it again")
        before, reply = (break_marks(message.content) for message in request.messages)
        vector, tokens = await asyncio.to_thread(self._read, before, reply)
        if not np.isfinite(vector).all():
            raise CallError(f"{self.spec} makes no finite numbers of this reply")
        return Completion(text_of(vector), usage=Usage(tokens))

    def close(self) -> None:
        """Free the model."""
        self._model = None
        self._states.clear()
        gc.collect()

    def _read(self, before: str, reply: str) -> tuple[npt.NDArray[np.float32], int]:
        """The mean state of a reply's tokens, shape (size,), and how many tokens were read."""
        torch = self._torch
        own = self._tokenizer(reply, add_special_tokens=False).input_ids or self._tokenizer("\n").input_ids
        with self._lock, torch.inference_mode():
            length, states = self._behind(before, len(own))
            there = torch.arange(length, length + len(own), device=self._device)[None, :]
            found = self._model(
                torch.tensor([own], device=self._device),
                position_ids=there,
                past_key_values=copy.deepcopy(states),
                use_cache=True,
                output_hidden_states=True,
            )
            mean = found.hidden_states[self._layer][0].float().mean(dim=0)
        return mean.cpu().numpy(), length + len(own)

    def _behind(self, before: str, more: int) -> tuple[int, Any]:
        """How long what stands before a reply is, and its states; read once for several replies behind it."""
        if before in self._states:
            self._states.move_to_end(before)
        else:
            tokens = self._tokenizer(before).input_ids
            self._fits(len(tokens) + more)
            read = self._model(self._torch.tensor([tokens], device=self._device), use_cache=True)
            self._states[before] = len(tokens), read.past_key_values
            if len(self._states) > _KEPT:
                self._states.popitem(last=False)
        length, states = self._states[before]
        self._fits(length + more)
        return length, states

    def _fits(self, tokens: int) -> None:
        context = context_of(self._model.config)
        if tokens > context:
            raise ContextError(
                f"request and reply have {tokens} tokens, and the context of {self.spec} is {context}; shorten them"
            )


def text_of(vector: npt.NDArray[np.float32]) -> str:
    """A vector as text: its numbers in 32 bits, lowest byte first, in base 64."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


def vector_of(text: str) -> npt.NDArray[np.float64]:
    """The vector that `text_of` wrote.

    Raises:
        CallError: It is none.
    """
    try:
        found = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float64)
    except ValueError as error:
        raise CallError("what was kept is no vector") from error
    if not len(found) or not np.isfinite(found).all():
        raise CallError("what was kept is no vector of finite numbers")
    return found
