"""How often a judge that is too far below a person is called as good as one, and how often a good one is.

    python benchmarks/verdict_errors.py [--part khan|simulated|shifted|all] [--draws 500] [--items 12,20,29,30,50,100]
        [--into docs/results/verdict_errors.md]

`khan`: random subsets of the 800 answers of khan_saq (../shared/data; HONE_TEST_DATA overrides), where what holds on
all 800 is taken for the truth; of 2 people, one of the three is dropped at random in each draw, and the true gap is
the mean over the three pairs. `simulated`: people and a judge who slip from a true level with a known chance, so
that the true gap is known; the judge beyond the margin lies just beyond it, where it is the hardest to tell.
`shifted`: measurements, and a judge who orders as people do and scores all of them too high; its true gap is that of
nearness.
Each judge is the only one of its file. Of a judge beyond the margin, "better" and "as good" are false; a cell keeps
to 5% where the count is compatible with a binomial of 5%.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.tables import with_table  # noqa: E402
from tests.published import folder, write  # noqa: E402 - the converters stand beside the tests that use them

from hone.measuring import read_ratings  # noqa: E402
from hone.stats import BootstrapOptions, Level, Ratings, VerdictRule, judge_verdicts, wilson  # noqa: E402

Floats = npt.NDArray[np.float64]
PEOPLE_SLIP = 0.1
"""How often a person does not give the true level."""
NOISE = 0.5
"""How far a measurement lies from the true one, in standard deviations of these."""
BEYOND = 0.005
"""How far beyond the margin a simulated judge lies."""
MANY = 200_000
"""Items on which a simulated judge's true gap is known."""


@dataclass(frozen=True)
class SimulatedScale:
    """What is scored."""

    name: str
    level: Level
    chances: tuple[float, ...]
    """How often each level is the true one."""


SCALES = (
    SimulatedScale("yes or no", "nominal", (0.5, 0.5)),
    SimulatedScale("yes or no, 1 in 5 yes", "nominal", (0.8, 0.2)),
    SimulatedScale("1 to 5", "ordinal", (0.1, 0.2, 0.3, 0.25, 0.15)),
)


def part(ratings: Ratings, rows: npt.NDArray[np.int64], judges: list[int], people: list[int]) -> Ratings:
    """The ratings of some items, judges and people."""
    return Ratings(
        people={name: np.asarray(table)[rows][:, people] for name, table in ratings.people.items()},
        raters=[ratings.raters[place] for place in people],
        level=ratings.level,
        judges={name: np.asarray(table)[rows][:, judges] for name, table in (ratings.judges or {}).items()},
        judge_names=[ratings.judge_names[place] for place in judges],
    )


def chosen(gaps: dict[str, list[float]], margin: float) -> list[str]:
    """The best judge, the two that lie beyond the margin by the least, whoever rates, and the worst."""
    ordered = sorted(gaps, key=lambda name: float(np.mean(gaps[name])), reverse=True)
    beyond = [name for name in ordered if max(gaps[name]) < -margin]
    return [ordered[0], *beyond[:2], ordered[-1]]


def slipped(
    generator: np.random.Generator, truth: npt.NDArray[np.int64], chance: float, scale: SimulatedScale
) -> Floats:
    """Scores that miss the true level this often: by one level on a scale in order, by any on others."""
    top = len(scale.chances) - 1
    step = generator.choice((-1, 1), truth.shape)
    other = np.clip(truth + step, 0, top) if scale.level == "ordinal" else top - truth
    return np.where(generator.random(truth.shape) < chance, other, truth).astype(np.float64)


def simulated(generator: np.random.Generator, scale: SimulatedScale, items: int, people: int, slip: float) -> Ratings:
    """One set of ratings, with one judge that slips this often."""
    truth = generator.choice(len(scale.chances), items, p=scale.chances)
    seen = slipped(generator, np.repeat(truth[:, None], people, axis=1), PEOPLE_SLIP, scale)
    judge = slipped(generator, truth[:, None], slip, scale)
    return Ratings({"c": seen}, [f"p{place}" for place in range(people)], scale.level, {"c": judge}, ["j"])


def gap_on(ratings: Ratings) -> float:
    """The gap of the one judge of a file."""
    ((verdict,),) = ([*one.values()] for one in judge_verdicts(ratings, BootstrapOptions(100)).values())
    return float("nan") if verdict.gap.value is None else verdict.gap.value


def true_gap(scale: SimulatedScale, people: int, slip: float) -> float:
    """The gap of a simulated judge on very many items."""
    return gap_on(simulated(np.random.default_rng(0), scale, MANY, people, slip))


def slip_for(scale: SimulatedScale, people: int, gap: float) -> float:
    """How often a judge slips whose true gap is this."""
    low, high = 0.0, 0.6
    for _ in range(9):
        middle = (low + high) / 2
        low, high = (middle, high) if true_gap(scale, people, middle) > gap else (low, middle)
    return (low + high) / 2


def outcomes(
    draw: Callable[[np.random.Generator], Ratings], given: argparse.Namespace, seed: list[int]
) -> Counter[str]:
    """How often each verdict was given."""
    generator = np.random.default_rng(seed)
    options = BootstrapOptions(resamples=given.resamples)
    found: Counter[str] = Counter()
    for _ in range(given.draws):
        ((verdict,),) = ([*one.values()] for one in judge_verdicts(draw(generator), options).values())
        found[verdict.outcome] += 1
    return found


