"""The mean score over a large labelled set, corrected with the items that people rated.

Without weights the rated items are taken for a random draw, and what nobody rated is the rest (PPI++). With weights
the rest alone stands for nothing: what was surely rated is missing from it. The judge's mean is then taken over all
items that it scored, which makes the figure the difference estimator of survey sampling; it counts the rated items'
judge scores twice, once in each mean, which at the chosen lambda leaves next to no covariance between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.errors import FileFormatError
from hone.measuring.collected import Collected
from hone.measuring.judged import Judged, choose_judge, read_judged
from hone.measuring.ratings import Reading, read_ratings
from hone.spelling import option
from hone.stats import CorrectedShare, Estimate, Evidence, Figure, corrected_share, estimate_difference, estimate_mean
from hone.tables import Table

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sources:
    """Where the scores of one model's replies are.

    Args:
        ratings: People's ratings, and maybe the judge's.
        judged: The large set that the judge labelled; the judge's rows in `ratings` when absent.
        judge: Whose scores; the only judge there is when absent.
    """

    ratings: Path | Table
    judged: Path | None = None
    judge: str | None = None


@dataclass(frozen=True)
class ScoredItems:
    """Everything that is known of one criterion, item by item."""

    items: tuple[str, ...]
    people: Floats
    """The mean of people's scores, NaN where nobody rated."""
    majority: Floats
    """What most people said, NaN where nobody rated or they are tied."""
    judge: Floats
    weights: Floats | None

    @property
    def lacking_weight(self) -> int:
        """How many rated items have no weight though weights are given."""
        if self.weights is None:
            return 0
        return int((np.isnan(self.weights) & ~np.isnan(self.people) & ~np.isnan(self.judge)).sum())

    def evidence(self) -> Evidence:
        """The scores as the correction takes them."""
        rated, judged = ~np.isnan(self.people), ~np.isnan(self.judge)
        both, rest = rated & judged, judged & ~rated
        if self.weights is None:
            return Evidence(self.people[both], self.judge[both], self.judge[rest])
        return Evidence(self.people[both], self.judge[both], self.judge[judged], self.weights[both])


@dataclass(frozen=True)
class Corrected:
    """One criterion's mean, three ways, and for yes and no the corrected share."""

    estimate: Estimate
    share: CorrectedShare | None
    rated: int
    """Items that both people and the judge scored."""
    labelled: int
    """Items that the judge scored."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone estimate --json` prints it."""
        names = ("corrected", "people_only", "judge_only")
        figures: dict[str, Any] = {name: getattr(self.estimate, name).as_dict() for name in names}
        figures |= {"tuning": self.estimate.tuning, "gain": self.estimate.gain, "words": self.estimate.words}
        return {"rated": self.rated, "labelled": self.labelled, **figures, "rogan_gladen": _share(self.share)}


@dataclass(frozen=True)
class Estimates:
    """Every criterion of one model, or of the difference of two."""

    judge: str
    weighted: bool
    criteria: Mapping[str, Corrected]
    notes: tuple[str, ...]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By file, which of its columns were read: `columns` of the ratings, `judged_columns`, and with `against_` before
    them those of the second model."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone estimate --json` prints it."""
        criteria = {name: one.as_dict() for name, one in self.criteria.items()}
        return {"judge": self.judge, "weighted": self.weighted, **self.columns, "criteria": criteria}


@dataclass(frozen=True)
class _Model:
    judge: str
    weighted: bool
    scored: Mapping[str, ScoredItems]
    notes: tuple[str, ...]
    columns: Mapping[str, Mapping[str, str]]


def corrected_means(sources: Sources, reading: Reading, confidence: float = 0.95) -> Estimates:
    """Correct the mean score of each criterion.

    Raises:
        ProjectError: A file does not read, or labels have no numbers.
        StatsError: A weight is negative.
    """
    model = _read(sources, reading)
    criteria = {name: _corrected(scored, confidence) for name, scored in model.scored.items()}
    return Estimates(model.judge, model.weighted, criteria, model.notes, model.columns)


