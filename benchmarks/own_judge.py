"""How well a judge of one's own scores what it has not seen, from recorded votes of weak and strong judges.

    python benchmarks/own_judge.py [--resamples 2000] [--draws 20] [--into docs/results/own_judge.md]

The 800 answers of khan_saq (../shared/data; HONE_TEST_DATA overrides), each scored by three people, and the recorded
votes of judges under three wordings, three runs each. Nothing is asked of a model: with --local FOLDER the votes of a
small model are read that `own_judge_local.py` has asked for. Seeded.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import WORDINGS, rows, write_long_form  # noqa: E402
from benchmarks.own_judge_local import RUBRIC, answers  # noqa: E402
from benchmarks.tables import with_table  # noqa: E402

from hone.domain.base import digest  # noqa: E402
from hone.domain.settings import Judging, ModelSettings, Sampling  # noqa: E402
from hone.domain.task import Reply  # noqa: E402
from hone.judging.expected import level_probabilities  # noqa: E402
from hone.judging.saved_judge import SIGNALS, KnownReply, PromptedPart, SavedJudge  # noqa: E402
from hone.judging.signals import ReplyText  # noqa: E402
from hone.judging.stacked import LevelScorer  # noqa: E402
from hone.measuring import Collected, Reading, read_ratings  # noqa: E402
from hone.measuring.own_judge import PRESENT, OwnJudge, OwnJudgeRule, own_judges  # noqa: E402
from hone.measuring.rated_replies import RatedReplies, ReplyFeatures, rated_replies  # noqa: E402
from hone.models import Completion  # noqa: E402
from hone.models.embedding import vector_of  # noqa: E402
from hone.prompts import load_prompts  # noqa: E402
from hone.report.wording import with_interval  # noqa: E402
from hone.stats import BootstrapOptions, Ratings  # noqa: E402
from hone.stats.logistic import fit_levels  # noqa: E402
from hone.stats.nested import chosen_model, nested  # noqa: E402

Integers = npt.NDArray[np.int64]
JUDGES = ("Llama 3.1 8b", "Llama 3.1 70b", "GPT-4o")
CURVE = (50, 100, 200, 400)
FIGURES, BESIDE, FOLDS, LEARNING = (
    "## By judge",
    "## Beside the 8B stack",
    "## Under other divisions into folds",
    "## From fewer ratings",
)
LOCAL = "## Wholly on this machine"
VOTES = "## Votes of a small model on this machine"
SPEED = "## Speed"


def collected(judge: str, wordings: tuple[str, ...] = WORDINGS) -> Collected:
    """People's ratings with a judge's votes, a column a wording and run."""

    def named(row: Mapping[str, str], run: str) -> str | None:
        wanted = row["model_name"] == judge and row["rubric_type"] in wordings
        return f"{row['rubric_type']} {run}" if wanted else None

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "ratings.csv"
        write_long_form(path, named)
        return read_ratings(path, Reading("nominal"))


def texts() -> dict[str, ReplyText]:
    """The answers with their questions and what counts as right."""
    items = {row["item"]: row for row in rows("items.csv")}
    return {
        row["response_id"]: ReplyText(
            items[row["item"]]["question"], row["response"], items[row["item"]]["correct_answer_examples"]
        )
        for row in rows("human_labels.csv")
    }


def by_judge(known: dict[str, ReplyText], rule: OwnJudgeRule) -> Iterator[tuple[str, OwnJudge, float]]:
    """What came of each stack, and the seconds that it took."""
    for judge in JUDGES:
        for wordings in (("Full",), WORDINGS) if judge == JUDGES[0] else (WORDINGS,):
            data = collected(judge, wordings)
            began = time.perf_counter()
            found = own_judges(data, known, rule)["correct"]
            yield f"{judge}, {len(wordings)} x 3 votes", found, time.perf_counter() - began


def figures(made: list[tuple[str, OwnJudge, float]]) -> Iterator[str]:
    yield "| votes | all votes alone | own judge, by answer | by unseen question | accepted | seconds |"
    yield "|---|---|---|---|---|---|"
    for name, one, seconds in made:
        answer, question = one.held_out["reply"], one.held_out["question"]
        cells = (with_interval(answer.beside[PRESENT].second), with_interval(answer.own), with_interval(question.own))
        yield f"| {name} | {' | '.join(cells)} | {'yes' if one.accepted else 'no'} | {seconds:.0f} |"


def beside(one: OwnJudge) -> Iterator[str]:
    yield "| | by answer | by unseen question | own judge minus it, by unseen question |\n|---|---|---|---|"
    answer, question = one.held_out["reply"], one.held_out["question"]
    yield f"| **own judge** | **{with_interval(answer.own)}** | **{with_interval(question.own)}** | |"
    for name, found in question.beside.items():
        cells = (answer.beside[name].second, found.second)
        yield f"| {name} | {' | '.join(map(with_interval, cells))} | {with_interval(found.difference, 'gap')} |"
    for name, figure in one.people.items():
        yield f"| a person against the others: {name} | {with_interval(figure)} | | |"


def kappa(scores: npt.NDArray[np.float64], people: npt.NDArray[np.float64]) -> float:
    """Cohen's kappa of two columns of 0 and 1."""
    same, one, other = float((scores == people).mean()), float(scores.mean()), float(people.mean())
    chance = one * other + (1 - one) * (1 - other)
    return (same - chance) / (1 - chance)


