"""Further figures of agreement, beside those that the verdict rests on: errors, strictness, detection, calibration.

People's mean is what a judge is held against; for yes and no their majority, and items on which they are tied are
left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hone.measuring.arranging import Floats, mean_an_item
from hone.measuring.collected import Collected
from hone.stats import BootstrapOptions, CriterionAgreement, Figure, krippendorff_alpha
from hone.stats.arrays import Integers, as_clusters
from hone.stats.by_system import BySystem, by_system
from hone.stats.calibration import Calibration, calibration
from hone.stats.closeness import Closeness, closeness
from hone.stats.detection import Detection, detection


@dataclass(frozen=True)
class FurtherOfJudge:
    """One judge on one criterion; what does not apply is none."""

    closeness: Closeness | None = None
    detection: Detection | None = None
    calibration: Calibration | None = None
    by_system: BySystem | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        parts = {name: getattr(self, name) for name in ("closeness", "detection", "calibration", "by_system")}
        return {name: part.as_dict() for name, part in parts.items() if part is not None}


@dataclass(frozen=True)
class FurtherOfCriterion:
    """One criterion."""

    judges: Mapping[str, FurtherOfJudge]
    people: Mapping[str, Closeness] = field(default_factory=dict)
    """Each person against what the others say."""
    ratio_alpha: Figure | None = None
    """Krippendorff's alpha with ratio distances, where scores are of that level."""
    confidence: float = 0.95
    """Of the intervals."""

    def beside(self, agreement: CriterionAgreement) -> FurtherOfCriterion:
        """The same, with each person's difference as the figures of agreement have it: one figure for one thing."""
        differences = {name: figures["mean_error"] for name, figures in agreement.ceiling_by_person.items()}
        people = {
            name: replace(one, mean_difference=differences.get(name, one.mean_difference))
            for name, one in self.people.items()
        }
        return replace(self, people=people)

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        found: dict[str, Any] = {
            "judges": {name: one.as_dict() for name, one in self.judges.items()},
            "people": {name: one.as_dict() for name, one in self.people.items()},
        }
        return found if self.ratio_alpha is None else found | {"krippendorff_alpha_ratio": self.ratio_alpha.as_dict()}


def further_figures(
    collected: Collected, options: BootstrapOptions | None = None, *, ratio: bool = False
) -> dict[str, FurtherOfCriterion]:
    """The further figures of every criterion; none of labels without an order, but for those of two.

    Args:
        collected: The ratings.
        options: The confidence, and the resamples of alpha.
        ratio: Whether scores are of the ratio level: twice as much means something.
    """
    options = options or BootstrapOptions()
    ratings = collected.ratings
    clusters = as_clusters(ratings.clusters, len(collected.items))
    found = {}
    for name, one in ratings.people.items():
        people = np.asarray(one, dtype=np.float64)
        scores = np.asarray((ratings.judges or {}).get(name, np.empty((len(people), 0))), dtype=np.float64)
        measured = ratings.level != "nominal"
        alpha = krippendorff_alpha(people, "ratio", ratings.clusters, options) if ratio else None
        found[name] = FurtherOfCriterion(
            {
                judge: _judge(scores[:, place], people, collected, clusters, options.confidence)
                for place, judge in enumerate(ratings.judge_names)
                if not np.isnan(scores[:, place]).all()
            },
            _people(people, ratings.raters, clusters, options.confidence) if measured else {},
            alpha,
            options.confidence,
        )
    return found


def _people(people: Floats, names: Any, clusters: Integers | None, confidence: float) -> dict[str, Closeness]:
    found = {}
    for place, name in enumerate(names):
        others = (
            mean_an_item(np.delete(people, place, axis=1)) if people.shape[1] > 1 else np.full(len(people), np.nan)
        )
        if not np.isnan(people[:, place]).all():
            found[name] = closeness(people[:, place], others, clusters, confidence)
    return found


def _judge(
    scores: Floats, people: Floats, collected: Collected, clusters: Integers | None, confidence: float
) -> FurtherOfJudge:
    ratings = collected.ratings
    mean = mean_an_item(people)
    both = ~(np.isnan(scores) | np.isnan(mean))
    if not both.any():
        return FurtherOfJudge()
    levels = np.unique(people[~np.isnan(people)])
    said, grouped = scores[both], None if clusters is None else clusters[both]
    measured = ratings.level != "nominal"
    return FurtherOfJudge(
        closeness(scores, mean, clusters, confidence) if measured else None,
        _detection(said, mean[both], levels, grouped is not None, confidence),
        _calibration(said, mean[both], levels, grouped, confidence),
        _by_system(said, mean[both], both, collected, grouped, confidence) if measured else None,
    )


def _detection(said: Floats, mean: Floats, levels: Floats, grouped: bool, confidence: float) -> Detection | None:
    if len(levels) != 2 or not np.isin(said, levels).all():
        return None
    middle = float(levels.mean())
    clear = mean != middle
    return detection(
        mean[clear] > middle, said[clear] > middle, float(levels[1]), grouped=grouped, confidence=confidence
    )


def _calibration(
    said: Floats, mean: Floats, levels: Floats, clusters: Integers | None, confidence: float
) -> Calibration | None:
    """Of a judge that gives probabilities of a yes: between 0 and 1, and not only these two."""
    probable = ((said >= 0) & (said <= 1)).all() and not np.isin(said, (0.0, 1.0)).all()
    clear = mean != 0.5
    if not probable or not np.isin(levels, (0.0, 1.0)).all() or not clear.any():
        return None
    groups = None if clusters is None else clusters[clear]
    return calibration(said[clear], (mean[clear] > 0.5).astype(np.float64), groups, confidence)


def _by_system(
    said: Floats,
    mean: Floats,
    both: np.typing.NDArray[np.bool_],
    collected: Collected,
    clusters: Integers | None,
    confidence: float,
) -> BySystem | None:
    if collected.systems is None:
        return None
    names = [str(collected.systems[place]) for place in np.flatnonzero(both).tolist()]
    systems = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return by_system(said, mean, systems, clusters, confidence)
