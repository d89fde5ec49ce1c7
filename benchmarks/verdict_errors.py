"""How often a judge that is too far below a person is called as good as one, and how often a good one is.

    python benchmarks/verdict_errors.py [--draws 500] [--items 12,20,29,30,50,100] [--resamples 1000]

Random subsets of the 800 answers of khan_saq (../shared/data; HONE_TEST_DATA overrides): what holds on all 800 is
taken for the truth. Of a judge whose gap lies beyond the margin, "better" and "as good" are false; the verdict keeps
to 5% of them where the count is compatible with a binomial of 5%.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import binom

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.published import folder, write  # noqa: E402 - the converters stand beside the tests that use them

from hone.measuring import read_ratings  # noqa: E402
from hone.stats import BootstrapOptions, Ratings, VerdictRule, agreement_figures  # noqa: E402


def part(ratings: Ratings, rows: np.ndarray, judges: list[int]) -> Ratings:
    """The ratings of some items and judges."""
    return Ratings(
        people={name: table[rows] for name, table in ratings.people.items()},
        raters=ratings.raters,
        level=ratings.level,
        judges={name: table[np.ix_(rows, judges)] for name, table in ratings.judges.items()},
        judge_names=[ratings.judge_names[place] for place in judges],
    )


def chosen(gaps: dict[str, float], margin: float) -> list[str]:
    """The best judge, the two that lie beyond the margin by the least, and the worst."""
    ordered = sorted(gaps, key=lambda name: gaps[name], reverse=True)
    beyond = [name for name in ordered if gaps[name] < -margin]
    return [ordered[0], *beyond[:2], ordered[-1]]


def main() -> None:
    """Print the table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--items", default="12,20,29,30,50,100")
    parser.add_argument("--resamples", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = write("khan_saq", Path(place) / "khan.csv", folder())
        whole = read_ratings(path).ratings
    options = BootstrapOptions(resamples=given.resamples)
    everything = np.arange(len(next(iter(whole.people.values()))))
    known = agreement_figures(part(whole, everything, list(range(len(whole.judge_names)))), options).overall.judges
    gaps = {name: one.verdict.gap.value for name, one in known.items() if one.verdict.gap.value is not None}
    judges = [whole.judge_names.index(name) for name in chosen(gaps, VerdictRule().margin)]
    truth = {whole.judge_names[place]: known[whole.judge_names[place]] for place in judges}
    margin = VerdictRule().margin
    print(f"{platform.machine()}, {given.draws} draws, {given.resamples} resamples, margin {margin:g}\n")
    print(
        "| judge | gap on all 800 | items | better or as good | worse | not shown | |\n|---|---|---|---|---|---|---|"
    )
    for items in map(int, given.items.split(",")):
        counts = {name: {"better": 0, "as good": 0, "worse": 0, "not shown": 0, "no ceiling": 0} for name in truth}
        generator = np.random.default_rng(items)
        for _ in range(given.draws):
            rows = np.sort(generator.choice(everything, items, replace=False))
            for name, found in agreement_figures(part(whole, rows, judges), options).overall.judges.items():
                counts[name][found.verdict.outcome] += 1
        for name, count in counts.items():
            gap = truth[name].verdict.gap.value or 0.0
            called = count["better"] + count["as good"]
            allowed = binom.ppf(0.999, given.draws, 0.05)
            says = "" if gap >= -margin else "within 5%" if called <= allowed else "MORE THAN 5%"
            shares = (called, count["worse"], count["not shown"])
            cells = " | ".join(f"{one / given.draws:.1%}" for one in shares)
            print(f"| {name} | {gap:+.3f} | {items} | {cells} | {says} |", flush=True)


if __name__ == "__main__":
    main()
