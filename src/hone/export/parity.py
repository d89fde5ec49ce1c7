"""Is what was exported what was tuned? Asked of the very file, in the engine that will run it.

The source is not asked to write replies of its own: it is shown the exported file's reply and asked, at each token,
what it would have taken. Up to the first difference that is the same as comparing two greedy replies, it costs one
pass, and it gives both distributions at every place. What comes after the first difference is another text, and is
compared as such.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from hone.export import corpus
from hone.export.engine import TOP, EmbeddedExport, EngineSpeed, Greedy, NextToken
from hone.export.prompt import default_messages
from hone.export.source import Logprobs, SourceModel, SourceTokens

TIE = 0.05
"""Natural logs. Two tokens whose probabilities differ by less than 5% are a tie, which rounding may settle either
way: llama.cpp rounds attention to 16 bits, transformers here to 32."""
MOST_KL = 0.002
"""Natural logs. 16 bits against 32 give less than a tenth of this; another rotary base far more."""
LIMIT = 64
_PLACES = 192
_SPEED_TOKENS = 256


@dataclass(frozen=True, slots=True)
class ParityCheck:
    """One thing that must hold."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Replies:
    """Greedy replies of the exported file beside what the source would have written."""

    n: int
    same: int
    """Equal to the last token."""
    ties: int
    """Different at first where the source sees a tie."""
    gaps: tuple[float, ...]
    """For each other reply, how much likelier the source finds its own token where they part (natural log)."""
    kl: float
    """Mean over all places of the KL divergence, source from exported, over the likeliest tokens and the rest as one:
    never more than the divergence over all tokens."""
    places: int


