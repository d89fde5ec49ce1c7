"""Further figures of agreement, beside those that the verdict rests on: errors, strictness, detection, calibration.

People's mean is what a judge is held against; for yes and no their majority, and items on which they are tied are
left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from hone.measuring.arranging import Floats, mean_an_item
from hone.measuring.collected import Collected
from hone.stats import Agreement, BootstrapOptions, CriterionAgreement, Figure, krippendorff_alpha
from hone.stats.arrays import Integers, as_clusters
from hone.stats.by_system import BySystem, by_system
from hone.stats.calibration import Calibration, calibration
from hone.stats.closeness import Closeness, closeness
from hone.stats.detection import Detection, detection
from hone.stats.reversal import Reversal, reversal


@dataclass(frozen=True)
class FurtherOfJudge:
    """One judge on one criterion; what does not apply is none."""

    closeness: Closeness | None = None
    detection: Detection | None = None
    calibration: Calibration | None = None
    by_system: BySystem | None = None
    reversal: Reversal | None = None
    """Where its scores fall as people's rise."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        parts = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: part.as_dict() for name, part in parts.items() if part is not None}


@dataclass(frozen=True)
class FurtherOfCriterion:
    """One criterion."""

    judges: Mapping[str, FurtherOfJudge]
    people: Mapping[str, Closeness] = field(default_factory=dict)
    """Each person against what the others say."""
    turned: Mapping[str, Reversal] = field(default_factory=dict)
    """The people whose scores fall where the others' rise."""
    tests: int = 1
    """How many judges and people were looked at for that, on all criteria."""
    labels: bool = False
    """Whether scores are labels, which do not rise or fall."""
    ratio_alpha: Figure | None = None
    """Krippendorff's alpha with ratio distances, where scores are of that level."""
    confidence: float = 0.95
    """Of the intervals."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        found: dict[str, Any] = {
            "judges": {name: one.as_dict() for name, one in self.judges.items()},
            "people": {name: one.as_dict() for name, one in self.people.items()},
        }
        if self.turned:
            found["reversed_people"] = {name: one.as_dict() for name, one in self.turned.items()}
        return found if self.ratio_alpha is None else found | {"krippendorff_alpha_ratio": self.ratio_alpha.as_dict()}


def further_figures(
    collected: Collected, agreement: Agreement, options: BootstrapOptions | None = None, *, ratio: bool = False
) -> dict[str, FurtherOfCriterion]:
    """The further figures of every criterion; none of labels without an order, but for those of two.

    Args:
        collected: The ratings.
        agreement: Their figures of agreement, which have every mean difference already.
        options: The confidence, and the resamples of alpha.
        ratio: Whether scores are of the ratio level: twice as much means something.
    """
    options = options or BootstrapOptions()
    ratings = collected.ratings
    clusters = as_clusters(ratings.clusters, len(collected.items))
    tests = len(ratings.people) * (len(ratings.judge_names) + len(ratings.raters))
    found = {}
    for name, one in ratings.people.items():
        people = np.asarray(one, dtype=np.float64)
        scores = np.asarray((ratings.judges or {}).get(name, np.empty((len(people), 0))), dtype=np.float64)
        measured = ratings.level != "nominal"
        alpha = krippendorff_alpha(people, "ratio", ratings.clusters, options) if ratio else None
        agreed = agreement.criteria[name]
        near, turned = _people(people, ratings.raters, clusters, agreed) if measured else ({}, {})
        found[name] = FurtherOfCriterion(
            {
                judge: _judge(scores[:, place], people, collected, clusters, agreed, judge)
                for place, judge in enumerate(ratings.judge_names)
                if not np.isnan(scores[:, place]).all()
            },
            near,
            turned,
            tests,
            not measured,
            alpha,
            options.confidence,
        )
    return found


def _people(
    people: Floats, names: Sequence[str], clusters: Integers | None, agreed: CriterionAgreement
) -> tuple[dict[str, Closeness], dict[str, Reversal]]:
    """How near each person is to the others, and whose scores fall where the others' rise."""
    near: dict[str, Closeness] = {}
    turned: dict[str, Reversal] = {}
    for place, name in enumerate(names):
        own = people[:, place]
        if np.isnan(own).all():
            continue
        others = mean_an_item(np.delete(people, place, axis=1)) if people.shape[1] > 1 else np.full(len(own), np.nan)
        difference = agreed.ceiling_by_person[name]["mean_error"]
        near[name] = closeness(own, others, clusters, agreed.confidence, difference)
        if (found := reversal(own, others, clusters)) is not None:
            turned[name] = found
    return near, turned


def _judge(
    scores: Floats,
    people: Floats,
    collected: Collected,
    clusters: Integers | None,
    agreed: CriterionAgreement,
    name: str,
) -> FurtherOfJudge:
    ratings = collected.ratings
    mean = mean_an_item(people)
    both = ~(np.isnan(scores) | np.isnan(mean))
    if not both.any():
        return FurtherOfJudge()
    levels = np.unique(people[~np.isnan(people)])
    said, grouped = scores[both], None if clusters is None else clusters[both]
    measured, confidence = ratings.level != "nominal", agreed.confidence
    difference = agreed.judges[name].consensus["mean_error"]
    return FurtherOfJudge(
        closeness(scores, mean, clusters, confidence, difference) if measured else None,
        _detection(said, mean[both], levels, grouped is not None, confidence),
        _calibration(said, mean[both], levels, grouped, confidence),
        _by_system(said, mean[both], both, collected, grouped, confidence) if measured else None,
        reversal(scores, mean, clusters) if measured or len(levels) == 2 else None,
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
