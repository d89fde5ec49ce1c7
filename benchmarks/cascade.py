"""A cascade of two recorded judges: what it costs and reaches at each threshold, and whether the stated bound holds.

    python benchmarks/cascade.py [--splits 200] [--into docs/results/cascade.md]

The 800 answers of khan_saq (../shared/data; HONE_TEST_DATA overrides), each scored by three people. First the
recorded votes of an 8B judge, or of another; then one recorded run of GPT-4o under the full rubric. Nothing is asked
of a model.

Bounds are checked against a truth that is known: the 800 answers stand for all there are, and a sample is drawn of
them. A claim "at most W of what it decides alone is wrong" is false where more than W of what reaches the threshold
among the 800 is wrong. Seeded.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import RUNS, WORDINGS, write_long_form  # noqa: E402
from benchmarks.tables import with_table  # noqa: E402

from hone.journey.cascade import replay_cascade  # noqa: E402
from hone.measuring import Reading, read_ratings  # noqa: E402
from hone.measuring.cascade import CascadeReplay, CascadeRule, SureScores, scores_by_votes  # noqa: E402
from hone.report.cascade import typed  # noqa: E402
from hone.report.wording import with_interval  # noqa: E402
from hone.stats import wilson  # noqa: E402
from hone.stats.deciding_alone import alone_bounds, lowest_that_holds, reaches  # noqa: E402

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SECOND = "GPT-4o Full 1"
THRESHOLDS, BOUNDS, HALVES = "## At each threshold", "## Does the bound hold?", "## On the other half"


class First(NamedTuple):
    """A first judge: its name on the page, and its recorded votes."""

    name: str
    votes: tuple[str, ...]


def votes(model: str, wordings: Sequence[str]) -> tuple[str, ...]:
    """The names of recorded votes."""
    return tuple(f"{model} {wording} {run}" for wording in wordings for run in RUNS)


FIRST = (
    First("8B, 3 wordings x 3 runs", votes("Llama 3.1 8b", WORDINGS)),
    First("8B, full rubric x 3 runs", votes("Llama 3.1 8b", WORDINGS[2:])),
    First("70B, 3 wordings x 3 runs", votes("Llama 3.1 70b", WORDINGS)),
)


def written(path: Path) -> None:
    """People's scores and every recorded vote that is used here, in long form."""
    wanted = {SECOND, *(vote for one in FIRST for vote in one.votes)}

    def named(row: Mapping[str, str], run: str) -> str | None:
        name = f"{row['model_name']} {row['rubric_type']} {run}"
        return name if name in wanted else None

    write_long_form(path, named)


def at_thresholds(found: Sequence[tuple[str, CascadeReplay]]) -> Iterator[str]:
    yield "| first judge | ask below | asked | wrong alone | at most | agreement | kappa |"
    yield "|---|---|---|---|---|---|---|"
    for name, replay in found:
        one = replay.criteria["correct"]
        if one.first is None or one.second is None:
            raise SystemExit("a judge has no figures")
        yield f"| {name} | never | 0% | | | {with_interval(one.first[0], 'accuracy')} | {one.first[1]:.3f} |"
        for each in reversed(one.thresholds):
            if each.bound is None or each.share.value is None or each.wrong.value is None:
                raise SystemExit("a threshold has no bound")
            marked = f"**{each.bound.bound:.1%}**" if each.bound.holds else f"{each.bound.bound:.1%}"
            yield (
                f"| | {typed(each.below)} | {1 - each.share.value:.0%} | {each.wrong.value:.1%} | {marked} | "
                f"{with_interval(each.accuracy, 'accuracy')} | {each.kappa:.3f} |"
            )
        yield f"| | always | 100% | | | {with_interval(one.second[0], 'accuracy')} | {one.second[1]:.3f} |"


class Claims(NamedTuple):
    """What came of many samples."""

    claimed: int
    """Samples of which some threshold was said to hold."""
    false: int
    """Of these, samples of which one that was said to hold does not."""
    alone: float
    """The mean share that the lowest threshold leaves to the first judge, where there is one."""
    other: int
    """Samples of which more is wrong on what was not drawn than was claimed, at the lowest threshold."""


