"""Shards: cut, labelled and joined, a data set comes out as it does in one piece, and nothing is asked twice."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Reply
from hone.errors import ProjectError, RunBusyError, RunError, UnavailableError
from hone.jobs import Journal, Setup
from hone.jobs.ray import Work
from hone.judging import shards as module
from hone.judging.form import rubric_sampling
from hone.judging.judge import Judge
from hone.judging.label import LabelReport, RowToLabel, label_rows
from hone.judging.shards import Labeller, cut_shards, joined_rows, label_in_shards, shard_size, take_shards_in
from hone.models import connect
from hone.prompts import load_prompts

VerdictText = Callable[..., str]
SIZE = 4
"""Rows of a shard here."""


def rows(count: int = 10) -> Iterator[RowToLabel]:
    for number in range(count):
        reply = Reply(item=f"r{number}", prompt="Plan.", text=f"Text {number}.", model="")
        whole = number % 5 != 3
        yield RowToLabel({"id": f"r{number}"}, f"r{number}", reply if whole else None, "" if whole else "no reply")


@pytest.fixture
def script(tmp_path: Path, verdict: VerdictText) -> Path:
    """Row 6 gets an answer that cannot be read, and the same when a repair is asked; row 7 gets none."""
    path = tmp_path / "script.jsonl"
    answers = {"Text 6.": "No scores.", **{f"Text {n}.": verdict() for n in range(10) if n not in {6, 7}}}
    path.write_text("".join(json.dumps({"contains": key, "text": text}) + "\n" for key, text in answers.items()))
    return path


@pytest.fixture
def labeller(script: Path, rubric: Rubric) -> Labeller:
    judge, draws = ModelSettings(model=f"scripted:{script.name}"), rubric_sampling(rubric)
    return Labeller((judge,), script.parent, rubric, "plan", Judging(), load_prompts(), draws)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    run = tmp_path / "runs" / "1-label"
    run.mkdir(parents=True)
    with Journal(run / "journal.jsonl", index=run.parent / "index.db") as opened:
        yield opened


@pytest.fixture
def judge(labeller: Labeller, journal: Journal) -> Judge:
    model = connect(labeller.judges[0], folder=labeller.folder)
    setup = Setup(labeller.prompts, labeller.sampling, journal)
    return Judge((model,), labeller.rubric, labeller.subject, labeller.judging, setup)


def here(start: Callable[[], Work], jobs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Does the jobs in this process, the last first: processes end when they like."""
    work = start()
    yield from (work(job) for job in reversed(jobs))


Took = list[tuple[RowToLabel, Judgement]]


@pytest.fixture
def in_shards(monkeypatch: pytest.MonkeyPatch, judge: Judge, labeller: Labeller, tmp_path: Path) -> Any:
    monkeypatch.setattr(module, "shard_size", lambda _: SIZE)

    def call(spread: Any = here) -> tuple[LabelReport, Took]:
        took: Took = []
        folder = tmp_path / "runs" / "1-label" / "shards"
        return label_in_shards(
            rows, judge, labeller, lambda *one: took.append(one), folder=folder, total=10, spread=spread
        ), took

    return call


def test_shards_give_the_rows_and_the_report_of_one_piece(in_shards: Any, judge: Judge, tmp_path: Path) -> None:
    report, took = in_shards()
    alone = dataclasses.replace(judge, setup=dataclasses.replace(judge.setup, journal=None))
    expected: Took = []
    whole = label_rows(rows(), alone, lambda *one: expected.append(one), total=10)
    assert took == expected
    assert [entry.item for entry, _ in took] == [f"r{number}" for number in range(10)]
    assert report == whole
    assert report.tally.failed == 1
    assert report.unscored.total() == 4
    assert not (tmp_path / "runs" / "1-label" / "shards").exists()


def test_all_answers_of_the_shards_end_up_in_the_journal_of_the_run(in_shards: Any, journal: Journal) -> None:
    report, _ = in_shards()
    assert len(journal) == report.tally.calls - report.tally.failed == 8


