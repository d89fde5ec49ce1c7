"""Do figures stay true where people rate the items that the judge is unsure of? Simulated, seeded; prints tables.

    python benchmarks/draw_coverage.py [--draws 2000] [--agreement 400]

A judge scores 2,000 items and says how sure it is; people rate 100 of them, drawn by `stats/item_draw`, at once, in
two draws of 50, or in one whose last third nobody has rated yet. How sure it is goes with its errors, and its errors
with what people say: the judge is too kind where it is unsure. Per kind of score, how often the interval of the
corrected mean (`hone estimate`) and of the judge's agreement with people (`hone agree`) holds the truth of all items
like these (found from two million), and how far off the figures are on average, with the weights and without them.
Chance alone moves a share of 0.95 by 0.010 over 2,000 draws and by 0.022 over 400 (two standard errors); agreement,
whose intervals are bootstraps, is tried on fewer draws.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from hone.stats import (
    BootstrapOptions,
    Evidence,
    Figure,
    Ratings,
    ScoreRange,
    agreement_figures,
    estimate_mean,
)
from hone.stats.item_draw import ItemDraw, draw_chances, draw_items, draw_weights

Floats = npt.NDArray[np.float64]
ITEMS, RATED = 2000, 100


@dataclass(frozen=True)
class Scored:
    """A judge's scores, people's, and how unsure the judge says it is."""

    people: Floats
    judge: Floats
    unsure: Floats
    scale: ScoreRange | None


def yes_or_no(informed: float, generator: np.random.Generator, items: int = ITEMS) -> Scored:
    """The judge says yes too often where it is unsure; `informed` of its uncertainty goes with its errors."""
    wrong = generator.beta(0.5, 2.5, items)
    people = (generator.random(items) < 0.7 - 0.6 * wrong).astype(np.float64)
    judge = np.where(generator.random(items) < wrong, 1.0, people)
    return Scored(people, judge, _told(wrong, informed, generator), ScoreRange(0.0, 1.0, share=True))


def levels(informed: float, generator: np.random.Generator, items: int = ITEMS) -> Scored:
    """Five levels; the judge is up to two levels too kind where it is unsure."""
    wrong = generator.beta(0.5, 2.5, items)
    people = np.clip(np.rint(generator.normal(3.4 - 2 * wrong, 1)), 1, 5)
    judge = np.clip(people + generator.binomial(2, wrong), 1.0, 5.0).astype(np.float64)
    return Scored(people, judge, _told(wrong, informed, generator), ScoreRange(1.0, 5.0))


def _told(wrong: Floats, informed: float, generator: np.random.Generator) -> Floats:
    told = np.where(generator.random(len(wrong)) < informed, wrong, generator.permutation(wrong))
    return np.sqrt(told)


def at_once(scored: Scored, generator: np.random.Generator) -> dict[str, float]:
    """One draw."""
    return draw_weights(*_draws(scored, (RATED,), generator))


def twice(scored: Scored, generator: np.random.Generator) -> dict[str, float]:
    """Two draws of half as many."""
    return draw_weights(*_draws(scored, (RATED // 2, RATED // 2), generator))


def unfinished(scored: Scored, generator: np.random.Generator) -> dict[str, float]:
    """One draw of half as many again, of which a third is not rated yet."""
    draws, drawn = _draws(scored, (RATED * 3 // 2,), generator)
    return draw_weights(draws, set(generator.choice(sorted(drawn), RATED, replace=False).tolist()))


def _draws(
    scored: Scored, counts: tuple[int, ...], generator: np.random.Generator
) -> tuple[list[ItemDraw], set[str]]:
    left, draws = np.arange(ITEMS), []
    for count in counts:
        chances = draw_chances(scored.unsure[left], count)
        places = draw_items(chances, generator)
        draws.append(ItemDraw({str(left[at]): float(chances[at]) for at in places.tolist()}, ITEMS))
        left = np.delete(left, places)
    return draws, {item for draw in draws for item in draw.chances}


KINDS: dict[str, Callable[..., Scored]] = {
    "yes or no": partial(yes_or_no, 1.0),
    "yes or no, half of the uncertainty is noise": partial(yes_or_no, 0.5),
    "five levels": partial(levels, 1.0),
    "five levels, half of the uncertainty is noise": partial(levels, 0.5),
}
WAYS = {"one draw": at_once, "two draws": twice, "a third unrated": unfinished}
Measure = Callable[[Scored, npt.NDArray[np.int64], Floats | None], Figure]
CASES = [(kind, way) for kind in KINDS for way in WAYS]


def mean(scored: Scored, rated: npt.NDArray[np.int64], weights: Floats | None) -> Figure:
    """The corrected mean."""
    rest = scored.judge if weights is not None else np.delete(scored.judge, rated)
    evidence = Evidence(scored.people[rated], scored.judge[rated], rest, weights, scale=scored.scale)
    return estimate_mean(evidence).corrected


def agreement(scored: Scored, rated: npt.NDArray[np.int64], weights: Floats | None) -> Figure:
    """The judge's accuracy on yes and no, or its mean error on levels."""
    people, judge = scored.people[rated][:, None], scored.judge[rated][:, None]
    ratings = Ratings({"": people}, ["person"], "ordinal", {"": judge}, ["judge"], weights=weights)
    found = agreement_figures(ratings, BootstrapOptions(1000)).criteria[""].judges["judge"].consensus
    return found["accuracy" if scored.scale is not None and scored.scale.share else "mean_error"]


@cache
def truth(measure: str, kind: str) -> float:
    """The same of all items like these, from two million."""
    scored = KINDS[kind](np.random.default_rng(1), items=2_000_000)
    if measure == "mean":
        return float(scored.people.mean())
    if scored.scale is not None and scored.scale.share:
        return float((scored.people == scored.judge).mean())
    return float((scored.judge - scored.people).mean())


def trial(measure: Measure, case: int, draw: int) -> Floats:
    """Whether the interval holds the truth, and how far off the figure is, with weights and without; shape (2, 2)."""
    generator = np.random.default_rng([case, draw])
    kind, way = CASES[case]
    scored = KINDS[kind](generator)
    weights = WAYS[way](scored, generator)
    rated = np.array([int(item) for item in weights])
    rows = []
    for given in (np.array(list(weights.values())), None):
        figure, true = measure(scored, rated, given), truth(measure.__name__, kind)
        held = figure.low is not None and figure.high is not None and figure.low <= true <= figure.high
        rows.append((float(held), (figure.value or 0.0) - true))
    return np.array(rows)


def tried(case: int, measure: Measure, draws: int) -> Floats:
    """The means over draws."""
    found: Floats = np.mean([trial(measure, case, draw) for draw in range(draws)], axis=0)
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--agreement", type=int, default=400)
    options = parser.parse_args()
    for measure, draws in ((mean, options.draws), (agreement, options.agreement)):
        with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
            found = list(pool.map(partial(tried, measure=measure, draws=draws), range(len(CASES))))
        name = measure.__name__
        print(f"\n| {name} | holds the truth | off by | without weights: holds | off by |\n|---|---|---|---|---|")
        for (kind, way), ((held, off), (plain, plainly)) in zip(CASES, found, strict=True):
            print(f"| {kind}; {way} | {held:.3f} | {off:+.3f} | {plain:.3f} | {plainly:+.3f} |")
        weighted = np.array(found)[:, 0, 0]
        print(f"\n{draws} draws; with the weights from {weighted.min():.3f} to {weighted.max():.3f}", flush=True)


if __name__ == "__main__":
    main()
