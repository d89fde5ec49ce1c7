"""Labels a data set in shards, so that several processes, or machines that share a folder, can take part.

A shard is a folder: `input.jsonl` holds what is scored, `journal.jsonl` every answer as soon as it is there,
`results.jsonl` the judgements, written last. The run's own journal stays the truth. A shard starts with the answers
that the journals of the project hold for its rows, and gives its new ones to the run's journal when it is done, or
when the run goes on after a stop. So answers count whichever engine asked, and shards may be cut anew each time.

The rows themselves stay where they are: only what a judge sees travels, and the driver puts rows and judgements
together again, through the same sink as a run in one process.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings, Sampling
from hone.domain.task import Brief, Reply
from hone.errors import ProjectError, RunBusyError, RunError
from hone.files import make_folder, text_written_whole, whole_stream
from hone.jobs import Budget, Caller, CallTally, Journal, Setup, wait
from hone.jobs.asked import ASKED
from hone.jobs.ray import Work, run_jobs
from hone.judging.judge import Judge
from hone.judging.label import LabelReport, RowToLabel, label_rows
from hone.judging.opening import connect_judge, judge_over
from hone.models import Completion, Model, Request, Usage
from hone.prompts import Prompts

INPUT, JOURNAL, RESULTS = "input.jsonl", "journal.jsonl", "results.jsonl"
_PATIENCE = 30.0
"""Seconds to wait for a process of a killed run that is still writing its shard."""

Spread = Callable[[Callable[[], Work], Sequence[str]], Iterable[Mapping[str, Any]]]
"""What hands the jobs out to processes."""

_SEEN = "every machine must see this folder"


@dataclass(frozen=True, slots=True)
class Labeller:
    """All that another process needs to make the judge anew.

    Args:
        judges: The models.
        folder: Where relative file names in their specs start.
        rubric: What is judged by.
        subject: What the replies are.
        judging: How.
        prompts: The words.
        sampling: The draws.
        brief: What the writer was told.
    """

    judges: tuple[ModelSettings, ...]
    folder: Path
    rubric: Rubric
    subject: str
    judging: Judging
    prompts: Prompts
    sampling: Sampling
    brief: Brief = field(default_factory=Brief)

    def __call__(self) -> Work:
        """Connect the models in this process, and give what labels a shard with them."""
        models = tuple(connect_judge(judge, self.folder) for judge in self.judges)
        return lambda shard: self.label(Path(shard), models)

    def label(self, shard: Path, models: tuple[Model, ...]) -> dict[str, Any]:
        """Label a shard: go on with its journal, and write its results last.

        Returns:
            Its name, and the counts of its tally.
        """
        try:
            with (
                Journal(shard / JOURNAL, asked=shard / ASKED) as journal,
                text_written_whole(shard / RESULTS, kind=RunError, hint=_SEEN) as stream,
            ):
                setup = Setup(self.prompts, self.sampling, journal)
                judge = judge_over(models, self.rubric, self.subject, self.judging, setup, self.brief)
                report = label_rows(_read(shard), judge, lambda _, one: stream.write(one.model_dump_json() + "\n"))
        except OSError as error:
            raise RunError(f"{shard}: cannot be used ({error.strerror}); {_SEEN}") from error
        tally = report.tally
        notes = [note for model in models for note in dict.fromkeys(model.notes)]
        return {
            "shard": str(shard),
            "done": tally.done,
            "calls": tally.calls,
            "failed": tally.failed,
            "reused": tally.reused,
            "prompt": tally.usage.prompt,
            "completion": tally.usage.completion,
            "notes": notes,
        }


def label_in_shards(
    rows: Callable[[], Iterable[RowToLabel]],
    judge: Judge,
    labeller: Labeller,
    sink: Callable[[RowToLabel, Judgement], object],
    *,
    folder: Path,
    total: int,
    spread: Spread = run_jobs,
) -> LabelReport:
    """Score every row, shard by shard in several processes.

    Args:
        rows: Reads the rows anew at each call: once to cut the shards, once to join them.
        judge: Who scores. In this process it is asked nothing; its setup holds the run's journal, and progress.
        labeller: The same judge, for the other processes.
        sink: Takes every row with its judgement, in the order of the rows.
        folder: Where the shards are kept while the run is under way; every process must see it.
        total: How many rows there are.
        spread: Hands the shards out; by default, to Ray.

    Returns:
        What came of it: the same as of `label_rows`, with the counts of all shards together.

    Raises:
        RunError: A judge cannot answer at all, a folder cannot be used, or the rows changed meanwhile.
    """
    journal = judge.setup.journal
    if journal is None:
        raise ValueError("the judge's setup holds no journal")
    take_shards_in(folder, journal)
    shards = cut_shards(rows(), judge, folder, shard_size(total))
    tally, notes = CallTally(total), judge.models[0].notes if judge.models else []
    for done in spread(labeller, [str(shard) for shard in shards]):
        journal.take_in(Path(done["shard"]) / JOURNAL)
        _count(tally, done)
        notes += [note for note in done["notes"] if note not in notes]
        if judge.setup.progress:
            judge.setup.progress(tally)
    report = LabelReport(tally, signs=judge.signs())
    for entry, judgement in joined_rows(rows(), shards):
        report.add(entry, judgement)
        sink(entry, judgement)
    _remove(folder)
    return report


def shard_size(total: int) -> int:
    """How many rows a shard gets.

    Many, because its last calls leave a process idle; few, so that each process gets several and progress moves.
    """
    return max(250, min(2000, total // 64))


def cut_shards(rows: Iterable[RowToLabel], judge: Judge, folder: Path, size: int) -> list[Path]:
    """Cut the rows into shards, each with the answers that the journals hold for it.

    Raises:
        RunError: A folder cannot be written.
    """
    source, shards = iter(rows), list[Path]()
    for first in source:
        shard = folder / f"{len(shards):05d}"
        make_folder(shard, kind=RunError)
        wait(_fill(shard, chain([first], islice(source, size - 1)), judge))
        shards.append(shard)
    return shards


def joined_rows(rows: Iterable[RowToLabel], shards: Iterable[Path]) -> Iterator[tuple[RowToLabel, Judgement]]:
    """Each row with its judgement, in the order of the rows.

    Raises:
        ProjectError: The rows are not those that were cut into shards.
    """
    judgements = (judgement for shard in shards for judgement in _judgements(shard))
    for entry in rows:
        judgement = next(judgements, None)
        if judgement is None or judgement.item != entry.item:
            raise ProjectError(f"the data changed while it was labelled, at {entry.item}; label it again")
        yield entry, judgement
    if next(judgements, None) is not None:
        raise ProjectError("the data changed while it was labelled: rows are gone; label it again")


def take_shards_in(folder: Path, journal: Journal) -> None:
    """Take the answers of a stopped run's shards into the run's journal, and remove the shards.

    Raises:
        RunBusyError: A process of that run still writes one.
        RunError: A file cannot be read or written.
    """
    for answers in sorted(folder.glob(f"*/{JOURNAL}")):
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                journal.take_in(answers)
                break
            except RunBusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
    _remove(folder)


class _Known:
    """Looks answers up in the journals of the project, and copies those that are found to a shard."""

    def __init__(self, journal: Journal, copies: BinaryIO) -> None:
        self._journal, self._copies = journal, copies

    def get(self, key: str) -> Completion | None:
        found = self._journal.find(key)
        if found is None:
            return None
        self._copies.write(found[0])
        return found[1]

    def add(self, key: str, request: Request, answer: Completion) -> None:
        raise NotImplementedError("nothing is asked")

    def note(self, key: str, request: Request, model: str, *, known: bool) -> None:
        """Nothing: the shard keeps it, when it walks the same rows."""


async def _fill(shard: Path, rows: Iterable[RowToLabel], judge: Judge) -> None:
    """Write the rows down, and score each with a budget of no calls: what it looks up is what the shard will."""
    journal = judge.setup.journal
    with (
        text_written_whole(shard / INPUT, kind=RunError) as stream,
        whole_stream(shard / JOURNAL, kind=RunError, mode=0o600) as answers,
    ):
        caller = Caller(_Known(journal, answers) if journal else None, Budget(calls=0))
        for entry in rows:
            reply = entry.reply.model_dump(mode="json") if entry.reply else None
            stream.write(json.dumps([entry.item, entry.problem, reply], ensure_ascii=False) + "\n")
            if entry.reply is not None:
                await judge.score(entry.reply, caller)


def _read(shard: Path) -> Iterator[RowToLabel]:
    with (shard / INPUT).open(encoding="utf-8") as stream:
        for line in stream:
            item, problem, reply = json.loads(line)
            yield RowToLabel({}, item, Reply.model_validate(reply) if reply else None, problem)


def _judgements(shard: Path) -> Iterator[Judgement]:
    with (shard / RESULTS).open(encoding="utf-8") as stream:
        for line in stream:
            yield Judgement.model_validate_json(line)


def _count(tally: CallTally, done: Mapping[str, Any]) -> None:
    tally.done += done["done"]
    tally.calls += done["calls"]
    tally.failed += done["failed"]
    tally.reused += done["reused"]
    tally.usage += Usage(done["prompt"], done["completion"])


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RunError(f"{folder}: cannot be removed ({error.strerror})") from error
