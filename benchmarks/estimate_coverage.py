"""How often do the intervals of `hone estimate` hold the truth? Simulated, seeded; prints a Markdown table.

    python benchmarks/estimate_coverage.py [--draws 2000]

A judge scores 2,000 items more than people rate. Shares: a truth of yes with the chance in the table, and a judge
that misses some and cries wolf at others. Groups: each of 100 groups holds 10 items with an effect of their own on
the truth and on the judge's error; people rate all items of some groups. Over 2,000 draws chance alone moves a share
of 0.95 by 0.010 (two standard errors).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from hone.stats import Evidence, Figure, ScoreRange, estimate_difference, estimate_mean

REST = 2000
SHARE = ScoreRange(0.0, 1.0, share=True)
Drawn = tuple[Figure, float]


def share(rated: int, chance: float, missed: float, wolf: float, generator: np.random.Generator) -> Drawn:
    """The corrected share of yes."""
    truth, said = _yes(rated + REST, chance, missed, wolf, generator)
    return estimate_mean(Evidence(truth[:rated], said[:rated], said[rated:], scale=SHARE)).corrected, chance


def gap(rated: int, chance: float, missed: float, wolf: float, generator: np.random.Generator) -> Drawn:
    """The corrected difference of two models' shares; the second is right in 5 of 100 items more seldom."""
    parts = []
    truth, said = _yes(rated + REST, chance, missed, wolf, generator)
    other = np.where(generator.random(len(truth)) < 0.05, 0.0, truth)
    heard = np.where(other == truth, said, generator.random(len(truth)) < wolf)
    for one, judge in ((truth, said), (other, heard)):
        parts.append(Evidence(one[:rated], judge[:rated], judge[rated:], scale=SHARE))
    return estimate_difference(*parts).corrected, 0.05 * chance


def mean(rated: int, noise: float, generator: np.random.Generator) -> Drawn:
    """The corrected mean of measurements, by a lenient judge."""
    truth = generator.normal(2, 1, rated + REST)
    judge = truth + 0.4 + generator.normal(0, noise, len(truth))
    return estimate_mean(Evidence(truth[:rated], judge[:rated], judge[rated:])).corrected, 2.0


def grouped(groups: int, effect: float, yes: bool, generator: np.random.Generator) -> Drawn:
    """The corrected mean, or share, of items in groups of 10, whole groups rated."""
    group = np.repeat(np.arange(100), 10)
    truth = generator.normal(0, effect, 100)[group] + generator.normal(0, 1, 1000)
    judge = truth + 0.4 + generator.normal(0, effect / 2, 100)[group] + generator.normal(0, 0.6, 1000)
    scale, expected = None, 0.0
    if yes:
        truth, judge, scale, expected = (truth > 0) * 1.0, (judge > 0) * 1.0, SHARE, 0.5
    rated = group < groups
    names = group.astype(str)
    evidence = Evidence(
        truth[rated], judge[rated], judge[~rated], None, None, names[rated].tolist(), names[~rated].tolist(), scale
    )
    return estimate_mean(evidence).corrected, expected


def _yes(
    items: int, chance: float, missed: float, wolf: float, generator: np.random.Generator
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    truth = (generator.random(items) < chance).astype(np.float64)
    luck = generator.random(items)
    return truth, np.where(truth == 1, luck >= missed, luck < wolf).astype(np.float64)


ERRORS = ((0.15, 0.15), (0.05, 0.05), (0.0, 0.1), (0.1, 0.0), (0.4, 0.0))
CASES: dict[str, Callable[[np.random.Generator], Drawn]] = {
    **{
        f"share {chance:g}, misses {missed:g}, cries wolf {wolf:g}, n = {rated}": partial(
            share, rated, chance, missed, wolf
        )
        for rated in (30, 100)
        for chance in (0.03, 0.1, 0.3, 0.5, 0.9, 0.97)
        for missed, wolf in ERRORS
    },
    **{
        f"difference of shares, {chance:g}, errors 0.1, n = {rated}": partial(gap, rated, chance, 0.1, 0.1)
        for rated in (30, 100)
        for chance in (0.1, 0.5, 0.9)
    },
    **{f"mean, noise {noise:g}, n = {n}": partial(mean, n, noise) for n in (30, 100) for noise in (0.3, 0.6, 2)},
    **{
        f"{'share' if yes else 'mean'} in groups, {count} rated, effect {effect:g}": partial(
            grouped, count, effect, yes
        )
        for count in (5, 8, 14, 20)
        for effect in (0.3, 1)
        for yes in (False, True)
    },
}


def coverage(name: str, draws: int) -> float:
    """The share of draws whose interval holds the truth."""
    held = 0
    for draw in range(draws):
        figure, truth = CASES[name](np.random.default_rng([draw, len(name)]))
        if figure.low is None or figure.high is None:
            raise ValueError(f"{name}: no interval ({figure.reason})")
        held += figure.low <= truth <= figure.high
    return held / draws


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        found = dict(zip(CASES, pool.map(partial(coverage, draws=draws), CASES), strict=True))
    print("| interval | holds the truth |\n|---|---|")
    for name, one in found.items():
        print(f"| {name} | {one:.3f} |")
    print(f"\n{draws} draws; the least is {min(found.values()):.3f}")


if __name__ == "__main__":
    main()