def learnt(rated: RatedReplies, count: int, seed: int) -> float:
    """Kappa on all other answers, from a few drawn at random."""
    order = np.random.default_rng(seed).permutation(len(rated.people))
    known, asked = order[:count], order[count:]
    recipes, units = list(ReplyFeatures(rated).candidates().values()), np.arange(len(order))
    best = chosen_model(recipes, rated.shares, known, units, seed=seed)
    features, shares = recipes[best.recipe](known), rated.shares.at(known)
    model = fit_levels(features[known], shares.targets, shares.weights, best.penalty, shares.directions)
    majority = (rated.people.mean(axis=1) > 0.5).astype(np.float64)
    return kappa(rated.scores(model.probabilities(features[asked])), majority[asked])


def by_folds(known: dict[str, ReplyText], draws: int) -> Iterator[str]:
    """The 8B stack under other divisions into folds: how much of a figure is the division."""
    data = collected(JUDGES[0])
    rated = rated_replies(data, known, "correct", np.arange(len(data.items)))
    recipes = list(ReplyFeatures(rated).candidates().values())
    majority = (rated.people.mean(axis=1) > 0.5).astype(np.float64)
    yield "| five folds of | kappa, mean over divisions | lowest | highest |\n|---|---|---|---|"
    for name, units in (("answers", rated.units()["reply"]), ("questions", rated.units()["question"])):
        found = [nested(recipes, rated.shares, units, seed=seed).probabilities for seed in range(draws)]
        values = [kappa(rated.scores(one), majority) for one in found]
        yield f"| {name} | {np.mean(values):.3f} | {min(values):.3f} | {max(values):.3f} |"


def learning(known: dict[str, ReplyText], draws: int) -> Iterator[str]:
    data = collected(JUDGES[0])
    rated = rated_replies(data, known, "correct", np.arange(len(data.items)))
    yield "| ratings to learn from | kappa on the other answers, mean | standard deviation over draws |"
    yield "|---|---|---|"
    for count in CURVE:
        values = [learnt(rated, count, seed) for seed in range(draws)]
        yield f"| {count} | {np.mean(values):.3f} | {np.std(values, ddof=1):.3f} |"


