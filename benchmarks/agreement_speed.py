"""How fast are the figures of agreement? Prints a Markdown table.

    python benchmarks/agreement_speed.py [--rows 1000000] [--part all|agree|alpha|rows]

`agree`: everything on 10,000 items x 5 raters x 5 criteria with a judge, 10,000 resamples. `alpha`: Krippendorff's
alpha with its bootstrap against a loop over the `krippendorff` package; the loop runs over a sample of the very same
resamples (as counts of values, the package's fastest way in) and is extrapolated to all of them. `rows`: 1,000,000
ratings, time and peak memory.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time

import krippendorff
import numpy as np
import numpy.typing as npt

from hone.stats import BootstrapOptions, Level, Ratings, agreement_figures, krippendorff_alpha

Floats = npt.NDArray[np.float64]
RESAMPLES = 10_000
LOOPED = 20


def simulated(items: int, raters: int, seed: int) -> Floats:
    """Ratings on 1 to 5 around a true level, 5% missing."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, (items, 1))
    ratings = np.clip(truth + generator.integers(-1, 2, (items, raters)), 1, 5).astype(np.float64)
    return np.where(generator.random(ratings.shape) < 0.05, np.nan, ratings)


def everything(items: int, raters: int, criteria: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time, for every figure of people and one judge, with intervals."""
    names = [f"c{place}" for place in range(criteria)]
    people = {name: simulated(items, raters, place) for place, name in enumerate(names)}
    judges = {name: simulated(items, 1, 100 + place) for place, name in enumerate(names)}
    started, busy = time.perf_counter(), time.process_time()
    agreement_figures(
        Ratings(people, [f"r{place}" for place in range(raters)], "ordinal", judges, ["judge"]),
        BootstrapOptions(RESAMPLES),
    )
    return time.perf_counter() - started, time.process_time() - busy


def alpha_against_the_loop(level: Level, items: int = 10_000, raters: int = 5) -> tuple[float, float]:
    """Seconds for alpha with its bootstrap, and for the loop over the package (extrapolated)."""
    ratings = simulated(items, raters, 0)
    started = time.perf_counter()
    krippendorff_alpha(ratings, level, options=BootstrapOptions(RESAMPLES))
    ours = time.perf_counter() - started
    counts = np.stack([(ratings == value).sum(axis=1) for value in range(1, 6)], axis=1)
    generator = np.random.default_rng(0)
    started = time.perf_counter()
    for _ in range(LOOPED):
        drawn = counts[generator.integers(0, items, items)]
        krippendorff.alpha(value_counts=drawn, value_domain=[1, 2, 3, 4, 5], level_of_measurement=level)
    return ours, (time.perf_counter() - started) * RESAMPLES / LOOPED


def memory() -> float:
    """Peak memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["all", "agree", "alpha", "rows"], default="all")
    given = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, numpy {np.__version__}, {RESAMPLES} resamples\n")
    print("| what | seconds | beside |\n|---|---|---|")
    if given.part in ("all", "agree"):
        seconds, busy = everything(10_000, 5, 5)
        beside = f"{busy:.1f} s of processor time; peak memory {memory():.2f} GB"
        print(f"| all figures, 10,000 items x 5 raters x 5 criteria, 1 judge | {seconds:.1f} | {beside} |")
    if given.part in ("all", "alpha"):
        levels: tuple[Level, ...] = ("nominal", "ordinal", "interval")
        for level in levels:
            ours, loop = alpha_against_the_loop(level)
            beside = f"loop of the package {loop:.0f} s (from {LOOPED} resamples), {loop / ours:.0f} times"
            print(f"| {level} alpha, 10,000 items x 5 raters | {ours:.2f} | {beside} |")
    if given.part in ("all", "rows"):
        items = given.rows // 25
        seconds, busy = everything(items, 5, 5)
        beside = f"{busy:.1f} s of processor time; peak memory {memory():.2f} GB"
        print(f"| {items * 25:,} ratings ({items:,} items x 5 x 5), 1 judge | {seconds:.1f} | {beside} |")


if __name__ == "__main__":
    main()
