"""A judge of one's own on tutors' replies: by conversation, and with each writer left out, beside simpler scorers.

    python benchmarks/own_judge_writers.py [--resamples 2000] [--criteria 4] [--into docs/results/own_judge.md]

1,589 replies of eight or nine tutors in 192 conversations (mrbench in ../shared/data; HONE_TEST_DATA overrides), each
with one gold label (no, to some extent, yes) on four criteria. No votes of a judge are recorded with them, and
nothing is asked of a model: the judge reads the form of the texts, and the reference. Seeded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.own_judge import of_journal  # noqa: E402
from benchmarks.own_judge_local import embed  # noqa: E402
from benchmarks.tables import with_table  # noqa: E402
from tests.published import folder  # noqa: E402 - where the data is stands beside the tests that use it

from hone.domain.task import Reply  # noqa: E402
from hone.judging.saved_judge import SIGNALS, Signal  # noqa: E402
from hone.judging.signals import ReplyText  # noqa: E402
from hone.measuring.collected import Collected  # noqa: E402
from hone.measuring.own_judge import OwnJudgeRule, own_judges  # noqa: E402
from hone.measuring.rated_replies import (  # noqa: E402
    RatedReplies,
    ReplyFeatures,
    bag_of_words,
    length_alone,
    rated_replies,
    writer_alone,
)
from hone.models.embedding import vector_of  # noqa: E402
from hone.stats import BootstrapOptions, Ratings  # noqa: E402
from hone.stats.nested import FeatureRecipe, nested  # noqa: E402

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CRITERIA = ("Mistake_Identification", "Mistake_Location", "Providing_Guidance", "Actionability")
LEVELS = {"No": 0.0, "To some extent": 1.0, "Yes": 2.0}
WRITERS, WRITTEN = "## By conversation, and by writer", "## Whether it may be used there"
READ = "## With what a small model makes of the replies"


def collected() -> tuple[Collected, dict[str, ReplyText]]:
    """The labels, and the texts of the replies."""
    data = json.loads((folder() / "mrbench" / "MRBench_V1.json").read_text(encoding="utf-8"))
    texts, groups, writers, scores = {}, [], [], []
    for place, conversation in enumerate(data):  # ids of conversations repeat
        for writer, one in conversation["anno_llm_responses"].items():
            item = f"{place}/{writer}"
            texts[item] = ReplyText(
                conversation["conversation_history"], one["response"], conversation["Ground_Truth_Solution"]
            )
            groups.append(str(place))
            writers.append(writer)
            scores.append([LEVELS[one["annotation"][name]] for name in CRITERIA])
    table = np.array(scores)
    people = {name: table[:, [at]] for at, name in enumerate(CRITERIA)}
    ratings = Ratings(people, ("gold",), "ordinal", clusters=groups, levels=tuple(LEVELS.values()))
    return Collected(ratings, tuple(texts), len(texts), 0, 0, "ordinal", systems=tuple(writers)), texts


def conversations(data: Collected) -> list[str]:
    """The conversations in an order that is drawn once, so that the first of them are a random subset."""
    names = sorted({str(name) for name in data.ratings.clusters or ()}, key=int)
    return [names[at] for at in np.random.default_rng(0).permutation(len(names)).tolist()]


def replies(texts: dict[str, ReplyText]) -> list[Reply]:
    """The replies as a model reads them."""
    return [
        Reply(item=item, prompt=one.request, text=one.reply, model="", reference=one.reference)
        for item, one in texts.items()
    ]


def macro_f1(scores: Floats, gold: Floats) -> float:
    """The mean over levels of the harmonic mean of precision and recall; 0 where neither is defined."""
    found = []
    for level in LEVELS.values():
        said, there = scores == level, gold == level
        found.append(2 * float((said & there).sum()) / max(1, int(said.sum() + there.sum())))
    return float(np.mean(found))


def accuracy(scores: Floats, gold: Floats) -> float:
    """The share of replies with the same label."""
    return float((scores == gold).mean())


def kappa(scores: Floats, gold: Floats) -> float:
    """Cohen's kappa, without weights."""
    chance = sum(float((scores == level).mean() * (gold == level).mean()) for level in LEVELS.values())
    return (accuracy(scores, gold) - chance) / (1 - chance)


