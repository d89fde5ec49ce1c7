"""How often do the intervals hold the truth? Simulated, seeded; prints a Markdown table.

    python benchmarks/coverage.py [--draws 1000] [--resamples 2000] [--items 200 30] [--groups 0 20 -1]
        [--rows "gwet ac2" "paired cohen_kappa"] [--into docs/results/coverage.md]

Data are drawn from a model whose true kappa, alpha, correlation and means are known exactly, an interval is made from
each draw, and the share of intervals that hold the truth is counted. A share of 0.95 is right; over 1,000 draws
chance alone moves it by 0.014 (two standard errors). With groups, raters slip less on the items of one half of the
groups and more on those of the other; -1 stands for 5 to 14 groups, as many a draw.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hone.stats import (
    BootstrapOptions,
    Evidence,
    Figure,
    Ratings,
    ScoreRange,
    estimate_mean,
    judge_verdicts,
    paired_agreement,
)
from hone.stats.alpha import alpha_block
from hone.stats.blocks import MomentBlock
from hone.stats.bootstrap import figure_of, resample
from hone.stats.closeness import closeness
from hone.stats.icc import icc_block
from hone.stats.levels import LEVEL_NAMES, level_block, membership_of
from hone.stats.orders import order_blocks
from hone.stats.raters import rater_block
from hone.stats.sampling import sampling_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LEVELS = np.arange(5.0)
PRIOR = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
SLIPS = {"person": (0.15, 0.7, 0.15), "weak": (0.25, 0.5, 0.25)}
"""The chance that a rater is one level too low, right, one too high."""
CORRELATION = 0.6
PERSON_NOISE, JUDGE_NOISE, SHIFT = 0.5, 0.7, 0.3
"""How far measurements lie from the true ones, in their standard deviations; and how much too high the judge is."""
FEW = (5, 14)
"""How many groups -1 stands for."""
SHARE = ScoreRange(0.0, 1.0, share=True)
PAIRED = (LEVEL_NAMES[0], "cohen_kappa", "weighted_kappa")


def drawn(generator: np.random.Generator, items: int, kinds: tuple[str, ...]) -> Floats:
    """Scores of raters of these kinds, shape (items, raters)."""
    truth = generator.choice(5, size=items, p=PRIOR)
    slips = [generator.choice((-1, 0, 1), size=items, p=SLIPS[kind]) for kind in kinds]
    scores: Floats = np.clip(truth + np.array(slips), 0, 4).T.astype(np.float64)
    return scores


def grouped(generator: np.random.Generator, items: int, raters: int, groups: int) -> tuple[Floats, Integers]:
    """Scores of people who slip more in some groups, shape (items, raters), and the group of each item."""
    many = groups if groups > 0 else int(generator.integers(FEW[0], FEW[1] + 1))
    cluster = np.arange(items) % many
    weak = (generator.random(many) < 0.5)[cluster]
    easy, hard = (drawn(generator, items, (kind,) * raters) for kind in ("person", "weak"))
    return np.where(weak[:, None], hard, easy), cluster


def enumerated(kinds: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Every possible row of scores and its probability."""
    rows, chances = [], []
    for truth, *slips in product(range(5), *[(-1, 0, 1)] * len(kinds)):
        chance = PRIOR[truth] * math.prod(SLIPS[kind][slip + 1] for kind, slip in zip(kinds, slips, strict=True))
        rows.append([float(np.clip(truth + slip, 0, 4)) for slip in slips])
        chances.append(chance)
    return np.array(rows), np.array(chances)


def mixed(raters: int) -> tuple[Floats, Floats]:
    """The same for items of groups."""
    easy, hard = (enumerated((kind,) * raters) for kind in ("person", "weak"))
    return np.concatenate([easy[0], hard[0]]), np.concatenate([easy[1], hard[1]]) / 2


