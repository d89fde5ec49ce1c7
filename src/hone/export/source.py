"""What was tuned, as transformers runs it: the truth that an export is compared with.

The adapter stays beside the weights, in 32 bits, so that an error of merging would show as well.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.errors import ExportError
from hone.export.merge import check_base, check_fits, opening, with_adapter
from hone.extras import library
from hone.weights.chat_text import templated
from hone.weights.quiet import quiet
from hone.weights.tokenizer import end_tokens, open_tokenizer

Logprobs = npt.NDArray[np.float32]


class SourceTokens:
    """A tokenizer in transformers, for token ids of texts and chats.

    Args:
        base: Folder of the tokenizer.

    Raises:
        ExportError: It does not open, or there is no chat template.
    """

    def __init__(self, base: Path) -> None:
        self.tokenizer = read_tokenizer(base)

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, with those that the tokenizer puts first."""
        return list(self.tokenizer(text)["input_ids"])

    def chat_text(self, messages: Sequence[dict[str, str]]) -> str:
        """A chat as the model's own template writes it, up to where the reply begins."""
        return templated(self.tokenizer, messages)

    def chat(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """The tokens of a chat, up to where the reply begins; what the template writes is all there is."""
        return list(self.tokenizer(self.chat_text(messages), add_special_tokens=False)["input_ids"])


class SourceModel(SourceTokens):
    """A model in transformers, for token ids and next-token distributions.

    Args:
        base: Folder of the base, safetensors.
        adapter: Folder of the adapter, if any.
        scale: The adapter's scale.

    Raises:
        ExportError: The base is quantised or does not open, the adapter does not fit, or there is no chat template.
    """

    def __init__(self, base: Path, adapter: Path | None = None, scale: float = 1.0) -> None:
        check_base(base)
        torch, transformers = library("torch"), library("transformers")
        self._torch = torch
        with opening(base):
            model = transformers.AutoModelForCausalLM.from_pretrained(
                base, dtype=torch.float32, trust_remote_code=False, use_safetensors=True
            )
        if adapter is not None:
            check_fits(base, adapter)
            with quiet(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = with_adapter(model, adapter, scale)
        self._model = model.eval()
        super().__init__(base)
        self.ends = frozenset(end_tokens(self.tokenizer, model))
        """The tokens that end a reply."""

    def logprobs(self, tokens: Sequence[int], first: int = 0) -> Logprobs:
        """Natural-log probabilities of the token after each place, from place ``first`` on.

        Returns:
            Shape (places, vocabulary).
        """
        torch = self._torch
        with torch.inference_mode():
            logits = self._model(torch.tensor([list(tokens)])).logits[0, first:].float()
            table: Logprobs = torch.log_softmax(logits, dim=-1).numpy()
        return table


def read_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder.

    Raises:
        ExportError: There is none, or it has no chat template.
    """
    tokenizer = open_tokenizer(folder, ExportError)
    if not tokenizer.chat_template:
        raise ExportError(f"{folder}: the tokenizer has no chat template; only models for chats are exported")
    return tokenizer
