"""What a judge of one's own reads of a reply, as numbers: the votes of prompted judges, and the form of the texts.

No feature says who wrote a reply. Votes and form rest on the reply alone; what people said of the most similar
replies to the same request is a third signal, which says nothing of a request that nobody rated replies to.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from hone.domain.task import NO_REQUEST, Reply

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DRAWN_ALIKE, _DRAWN_ALL = 0.3, 3.0
"""By how many replies of their kind the means over similar replies, and over all of a request, are drawn to 0."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The texts of one reply."""

    request: str
    reply: str
    reference: str = ""


FORM = (
    "log of the reply's words",
    "log of words: reply / reference",
    "cosine of words: reply, reference",
    "cosine of words: reply, request",
    "cosine of letter triples: reply, reference",
    "cosine of letter triples: reply, request",
    "share of the reference's words in the reply",
    "share of the reply's words in the request",
    "share of the reference's numbers in the reply",
    "share of the reply's numbers in neither text",
    "log of the reply's numbers",
    "log of the reply's lines",
)
"""The names of the features of form, in order."""


def request_of_reply(reply: Reply) -> str:
    """The request of a reply; empty where none is known."""
    return "" if reply.prompt == NO_REQUEST else reply.prompt


def score_of(probabilities: Floats, levels: Floats, level: str) -> Floats:
    """The score that probabilities come to: the likeliest label, the middle level (the median), or the mean.

    Of ordered levels the median has the least expected distance. The mean would fall between two ends of which one is
    right, on a level that nobody thinks of.

    Args:
        probabilities: Shape (replies, levels).
        levels: Lowest first.
        level: What the levels mean: ``nominal``, ``ordinal`` or ``interval``.
    """
    if level == "nominal":
        return np.asarray(levels[probabilities.argmax(axis=1)])
    if level == "interval":
        mean: Floats = probabilities @ levels
        return mean
    # A half is reached despite rounding.
    below = probabilities.cumsum(axis=1) < 0.5 - 1e-12
    return np.asarray(levels[np.minimum(below.sum(axis=1), len(levels) - 1)])


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall(text.lower())


def form_features(texts: Sequence[ReplyText]) -> Floats:
    """Similarity, length and form of replies, shape (replies, `FORM`). Without a reference its features are 0."""
    return np.array([_form(text) for text in texts], dtype=np.float64).reshape(len(texts), len(FORM))


def _form(text: ReplyText) -> list[float]:
    reply, request, reference = map(_counted, (text.reply, text.request, text.reference))
    known = request.numbers | reference.numbers
    return [
        math.log1p(reply.words.total),
        math.log((1 + reply.words.total) / (1 + reference.words.total)) if reference.words.total else 0.0,
        reply.words.cosine(reference.words),
        reply.words.cosine(request.words),
        reply.triples.cosine(reference.triples),
        reply.triples.cosine(request.triples),
        _share(reference.words.counts.keys(), reply.words.counts.keys()),
        _share(reply.words.counts.keys(), request.words.counts.keys()),
        _share(reference.numbers, reply.numbers),
        1 - _share(reply.numbers, known) if reply.numbers else 0.0,
        math.log1p(len(reply.numbers)),
        math.log1p(text.reply.strip().count("\n")),
    ]


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How often each token stands in a text, ready to be compared with another's."""

    counts: Counter[str]
    norm: float
    total: int

    @classmethod
    def of(cls, tokens: Iterable[str]) -> TokenCounts:
        """Those of some tokens."""
        counts = Counter(tokens)
        return cls(counts, math.sqrt(sum([count * count for count in counts.values()])), counts.total())

    @classmethod
    def triples_of(cls, text: str) -> TokenCounts:
        """The letter triples of a text."""
        return cls.of(_triples(words_of(text)))

    def cosine(self, other: TokenCounts) -> float:
        """The cosine of both; 0 where one is empty."""
        few, many = (
            (self.counts, other.counts) if len(self.counts) < len(other.counts) else (other.counts, self.counts)
        )
        norm = self.norm * other.norm
        return sum([count * many[token] for token, count in few.items() if token in many]) / norm if norm else 0.0