def blocks(rows: Floats, copies: Integers) -> dict[str, MomentBlock]:
    """The statistics of raters whose scores are these."""
    members = membership_of(rows.astype(np.int64), 5)
    kappas = level_block(members[:, 0], members[:, 1], LEVELS, copies)
    orders = order_blocks(rows[:, 0], rows[:, 1], copies)[0]
    if not isinstance(orders, MomentBlock):
        raise TypeError("five levels make a table of counts")
    codes = rows.astype(np.int64)
    alphas = {level: alpha_block(rows, codes, 5, level, copies) for level in ("nominal", "ordinal", "interval")}
    others = {"raters": rater_block(codes, LEVELS, copies), "icc": icc_block(rows, copies)}
    return {"kappa": kappas, "orders": orders, **others, **{f"alpha_{level}": one for level, one in alphas.items()}}


def label(key: str, name: str) -> str:
    """How a statistic is called in the table."""
    return key.replace("_", " ") if key.startswith("alpha") else name.replace("_", " ")


def agreement_truths(rows: Floats, chances: Floats) -> dict[str, float]:
    """What the statistics of raters tend to whose rows of scores have these chances."""
    found: dict[str, float] = {}
    for key, block in blocks(rows, np.ones(len(rows), dtype=np.int64)).items():
        values = block.finish((chances @ block.moments * 1e9)[None, :])[0]
        found |= {label(key, name): float(value) for name, value in zip(block.names, values, strict=True)}
    return found


def true_gap(kinds: tuple[str, ...]) -> float:
    """The gap of the last of these raters to the others, on very many items."""
    rows = drawn(np.random.default_rng(0), 400_000, kinds)
    value = gap_of(rows, None, BootstrapOptions(100)).value
    return math.nan if value is None else value


def gap_of(rows: Floats, clusters: Integers | None, options: BootstrapOptions) -> Figure:
    """The gap of the last rater, a judge, to the others."""
    names = [str(place) for place in range(rows.shape[1] - 1)]
    groups = None if clusters is None else clusters.tolist()
    ratings = Ratings({"c": rows[:, :-1]}, names, "ordinal", {"c": rows[:, -1:]}, ["j"], groups)
    return judge_verdicts(ratings, options)["c"]["j"].gap


def truths() -> dict[str, float]:
    """What each statistic tends to with ever more items."""
    found = agreement_truths(*enumerated(("person", "person", "person")))
    paired, chances = enumerated(("person", "weak", "person"))
    members = membership_of(paired.astype(np.int64), 5)
    ones = np.ones(len(paired), dtype=np.int64)
    sides = [level_block(members[:, place], members[:, 2], LEVELS, ones) for place in (0, 1)]
    first, second = (side.finish((chances @ side.moments)[None, :])[0] for side in sides)
    found |= {
        f"paired {name}": float(first[LEVEL_NAMES.index(name)] - second[LEVEL_NAMES.index(name)]) for name in PAIRED
    }
    found |= {f"grouped {name}": value for name, value in agreement_truths(*mixed(3)).items()}
    found |= measured_truths()
    found |= {"gap": true_gap(("person", "person", "person", "weak")), "grouped gap": 0.0}
    return found | {"spearman measured": 6 / math.pi * math.asin(CORRELATION / 2), "ppi mean": 2.0, "ppi share": 0.3}