def of_journal(journal: Path, replies: Sequence[Reply]) -> Iterator[tuple[str, str, Completion]]:
    """The item, the step and the answer of each call in a journal, also of replies that are the same as another.

    The same answer to the same question is one call, which the journal holds under the first of them.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for reply in replies:
        alike.setdefault((reply.prompt, reply.text), []).append(reply.item)
    named = {item: items for items in alike.values() for item in items}
    for line in journal.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        # What a call is of may hold a slash itself; a step has none, and no call here is a further sample.
        first, _, step = entry["call"].rpartition("/")
        for item in named.get(first, ()):
            yield item, step, Completion.from_data(entry["answer"])


def local_votes(journal: Path) -> dict[str, dict[str, float]]:
    """By wording and answer, the probability of a right answer that a small model gave on this machine."""
    found: dict[str, dict[str, float]] = {}
    for item, wording, answer in of_journal(journal, answers()):
        shares = level_probabilities(answer.text, answer.logprobs, RUBRIC.scale, 1)
        if wording in {"levels", "strict"} and shares is not None:
            found.setdefault(wording, {})[item] = shares[0][1.0]
    return found


def local_embeddings(journal: Path) -> dict[str, npt.NDArray[np.float64]]:
    """By answer, what a small model made of it on this machine."""
    return {item: vector_of(answer.text) for item, _, answer in of_journal(journal, answers())}


def by_embeddings(known: dict[str, ReplyText], where: Path, rule: OwnJudgeRule) -> Iterator[str]:
    """No votes: a small model's embeddings, form, similar replies and words, on all answers that it read."""
    vectors = local_embeddings(where / "embeddings.jsonl")
    every = collected(JUDGES[0])
    places = [at for at, item in enumerate(every.items) if item in vectors]
    people = {name: np.asarray(one)[places] for name, one in every.ratings.people.items()}
    ratings = replace(every.ratings, people=people, judges=None, judge_names=())
    data = replace(every, ratings=ratings, items=tuple(every.items[at] for at in places))
    whole = own_judges(data, known, rule, vectors)["correct"]
    parts = {"own judge": whole}
    plain = tuple(signal for signal in SIGNALS if signal != "embeddings")
    for name, signals in (
        ("own judge of embeddings alone", ("embeddings",)),
        ("own judge without embeddings", plain),
    ):
        parts[name] = own_judges(data, known, replace(rule, signals=signals), vectors)["correct"]
    yield f"| on {len(places)} answers | by answer | by unseen question |\n|---|---|---|"
    for name, one in parts.items():
        answer, question = one.held_out["reply"], one.held_out["question"]
        yield f"| {name} | {with_interval(answer.own)} | {with_interval(question.own)} |"
    answer, question = whole.held_out["reply"], whole.held_out["question"]
    for other, found in question.beside.items():
        yield f"| {other} | {with_interval(answer.beside[other].second)} | {with_interval(found.second)} |"
    for by in ("reply", "question"):
        chosen = "; ".join(f"{name} ({count})" for name, count in whole.held_out[by].signals.items())
        print(f"chosen, {by}: {chosen}; accepted: {whole.words}", file=sys.stderr)


def on_this_machine(known: dict[str, ReplyText], where: Path, rule: OwnJudgeRule) -> Iterator[str]:
    """The stack of a small model's wordings, on the answers that it was asked about."""
    votes = local_votes(where / "journal.jsonl")
    items = sorted(set.intersection(*(set(one) for one in votes.values())), key=int)
    people = {row["response_id"]: [float(row[f"human_{at}"]) for at in (1, 2, 3)] for row in rows("human_labels.csv")}
    given = np.array([[one[item] for one in votes.values()] for item in items])
    ratings = Ratings(
        {"correct": np.array([people[item] for item in items])},
        ("human_1", "human_2", "human_3"),
        "nominal",
        {"correct": given},
        tuple(votes),
    )
    yield f"| on {len(items)} answers | by answer | by unseen question |"
    yield "|---|---|---|"
    stacks = {"own judge": ratings, "own judge without votes": replace(ratings, judges=None, judge_names=())}
    for name, some in stacks.items():
        data = Collected(some, tuple(items), len(items) * 3, 0, 0, "nominal")
        one = own_judges(data, known, rule)["correct"]
        answer, question = one.held_out["reply"], one.held_out["question"]
        yield f"| {name} | {with_interval(answer.own)} | {with_interval(question.own)} |"
        if name == "own judge":
            for other, found in question.beside.items():
                both = (answer.beside[other].second, found.second)
                yield f"| {other} | {' | '.join(map(with_interval, both))} |"