@dataclass(frozen=True, slots=True)
class Parity:
    """Everything that was compared for one file."""

    quant: str
    size: int
    """Bytes."""
    checks: tuple[ParityCheck, ...]
    replies: Replies
    source_losses: tuple[float, ...]
    """Of the source: minus the log-probability of the next token, at each place of the prose."""
    losses: tuple[float, ...]
    """The same of the exported file; tokens that it does not list share what is left as in the source."""
    speed: EngineSpeed

    @property
    def failed(self) -> tuple[ParityCheck, ...]:
        """The checks that did not hold."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def perplexity(self) -> float:
        """Of the exported file."""
        return math.exp(fmean(self.losses))

    @property
    def source_perplexity(self) -> float:
        """Of the source, on the same places."""
        return math.exp(fmean(self.source_losses))


@dataclass(frozen=True, slots=True)
class Questions:
    """What parity is tested on."""

    system: str = ""
    """The system message that is built into the file."""
    as_system: bool = True
    """Whether the template takes a system message, or it goes into the first turn."""
    prompts: tuple[str, ...] = ()
    """Requests for greedy replies."""
    limit: int = LIMIT
    """Tokens of a reply."""

    def chats(self) -> list[list[dict[str, str]]]:
        """The chats whose tokens are compared: every text as a request, a longer chat, one with a system message."""
        chats = [[_turn("user", text)] for text in corpus.texts() if text.strip()]
        chats.append([_turn("user", "Hello"), _turn("assistant", "Hello, Ann."), _turn("user", "Who am I?")])
        if self.as_system:
            chats.append([_turn("system", "Answer in French."), _turn("user", "Good morning")])
        return chats

    def seen(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        """A chat as the model sees it, with the system message that is built in."""
        return default_messages(messages, self.system, as_system=self.as_system)


def compare_export(
    file: Path, quant: str, source: SourceModel, questions: Questions, adapter: Path | None = None
) -> Parity:
    """Compare an exported file with its source.

    Args:
        file: The GGUF file.
        quant: Its quantisation; 16-bit files must agree with the source, others are measured.
        source: What was tuned.
        questions: The prompts.
        adapter: A GGUF adapter over the file.

    Raises:
        UnavailableError: The engine cannot load the file.
        ExportError: The engine refuses a question.
    """
    chats = [source.chat(questions.seen([_turn("user", prompt)])) for prompt in questions.prompts]
    longest = max([len(chat) for chat in chats], default=0) + questions.limit
    room = max(longest, _PLACES + 64, 2 * _SPEED_TOKENS, longest_chat(source, questions)) + 16
    with EmbeddedExport(file, context=256 * math.ceil(room / 256), adapter=adapter) as exported:
        checks = [*compare_tokens(source, exported, questions)]
        written = exported.greedy(chats, questions.limit)
        replies = _replies(source, chats, written)
        checks.append(_ends(source, written))
        source_losses, losses = _losses(source, exported)
        speed = exported.speed(source.tokens(corpus.prose())[:_SPEED_TOKENS], LIMIT)
    if quant in {"f16", "bf16"}:
        checks += _sixteen(replies)
    size = file.stat().st_size
    return Parity(quant, size, tuple(checks), replies, tuple(source_losses), tuple(losses), speed)


def longest_chat(source: SourceTokens, questions: Questions) -> int:
    """Tokens of the longest chat whose tokens are compared."""
    return max(len(source.chat(questions.seen(chat))) for chat in questions.chats())


def compare_tokens(source: SourceTokens, exported: EmbeddedExport, questions: Questions) -> list[ParityCheck]:
    """Whether texts and chats of the corpus have the same tokens in transformers and in the engine."""
    texts, chats = corpus.texts(), questions.chats()
    wrong = [text for text in texts if exported.tokens(text) != source.tokens(text)]
    checks = [_check("tokens of texts", len(texts), wrong)]
    # The last chats are the odd ones; asking the engine for each would only be slow.
    lengths = {len(chats) - 1, len(chats) - 2, 0}
    off = []
    for number, chat in enumerate(chats):
        want = source.chat(questions.seen(chat))
        text = exported.chat_text(chat)
        if exported.tokens(text) != want or (number in lengths and exported.chat_length(chat) != len(want)):
            off.append(chat[-1]["content"])
    return [*checks, _check("tokens of chats", len(chats), off)]


def _check(name: str, n: int, wrong: Sequence[str]) -> ParityCheck:
    detail = f"{n} of {n} equal" if not wrong else f"{len(wrong)} of {n} differ, the first: {wrong[0][:60]!r}"
    return ParityCheck(name, not wrong, detail)


def _ends(source: SourceModel, written: Sequence[Greedy]) -> ParityCheck:
    ended = [reply for reply in written if reply.ended]
    odd = [reply.end for reply in ended if reply.end is not None and reply.end not in source.ends]
    late = [reply for reply in written if any(token in source.ends for token in reply.tokens)]
    if odd:
        return ParityCheck(
            "end of replies", False, f"replies end with token {odd[0]}, which ends none of the source's"
        )
    if late:
        return ParityCheck("end of replies", False, f"{len(late)} replies go on after an end token")
    return ParityCheck("end of replies", True, f"{len(ended)} of {len(written)} replies ended by themselves")


def _replies(source: SourceModel, chats: Sequence[Sequence[int]], written: Sequence[Greedy]) -> Replies:
    same, ties, gaps = 0, 0, []
    divergences: list[float] = []
    for chat, reply in zip(chats, written, strict=True):
        table = source.logprobs([*chat, *reply.tokens], len(chat) - 1)
        pairs = zip(table[:-1], reply.places, strict=True)
        divergences += [divergence(row, place) for row, place in pairs if place is not None]
        gap = _first_gap(table, reply, source.ends)
        if gap is None:
            same += 1
        elif gap <= TIE:
            ties += 1
        else:
            gaps.append(gap)
    kl = fmean(divergences) if divergences else 0.0
    return Replies(len(written), same, ties, tuple(gaps), kl, len(divergences))


def _first_gap(table: Logprobs, reply: Greedy, ends: frozenset[int]) -> float | None:
    """How much likelier the source's own token is where it first takes another; none where it never does.

    Args:
        table: The source's distributions, one more than there are tokens.
        reply: What the exported file wrote.
        ends: The tokens that end a reply.
    """
    for row, taken in zip(table[:-1], reply.tokens, strict=True):
        own = int(row.argmax())
        if own != taken:
            return float(row[own] - row[taken])
    last = table[-1]
    if reply.ended and int(last.argmax()) not in ends:
        return float(last.max() - max(last[token] for token in ends))
    return None


def divergence(row: Any, place: NextToken) -> float:
    """The KL divergence of a place's distribution from the source's, the tokens that it does not list taken as one.

    By the data-processing inequality it is at most the divergence over all tokens (Cover and Thomas, Elements of
    Information Theory, 2.8).
    """
    listed = np.asarray(row[list(place.tokens)], dtype=np.float64)
    other = np.asarray(place.logprobs, dtype=np.float64)
    inside = float((np.exp(listed) * (listed - other)).sum())
    rest, other_rest = 1.0 - float(np.exp(listed).sum()), 1.0 - float(np.exp(other).sum())
    # Both rests are differences of sums near 1: below this they are rounding, not probability.
    return inside + (rest * math.log(rest / other_rest) if min(rest, other_rest) > 1e-6 else 0.0)


def _losses(source: SourceModel, exported: EmbeddedExport) -> tuple[list[float], list[float]]:
    """Minus the log-probability of each next token of the prose: the source's, and the exported file's."""
    tokens = source.tokens(corpus.prose())[: _PLACES + 1]
    table = source.logprobs(tokens)
    starts = list(range(1, len(tokens)))
    theirs, ours = [], []
    for start, place in zip(starts, exported.places(tokens, starts), strict=True):
        row, token = table[start - 1], tokens[start]
        if place is None:
            continue
        theirs.append(-float(row[token]))
        if token in place.tokens:
            ours.append(-place.logprobs[place.tokens.index(token)])
        else:
            # Of the tokens that are not listed only the sum is told; within it, the source's own shares stand in.
            rest, known = (
                1.0 - float(np.exp(place.logprobs).sum()),
                1.0 - float(np.exp(row[list(place.tokens)]).sum()),
            )
            ours.append(theirs[-1] + math.log(max(known, 1e-9) / max(rest, 1e-9)))
    return theirs, ours


def _sixteen(replies: Replies) -> list[ParityCheck]:
    greedy = f"{replies.same} of {replies.n} equal, {replies.ties} part at a tie"
    if replies.gaps:
        greedy += f", {len(replies.gaps)} part where the source is sure (by {max(replies.gaps):.2f} in natural logs)"
    close = f"mean KL {replies.kl:.1e} over {replies.places} places (at most {MOST_KL:g})"
    return [
        ParityCheck("greedy replies", not replies.gaps, greedy),
        ParityCheck("distributions", replies.kl <= MOST_KL, close),
    ]


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


__all__ = ["TOP", "Parity", "ParityCheck", "Questions", "Replies", "compare_export", "compare_tokens", "divergence"]
