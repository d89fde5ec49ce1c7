"""The mean score over a large labelled set, corrected with the items that people rated.

Without weights the rated items are taken for a random draw, and what nobody rated is the rest (PPI++). With weights
the rest alone stands for nothing: what was surely rated is missing from it. The judge's mean is then taken over all
items that it scored, which makes the figure the difference estimator of survey sampling; it counts the rated items'
judge scores twice, once in each mean, which at the chosen lambda leaves next to no covariance between the two.
Whether they can have been a random draw is looked at: where the judge's scores of the rated items differ from its
other scores by more than chance explains, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.errors import FileFormatError
from hone.measuring.arranging import mean_an_item, own_cluster
from hone.measuring.collected import Collected, group_warnings
from hone.measuring.judged import Judged, check_shared, choose_judge, read_judged, rules_told, scores_of
from hone.measuring.ratings import Reading, read_ratings
from hone.spelling import option
from hone.stats import (
    FEW_ITEMS,
    CorrectedShare,
    Estimate,
    Evidence,
    Figure,
    ScoreRange,
    corrected_share,
    draw_p_value,
    estimate_difference,
    estimate_mean,
)
from hone.stats.bootstrap import LEAST_GROUPS
from hone.tables import Table

Floats = npt.NDArray[np.float64]
_NO_DRAW = 0.01
"""A random draw as uneven as this is so rare that it is said."""
_LEAST_PAIRED = 2
"""Rated items that two models must share for their difference to be taken item by item."""


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
    groups: tuple[str, ...] | None = None
    """The group of each item, by name; none where all items are independent."""
    scale: ScoreRange | None = None

    @property
    def lacking_weight(self) -> list[str]:
        """The rated items that have no weight though weights are given."""
        if self.weights is None:
            return []
        lacking = np.isnan(self.weights) & ~np.isnan(self.people) & ~np.isnan(self.judge)
        return [self.items[place] for place in np.flatnonzero(lacking).tolist()]

    @property
    def weighs_nothing(self) -> bool:
        """Whether weights are given and those of all rated items are 0."""
        if self.weights is None:
            return False
        rated = self.weights[~np.isnan(self.people) & ~np.isnan(self.judge)]
        return bool(len(rated) and not rated.any())

    def evidence(self) -> Evidence:
        """The scores as the correction takes them."""
        rated, judged = ~np.isnan(self.people), ~np.isnan(self.judge)
        both, rest = rated & judged, judged & ~rated
        weights = None if self.weights is None else self.weights[both]
        others = rest if self.weights is None else judged
        return Evidence(
            self.people[both],
            self.judge[both],
            self.judge[others],
            weights,
            groups=self._groups(both),
            rest_groups=self._groups(others),
            scale=self.scale,
        )

    def drawn(self) -> float | None:
        """How often a random draw of rated items is as uneven as this one by the judge's scores.

        None with weights, or with groups, whose items are not drawn one by one.
        """
        if self.weights is not None or self.groups is not None:
            return None
        rated, judged = ~np.isnan(self.people), ~np.isnan(self.judge)
        return draw_p_value(self.judge[rated & judged], self.judge[judged & ~rated])

    def _groups(self, rows: npt.NDArray[np.bool_]) -> list[str] | None:
        return None if self.groups is None else [self.groups[at] for at in np.flatnonzero(rows).tolist()]


@dataclass(frozen=True)
class Corrected:
    """One criterion's mean, three ways, and for yes and no the corrected share."""

    estimate: Estimate
    share: CorrectedShare | None
    rated: int
    """Items that both people and the judge scored."""
    labelled: int
    """Items that the judge scored."""
    drawn: float | None = None
    """How often a random draw of rated items is as uneven by the judge's scores as this one (a p value)."""
    groups: int | None = None
    """How many groups the rated items are of; none where all items are independent."""

    def warnings(self) -> list[str]:
        """What must be known before the figures are believed."""
        found = []
        if self.rated < FEW_ITEMS:
            found.append(f"fewer than {FEW_ITEMS} rated items say next to nothing")
        if self.groups is not None:
            found += [
                f"the rated items are of {self.groups} groups, which the interval rests on; {few}"
                for few in group_warnings(self.groups)
            ]
            if self.share is not None and LEAST_GROUPS <= self.groups < self.rated:
                found.append(
                    "the Rogan–Gladen interval takes the items of one group for independent; where they are alike, "
                    "it is too narrow"
                )
        if self.drawn is not None and self.drawn < _NO_DRAW:
            said = "p < 0.001" if self.drawn < 0.001 else f"p = {self.drawn:.3f}"
            found.append(
                "the judge's scores of the rated items differ from its other scores by more than a random draw "
                f"explains ({said}); if the items were chosen by what the judge said, these figures do not hold: "
                "give each rated item its weight, 1 / its chance to be chosen"
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """As `hone estimate --json` prints it."""
        names = ("corrected", "people_only", "judge_only")
        figures: dict[str, Any] = {name: getattr(self.estimate, name).as_dict() for name in names}
        figures |= {"tuning": self.estimate.tuning, "gain": self.estimate.gain, "words": self.estimate.words}
        counts = {"rated": self.rated, "labelled": self.labelled, "groups": self.groups, "draw_p_value": self.drawn}
        return {**counts, **figures, "rogan_gladen": _share(self.share), "warnings": self.warnings()}


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

    The difference is taken item by item on the items that both have; how many are left out is said. Where they share
    fewer than 2 rated items, the two are taken for independent, and that is said, too.

    Raises:
        ProjectError: A file does not read, labels have no numbers, or the two share no criterion.
    """
    one, other = _read(first, reading), _read(second, reading)
    shared = [name for name in one.scored if name in other.scored]
    if not shared:
        problem = f"it has no criterion of {_name_of(first.ratings)}; the two files must share one"
        raise FileFormatError(_name_of(second.ratings), problem)
    names = (_name_of(first.ratings).name, _name_of(second.ratings).name)
    criteria, paired = {}, []
    for name in shared:
        criteria[name], said = _difference(one.scored[name], other.scored[name], names, confidence)
        paired.append(f"{name}: {said}")
    columns = {**one.columns, **{f"against_{which}": found for which, found in other.columns.items()}}
    notes = (*one.notes, *(f"{_name_of(second.ratings).name}: {line}" for line in other.notes), *paired)
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
    where = _name_of(sources.ratings if collected.weights is not None else sources.judged or sources.ratings)
    lacking = list(dict.fromkeys(item for one in scored.values() for item in one.lacking_weight))
    if lacking:
        items = "rated item has" if len(lacking) == 1 else "rated items have"
        raise FileFormatError(
            where,
            f"{len(lacking):,} {items} no weight, though others have (the first is {lacking[0]!r}); write 1 / the "
            "item's chance to be drawn, and 1 for an item that was surely drawn",
        )
    if any(one.weighs_nothing for one in scored.values()):
        raise FileFormatError(
            where,
            "the weights of all rated items are 0, so none counts; a weight is 1 / the item's chance to be drawn, "
            "and 1 for an item that was surely drawn",
        )
    notes, columns = collected.notes(), {"columns": collected.taken.columns}
    notes += rules_told([name for name in scored if name in judged.ruled], judged.judge)
    if sources.judged is not None:
        notes += judged.taken.lines(sources.judged.name)
        columns["judged_columns"] = judged.taken.columns
    return _Model(judged.judge, weighted, scored, tuple(notes), columns)


def _judged(sources: Sources, collected: Collected, reading: Reading) -> Judged:
    """The judge's scores: the labelled set's, and beside them the ratings file's where that has some too."""
    ratings = collected.ratings
    if sources.judged is None:
        name = choose_judge(_name_of(sources.ratings), ratings.judge_names, sources.judge)
        scores, ruled = scores_of(collected, name)
        return Judged(name, collected.items, scores, ruled)  # groups and weights are those of the ratings
    judged = read_judged(sources.judged, ratings.criteria, sources.judge, reading)
    name = sources.judge or judged.judge
    if name not in ratings.judge_names:
        check_shared(collected, judged, sources.judged)
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
    return replace(judged, judge=name, items=items, scores=scores)


def _join(collected: Collected, criterion: str, judged: Judged) -> ScoredItems:
    rows = {item: at for at, item in enumerate(judged.items)}
    extra = [item for item in collected.items if item not in rows]
    items = (*judged.items, *extra)
    rows |= {item: len(judged.items) + at for at, item in enumerate(extra)}
    at = np.array([rows[item] for item in collected.items], dtype=np.int64)
    scores = np.asarray(collected.ratings.people[criterion], dtype=np.float64)
    people, majority, judge = (np.full(len(items), np.nan) for _ in range(3))
    people[at], majority[at] = mean_an_item(scores), _majority(scores)
    judge[: len(judged.items)] = judged.scores.get(criterion, np.nan)
    return ScoredItems(
        items,
        people,
        majority,
        judge,
        _weights(collected, judged, at, len(items)),
        _groups(collected, judged, items),
        _scale(scores, judge, collected.ratings.levels),
    )


def _groups(collected: Collected, judged: Judged, items: tuple[str, ...]) -> tuple[str, ...] | None:
    """The group of each item: as the ratings have it, else as the labelled set has it, else the item alone."""
    own = collected.ratings.clusters
    if own is None and judged.groups is None:
        return None
    known = dict(zip(judged.items, judged.groups or (), strict=False))
    if own is not None:
        known |= {
            item: str(group)
            for item, group in zip(collected.items, own, strict=True)
            if item not in known or group != own_cluster(item)
        }
    return tuple(known.get(item, own_cluster(item)) for item in items)


def _scale(people: Floats, judge: Floats, levels: Sequence[float] | None) -> ScoreRange | None:
    """The lowest and the highest score there is: of the rubric's scale, else yes and no, else the range seen."""
    given, said = people[~np.isnan(people)], judge[~np.isnan(judge)]
    if levels is not None:
        low, high = float(min(levels)), float(max(levels))
    elif not len(given):
        return None
    else:
        seen = np.concatenate([given, said])
        low, high = float(seen.min()), float(seen.max())
    yes_or_no = bool(np.isin(given, (0.0, 1.0)).all() and ((said >= 0) & (said <= 1)).all())
    if yes_or_no and (levels is None or (low, high) == (0.0, 1.0)):
        return ScoreRange(0.0, 1.0, share=len(levels or (0, 1)) == 2)
    return ScoreRange(low, high) if low < high else None


def _weights(collected: Collected, judged: Judged, at: npt.NDArray[np.int64], count: int) -> Floats | None:
    if collected.weights is None and judged.weights is None:
        return None
    weights = np.full(count, np.nan)
    if judged.weights is not None:
        weights[: len(judged.items)] = judged.weights
    if collected.weights is not None:
        weights[at] = np.where(np.isnan(collected.weights), weights[at], collected.weights)
    return weights


def _majority(scores: Floats) -> Floats:
    """For yes (1) and no (0): what more than half said; NaN where half said each."""
    mean = mean_an_item(scores)
    return np.where(np.isnan(mean) | (mean == 0.5), np.nan, (mean > 0.5).astype(np.float64))


def _corrected(scored: ScoredItems, confidence: float) -> Corrected:
    evidence = scored.evidence()
    rated, judged = ~np.isnan(scored.people), ~np.isnan(scored.judge)
    groups, share = _group_count(evidence), None
    if scored.weights is None and _is_binary(scored):
        both = rated & judged
        rest = scored.judge[judged & ~rated]
        share = corrected_share(scored.majority[both], scored.judge[both], rest, confidence)
        if groups is not None and groups < LEAST_GROUPS:
            share = share.without_intervals(f"{groups} groups, {group_warnings(groups)[0]}")
    return Corrected(
        estimate_mean(evidence, confidence),
        share,
        int((rated & judged).sum()),
        int(judged.sum()),
        scored.drawn(),
        groups,
    )


def _group_count(evidence: Evidence) -> int | None:
    return None if evidence.groups is None else len(set(evidence.groups))


def _is_binary(scored: ScoredItems) -> bool:
    """Whether all scores are yes or no. People's means of such scores lie between, so the majority is looked at."""
    judge = scored.judge[~np.isnan(scored.judge)]
    people = scored.people[~np.isnan(scored.people)]
    return bool(np.isin(judge, (0.0, 1.0)).all() and ((people >= 0) & (people <= 1)).all() and len(judge))


def _difference(
    first: ScoredItems, second: ScoredItems, names: tuple[str, str], confidence: float
) -> tuple[Corrected, str]:
    """The difference, and what it was taken on, in words."""
    left, right = _shared(first, second)
    rated = int((~np.isnan(left.people)).sum())
    if rated < _LEAST_PAIRED:
        one, other = first.evidence(), second.evidence()
        estimated = estimate_difference(one, other, paired=False, confidence=confidence)
        told = "the two share fewer than 2 rated items, so they are taken for independent"
        count = int((~np.isnan(first.people) & ~np.isnan(first.judge)).sum())
        return Corrected(estimated, None, count, int((~np.isnan(first.judge)).sum())), told
    evidence = left.evidence()
    estimated = estimate_difference(evidence, right.evidence(), paired=True, confidence=confidence)
    out = [int((~np.isnan(one.judge)).sum()) - len(left.items) for one in (first, second)]
    told = f"taken item by item on the {len(left.items):,} items that both judges' scores cover"
    if any(out):
        told += f"; left out: {out[0]:,} of {names[0]}, {out[1]:,} of {names[1]}"
    one_sided = sum(int((~np.isnan(one.people) & ~np.isnan(one.judge)).sum()) - rated for one in (first, second))
    if one_sided:
        told += f"; {one_sided:,} ratings of an item that was rated for one model only are left out"
    return Corrected(estimated, None, rated, len(left.items), left.drawn(), _group_count(evidence)), told


def _shared(first: ScoredItems, second: ScoredItems) -> tuple[ScoredItems, ScoredItems]:
    """Both on the items that both judges' scores cover, rated where people rated both."""
    rows = {item: at for at, item in enumerate(second.items)}
    pairs = [
        (at, rows[item])
        for at, item in enumerate(first.items)
        if item in rows and not np.isnan(first.judge[at]) and not np.isnan(second.judge[rows[item]])
    ]
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    one, other = _chosen(first, left), _chosen(second, right)
    either = np.isnan(one.people) | np.isnan(other.people)
    made = [
        replace(side, people=np.where(either, np.nan, side.people), majority=np.where(either, np.nan, side.majority))
        for side in (one, other)
    ]
    scale = _wider(one.scale, other.scale)
    return replace(made[0], scale=scale), replace(made[1], scale=scale)


def _wider(one: ScoreRange | None, other: ScoreRange | None) -> ScoreRange | None:
    if one is None or other is None:
        return None
    return ScoreRange(min(one.low, other.low), max(one.high, other.high), one.share and other.share)


def _chosen(scored: ScoredItems, at: npt.NDArray[np.int64]) -> ScoredItems:
    places = at.tolist()
    return replace(
        scored,
        items=tuple(scored.items[place] for place in places),
        people=scored.people[at],
        majority=scored.majority[at],
        judge=scored.judge[at],
        weights=None if scored.weights is None else scored.weights[at],
        groups=None if scored.groups is None else tuple(scored.groups[place] for place in places),
    )


def _share(share: CorrectedShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    figures: dict[str, Figure] = {
        name: getattr(share, name) for name in ("corrected", "judge_only", "sensitivity", "specificity")
    }
    return {name: figure.as_dict() for name, figure in figures.items()} | {"words": share.words}
