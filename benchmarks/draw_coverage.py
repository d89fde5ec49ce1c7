"""Do figures stay true where people rate the items that the judge is unsure of? Simulated, seeded; prints tables.

    python benchmarks/draw_coverage.py [--draws 2000]

A judge scores 2,000 items and says how sure it is; people rate 100 of them, drawn by `stats/item_draw`, at once, in
two draws of 50, or in one whose last third nobody has rated yet. How sure it is goes with its errors, and its errors
with what people say: the judge is too kind where it is unsure. Per kind of score, how often the interval of the
corrected mean (`hone estimate`) and of the judge's agreement with people (`hone agree`) holds the truth of the 2,000
items, and how far off the figures are on average, with the weights and without them. Over 2,000 draws chance alone
moves a share of 0.95 by 0.010 (two standard errors).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

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


def yes_or_no(informed: float, generator: np.random.Generator) -> Scored:
    """The judge says yes too often where it is unsure; `informed` of its uncertainty goes with its errors."""
    wrong = generator.beta(0.5, 2.5, ITEMS)
    people = (generator.random(ITEMS) < 0.7 - 0.6 * wrong).astype(np.float64)
    judge = np.where(generator.random(ITEMS) < wrong, 1.0, people)
    return Scored(people, judge, _told(wrong, informed, generator), ScoreRange(0.0, 1.0, share=True))


def levels(informed: float, generator: np.random.Generator) -> Scored:
    """Five levels; the judge is up to two levels too kind where it is unsure."""
    wrong = generator.beta(0.5, 2.5, ITEMS)
    people = np.clip(np.rint(generator.normal(3.4 - 2 * wrong, 1)), 1, 5)
    judge = np.clip(people + generator.binomial(2, wrong), 1.0, 5.0).astype(np.float64)
    return Scored(people, judge, _told(wrong, informed, generator), ScoreRange(1.0, 5.0))


def _told(wrong: Floats, informed: float, generator: np.random.Generator) -> Floats:
    told = np.where(generator.random(ITEMS) < informed, wrong, generator.permutation(wrong))
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


KINDS: dict[str, Callable[[np.random.Generator], Scored]] = {
    "yes or no": partial(yes_or_no, 1.0),
    "yes or no, half of the uncertainty is noise": partial(yes_or_no, 0.5),
    "five levels": partial(levels, 1.0),
    "five levels, half of the uncertainty is noise": partial(levels, 0.5),
}
WAYS = {"one draw": at_once, "two draws": twice, "a third unrated": unfinished}
FIGURES = ("mean", "agreement")
CASES = [(kind, way) for kind in KINDS for way in WAYS]


def figures(scored: Scored, rated: npt.NDArray[np.int64], weights: Floats | None) -> dict[str, Figure]:
    """The corrected mean, and the judge's agreement: accuracy of yes and no, the mean error of levels."""
    people, judge = scored.people[rated], scored.judge[rated]
    rest = scored.judge if weights is not None else np.delete(scored.judge, rated)
    mean = estimate_mean(Evidence(people, judge, rest, weights, scale=scored.scale)).corrected
    ratings = Ratings({"": people[:, None]}, ["person"], "ordinal", {"": judge[:, None]}, ["judge"], weights=weights)
    found = agreement_figures(ratings, BootstrapOptions(1000)).criteria[""].judges["judge"].consensus
    name = "accuracy" if scored.scale is not None and scored.scale.share else "mean_error"
    return {"mean": mean, "agreement": found[name]}


def trial(case: int, draw: int) -> Floats:
    """Whether the intervals hold the truth, and by how much the figures are off; shape (weighted, figures, 2)."""
    generator = np.random.default_rng([case, draw])
    kind, way = CASES[case]
    scored = KINDS[kind](generator)
    share = scored.scale is not None and scored.scale.share
    alike = float((scored.people == scored.judge).mean()) if share else float((scored.judge - scored.people).mean())
    truths = {"mean": float(scored.people.mean()), "agreement": alike}
    weights = WAYS[way](scored, generator)
    rated = np.array([int(item) for item in weights])
    found = np.zeros((2, len(FIGURES), 2))
    for row, given in enumerate((np.array(list(weights.values())), None)):
        for column, (name, figure) in enumerate(figures(scored, rated, given).items()):
            held = figure.low is not None and figure.high is not None and figure.low <= truths[name] <= figure.high
            found[row, column] = held, (figure.value or 0.0) - truths[name]
    return found


def tried(case: int, draws: int) -> Floats:
    """The means over draws."""
    found: Floats = np.mean([trial(case, draw) for draw in range(draws)], axis=0)
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        found = list(pool.map(partial(tried, draws=draws), range(len(CASES))))
    for column, name in enumerate(FIGURES):
        print(f"\n| {name} | holds the truth | off by | without weights: holds | off by |\n|---|---|---|---|---|")
        for (kind, way), one in zip(CASES, found, strict=True):
            (held, off), (plain, plainly) = one[0, column], one[1, column]
            print(f"| {kind}; {way} | {held:.3f} | {off:+.3f} | {plain:.3f} | {plainly:+.3f} |")
    weighted = np.array(found)[:, 0, :, 0]
    print(f"\n{draws} draws; with the weights from {weighted.min():.3f} to {weighted.max():.3f}")


if __name__ == "__main__":
    main()