def estimate_gap(first: Sources, second: Sources, reading: Reading, confidence: float = 0.95) -> Estimates:
    """Correct the difference of two models' means, first minus second.

    Where both answered the same items and people rated the same ones, the difference is taken item by item.

    Raises:
        ProjectError: A file does not read, labels have no numbers, or the two share no criterion.
    """
    one, other = _read(first, reading), _read(second, reading)
    shared = [name for name in one.scored if name in other.scored]
    if not shared:
        problem = f"it has no criterion of {_name_of(first.ratings)}; the two files must share one"
        raise FileFormatError(_name_of(second.ratings), problem)
    criteria = {name: _difference(one.scored[name], other.scored[name], confidence) for name in shared}
    columns = {**one.columns, **{f"against_{which}": found for which, found in other.columns.items()}}
    notes = (*one.notes, *(f"{_name_of(second.ratings).name}: {line}" for line in other.notes))
    return Estimates(one.judge, one.weighted or other.weighted, criteria, notes, columns)


def _name_of(source: Path | Table) -> Path:
    """The file that a source is, or stands for in messages."""
    return source if isinstance(source, Path) else source.path


def _read(sources: Sources, reading: Reading) -> _Model:
    collected = read_ratings(sources.ratings, reading)
    if collected.ratings.level == "nominal" and collected.labels:
        raise FileFormatError(
            _name_of(sources.ratings),
            f"labels without an order have no mean; name the rubric that gives them values with {option('rubric')}",
        )
    if not collected.ratings.raters:
        raise FileFormatError(
            _name_of(sources.ratings), "there are no people's ratings (kind human) to correct the judge with"
        )
    judged = _judged(sources, collected, reading)
    scored = {name: _join(collected, name, judged) for name in collected.ratings.criteria}
    weighted = next(iter(scored.values())).weights is not None
    lacking = sum(one.lacking_weight for one in scored.values())
    if lacking:
        problem = (
            f"{lacking:,} rated items have no weight, though others have; write 1 for an item that was surely drawn"
        )
        raise FileFormatError(_name_of(sources.ratings), problem)
    notes, columns = collected.notes(), {"columns": collected.taken.columns}
    if sources.judged is not None:
        notes += judged.taken.lines(sources.judged.name)
        columns["judged_columns"] = judged.taken.columns
    return _Model(judged.judge, weighted, scored, tuple(notes), columns)


def _judged(sources: Sources, collected: Collected, reading: Reading) -> Judged:
    """The judge's scores: the labelled set's, and beside them the ratings file's where that has some too."""
    ratings = collected.ratings
    if sources.judged is None:
        name = choose_judge(_name_of(sources.ratings), ratings.judge_names, sources.judge)
        place = list(ratings.judge_names).index(name)
        scores = {key: np.asarray(one)[:, place] for key, one in (ratings.judges or {}).items()}
        return Judged(name, collected.items, scores)
    judged = read_judged(sources.judged, ratings.criteria, sources.judge, reading)
    name = sources.judge or judged.judge
    if name not in ratings.judge_names:
        return judged
    place = list(ratings.judge_names).index(name)
    where = {item: at for at, item in enumerate(judged.items)}
    items = (*judged.items, *(item for item in collected.items if item not in where))
    rows = {item: at for at, item in enumerate(items)}
    at = np.array([rows[item] for item in collected.items], dtype=np.int64)
    scores = {}
    for key in ratings.criteria:
        found = np.full(len(items), np.nan)
        found[: len(judged.items)] = judged.scores.get(key, np.nan)
        own = np.asarray((ratings.judges or {})[key])[:, place]
        found[at] = np.where(np.isnan(found[at]), own, found[at])
        scores[key] = found
    return Judged(name, items, scores, taken=judged.taken)


def _join(collected: Collected, criterion: str, judged: Judged) -> ScoredItems:
    rows = {item: at for at, item in enumerate(judged.items)}
    extra = [item for item in collected.items if item not in rows]
    items = (*judged.items, *extra)
    rows |= {item: len(judged.items) + at for at, item in enumerate(extra)}
    at = np.array([rows[item] for item in collected.items], dtype=np.int64)
    scores = np.asarray(collected.ratings.people[criterion], dtype=np.float64)
    people, majority, judge = (np.full(len(items), np.nan) for _ in range(3))
    people[at], majority[at] = _mean(scores), _majority(scores)
    judge[: len(judged.items)] = judged.scores.get(criterion, np.nan)
    return ScoredItems(items, people, majority, judge, _weights(collected, judged, at, len(items)))