class _CountedText(NamedTuple):
    words: TokenCounts
    triples: TokenCounts
    numbers: frozenset[str]


@lru_cache(maxsize=256)
def _counted(text: str) -> _CountedText:
    """A text counted; requests and references repeat from reply to reply."""
    words = words_of(text)
    return _CountedText(TokenCounts.of(words), TokenCounts.of(_triples(words)), frozenset(_NUMBER.findall(text)))


def _triples(words: Sequence[str]) -> list[str]:
    joined = f" {' '.join(words)} "
    return [joined[place : place + 3] for place in range(len(joined) - 2)]


def _share(of: Set[str], among: Set[str]) -> float:
    return len(of & among) / len(of) if of else 0.0


def votes_by_level(votes: Floats, levels: Floats, *, ordered: bool) -> Floats:
    """How much of each vote falls to each level, zeros where there is none; shape (items, judges, levels).

    A judge may give a mean, or levels weighed by probability: between two ordered levels, a vote falls to both by
    nearness, and so it does between two levels of whatever kind. Any other label that is no level is no vote.

    Args:
        votes: NaN where missing, shape (items, judges).
        levels: Lowest first, two or more.
        ordered: Whether they have an order.
    """
    if not ordered and len(levels) > 2:
        same: Floats = (votes[:, :, None] == levels).astype(np.float64)
        return same
    known: npt.NDArray[np.bool_] = ~np.isnan(votes)
    if not ordered:
        known &= (votes >= levels[0]) & (votes <= levels[-1])
    place = np.interp(np.where(known, votes, levels[0]), levels, np.arange(len(levels)))
    found: Floats = np.maximum(0, 1 - np.abs(place[:, :, None] - np.arange(len(levels)))) * known[:, :, None]
    return found


def vote_shares(by_level: Floats) -> Floats:
    """The share of votes for each level, shape (items, levels); zeros where nobody voted.

    Args:
        by_level: See `votes_by_level`.
    """
    counts = by_level.sum(axis=1)
    found: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return found


@dataclass(frozen=True, slots=True)
class VoteFeatures:
    """Votes as numbers."""

    names: tuple[str, ...]
    values: Floats
    """Shape (items, features)."""
    missing: bool
    """Whether the last of them is the share of votes that are missing."""


def vote_features(
    votes: Floats, judges: Sequence[str], levels: Floats, *, ordered: bool, missing: bool | None = None
) -> VoteFeatures:
    """What several judges, or one under several wordings and runs, said of each reply.

    Of each vote its place among the levels from 0 to 1, or, without an order, whether it is each level; the share of
    each level, and how far the votes lie apart. A vote that is missing counts as the mean of those of the same reply.

    Args:
        votes: NaN where missing, shape (items, judges).
        judges: Their names.
        levels: The levels, lowest first.
        ordered: Whether they have an order.
        missing: Whether the share of votes that are missing is one; by default, where any is.
    """
    each = votes_by_level(votes, levels, ordered=ordered)
    given: npt.NDArray[np.bool_] = np.asarray(each.any(axis=2))
    voted = vote_shares(each)
    shares = np.where(voted.any(axis=1, keepdims=True), voted, 1 / len(levels))
    names = [f"share of votes: {level:g}" for level in levels[1:]]
    parts = [shares[:, 1:]]
    if ordered or len(levels) == 2:
        places = np.linspace(0, 1, len(levels))
        mean = (shares @ places)[:, None]
        spread = np.sqrt(np.maximum(shares @ places**2 - mean[:, 0] ** 2, 0))
        parts += [np.where(given, each @ places, mean), spread[:, None]]
        names += [f"vote: {judge}" for judge in judges] + ["spread of votes"]
    else:
        parts.append(np.where(given[:, :, None], each, shares[:, None, :]).reshape(len(votes), -1))
        names += [f"vote: {judge} = {level:g}" for judge in judges for level in levels]
    missing = not given.all() if missing is None else missing
    if missing:
        parts.append(1 - given.mean(axis=1, keepdims=True))
        names.append("share of votes that are missing")
    return VoteFeatures(tuple(names), np.concatenate(parts, axis=1), bool(missing))


