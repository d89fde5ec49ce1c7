"""How many files with many judges say something false? Simulated, seeded; prints a Markdown table.

    python benchmarks/many_judges.py [--files 200] [--judges 33] [--criteria 5] [--items 100] [--resamples 1000]

Every judge slips as often as every person, so that each one's true gap is 0 and no two differ. A file holds a false
claim where any judge, on any criterion or on all together, is called better or worse than a person; or where the
judges stand in more than one tier.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np
from scipy.stats import binom

from hone.stats import BootstrapOptions, Ratings, judge_verdicts, wilson
from hone.stats.bootstrap import Key, resample
from hone.stats.comparison import headline_block, side_of, side_of_consensus
from hone.stats.consensus import consensus
from hone.stats.sampling import sampling_of
from hone.stats.scale import scale_of
from hone.stats.simultaneous import tiers_of

SLIP = 0.15
PRIOR = (0.1, 0.2, 0.3, 0.25, 0.15)


def equal_judges(generator: np.random.Generator, items: int, judges: int, criteria: int) -> Ratings:
    """Three people and so many judges who all slip by one level as often."""
    people, scores = {}, {}
    for place in range(criteria):
        truth = generator.choice(len(PRIOR), (items, 1), p=PRIOR)
        steps = generator.choice((-1, 1), (items, 3 + judges)) * (generator.random((items, 3 + judges)) < SLIP)
        seen = np.clip(truth + steps, 0, len(PRIOR) - 1).astype(np.float64)
        people[f"c{place}"], scores[f"c{place}"] = seen[:, :3], seen[:, 3:]
    return Ratings(people, ["a", "b", "c"], "ordinal", scores, [f"j{place}" for place in range(judges)])


def most_tiers(ratings: Ratings, options: BootstrapOptions) -> int:
    """The most tiers on any criterion."""
    scored = ratings.judges or {}
    tables = {name: (np.asarray(people), np.asarray(scored[name])) for name, people in ratings.people.items()}
    sampling, kept = sampling_of(np.concatenate([one for pair in tables.values() for one in pair], axis=1), None)
    blocks, shown = [], {}
    for name, (people, judges) in tables.items():
        scale = scale_of(people, judges, ratings.level)
        agreed = side_of_consensus(consensus(people[kept], scale.codes(people[kept]), scale.levels, ratings.level))
        keys: dict[str, Key] = {}
        for place, judge in enumerate(ratings.judge_names):
            side = side_of(judges[kept, place], scale)
            blocks.append(((name, judge), headline_block(side, agreed, scale, sampling.row_copies, scale.headline)))
            keys[judge] = ((name, judge), scale.headline)
        shown[name] = keys
    return max(map(len, tiers_of(resample(blocks, sampling, options), shown).values()), default=1)


def main() -> None:
    """Print the table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("files", 200), ("judges", 33), ("criteria", 5), ("items", 100), ("resamples", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    started = time.perf_counter()
    options = BootstrapOptions(resamples=given.resamples)
    false, tiers, shown = 0, 0, 0
    for seed in range(given.files):
        ratings = equal_judges(np.random.default_rng(seed), given.items, given.judges, given.criteria)
        verdicts = [one.outcome for judged in judge_verdicts(ratings, options).values() for one in judged.values()]
        false += any(outcome in ("better", "worse") for outcome in verdicts)
        shown += sum(outcome == "as good" for outcome in verdicts)
        tiers += most_tiers(ratings, options) > 1
    print(f"{platform.machine()}, {given.resamples} resamples, {time.perf_counter() - started:.0f} s\n")
    print(
        "| files | judges | criteria | items | with a false verdict | with more than one tier | verdicts as good | |"
    )
    print("|---|---|---|---|---|---|---|---|")
    cells = []
    for count in (false, tiers):
        share = wilson(count, given.files)
        cells.append(f"{count / given.files:.1%} ({share.low or 0:.1%} to {share.high or 0:.1%})")
    says = "within 5%" if max(false, tiers) <= binom.ppf(0.99, given.files, 0.05) else "MORE THAN 5%"
    good = shown / (given.files * given.judges * given.criteria)
    cells += [f"{good:.1%}", says]
    print(f"| {given.files} | {given.judges} | {given.criteria} | {given.items} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
