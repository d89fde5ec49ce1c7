"""How often a gate lets a useless change of a judge pass, and how often a useful one, by simulation.

    python benchmarks/refine_gate.py [--draws 1000] [--into docs/results/refine_gate.md]

Judges score 0 or 1 as people do but for errors that are correlated between wordings; the present one has a kappa of
0.66. Each round offers some candidates: without a true gain all are as good as the present one, with one a single
candidate is better by so much kappa. Four ways decide: reporting on the rows that chose (what must not be done),
cross-fitting over five folds, a sealed third, and prequential testing. Then recorded judges of real sets
(../shared/data; HONE_TEST_DATA overrides) are put through the gate: is one of the other recorded wordings better than
the one in use?
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import rows  # noqa: E402
from benchmarks.tables import with_table  # noqa: E402
from tests.published import folder  # noqa: E402 - where the data is stands beside the tests that use it

from hone.report.wording import with_interval  # noqa: E402
from hone.stats import BootstrapOptions, wilson  # noqa: E402
from hone.stats.nested import folds_of  # noqa: E402
from hone.stats.paired import paired_agreement  # noqa: E402
from hone.stats.refining import TOTAL, Choose, judge_change, prequential, sealed_split, significance_of  # noqa: E402

Floats, Integers = npt.NDArray[np.float64], npt.NDArray[np.int64]

ERRORS, TOGETHER = 0.17, 0.6
"""The present judge's share of wrong scores, and the correlation of what makes them between wordings."""
RESAMPLES = 400
WAYS = ("same rows", "cross-fitted", "sealed third", "prequential")


def agreement(scores: Floats, people: Floats) -> float:
    """Cohen's kappa of two rows of noughts and ones."""
    same, one, other = (scores == people).mean(), scores.mean(), people.mean()
    chance = one * other + (1 - one) * (1 - other)
    return float((same - chance) / (1 - chance)) if chance < 1 else 0.0


def world(items: int, candidates: int, gain: float, draw: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """People's scores, the present judge's, the candidates': shapes (items,), (items,), (items, candidates)."""
    people = (draw.random(items) < 0.5).astype(float)
    hard = draw.standard_normal(items)
    errors = np.full(candidates + 1, ERRORS)
    errors[1] -= gain / 2  # with both scores as frequent kappa is 1 - 2 x errors
    own = draw.standard_normal((items, candidates + 1))
    strain = np.sqrt(TOGETHER) * hard[:, None] + np.sqrt(1 - TOGETHER) * own
    scores = np.where(strain > ndtri(1 - errors), 1 - people[:, None], people[:, None])
    return people, scores[:, 0], scores[:, 1:]


def decide(way: str, people: Floats, present: Floats, candidates: Floats, opening: int, seed: int) -> str:
    """One opening of a gate, and what it says."""

    def choose(known: Integers) -> Floats:
        best = max(range(candidates.shape[1]), key=lambda one: agreement(candidates[known, one], people[known]))
        return candidates[:, best]

    options, rows = BootstrapOptions(RESAMPLES, seed), np.arange(len(people))
    if way == "same rows":
        new = choose(rows)
    elif way == "sealed third":
        known, rows = sealed_split(rows, seed=seed)
        new = choose(known)
    elif way == "cross-fitted":
        new = cross_fitted(choose, rows, seed)
    else:
        new = prequential(choose, rows, seed=seed)
        rows = np.flatnonzero(~np.isnan(new))
    told = judge_change(
        new[rows], present[rows], people[rows], "ordinal", statistic="cohen_kappa", opening=opening, options=options
    )
    return told.verdict


def cross_fitted(choose: Choose, units: Integers, seed: int) -> Floats:
    """Each of five folds by what the other four chose: shown here because its interval does not hold."""
    fold, found = folds_of(units, 5, seed), np.full(len(units), np.nan)
    for part in range(5):
        found[fold == part] = choose(np.flatnonzero(fold != part))[fold == part]
    return found


def draws(way: str, items: int, candidates: int, gain: float, rounds: int, count: int, seed: int) -> int:
    """In how many of so many worlds a change passes in any round."""
    passed = 0
    for one in range(count):
        draw = np.random.default_rng([seed, one, items, candidates, rounds])
        people, present, offered = world(items, candidates, gain, draw)
        for opening in range(1, rounds + 1):
            if opening > 1:
                offered = again(people, present, candidates, draw)
            if decide(way, people, present, offered, opening, one) == "better":
                passed += 1
                break
    return passed


def again(people: Floats, present: Floats, candidates: int, draw: np.random.Generator) -> Floats:
    """Further candidates that are as good as the present judge: as many of its errors are mended as are made."""
    wrong = (present != people)[:, None]
    mended, rate = 0.45, ERRORS / (1 - ERRORS)
    flips = draw.random((len(people), candidates))
    changed = np.where(wrong, flips < mended, flips < mended * rate)
    return np.where(changed, 1 - present[:, None], present[:, None])


def useless(pool: ProcessPoolExecutor, count: int) -> Iterator[str]:
    """How often a change passes that is none."""
    yield "| ratings | candidates | rounds | " + " | ".join(WAYS) + " |\n|---|---|---|---|---|---|---|"
    for items in (100, 200, 400):
        for candidates in (1, 5, 20):
            for rounds in (1, 5):
                cells = row(pool, items, candidates, 0.0, rounds, count)
                yield f"| {items} | {candidates} | {rounds} | {' | '.join(cells)} |"


def useful(pool: ProcessPoolExecutor, count: int) -> Iterator[str]:
    """How often a true gain passes: one round, five candidates of which one is better."""
    yield "| ratings | gain in kappa | " + " | ".join(WAYS) + " |\n|---|---|---|---|---|---|"
    for items in (100, 200, 400):
        for gain in (0.05, 0.1, 0.2):
            yield f"| {items} | {gain:g} | {' | '.join(row(pool, items, 5, gain, 1, count))} |"


def row(pool: ProcessPoolExecutor, items: int, candidates: int, gain: float, rounds: int, count: int) -> list[str]:
    """The share of worlds in which a change passes, by way."""
    work = partial(draws, items=items, candidates=candidates, gain=gain, rounds=rounds, count=count, seed=7)
    cells = []
    for passed in pool.map(work, WAYS):
        share = wilson(passed, count)
        cells.append(f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})")
    return cells