def agreement_figures(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """Kappas, alphas and rank correlations of one draw."""
    rows = drawn(generator, items, ("person", "person", "person"))
    sampling, kept = sampling_of(rows, None)
    found = blocks(rows[kept], sampling.row_copies)
    draws = resample([((key,), block) for key, block in found.items()], sampling, options)
    return {
        label(key, name): figure_of(draws, ((key,), name)) for key, block in found.items() for name in block.names
    }


def measured_figures(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """Spearman's correlation of measurements without ties."""
    rows = generator.multivariate_normal((0, 0), ((1, CORRELATION), (CORRELATION, 1)), size=items)
    sampling, kept = sampling_of(rows, None)
    found = order_blocks(rows[kept, 0], rows[kept, 1], sampling.row_copies)
    draws = resample([(("orders",), block) for block in found], sampling, options)
    return {"spearman measured": figure_of(draws, (("orders",), "spearman"))} | of_measurements(
        generator, items, options
    )


def of_measurements(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """Both gaps of a judge of measurements to three people, and how far it is from their mean."""
    truth = generator.normal(0, 1, (items, 1))
    people = truth + generator.normal(0, PERSON_NOISE, (items, 3))
    judge = truth + generator.normal(0, JUDGE_NOISE, (items, 1)) + SHIFT
    verdict = judge_verdicts(Ratings({"c": people}, list("abc"), "interval", {"c": judge}, ["j"]), options)["c"]["j"]
    near = closeness(judge[:, 0], people.mean(axis=1), None, options.confidence)
    found = {"gap pearson": verdict.gap, "gap nearness": verdict.nearness, "mae": near.mae, "rmse": near.rmse}
    return {name: figure for name, figure in found.items() if figure is not None}


def measured_truths() -> dict[str, float]:
    """What `of_measurements` tends to."""
    others = 1 + PERSON_NOISE**2 / 2
    person, judge = (1 / math.sqrt((1 + noise**2) * others) for noise in (PERSON_NOISE, JUDGE_NOISE))
    spread = math.sqrt(JUDGE_NOISE**2 + PERSON_NOISE**2 / 3)
    folded = spread * math.sqrt(2 / math.pi) * math.exp(-(SHIFT**2) / (2 * spread**2))
    return {
        "gap pearson": judge - person,
        "gap nearness": (PERSON_NOISE**2 - JUDGE_NOISE**2 - SHIFT**2) / (2 * others),
        "mae": folded + SHIFT * math.erf(SHIFT / (spread * math.sqrt(2))),
        "rmse": math.sqrt(spread**2 + SHIFT**2),
    }


def corrected_figures(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """PPI++ means of measurements and of yes and no, with a biased judge and 2,000 more items."""
    confidence = options.confidence
    truth = generator.normal(2, 1, items + 2000)
    judge = truth + 0.4 + generator.normal(0, 0.6, len(truth))
    yes = (generator.random(len(truth)) < 0.3).astype(float)
    said = np.where(generator.random(len(truth)) < 0.15, 1 - yes, yes)
    parts = {"ppi mean": (truth, judge), "ppi share": (yes, said)}
    return {
        key: estimate_mean(
            Evidence(people[:items], scores[:items], scores[items:], scale=SHARE if key == "ppi share" else None),
            confidence,
        ).corrected
        for key, (people, scores) in parts.items()
    }


def paired_figures(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """Differences of a better and a weaker judge; and the test's p value where both are as good."""
    rows = drawn(generator, items, ("person", "weak", "person"))
    found = {
        f"paired {name}": paired_agreement(
            rows[:, 0], rows[:, 1], rows[:, 2], "ordinal", name, None, options
        ).difference
        for name in PAIRED
    }
    one, other, person = drawn(generator, items, ("weak", "weak", "person")).T
    p_value = paired_agreement(one, other, person, "ordinal", "weighted_kappa", None, options).p_value
    return found | {"rejected": Figure(p_value, None, None, items)}


def gap_figures(generator: np.random.Generator, items: int, options: BootstrapOptions) -> dict[str, Figure]:
    """The gap of a weaker judge to three people."""
    return {"gap": gap_of(drawn(generator, items, ("person", "person", "person", "weak")), None, options)}


def grouped_figures(
    generator: np.random.Generator, items: int, options: BootstrapOptions, groups: int
) -> dict[str, Figure]:
    """Kappas, alphas, correlations and the gap of one draw, where items belong to groups."""
    rows, clusters = grouped(generator, items, 4, groups)
    sampling, kept = sampling_of(rows, clusters)
    found = blocks(rows[kept, :3], sampling.row_copies)
    draws = resample([((key,), block) for key, block in found.items()], sampling, options)
    figures = {
        f"grouped {label(key, name)}": figure_of(draws, ((key,), name))
        for key, block in found.items()
        for name in block.names
    }
    return figures | {"grouped gap": gap_of(rows, clusters, options)}


KINDS: Mapping[str, Callable[[np.random.Generator, int, BootstrapOptions], dict[str, Figure]]] = {
    "agreement": agreement_figures,
    "measured": measured_figures,
    "corrected": corrected_figures,
    "paired": paired_figures,
    "gap": gap_figures,
}


def kind_of(row: str) -> str:
    """Which kind of draw a row of the table takes."""
    own = {"gap": "gap", "rejected": "paired", "spearman measured": "measured"} | dict.fromkeys(
        measured_truths(), "measured"
    )
    beginnings = {"paired": "paired", "ppi": "corrected"}
    return own.get(row) or beginnings.get(row.partition(" ")[0], "agreement")


def one_draw(items: int, resamples: int, groups: int, rows: frozenset[str] | None, seed: int) -> dict[str, bool]:
    """Whether each interval of one draw holds the truth; `rejected` is whether the test rejects a true null."""
    held: dict[str, bool] = {}
    kinds = dict(KINDS)
    if groups:
        kinds = {"grouped": partial(grouped_figures, groups=groups)}
    for place, (name, kind) in enumerate(kinds.items()):
        if rows is not None and not groups and name not in map(kind_of, rows):
            continue
        generator = np.random.default_rng([seed, items, place])
        for key, found in kind(generator, items, BootstrapOptions(resamples=resamples, seed=seed)).items():
            if rows is not None and key.removeprefix("grouped ") not in rows:
                continue
            if key == "rejected":
                held[key] = found.value is not None and found.value <= 0.05
            elif found.low is not None and found.high is not None:
                held[key] = found.low <= TRUTHS[key] <= found.high
    return held


TRUTHS = truths()


def coverage(
    items: int,
    draws: int,
    resamples: int,
    workers: int = 1,
    groups: int = 0,
    rows: frozenset[str] | None = None,
) -> dict[str, float]:
    """The share of draws whose interval holds the truth, by statistic: of these rows, or of all."""
    work = partial(one_draw, items, resamples, groups, rows)
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            results = list(pool.map(work, range(draws), chunksize=20))
    else:
        results = [work(seed) for seed in range(draws)]
    keys = list(dict.fromkeys(key for result in results for key in result))
    return {key: float(np.mean([result[key] for result in results if key in result])) for key in keys}


HEADING, GROUPED_HEADING = (
    "# How often the intervals hold the truth",
    "## With groups, and every figure that is printed",
)
Shares = Mapping[tuple[int, int], Mapping[str, float]]
"""By groups and items, the share of each row."""


def without_groups(found: Shares) -> list[str]:
    """A table with the truth beside the shares, of one kind of groups."""
    lines = ["| interval | truth |" + "".join(f" n = {items} |" for _, items in found)]
    lines.append("|---|---|" + "---|" * len(found))
    for key in next(iter(found.values())):
        truth = "p <= 0.05 under the null" if key == "rejected" else f"{TRUTHS[key]:.4f}"
        shares = "".join(f" {column.get(key, math.nan):.3f} |" for column in found.values())
        lines.append(f"| {key.removeprefix('grouped ')} | {truth} |{shares}")
    return lines


def with_groups(found: Shares) -> list[str]:
    """A table with a column for each kind of groups and number of items."""
    heads, before = [], None
    for groups, items in found:
        many = {0: "no groups", -1: f"{FEW[0]} to {FEW[1]} groups"}.get(groups, f"{groups} groups")
        heads.append(f"n = {items}" if groups == before else f"{many}: n = {items}")
        before = groups
    plain = [{key.removeprefix("grouped "): share for key, share in column.items()} for column in found.values()]
    lines = [f"| interval | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for key in dict.fromkeys(key for column in plain for key in column):
        shares = [f"{column[key]:.3f}" if key in column else "–" for column in plain]
        lines.append(f"| {key} | {' | '.join(shares)} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--items", type=int, nargs="+", default=[200, 30])
    parser.add_argument("--groups", type=int, nargs="+", default=[0])
    parser.add_argument("--rows", nargs="+", help="only these rows, and only the draws that they take")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--into", type=Path, help="a page, whose table of these groups is replaced")
    given = parser.parse_args()
    started = time.perf_counter()
    rows = frozenset(given.rows) if given.rows else None
    found = {
        (groups, items): coverage(items, given.draws, given.resamples, given.workers, groups, rows)
        for groups in given.groups
        for items in given.items
    }
    table = with_groups(found) if len(given.groups) > 1 else without_groups(found)
    print("\n".join(table))
    if given.into:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        from benchmarks.tables import with_table  # noqa: PLC0415 - the tests load this file by its path alone

        heading = GROUPED_HEADING if len(given.groups) > 1 else HEADING
        given.into.write_text(with_table(given.into.read_text(encoding="utf-8"), heading, table))
    print(f"{given.draws} draws, {given.resamples} resamples each, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