def speed(known: dict[str, ReplyText]) -> Iterator[str]:
    """How long it takes to fit, and how many replies a second the part without a model scores, one at a time."""
    data = collected(JUDGES[0])
    some = rated_replies(data, known, "correct", np.random.default_rng(0).permutation(len(data.items))[:300])
    began = time.perf_counter()
    fitted = ReplyFeatures(some).fitted("correct", some.units()["question"])
    fit = time.perf_counter() - began
    every = rated_replies(data, known, "correct", np.arange(len(data.items)))
    fitted = ReplyFeatures(every).fitted("correct", every.units()["reply"])
    replies = [Reply(item=item, prompt=known[item].request, text=known[item].reply, model="") for item in data.items]
    kept = tuple(KnownReply(digest=one.digest, request=digest(one.prompt.strip()), text=one.text) for one in replies)
    settings = ModelSettings(model="recorded:votes")
    prompts = {name: load_prompts()[name].sent for name in ("system", "repair", "score")}
    parts = tuple(
        PromptedPart(
            name=name, model=settings, judging=Judging(), sampling=Sampling(), wording="score", prompts=prompts
        )
        for name in every.judges
    )
    saved = SavedJudge(format=1, rubric="0" * 16, subject="answer", parts=parts, criteria=(fitted,), replies=kept)
    scorer = LevelScorer(saved)
    began = time.perf_counter()
    for reply, votes in zip(replies, every.votes.tolist(), strict=True):
        scorer.probabilities(reply, [votes])
    each = (time.perf_counter() - began) / len(replies)
    size = len(saved.model_dump_json()) / 1e6
    yield "| | |\n|---|---|"
    yield f"| signals of the judge that is timed | {', '.join(fitted.signals)} |"
    yield f"| fitting to 300 rated replies, signals and penalty chosen | {fit:.1f} s |"
    yield f"| replies scored a second, one at a time, votes given | {1 / each:,.0f} |"
    yield f"| the file, with 800 rated replies | {size:.1f} MB |"
    yield f"| most memory of this process | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=2_000)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--speed", action="store_true", help="time the part without a model alone")
    parser.add_argument("--local", type=Path, help="the folder of own_judge_local.py")
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    known = texts()
    rule = OwnJudgeRule(options=BootstrapOptions(resamples=asked.resamples), curve=0)
    if asked.speed:
        table = [part for line in speed(known) for part in line.split("\n")]
        print(SPEED, "", *table, "", sep="\n")
        if asked.into:
            page = asked.into.read_text(encoding="utf-8")
            asked.into.write_text(with_table(page, SPEED, table), encoding="utf-8")
        return
    if asked.local:
        made_of = {VOTES: ("journal.jsonl", on_this_machine), LOCAL: ("embeddings.jsonl", by_embeddings)}
        for heading, (file, lines) in made_of.items():
            if (asked.local / file).exists():
                table = [part for line in lines(known, asked.local, rule) for part in line.split("\n")]
                print(heading, "", *table, "", sep="\n")
                if asked.into:
                    page = asked.into.read_text(encoding="utf-8")
                    asked.into.write_text(with_table(page, heading, table), encoding="utf-8")
        return
    made = list(by_judge(known, rule))
    tables = {
        FIGURES: figures(made),
        BESIDE: beside(made[1][1]),
        FOLDS: by_folds(known, 10),
        LEARNING: learning(known, asked.draws),
    }
    page = asked.into.read_text(encoding="utf-8") if asked.into else ""
    for heading, lines in tables.items():
        table = [part for line in lines for part in line.split("\n")]
        print(heading, "", *table, "", sep="\n", flush=True)
        page = with_table(page, heading, table) if asked.into else page
    for name, one, _ in made:
        print(f"{name}: {one.words}; signals {dict(one.held_out[one.unseen].signals)}")
    if asked.into:
        asked.into.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
