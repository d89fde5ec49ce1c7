"""Asks a small model on this machine what it makes of the answers of khan_saq, or reads them for its embeddings.

    python benchmarks/own_judge_local.py MODEL.gguf FOLDER [--wordings levels strict] [--most 800]
    python benchmarks/own_judge_local.py MODEL.gguf FOLDER --embed
    python benchmarks/own_judge_local.py MODEL.gguf FOLDER --speed

Answers are drawn evenly over the questions (seeded), in rounds, so that a stop leaves an even subsample. Every answer
of the model is in a journal in FOLDER; what is there is not asked again. `own_judge.py --local FOLDER` reads it. With
--embed all answers are read, each behind its question and the whole of what its scorers were told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import rows  # noqa: E402

from hone.domain.rubric import Criterion, Rubric, Scale  # noqa: E402
from hone.domain.settings import Judging, ModelSettings, Sampling  # noqa: E402
from hone.domain.task import Reply  # noqa: E402
from hone.jobs import Caller, Journal, Setup  # noqa: E402
from hone.judging import Judge  # noqa: E402
from hone.judging.embeddings import embeddings_of  # noqa: E402
from hone.models import connect  # noqa: E402
from hone.models.spec import connect_embedder, settings_of  # noqa: E402

RUBRIC = Rubric(
    criteria=(
        Criterion(name="Be Correct", sentence="The answer is right, by what the reference says of right ones."),
    ),
    scale=Scale.model_validate(
        {
            "levels": [
                {"value": 0, "label": "wrong", "anchor": "the answer is wrong, or does not say what was asked for"},
                {"value": 1, "label": "right", "anchor": "the answer is right, in whatever words"},
            ]
        }
    ),
)
SUBJECT = "pupil's short answer"
JUDGING = Judging(mode="expected")


def answers() -> list[Reply]:
    """Every answer with its question, and with what counts as right."""
    items = {row["item"]: row for row in rows("items.csv")}
    return [
        Reply(
            item=row["response_id"],
            prompt=items[row["item"]]["question"].strip(),
            text=row["response"],
            model="",
            reference="\n".join(
                items[row["item"]][name].strip() for name in ("criteria_for_scoring", "correct_answer_examples")
            ),
        )
        for row in rows("human_labels.csv")
    ]


def told_in_full() -> list[Reply]:
    """Every answer with its question, and with all that people were told to score it by: wrong examples, too."""
    items = {row["item"]: row for row in rows("items.csv")}
    full = {
        name: f"{row['criteria_for_scoring'].strip()}\n\nRight:\n\n{row['correct_answer_examples'].strip()}\n\n"
        f"Wrong:\n\n{row['incorrect_answer_examples'].strip()}"
        for name, row in items.items()
    }
    asked = {row["response_id"]: row["item"] for row in rows("human_labels.csv")}
    return [reply.model_copy(update={"reference": full[asked[reply.item]]}) for reply in answers()]


def embed(model: str, journal: Path, parts: Sequence[Sequence[Reply]]) -> None:
    """Read replies for the model's embeddings, part by part; what the journal holds is not read again."""
    with connect_embedder(settings_of(model)) as reader, Journal(journal) as kept:
        for part in parts:
            began = time.perf_counter()
            embeddings_of(reader, part, kept)
            print(f"{len(part)} read in {time.perf_counter() - began:.0f} s", flush=True)


def rounds(replies: Sequence[Reply], each: int = 10) -> list[Reply]:
    """The answers in rounds of so many of each question, and question by question within a round."""
    order = np.random.default_rng(0).permutation(len(replies)).tolist()
    by_question: dict[str, list[Reply]] = {}
    for place in order:
        by_question.setdefault(replies[place].prompt, []).append(replies[place])
    most = max(map(len, by_question.values()))
    return [one for at in range(0, most, each) for some in by_question.values() for one in some[at : at + each]]


def judge_with(model: Any, wording: Any, journal: Journal) -> Judge:
    """The model as a judge under one wording."""
    draws = Sampling(max_tokens=32 if wording != "score" else 192, break_loops=wording == "score")
    setup = Setup(sampling=draws, journal=journal)
    return Judge((model,), RUBRIC, SUBJECT, JUDGING, setup, wording=wording)


def speed(model: str, each: int = 4) -> Iterator[str]:
    """Seconds a reply: read for embeddings, and scored with reasons by the same model in the embedded engine."""
    chosen = rounds(told_in_full(), each)[: 2 * each]
    taken = {}
    with connect_embedder(settings_of(model)) as reader:
        embeddings_of(reader, chosen[-1:])  # what is loaded by the first call is not counted
        began = time.perf_counter()
        embeddings_of(reader, chosen)
        taken["read for embeddings, two questions"] = (time.perf_counter() - began) / len(chosen)
        began = time.perf_counter()
        embeddings_of(reader, chosen)
        taken["the same, the questions read before"] = (time.perf_counter() - began) / len(chosen)
    with connect(ModelSettings(model=model, concurrency=1)) as engine, tempfile.TemporaryDirectory() as folder:
        with Journal(Path(folder) / "journal.jsonl") as journal:
            judge = judge_with(engine, "score", journal)
            judge.score_all(chosen[-1:])
            began = time.perf_counter()
            judge.score_all(chosen[:-1])
        taken["scored with reasons"] = (time.perf_counter() - began) / (len(chosen) - 1)
    slowest = taken["scored with reasons"]
    yield "| one reply | seconds | times as fast as with reasons |\n|---|---|---|"
    for name, seconds in taken.items():
        yield f"| {name} | {seconds:.2f} | {slowest / seconds:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wordings", nargs="+", default=["levels", "strict"])
    parser.add_argument("--most", type=int, default=800)
    parser.add_argument("--embed", action="store_true", help="read the answers for embeddings, and ask nothing")
    parser.add_argument("--speed", action="store_true", help="time both, on eight answers")
    asked = parser.parse_args()
    if asked.speed:
        print(*speed(f"gguf:{asked.model}"), sep="\n")
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.embed:
        embed(f"gguf:{asked.model}", asked.folder / "embeddings.jsonl", [told_in_full()[: asked.most]])
        return
    replies = rounds(answers())[: asked.most]
    settings = ModelSettings(model=f"gguf:{asked.model}", concurrency=1)
    with connect(settings) as model, Journal(asked.folder / "journal.jsonl") as journal:
        for start in range(0, len(replies), 200):
            for wording in asked.wordings:
                judge, began = judge_with(model, wording, journal), time.perf_counter()
                done = replies[start : start + 200]
                caller = Caller(journal, total=len(done))
                found: list[Any] = []

                async def score(reply: Reply, judge: Judge = judge, caller: Caller = caller) -> Any:
                    return await judge.score(reply, caller)

                judge.run(done, score, found.append, caller)
                seconds, read = time.perf_counter() - began, sum(one.unscored is None for one in found)
                print(f"{wording}: {len(done)} from {start}, {read} read, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