def token_counts(texts: Sequence[Sequence[str]]) -> csr_array:
    """How often each token stands in each text, shape (texts, tokens)."""
    return named_counts(texts)[0]


def named_counts(texts: Sequence[Sequence[str]]) -> tuple[csr_array, tuple[str, ...]]:
    """The same, with the token that each column counts."""
    places: dict[str, int] = {}
    rows, columns, counts = [], [], []
    for row, tokens in enumerate(texts):
        for token, count in Counter(tokens).items():
            rows.append(row)
            columns.append(places.setdefault(token, len(places)))
            counts.append(float(count))
    where = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    shape = (len(texts), max(1, len(places)))
    return csr_array((np.array(counts, dtype=np.float64), where), shape=shape), tuple(places)


def words_and_pairs(text: str) -> list[str]:
    """The words of a text, and each two that follow each other."""
    words = words_of(text)
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


def similarity(texts: Sequence[ReplyText]) -> Floats:
    """The cosine of letter triples of each two replies to the same request, shape (replies, replies).

    It is 0 for replies to different requests, and of a reply with itself.
    """
    counts = token_counts([_triples(words_of(text.reply)) for text in texts])
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1), dtype=np.float64))
    cosines = np.asarray((counts @ counts.T).todense(), dtype=np.float64)
    found: Floats = cosines / np.maximum(np.outer(norms, norms), 1e-12) * same_request(texts)
    return found


def same_request(texts: Sequence[ReplyText]) -> Floats:
    """1 for each two replies to the same request, else 0, also of a reply with itself; shape (replies, replies)."""
    _, request = np.unique([text.request.strip() for text in texts], return_inverse=True)
    found: Floats = (request[:, None] == request[None, :]).astype(np.float64)
    np.fill_diagonal(found, 0.0)
    return found


def neighbour_features(similar: Floats, same: Floats, apart: Floats) -> Floats:
    """What people said of the known replies to the same request: of the most similar ones, and of all.

    Both are weighted means of how far each said lies from the mean over all known replies, drawn to 0 where little
    is known. A reply's own ratings do not count for it: there, both weights are 0.

    Args:
        similar: How similar each reply is to each known one, see `similarity`, shape (replies, known).
        same: Whether both answer one request, see `same_request`, of the same shape.
        apart: How far each figure of each known reply lies from its mean, shape (known, figures).
    """
    parts = [
        weights @ apart / (weights.sum(axis=1, keepdims=True) + drawn)
        for weights, drawn in ((similar**2, _DRAWN_ALIKE), (same, _DRAWN_ALL))
    ]
    return np.concatenate(parts, axis=1)


def rarity(seen: Floats, known: int) -> Floats:
    """By how much a word counts for more, the fewer of the known replies hold it: 1 + log((1 + known) / (1 + seen)).

    Args:
        seen: In how many known replies each word stands, shape (words,).
        known: How many known replies there are.
    """
    return 1 + np.log((1 + known) / (1 + seen))


def weighted_words(counts: csr_array, rarities: Floats) -> csr_array:
    """Words and pairs as tf-idf, each reply's row of one length; shape (replies, words).

    Args:
        counts: How often each stands in each reply, of the same shape.
        rarities: See `rarity`, shape (words,).
    """
    weighted = counts.multiply(rarities[None, :]).tocsr()
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1), dtype=np.float64)).ravel()
    found: csr_array = weighted.multiply(1 / np.maximum(norms, 1e-12)[:, None]).tocsr()
    return found