def claims(
    certainty: Floats,
    wrong: Booleans,
    grid: Sequence[float],
    at_most: float,
    samples: Sequence[npt.NDArray[np.int64]],
) -> Claims:
    """Claims from samples, beside the truth of all answers."""
    truth = {below: float(wrong[reaches(certainty, below)].mean()) for below in grid}
    claimed = false = other = 0
    alone = []
    for sample in samples:
        bounds = alone_bounds(certainty[sample], wrong[sample], grid, at_most=at_most)
        lowest = lowest_that_holds(bounds)
        if lowest is None:
            continue
        claimed += 1
        false += any(one.holds and truth[one.threshold] > at_most for one in bounds)
        alone.append(float(reaches(certainty, lowest).mean()))
        rest = np.setdiff1d(np.arange(len(wrong)), sample)
        other += float(wrong[rest][reaches(certainty[rest], lowest)].mean()) > at_most
    return Claims(claimed, false, float(np.mean(alone)) if alone else 0.0, other)


def known(path: Path, one: First) -> tuple[Floats, Booleans, tuple[float, ...]]:
    """How sure a first judge is, where it is wrong, and the thresholds that its votes can reach."""
    collected = read_ratings(path, Reading("nominal"))
    scores: SureScores = scores_by_votes(collected, one.votes)["correct"]
    people = np.asarray(collected.ratings.people["correct"]).mean(axis=1) > 0.5
    heard = ~np.isnan(scores.levels)
    wrong = (scores.levels[heard] > 0.5) != people[heard]
    least = -(-scores.votes // 2)
    grid = tuple(count / scores.votes for count in range(least, scores.votes + 1))
    return scores.certainty[heard], wrong, grid


def bounds_held(path: Path, splits: int) -> tuple[list[str], list[str]]:
    """Both tables: samples with replacement beside the truth, and halves beside the other half."""
    held = ["| first judge | rated | at most | true share at the nearest threshold | claimed | false claims | held |"]
    halves = ["| first judge | at most | claimed | false of all 800 | more on the other half | decided alone |"]
    held.append("|---|---|---|---|---|---|---|")
    halves.append("|---|---|---|---|---|---|")
    total = [0, 0]
    for one in FIRST:
        certainty, wrong, grid = known(path, one)
        truth = [float(wrong[reaches(certainty, below)].mean()) for below in grid]
        # Where the truth lies just above the claim, a false claim is likeliest.
        for at_most in sorted({0.1, *(np.floor(share * 200) / 200 for share in truth)}):
            if not 0 < at_most < 1:
                continue
            near = min((share for share in truth if share > at_most), default=max(truth))
            for size in (200, 400):
                draw = np.random.default_rng([7, size])
                samples = [draw.integers(0, len(wrong), size) for _ in range(splits)]
                came = claims(certainty, wrong, grid, at_most, samples)
                total = [total[0] + splits, total[1] + came.false]
                share = wilson(splits - came.false, splits)
                held.append(
                    f"| {one.name} | {size} | {at_most:.1%} | {near:.1%} | {came.claimed} of {splits} | "
                    f"{came.false} | {with_interval(share, 'accuracy')} |"
                )
            draw = np.random.default_rng(11)
            samples = [draw.permutation(len(wrong))[: len(wrong) // 2] for _ in range(splits)]
            came = claims(certainty, wrong, grid, at_most, samples)
            halves.append(
                f"| {one.name} | {at_most:.1%} | {came.claimed} of {splits} | {came.false} | {came.other} | "
                f"{came.alone:.0%} |"
            )
    every = wilson(total[0] - total[1], total[0])
    held.append(f"| all | | | | | {total[1]} of {total[0]:,} | {with_interval(every, 'accuracy')} |")
    return held, halves


def main() -> int:
    """Measure, print, and put the tables into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--into", type=Path, help="the page whose tables are replaced")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "ratings.csv"
        written(path)
        found = [
            (one.name, replay_cascade(path, first=one.votes, then=SECOND, level="nominal", rule=CascadeRule()))
            for one in FIRST
        ]
        held, halves = bounds_held(path, chosen.splits)
    tables = {THRESHOLDS: list(at_thresholds(found)), BOUNDS: held, HALVES: halves}
    for heading, lines in tables.items():
        print("\n".join([heading, "", *lines, ""]))
    if chosen.into:
        page = chosen.into.read_text(encoding="utf-8")
        for heading, lines in tables.items():
            page = with_table(page, heading, lines)
        chosen.into.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
