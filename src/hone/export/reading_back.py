"""Is a folder that was read back from a GGUF file what the engine makes of that file? Parity, the other way round.

What is tuned is the folder; what its user knows is the file. The tokens of every text and chat of the corpus must be
equal. The distributions of the next token are compared too where that is asked for: it takes the whole model. They
are close and not equal, because the engine multiplies quantised numbers by numbers that it rounds as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from hone.export import corpus
from hone.export.engine import EmbeddedExport
from hone.export.parity import ParityCheck, Questions, compare_tokens, divergence, longest_chat
from hone.export.source import SourceModel, SourceTokens
from hone.weights.chat_text import takes_system

PLACES = 64
"""Places of the prose at which the next token is compared."""


@dataclass(frozen=True, slots=True)
class NextTokens:
    """The next token of folder and file, at places of the prose."""

    places: int
    same: int
    """Places at which both find the same token likeliest."""
    kl: float
    """Mean KL divergence, file from folder, in natural logs, over the engine's likeliest tokens and the rest."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was compared."""

    checks: tuple[ParityCheck, ...]
    """Of tokens: texts, and chats."""
    next: NextTokens | None = None
    """Where it was asked for."""

    @property
    def same(self) -> bool:
        """Whether all tokens are equal."""
        return all(check.passed for check in self.checks)

    def lines(self) -> list[str]:
        """What was found, in sentences."""
        told = [f"{check.name}: {check.detail}" for check in self.checks]
        found = [f"read back from the GGUF file, compared with the engine: {'; '.join(told)}"]
        if not self.same:
            found.append(
                "warning: where tokens differ, the tuned model reads such texts otherwise than the GGUF file does"
            )
        if self.next:
            found.append(
                f"next token, folder beside engine: the same likeliest one at {self.next.same} of {self.next.places} "
                f"places of a prose text, mean KL {self.next.kl:.1e} (natural logs)"
            )
        return found


def compare_read_back(file: Path, folder: Path, *, places: int = 0) -> ReadBack:
    """Compare a folder with the GGUF file that it was read back from.

    Args:
        file: The GGUF file.
        folder: The folder, as `hone.weights.opening.weights` makes it.
        places: At how many places of the prose the next token is compared; 0 compares tokens alone, and does not open
            the folder's weights.

    Raises:
        ExportError: The folder has no chat template.
        UnavailableError: The engine cannot load the file.
        MissingExtraError: The engine is not installed.
    """
    source = SourceModel(folder) if places else SourceTokens(folder)
    questions = Questions(as_system=takes_system(source.tokenizer))
    room = max(longest_chat(source, questions), places) + 16
    with EmbeddedExport(file, context=256 * math.ceil(room / 256)) as engine:
        checks = compare_tokens(source, engine, questions)
        found = _next_tokens(source, engine, places) if isinstance(source, SourceModel) else None
    return ReadBack(tuple(checks), found)


def _next_tokens(source: SourceModel, engine: EmbeddedExport, places: int) -> NextTokens:
    tokens: Sequence[int] = source.tokens(corpus.prose())[: places + 1]
    table = source.logprobs(tokens)
    starts = range(1, len(tokens))
    same, divergences = 0, []
    for start, place in zip(starts, engine.places(tokens, list(starts)), strict=True):
        if place is not None:
            row = table[start - 1]
            same += int(row.argmax()) == place.tokens[0]
            divergences.append(divergence(row, place))
    return NextTokens(len(divergences), same, fmean(divergences) if divergences else 0.0)