def test_what_the_journal_holds_is_not_asked_again(in_shards: Any, script: Path, judge: Judge) -> None:
    _, first = in_shards()
    script.write_text(script.read_text().replace("No scores.", "changed"))
    report, second = in_shards()
    assert second == first
    assert (report.tally.calls, report.tally.failed, report.tally.reused) == (1, 1, 8)
    after = label_rows(rows(), judge, lambda *_: None)  # nor by an engine that works in one piece
    assert (after.tally.calls, after.tally.reused) == (1, 8)


def test_a_repair_that_the_journal_holds_is_not_asked_again(
    in_shards: Any, script: Path, verdict: VerdictText
) -> None:
    repair = json.dumps({"contains": "No scores.", "text": verdict()}) + "\n"  # what is asked repeats what it mends
    script.write_text(repair + script.read_text())
    assert in_shards()[0].tally.failed == 1
    report, took = in_shards()
    assert (report.tally.calls, report.tally.reused) == (1, 8)
    assert took[6][1].unscored is None


def test_a_run_that_was_killed_in_a_shard_goes_on_with_its_answers(in_shards: Any, journal: Journal) -> None:
    class KilledError(BaseException):
        pass

    def killed(start: Callable[[], Work], jobs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        work = start()
        work(jobs[1])
        with (Path(jobs[1]) / "journal.jsonl").open("ab") as torn:
            torn.write(b'{"key": "torn')
        raise KilledError
        yield

    with pytest.raises(KilledError):
        in_shards(killed)
    assert len(journal) == 0
    report, took = in_shards()
    assert len(took) == 10
    assert (report.tally.reused, report.tally.calls - report.tally.failed) == (4, 4)  # rows 4, 5, and 6 twice


def test_another_engine_takes_in_the_shards_that_were_left(
    judge: Judge, journal: Journal, labeller: Labeller, tmp_path: Path
) -> None:
    folder = tmp_path / "left"
    labeller()(str(cut_shards(rows(), judge, folder, SIZE)[0]))
    take_shards_in(folder, journal)
    assert len(journal) == 3
    assert not folder.exists()
    take_shards_in(folder, journal)


def test_a_shard_that_is_still_written_is_waited_for_and_then_refused(
    monkeypatch: pytest.MonkeyPatch, judge: Judge, journal: Journal, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    shard = cut_shards(rows(), judge, tmp_path / "busy", SIZE)[0]
    with Journal(shard / "journal.jsonl"), pytest.raises(RunBusyError):
        take_shards_in(tmp_path / "busy", journal)
    take_shards_in(tmp_path / "busy", journal)


def test_every_row_is_in_one_shard(judge: Judge, tmp_path: Path) -> None:
    shards = cut_shards(rows(9), judge, tmp_path / "shards", 3)
    inputs = [[json.loads(line)[0] for line in (shard / "input.jsonl").read_text().splitlines()] for shard in shards]
    assert [len(part) for part in inputs] == [3, 3, 3]
    assert [name for part in inputs for name in part] == [f"r{number}" for number in range(9)]


@pytest.mark.parametrize(("before", "after"), [(8, 7), (7, 8)])
def test_data_that_changed_meanwhile_is_refused(
    judge: Judge, labeller: Labeller, tmp_path: Path, before: int, after: int
) -> None:
    shards = cut_shards(rows(before), judge, tmp_path / "shards", SIZE)
    work = labeller()
    for shard in shards:
        work(str(shard))
    with pytest.raises(ProjectError, match="the data changed while it was labelled"):
        list(joined_rows(rows(after), shards))


def test_a_judge_that_cannot_answer_at_all_ends_the_run(in_shards: Any, script: Path) -> None:
    def gone(start: Callable[[], Work], jobs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        script.unlink()
        return here(start, jobs)

    with pytest.raises(UnavailableError, match="cannot be read"):
        in_shards(gone)


def test_a_folder_that_cannot_be_seen_is_named(labeller: Labeller, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere"):
        labeller()(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(("rows", "size"), [(1, 250), (5000, 250), (64_000, 1000), (10**7, 2000)])
def test_small_data_sets_get_smaller_shards(rows: int, size: int) -> None:
    assert shard_size(rows) == size