def paired(
    statistic: Callable[[Floats, Floats], float],
    own: Floats,
    other: Floats,
    gold: Floats,
    groups: Integers,
    draws: int,
) -> tuple[float, float]:
    """A 95% percentile interval of the difference, resampling whole conversations."""
    generator = np.random.default_rng(0)
    rows = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    found = []
    for _ in range(draws):
        at = np.concatenate([rows[group] for group in generator.integers(0, len(rows), len(rows))])
        found.append(statistic(own[at], gold[at]) - statistic(other[at], gold[at]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def judges_of(rated: RatedReplies) -> dict[str, tuple[Signal, ...]]:
    """The judges of one's own that are measured, and what each may read."""
    if rated.embeddings is None:
        return {"own judge": SIGNALS}
    without: tuple[Signal, ...] = tuple(signal for signal in SIGNALS if signal != "embeddings")
    return {"own judge": SIGNALS, "own judge of embeddings alone": ("embeddings",), "own judge without them": without}


def read_alone(data: Collected, vectors: Mapping[str, Floats]) -> Collected:
    """The replies that a model has read, of conversations of which it read all."""
    groups = list(data.ratings.clusters or ())
    lacking = {group for group, item in zip(groups, data.items, strict=True) if item not in vectors}
    at = [place for place, group in enumerate(groups) if group not in lacking]
    ratings = replace(
        data.ratings,
        people={name: np.asarray(one)[at] for name, one in data.ratings.people.items()},
        clusters=[groups[place] for place in at],
    )
    systems = None if data.systems is None else tuple(data.systems[place] for place in at)
    return replace(data, ratings=ratings, items=tuple(data.items[place] for place in at), systems=systems)


def held_out(rated: RatedReplies, by: Integers, folds: int) -> dict[str, Floats]:
    """What each says of replies of units that it has not seen."""
    recipes: dict[str, list[FeatureRecipe]] = {
        name: list(ReplyFeatures(rated, signals).candidates().values()) for name, signals in judges_of(rated).items()
    } | {
        "bag of words": [bag_of_words(rated.texts)],
        "length only": [length_alone(rated.texts)],
        "writer only": [writer_alone(rated.units()["writer"])],
    }
    found = {
        name: rated.scores(nested(some, rated.shares, by, folds=folds).probabilities)
        for name, some in recipes.items()
    }
    return found | {"most frequent label": rated.majority()}


def figures(
    data: Collected,
    texts: dict[str, ReplyText],
    criteria: int,
    draws: int,
    vectors: Mapping[str, Floats] | None = None,
) -> Iterator[str]:
    """Rows of the table, criterion by criterion."""
    yield "| criterion, what scores | held out: conversations (macro-F1, accuracy, kappa) | held out: each writer |"
    yield "|---|---|---|"
    for name in CRITERIA[:criteria]:
        began = time.perf_counter()
        rated = rated_replies(data, texts, name, np.arange(len(data.items)), vectors)
        gold, units = rated.people[:, 0], rated.units()
        scores = [held_out(rated, units["group"], 5), held_out(rated, units["writer"], 9)]
        for who in scores[0]:
            cells = [" ".join(f"{one(by[who], gold):.3f}" for one in (macro_f1, accuracy, kappa)) for by in scores]
            yield f"| {name}: {who} | {' | '.join(cells)} |"
        gaps = [paired(macro_f1, by["own judge"], by["bag of words"], gold, units["group"], draws) for by in scores]
        cells = [f"macro-F1 {low:+.3f} to {high:+.3f}" for low, high in gaps]
        yield f"| {name}: own judge minus bag of words, 95% interval | {' | '.join(cells)} |"
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def decided(data: Collected, texts: dict[str, ReplyText], criteria: int, resamples: int) -> Iterator[str]:
    """What `hone judge tune` says of each criterion."""
    rule = OwnJudgeRule(options=BootstrapOptions(resamples=resamples), curve=0)
    yield "| criterion | on conversations that it has not seen | for new writers |\n|---|---|---|"
    kept = Ratings(
        {name: data.ratings.people[name] for name in CRITERIA[:criteria]},
        data.ratings.raters,
        data.ratings.level,
        clusters=data.ratings.clusters,
        levels=data.ratings.levels,
    )
    some = Collected(kept, data.items, data.rows, 0, 0, data.level_note, systems=data.systems)
    for name, one in own_judges(some, texts, rule).items():
        yield f"| {name} | {one.words} | {one.new_writers} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=2_000)
    parser.add_argument("--criteria", type=int, default=len(CRITERIA))
    parser.add_argument("--embeddings", type=Path, help="the folder in which embeddings are kept")
    parser.add_argument("--embed", help="a GGUF file: read the replies for its embeddings, and do nothing else")
    parser.add_argument(
        "--conversations", type=int, nargs=2, default=(0, 192), help="which are read, of all in an order drawn once"
    )
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    data, texts = collected()
    if asked.embed:
        asked.embeddings.mkdir(parents=True, exist_ok=True)
        every = replies(texts)
        parts = [
            [one for one in every if one.item.partition("/")[0] == name]
            for name in conversations(data)[slice(*asked.conversations)]
        ]
        embed(f"gguf:{asked.embed}", asked.embeddings / "embeddings.jsonl", parts)
        return
    if asked.embeddings:
        vectors: dict[str, Floats] = {}
        for journal in sorted(asked.embeddings.glob("**/embeddings.jsonl")):
            found = of_journal(journal, replies(texts))
            vectors |= {item: vector_of(answer.text) for item, _, answer in found}
        some = read_alone(data, vectors)
        print(f"{len(some.items)} replies of {len(set(some.ratings.clusters or ()))} conversations", file=sys.stderr)
        tables = {READ: figures(some, texts, asked.criteria, asked.resamples, vectors)}
    else:
        tables = {
            WRITERS: figures(data, texts, asked.criteria, asked.resamples),
            WRITTEN: decided(data, texts, asked.criteria, asked.resamples),
        }
    for heading, lines in tables.items():
        table = [part for line in lines for part in line.split("\n")]
        print(heading, "", *table, "", sep="\n", flush=True)
        if asked.into:
            page = asked.into.read_text(encoding="utf-8")
            asked.into.write_text(with_table(page, heading, table), encoding="utf-8")


if __name__ == "__main__":
    main()
