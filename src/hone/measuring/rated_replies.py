"""The rated replies of one criterion as a judge of one's own learns from them: shares of scores, features, units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from hone.domain.rule import RULES
from hone.errors import StatsError
from hone.judging.saved_judge import SIGNALS, FittedCriterion, RatedBefore, Signal
from hone.judging.signals import (
    ReplyText,
    form_features,
    named_counts,
    neighbour_features,
    rarity,
    same_request,
    score_of,
    similarity,
    vote_features,
    vote_shares,
    votes_by_level,
    weighted_words,
    words_and_pairs,
    words_of,
)
from hone.measuring.collected import Collected
from hone.stats.axes import main_axes
from hone.stats.levels import membership_of
from hone.stats.logistic import Features, directions_of, fit_levels
from hone.stats.nested import FeatureRecipe, RatedShares, chosen_model
from hone.stats.scale import ScoreScale, scale_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
HeldOut = Literal["reply", "group", "question", "writer"]
MOST_COMPARED = 3_000
"""Rated replies beyond which they are not compared with each other, which takes memory with their square."""
SPREAD_OF_WORDS = 0.2
"""By what tf-idf of unit length is divided, so that the penalties that suit the other signals suit words."""
VARIANCE_OF_EMBEDDINGS = 12.0
"""What all numbers of an embedding vary by together: about as much as the features of form do."""
MOST_AXES = 150
"""Main axes of embeddings that are fitted on."""
_KEPT_AXES = 40
_LEAST_SEEN = 2
"""Known replies that hold a word, under which it is not counted; where none is so frequent, all are."""
_LEAST_WEIGHT = 1e-6
"""What a reply counts at least, so that no fold counts nothing."""


@dataclass(frozen=True)
class RatedReplies:
    """The rated replies of one criterion."""

    people: Floats
    """Shape (replies, raters), NaN where missing."""
    raters: tuple[str, ...]
    votes: Floats
    """Of the present judge, a column a wording and run, NaN where missing; shape (replies, votes)."""
    judges: tuple[str, ...]
    """The names of these columns."""
    texts: Sequence[ReplyText]
    scale: ScoreScale
    weights: Floats
    """How many replies each stands for, 1 on average, shape (replies,)."""
    clusters: Sequence[object] | None
    writers: Sequence[str | None] | None
    embeddings: Floats | None = None
    """What a model makes of each reply, shape (replies, size), where it was read."""

    @property
    def ordered(self) -> bool:
        """Whether the levels have an order."""
        return self.scale.level != "nominal"

    @cached_property
    def shares(self) -> RatedShares:
        """What is learnt from: of each reply the share of raters who gave each level."""
        counts = membership_of(self.scale.codes(self.people), len(self.scale.levels)).sum(axis=1)
        targets = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return RatedShares(targets, self.weights, directions_of(len(self.scale.levels), ordered=self.ordered))

    def scores(self, probabilities: Floats) -> Floats:
        """The score that probabilities come to; see `score_of`."""
        return score_of(probabilities, self.scale.levels, self.scale.level)

    def majority(self) -> Floats:
        """The level that people give most, for every reply."""
        return np.full(len(self.people), self.scale.levels[self.shares.targets.sum(axis=0).argmax()])

    def present(self) -> Floats:
        """What all votes of the present judge come to; NaN where there is none."""
        shares = self.voted
        return np.where(shares.any(axis=1), self.scores(shares), np.nan)

    @cached_property
    def voted(self) -> Floats:
        """The share of votes for each level, shape (replies, levels); zeros where there is none."""
        return vote_shares(votes_by_level(self.votes, self.scale.levels, ordered=self.ordered))

    def units(self) -> dict[HeldOut, Integers]:
        """What can be held out together, and the unit of each reply, shape (replies,)."""
        found: dict[HeldOut, Integers] = {"reply": np.arange(len(self.people))}
        requests = [text.request.strip() for text in self.texts]
        kinds: tuple[tuple[HeldOut, Sequence[object] | None], ...] = (
            ("group", self.clusters),
            ("question", requests if any(requests) else None),
            ("writer", self.writers if self.writers and all(self.writers) else None),
        )
        for by, names in kinds:
            unit = None if names is None else np.unique([str(name) for name in names], return_inverse=True)[1]
            # Where every reply is a unit of its own, that is what holding out replies measures.
            if unit is not None and 2 <= unit.max() + 1 < len(unit):
                found[by] = unit.astype(np.int64)
        return found


def rated_replies(
    collected: Collected,
    texts: Mapping[str, ReplyText],
    criterion: str,
    rows: Integers,
    embeddings: Mapping[str, Floats] | None = None,
) -> RatedReplies:
    """Some of the rated replies, with the votes of judges; what a rule scored is no vote.

    Args:
        collected: The ratings.
        texts: By item, the texts; every chosen row has some.
        criterion: Which criterion.
        rows: Which items, by their place.
        embeddings: By item, what a model makes of the reply; of every chosen row, or none at all.
    """
    ratings = collected.ratings
    people = np.asarray(ratings.people[criterion], dtype=np.float64)[rows]
    given = (ratings.judges or {}).get(criterion)
    votes = np.empty((len(rows), 0)) if given is None else np.asarray(given, dtype=np.float64)[rows]
    heard = [
        at
        for at, name in enumerate(ratings.judge_names[: votes.shape[1]])
        if name != RULES and not np.isnan(votes[:, at]).all()
    ]
    votes = votes[:, heard]
    weights = np.ones(len(rows)) if collected.weights is None else np.nan_to_num(collected.weights[rows], nan=1.0)

    def of_rows(values: Sequence[Any] | None) -> list[Any] | None:
        return None if values is None else [values[at] for at in rows.tolist()]

    return RatedReplies(
        people,
        tuple(ratings.raters),
        votes,
        tuple(ratings.judge_names[at] for at in heard),
        [texts[collected.items[at]] for at in rows.tolist()],
        scale_of(people, people[:, :0], ratings.level, ratings.levels),
        np.maximum(weights / weights.mean(), _LEAST_WEIGHT) if weights.any() else np.ones(len(rows)),
        of_rows(ratings.clusters),
        of_rows(collected.systems),
        np.stack([embeddings[collected.items[at]] for at in rows.tolist()]) if embeddings else None,
    )


class ReplyFeatures:
    """Features of the rated replies, by signal; what rests on ratings rests on those of known replies alone.

    Args:
        rated: The replies.
        allowed: The signals that may be read.
    """

    def __init__(self, rated: RatedReplies, allowed: Sequence[Signal] = SIGNALS) -> None:
        self._rated, self._allowed = rated, allowed
        self._votes = vote_features(rated.votes, rated.judges, rated.scale.levels, ordered=rated.ordered)
        self._form = form_features(rated.texts)
        self._near = (similarity(rated.texts), same_request(rated.texts)) if self.compares else None
        self._words = ReplyWords(rated.texts)
        self._axes: dict[bytes, tuple[Floats, Floats]] = {}
        self._said = self._figures()

    @property
    def compares(self) -> bool:
        """Whether replies are compared with each other: some share a request, and they are not too many."""
        requests = {text.request.strip() for text in self._rated.texts}
        some = len(requests) < len(self._rated.texts) <= MOST_COMPARED
        return some and "similar replies" in self._allowed

    @property
    def sets(self) -> list[tuple[Signal, ...]]:
        """Sets of signals between which cross-validation chooses; there is at least one."""
        votes: tuple[Signal, ...] = ("votes",) if self._rated.judges and "votes" in self._allowed else ()
        form: tuple[Signal, ...] = ("form",) if "form" in self._allowed else ()
        near: tuple[Signal, ...] = ("similar replies",) if self._near else ()
        words: tuple[Signal, ...] = ("words",) if self._words.some and "words" in self._allowed else ()
        embedded: tuple[Signal, ...] = ()
        if self._rated.embeddings is not None and "embeddings" in self._allowed:
            embedded = ("embeddings",)
        found = [
            votes,
            (*votes, *form),
            (*votes, *form, *near),
            (*votes, *form, *near, *words),
            *([(*votes, *embedded), (*votes, *form, *embedded)] if embedded else ()),
            (*votes, *form, *near, *embedded),
            (*votes, *form, *near, *embedded, *words),
        ]
        return [one for one in dict.fromkeys(found) if one]

    def candidates(self) -> dict[str, FeatureRecipe]:
        """The same as recipes, by name."""
        return {", ".join(signals): self._recipe(signals) for signals in self.sets}

    def features(self, signals: tuple[Signal, ...], known: Integers) -> Floats:
        """The features of all replies as they are made, knowing what people said of the known ones alone."""
        blocks = [self._block(signal, known) for signal in signals if signal != "words"]
        words = [self._words.at(known).toarray()] if "words" in signals else []
        return np.concatenate([*blocks, *words], axis=1)

    def fitted(self, criterion: str, units: Integers, seed: int = 0) -> FittedCriterion:
        """The regression on all replies, with signals and penalty chosen by cross-validation over units.

        Args:
            criterion: Its name.
            units: What is held out together, shape (replies,).
            seed: Of the folds.
        """
        rated, sets = self._rated, self.sets
        known = np.arange(len(rated.people))
        best = chosen_model(list(self.candidates().values()), rated.shares, known, units, seed=seed)
        signals = sets[best.recipe]
        centres, spreads = self._scaling(signals, known)
        shares = rated.shares
        made = self._recipe(signals)(known)
        model = fit_levels(made[:], shares.targets, shares.weights, best.penalty, shares.directions)
        apart = self._apart(known) if "similar replies" in signals else np.empty((0, 0))
        words, rarities = self._words.known(known) if "words" in signals else ((), np.empty(0))
        return FittedCriterion(
            criterion=criterion,
            level=rated.scale.level,
            levels=tuple(rated.scale.levels.tolist()),
            signals=signals,
            missing=self._votes.missing,
            centres=tuple(centres.tolist()),
            spreads=tuple(spreads.tolist()),
            weights=tuple(map(tuple, self._turned_back(model.weights, signals, known).tolist())),
            intercepts=tuple(model.intercepts.tolist()),
            rated=tuple(RatedBefore(reply=at, apart=tuple(row)) for at, row in enumerate(apart.tolist())),
            words=words,
            rarities=tuple(rarities.tolist()),
        )

    def _recipe(self, signals: tuple[Signal, ...]) -> FeatureRecipe:
        numbers = tuple(signal for signal in signals if signal not in {"embeddings", "words"})

        def recipe(known: Integers) -> Features:
            parts = [_scaled(self.features(numbers, known), known)] if numbers else []
            parts += [self._on_axes(known)[1]] if "embeddings" in signals else []
            if "words" not in signals:
                return np.concatenate(parts, axis=1)
            words = csr_array(self._words.at(known) / SPREAD_OF_WORDS)
            both: Features = hstack([*map(csr_array, parts), words]).tocsr()
            return both

        return recipe

    def _on_axes(self, known: Integers) -> tuple[Floats, Floats]:
        """The main axes of the known replies' embeddings, (size, axes), and all replies on them, (replies, axes).

        What is fitted on them is a regression on the whole embedding: it is turned back at the end. The axes beyond
        cost time and bring nothing (docs/results/own_judge.md).
        """
        given = self._rated.embeddings
        if given is None:
            raise StatsError("no model has read these replies")
        name = known.tobytes()
        if name not in self._axes:
            scaled = (given - given[known].mean(axis=0)) / self._spreads_of("embeddings", given[known])
            axes = main_axes(scaled[known], MOST_AXES)
            if len(self._axes) >= _KEPT_AXES:
                self._axes.clear()
            self._axes[name] = axes, scaled @ axes
        return self._axes[name]

    def _turned_back(self, weights: Floats, signals: tuple[Signal, ...], known: Integers) -> Floats:
        """Weights of features as they are made, (features, directions), from those on the axes of embeddings."""
        if "embeddings" not in signals:
            return weights
        axes = self._on_axes(known)[0]
        at = sum(self._block(signal, known).shape[1] for signal in signals if signal not in {"embeddings", "words"})
        behind = at + axes.shape[1]
        return np.concatenate([weights[:at], axes @ weights[at:behind], weights[behind:]])

    def _scaling(self, signals: tuple[Signal, ...], known: Integers) -> tuple[Floats, Floats]:
        """What is taken from each feature, and by what it is divided then."""
        centres, spreads = [], []
        for signal in signals:
            if signal == "words":
                many = self._words.at(known).shape[1]
                centres.append(np.zeros(many))
                spreads.append(np.full(many, SPREAD_OF_WORDS))
            else:
                block = self._block(signal, known)[known]
                centres.append(block.mean(axis=0))
                spreads.append(self._spreads_of(signal, block))
        return np.concatenate(centres), np.concatenate(spreads)

    def _spreads_of(self, signal: Signal, block: Floats) -> Floats:
        """By what each feature of a signal is divided: many numbers of an embedding weigh what a few others do."""
        much = np.sqrt(block.shape[1] / VARIANCE_OF_EMBEDDINGS) if signal == "embeddings" else 1.0
        found: Floats = _spreads(block) * much
        return found

    def _block(self, signal: Signal, known: Integers) -> Floats:
        """The features of one signal but words, of all replies."""
        if signal == "votes":
            return self._votes.values
        if signal == "embeddings":
            return np.empty((len(self._form), 0)) if self._rated.embeddings is None else self._rated.embeddings
        return self._form if signal == "form" else self._of_neighbours(known)

    def _figures(self) -> Floats:
        """What people said of each reply as figures, and by how much the votes miss it."""
        shares, size = self._rated.shares.targets, len(self._rated.scale.levels)
        places = np.linspace(0, 1, size)[:, None] if self._rated.ordered or size == 2 else np.eye(size)
        said = shares @ places
        if not self._rated.judges:
            return said
        voted = self._rated.voted
        missed = np.where(voted.any(axis=1, keepdims=True), said - voted @ places, 0.0)
        return np.concatenate([said, missed], axis=1)

    def _apart(self, known: Integers) -> Floats:
        """How far each figure of the known replies lies from its mean over them."""
        found: Floats = self._said[known] - self._said[known].mean(axis=0)
        return found

    def _of_neighbours(self, known: Integers) -> Floats:
        similar, same = self._near or (np.empty((0, 0)), np.empty((0, 0)))
        return neighbour_features(similar[:, known], same[:, known], self._apart(known))


class ReplyWords:
    """The words, and pairs of words, of replies as tf-idf: what is counted rests on the known replies alone.

    Args:
        texts: Of all replies.
    """

    def __init__(self, texts: Sequence[ReplyText]) -> None:
        self._counts, self._names = named_counts([words_and_pairs(text.reply) for text in texts])

    @property
    def some(self) -> bool:
        """Whether there is any word."""
        return bool(self._names)

    def at(self, known: Integers) -> csr_array:
        """What stands in two known replies or more, shape (replies, words); one empty column where no word is."""
        kept, rarities = self._kept(known)
        if not len(kept):
            return csr_array((self._counts.shape[0], 1), dtype=np.float64)
        return weighted_words(self._counts[:, kept], rarities)

    def known(self, known: Integers) -> tuple[tuple[str, ...], Floats]:
        """The words that are counted, in the order of the columns, and their rarities."""
        kept, rarities = self._kept(known)
        return tuple(self._names[at] for at in kept.tolist()), rarities

    def _kept(self, known: Integers) -> tuple[Integers, Floats]:
        seen = np.asarray((self._counts[known] > 0).sum(axis=0), dtype=np.float64).ravel()
        kept = np.flatnonzero(seen >= _LEAST_SEEN)
        kept = kept if len(kept) else np.flatnonzero(seen)
        return kept, rarity(seen[kept], len(known))


def bag_of_words(texts: Sequence[ReplyText]) -> FeatureRecipe:
    """Words and pairs of words of the replies, as tf-idf of unit length: what is known without any judgement."""
    return ReplyWords(texts).at


def length_alone(texts: Sequence[ReplyText]) -> FeatureRecipe:
    """The length of the replies in words, and nothing else."""
    lengths = np.log1p([[len(words_of(text.reply))] for text in texts])
    return lambda known: _scaled(np.concatenate([lengths, lengths**2], axis=1), known)


def writer_alone(writers: Integers) -> FeatureRecipe:
    """Who wrote the replies, without a word of them."""
    features = np.eye(int(writers.max()) + 1)[writers]
    return lambda _: features


def _scaled(features: Floats, known: Integers) -> Floats:
    """Features with mean 0 and standard deviation 1 over the known replies."""
    found: Floats = (features - features[known].mean(axis=0)) / _spreads(features[known])
    return found


def _spreads(features: Floats) -> Floats:
    """By what each feature is divided; one that is always the same, by 1."""
    spread = features.std(axis=0)
    return np.where(spread > 1e-9, spread, 1.0)