def line(cells: list[str], gap: float, items: int, count: Counter[str], draws: int) -> str:
    """One row of a table."""
    margin = VerdictRule().margin
    called = count["better"] + count["as good"]
    share = wilson(called, draws)
    says = "" if gap >= -margin else "within 5%" if called <= binom.ppf(0.99, draws, 0.05) else "MORE THAN 5%"
    below = count["worse"] + count["other scores"]
    others = {"below": below, "not shown": draws - called - below}
    rest = " | ".join(f"{many / draws:.1%}" for many in others.values())
    interval = f"{called / draws:.1%} ({share.low or 0:.1%} to {share.high or 0:.1%})"
    return f"| {' | '.join(cells)} | {gap:+.3f} | {items} | {interval} | {rest} | {says} |"


HEADINGS = {
    "khan": "Random subsets of khan_saq",
    "simulated": "Simulated people and judges",
    "shifted": "A judge whose scores lie elsewhere",
}
HEAD = "true gap | items | better or as good (95% interval) | worse, or other scores | not shown | |"


def khan(given: argparse.Namespace) -> Iterator[str]:
    """Subsets of khan_saq."""
    with tempfile.TemporaryDirectory() as place:
        whole = read_ratings(write("khan_saq", Path(place) / "khan.csv", folder())).ratings
    everything = np.arange(len(np.asarray(next(iter(whole.people.values())))))
    yield f"| judge | people | {HEAD}\n|---|---|---|---|---|---|---|---|"
    for people in (3, 2):
        seatings = [list(seats) for seats in combinations(range(3), people)]
        gaps: dict[str, list[float]] = {}
        for judge, name in enumerate(whole.judge_names):
            gaps[name] = [gap_on(part(whole, everything, [judge], seats)) for seats in seatings]
        for name in chosen(gaps, VerdictRule().margin):
            judge = whole.judge_names.index(name)
            for items in given.items:

                def draw(
                    generator: np.random.Generator,
                    items: int = items,
                    judge: int = judge,
                    seatings: list[list[int]] = seatings,
                ) -> Ratings:
                    seats = seatings[generator.integers(len(seatings))]
                    rows = np.sort(generator.choice(everything, items, replace=False))
                    return part(whole, rows, [judge], seats)

                count = outcomes(draw, given, [items, people])
                yield line([name, str(people)], float(np.mean(gaps[name])), items, count, given.draws)


def simulations(given: argparse.Namespace) -> Iterator[str]:
    """People and a judge that slip."""
    yield f"| scale | people | {HEAD}\n|---|---|---|---|---|---|---|---|"
    for scale in SCALES:
        for people in (2, 3, 5):
            beyond = slip_for(scale, people, -VerdictRule().margin - BEYOND)
            for slip in (beyond, PEOPLE_SLIP):
                gap = true_gap(scale, people, slip) if slip == beyond else 0.0
                for items in given.items:

                    def draw(
                        generator: np.random.Generator,
                        items: int = items,
                        scale: SimulatedScale = scale,
                        people: int = people,
                        slip: float = slip,
                    ) -> Ratings:
                        return simulated(generator, scale, items, people, slip)

                    count = outcomes(draw, given, [items, people, slip == beyond])
                    yield line([scale.name, str(people)], gap, items, count, given.draws)


def shifted(generator: np.random.Generator, items: int, people: int, shift: float) -> Ratings:
    """Measurements of people, and of a judge who is as exact and too high by this much."""
    truth = generator.normal(0, 1, (items, 1))
    seen = truth + generator.normal(0, NOISE, (items, people))
    judge = truth + generator.normal(0, NOISE, (items, 1)) + shift
    return Ratings({"c": seen}, [f"p{place}" for place in range(people)], "interval", {"c": judge}, ["j"])


def shifts(given: argparse.Namespace) -> Iterator[str]:
    """A judge of measurements who is too high."""
    yield f"| shift | people | {HEAD}\n|---|---|---|---|---|---|---|---|"
    for people in (2, 3, 5):
        room = 2 * (1 + NOISE**2 / (people - 1))  # twice the variance of the others' mean, as nearness has it
        for gap in (-VerdictRule().margin - BEYOND, 0.0):
            shift = (-gap * room) ** 0.5
            for items in given.items:

                def draw(
                    generator: np.random.Generator, items: int = items, people: int = people, shift: float = shift
                ) -> Ratings:
                    return shifted(generator, items, people, shift)

                count = outcomes(draw, given, [items, people, gap < 0])
                yield line([f"{shift:+.2f} SD", str(people)], gap, items, count, given.draws)


def main() -> None:
    """Print the tables, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("khan", "simulated", "shifted", "all"), default="all")
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument(
        "--items", type=lambda text: [int(one) for one in text.split(",")], default=[12, 20, 29, 30, 50, 100]
    )
    parser.add_argument("--resamples", type=int, default=500)
    parser.add_argument("--into", type=Path, help="a page, whose table under the part's heading is replaced")
    given = parser.parse_args()
    started = time.perf_counter()
    print(f"{platform.machine()}, {given.draws} draws, {given.resamples} resamples, margin {VerdictRule().margin:g}")
    for name, table in (("khan", khan), ("simulated", simulations), ("shifted", shifts)):
        if given.part in (name, "all"):
            print(flush=True)
            rows = []
            for row in table(given):
                print(row, flush=True)
                rows.append(row)
            if given.into:
                given.into.write_text(
                    with_table(given.into.read_text(encoding="utf-8"), f"## {HEADINGS[name]}", rows)
                )
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