def put_through(
    name: str, in_use: str, judged: dict[str, Floats], people: Floats, groups: Sequence[str]
) -> Iterator[str]:
    """One judge: the wording that is chosen, and what the gate says of choosing so, block after block of groups."""
    kept = ~np.isnan(np.stack([*judged.values()])).any(axis=0)
    units = np.unique(np.array(groups)[kept], return_inverse=True)[1]
    scores, truth = {key: one[kept] for key, one in judged.items()}, people[kept]
    names = list(scores)

    def best(known: Integers) -> str:
        found = {
            key: paired_agreement(
                scores[key][known], scores[in_use][known], truth[known], "nominal", "cohen_kappa",
                options=BootstrapOptions(100),
            ).first.value
            for key in names
        }  # fmt: skip
        return max(names, key=lambda key: (found[key] or -1.0, key == in_use))

    new = prequential(lambda known: scores[best(known)], units)
    told = judge_change(
        new, scores[in_use], truth, "nominal", statistic="cohen_kappa", clusters=units.tolist(),
        options=BootstrapOptions(2000),
    )  # fmt: skip
    further = f"; about {told.further:,} more ratings would show a gain of this size" if told.further else ""
    chosen = best(np.arange(len(units)))
    start = f"| {name} | {in_use} | {chosen} |"
    if (np.isnan(new) | (new == scores[in_use])).all():
        yield f"{start} | every block keeps the wording in use |"
        return
    yield f"{start} {with_interval(told.difference, 'gap')} | {told.verdict}{further} |"


HEAD = "| judge | in use | chosen on all ratings | gain in kappa, prequential | the gate |\n|---|---|---|---|---|"


def khan() -> Iterator[str]:
    """Eleven judges of short answers under three wordings, the majority of three runs; blocks of questions."""
    yield HEAD
    human = rows("human_labels.csv")
    place = {row["response_id"]: at for at, row in enumerate(human)}
    people = np.array([[float(row[f"human_{one}"]) for one in (1, 2, 3)] for row in human])
    votes: dict[str, dict[str, Floats]] = {}
    for row in rows("llm_labels.csv"):
        given = [float(row[f"llm_{run}"]) for run in (1, 2, 3) if row[f"llm_{run}"] in ("0", "1")]
        own = votes.setdefault(row["model_name"], {}).setdefault(row["rubric_type"], np.full(len(human), np.nan))
        if len(given) == 3:
            own[place[row["response_id"]]] = float(sum(given) > 1)
    for judge, judged in sorted(votes.items()):
        yield from put_through(judge, "Criteria Only", judged, people, [row["item"] for row in human])


def physics() -> Iterator[str]:
    """Two judges of explanations, three rubric items a student, four wordings; blocks of students."""
    yield HEAD
    wordings = ("naive_cot_1", "naive_cot_2", "forced_compare", "detailed_compare")
    judges: dict[str, dict[str, dict[tuple[str, str, int], float]]] = {}
    people: dict[tuple[str, str, int], tuple[float, float]] = {}
    for line in (folder() / "physics" / "judgements.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["prompt"] not in wordings or not one["judge_grade"]:
            continue
        own = judges.setdefault(one["judge_model"], {}).setdefault(one["prompt"], {})
        for item, grade in enumerate(one["judge_grade"]):
            key = (one["question"], one["respondent"], item)
            own.setdefault(key, float(grade))  # the first of several runs
            people[key] = (float(one["human1"][item]), float(one["human2"][item]))
    keys = sorted(people)
    rated = np.array([people[key] for key in keys])
    for judge, given in sorted(judges.items()):
        judged = {name: np.array([own.get(key, np.nan) for key in keys]) for name, own in sorted(given.items())}
        yield from put_through(judge, "naive_cot_1", judged, rated, [key[1] for key in keys])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parts", default="useless,useful,khan,physics")
    parser.add_argument("--into", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    with ProcessPoolExecutor(options.processes) as pool:
        parts = {
            "useless": ("## A change that is none", useless(pool, options.draws)),
            "useful": ("## A true gain", useful(pool, options.draws)),
            "khan": ("## Recorded wordings: short answers", khan()),
            "physics": ("## Recorded wordings: explanations", physics()),
        }
        for part in options.parts.split(","):
            heading, lines = parts[part]
            print(f"\n{heading}\n", flush=True)
            made = []
            for line in lines:
                print(line, flush=True)
                made += line.split("\n")
            if options.into:
                page = with_table(options.into.read_text(encoding="utf-8"), heading, made)
                options.into.write_text(page, encoding="utf-8")
    print(
        f"\n{time.perf_counter() - started:.0f} s; of {TOTAL:.0%} the first opening spends {significance_of(1):.1%}"
    )


if __name__ == "__main__":
    main()