def _weights(collected: Collected, judged: Judged, at: npt.NDArray[np.int64], count: int) -> Floats | None:
    if collected.weights is None and judged.weights is None:
        return None
    weights = np.full(count, np.nan)
    if judged.weights is not None:
        weights[: len(judged.items)] = judged.weights
    if collected.weights is not None:
        weights[at] = np.where(np.isnan(collected.weights), weights[at], collected.weights)
    return weights


def _mean(scores: Floats) -> Floats:
    given = ~np.isnan(scores)
    count = given.sum(axis=1)
    total = np.where(given, scores, 0.0).sum(axis=1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def _majority(scores: Floats) -> Floats:
    """For yes (1) and no (0): what more than half said; NaN where half said each."""
    mean = _mean(scores)
    return np.where(np.isnan(mean) | (mean == 0.5), np.nan, (mean > 0.5).astype(np.float64))


def _corrected(scored: ScoredItems, confidence: float) -> Corrected:
    evidence = scored.evidence()
    rated, judged = ~np.isnan(scored.people), ~np.isnan(scored.judge)
    share = None
    if scored.weights is None and _is_binary(scored):
        both = rated & judged
        rest = scored.judge[judged & ~rated]
        share = corrected_share(scored.majority[both], scored.judge[both], rest, confidence)
    return Corrected(estimate_mean(evidence, confidence), share, int((rated & judged).sum()), int(judged.sum()))


def _is_binary(scored: ScoredItems) -> bool:
    """Whether all scores are yes or no. People's means of such scores lie between, so the majority is looked at."""
    judge = scored.judge[~np.isnan(scored.judge)]
    people = scored.people[~np.isnan(scored.people)]
    return bool(np.isin(judge, (0.0, 1.0)).all() and ((people >= 0) & (people <= 1)).all() and len(judge))


def _difference(first: ScoredItems, second: ScoredItems, confidence: float) -> Corrected:
    one, other = _aligned(first, second)
    paired = one is not None and other is not None
    left, right = (one, other) if one is not None and other is not None else (first, second)
    estimated = estimate_difference(left.evidence(), right.evidence(), paired, confidence)
    rated = ~np.isnan(left.people) & ~np.isnan(left.judge)
    return Corrected(estimated, None, int(rated.sum()), int((~np.isnan(left.judge)).sum()))


def _aligned(first: ScoredItems, second: ScoredItems) -> tuple[ScoredItems | None, ScoredItems | None]:
    """Both on the items they share, where those are all but a few of either's and people rated the same ones."""
    rows = {item: at for at, item in enumerate(second.items)}
    left = np.array([at for at, item in enumerate(first.items) if item in rows], dtype=np.int64)
    if len(left) < max(len(first.items), len(second.items)):
        return None, None
    right = np.array([rows[first.items[at]] for at in left.tolist()], dtype=np.int64)
    one, other = _chosen(first, left), _chosen(second, right)
    same = all(
        bool((np.isnan(mine) == np.isnan(theirs)).all())
        for mine, theirs in ((one.people, other.people), (one.judge, other.judge))
    )
    return (one, other) if same else (None, None)


def _chosen(scored: ScoredItems, at: npt.NDArray[np.int64]) -> ScoredItems:
    weights = None if scored.weights is None else scored.weights[at]
    items = tuple(scored.items[place] for place in at.tolist())
    return ScoredItems(items, scored.people[at], scored.majority[at], scored.judge[at], weights)


def _share(share: CorrectedShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    figures: dict[str, Figure] = {
        name: getattr(share, name) for name in ("corrected", "judge_only", "sensitivity", "specificity")
    }
    return {name: figure.as_dict() for name, figure in figures.items()} | {"words": share.words}
