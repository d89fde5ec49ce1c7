"""A person is taken out of everything that a project and its exports hold; a backup is taken and restored."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hone.people.store import NewPair, NewSubject, open_store
from hone.people.store.forgetting import forget_rater as forget_in
from hone.people.store.store import Store
from hone.project import Project
from tests.cli.conftest import Hone

pytest.importorskip("sqlalchemy")
NAME = "Annegret"


def people(store: Store, project: Project) -> None:
    """Two people who rate, compare, adjudicate and write notes; one of them has a link and takes a score back."""
    rubric = project.rubric
    store.add_subjects([NewSubject(f"i{n}", f"Plan {n}.", f"Reply {n}.", "m") for n in range(6)])
    store.add_pairs([NewPair("i0", "Plan.", "One.", "Two.", "m", "n")])
    store.invite(NAME)
    first = ""
    for name in (NAME, "Ben"):
        rater = store.add_rater(name).id
        for n in range(6):
            subject = store.next_subject(rater, rubric)
            assert subject is not None
            first = first or subject.id
            store.rate(rater, subject.id, rubric, {"Be Detailed": n % 3 - 1, "Be Adaptable": 1}, note=f"Says {name}.")
        store.undo(rater)
        pair = store.next_pair(rater)
        assert pair
        store.choose(rater, pair.id, "left", note=f"{name} prefers it.")
        store.adjudicate(first, rubric, "Be Detailed", 1, by=name, reason="Talked about.")


@pytest.fixture
def rated(hone: Hone, advised: Path, tmp_path: Path) -> Path:
    """The project with ratings, decisions, a version, a report and exports, all of which name the person."""
    assert hone("rubric", "merge", "--accept", "none", "--by", NAME).code == 0
    project = Project(advised)
    with open_store(project.folder / "feedback.db") as store:
        people(store, project)
        for decision in project.decisions:
            store.decide(decision)
    assert hone("rubric", "finalise", "--by", NAME).code == 0
    for name, form in (("r.csv", "ratings"), ("r.jsonl", "ratings"), ("p.csv", "pairs"), ("s.jsonl", "store"),
                       ("l.json", "label-studio"), ("a.json", "argilla")):  # fmt: skip
        done = hone("feedback", "export", tmp_path / "out" / name, "--form", form)
        assert done.code == 0, done.err
    assert hone("feedback", "backup", advised / "backup.jsonl").code == 0
    return advised


def holding(name: str, *folders: Path) -> list[str]:
    """Files in which a name stands, in any form."""
    forms = [name.encode(), name.lower().encode(), name.upper().encode()]
    return sorted(
        path.name for folder in folders for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    )  # fmt: skip


def test_no_file_holds_the_name_and_every_score_is_there(hone: Hone, rated: Path, tmp_path: Path) -> None:
    assert len(holding(NAME, rated, tmp_path / "out")) >= 8
    before = hone("feedback", "status", "--json").data
    done = hone("feedback", "forget", NAME.upper(), "--json")
    assert done.code == 0, done.err
    assert done.data["left"] == []
    assert holding(NAME, rated, tmp_path / "out") == []
    after = hone("feedback", "status", "--json").data
    assert after["ratings"] == before["ratings"] == 20
    with open_store(rated / "feedback.db", readonly=True) as store:
        assert sorted(one.name for one in store.raters()) == sorted(["Ben", done.data["alias"]])
        assert {row.rater for row in store.ratings(Project(rated).rubric)} == {"Ben", done.data["alias"]}
    rows = (tmp_path / "out" / "r.csv").read_text().splitlines()
    assert sum(done.data["alias"] in row for row in rows) == 10
    versions = Project(rated).versions  # still whole: their hashes are of the rubric
    assert {version.by for version in versions} == {done.data["alias"]}
    restored = hone("feedback", "restore", rated / "backup.jsonl")
    assert restored.code == 0, restored.err
    assert holding(NAME, rated) == []


def test_with_remove_nothing_that_they_said_is_left(hone: Hone, rated: Path) -> None:
    done = hone("feedback", "forget", NAME, "--remove", "--json")
    assert done.code == 0, done.err
    with open_store(rated / "feedback.db", readonly=True) as store:
        assert [one.name for one in store.raters()] == ["Ben"]
        assert {row.rater for row in store.ratings(Project(rated).rubric)} == {"Ben"}
        assert {change.by for change in store.history()} <= {"", "Ben", done.data["alias"]}
    assert holding("Says Annegret", rated) == []
    status = hone("feedback", "status", "--json")
    assert status.code == 0
    assert status.data["ratings"] == 10


def test_their_link_lets_nobody_in_and_others_are_untouched(hone: Hone, rated: Path) -> None:
    with open_store(rated / "feedback.db") as store:
        theirs, bens = store.invite(NAME), store.invite("Ben")
    assert hone("feedback", "forget", NAME).code == 0
    with open_store(rated / "feedback.db") as store:
        assert store.redeem(bens).name == "Ben"
        with pytest.raises(Exception, match="not known"):
            store.redeem(theirs)
        notes = {answer.note for answer in store.mine(store.add_rater("Ben").id, Project(rated).rubric)}
    assert "Says Ben." in notes


def test_while_somebody_reads_all_is_done_and_the_log_is_told_of(hone: Hone, rated: Path, tmp_path: Path) -> None:
    file = rated / "feedback.db"
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM raters").fetchone()
        done = hone("feedback", "forget", NAME)
        assert done.code == 0, done.err
        assert "its log may hold the name until the pages are closed" in done.err
        assert holding(NAME, tmp_path / "out") == []
        assert set(holding(NAME, rated)) <= {"feedback.db", "feedback.db-wal"}
    with open_store(file) as store:
        assert NAME not in {one.name for one in store.raters()}
    assert holding(NAME, rated) == []


def test_a_command_that_was_stopped_in_the_middle_can_be_typed_again(hone: Hone, rated: Path, tmp_path: Path) -> None:
    with open_store(rated / "feedback.db") as store:
        forget_in(store.database, NAME)  # as far as it had come
    done = hone("feedback", "forget", NAME)
    assert done.code == 0, done.err
    assert holding(NAME, rated, tmp_path / "out") == []
    assert hone("feedback", "forget", NAME).code == 1


def test_a_name_that_is_not_there_is_one_line(hone: Hone, rated: Path) -> None:
    before = (rated / "feedback.db").read_bytes()
    done = hone("feedback", "forget", "Anne")
    assert (done.code, "there is nobody called 'Anne'" in done.err) == (1, True)
    assert (rated / "feedback.db").read_bytes() == before


def test_a_file_with_the_name_in_running_text_is_named(hone: Hone, rated: Path) -> None:
    (rated / "notes.md").write_text(f"{NAME} and Ben met.\n")
    (rated / "others.md").write_text("Annegretchen met Ben.\n")
    done = hone("feedback", "forget", NAME, "--json")
    assert [Path(path).name for path in done.data["left"]] == ["notes.md"]


def test_a_project_that_was_sent_names_no_file_outside_it(hone: Hone, rated: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(f"item,rater\na,{NAME}\n")
    (rated / "exports.json").write_text(json.dumps({str(rated): [str(mine)]}))
    assert hone("feedback", "forget", NAME).code == 0
    assert NAME in mine.read_text()


def test_a_backup_is_one_state_while_others_save_and_comes_back_whole(
    hone: Hone, rated: Path, tmp_path: Path
) -> None:
    rubric, stop = Project(rated).rubric, threading.Event()
    store = open_store(rated / "feedback.db")
    subject = next(iter(store.mine(store.add_rater("Ben").id, rubric))).subject

    def save() -> Iterator[int]:
        rater = store.add_rater("Carl").id
        while not stop.is_set():
            store.rate(rater, subject.id, rubric, {"Be Detailed": 1, "Be Adaptable": 1})
            store.rate(rater, subject.id, rubric, {"Be Detailed": -1, "Be Adaptable": -1})
            yield 1

    saves: list[int] = []
    saver = threading.Thread(target=lambda: saves.extend(save()))
    saver.start()
    for n in range(5):
        assert hone("feedback", "backup", tmp_path / f"b{n}.jsonl").code == 0
    restored = hone("feedback", "restore", tmp_path / "b3.jsonl", "--json")
    stop.set()
    saver.join()
    store.close()
    assert restored.code == 0, restored.err
    assert saves
    assert hone("feedback", "restore", tmp_path / "b4.jsonl", "--json").code == 0
    assert hone("feedback", "backup", tmp_path / "again.jsonl").code == 0
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "b4.jsonl").read_bytes()
    copies = sorted(path.name for path in rated.glob("feedback.db.before-restore-*"))
    assert copies == ["feedback.db.before-restore-1.jsonl", "feedback.db.before-restore-2.jsonl"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in rated.glob("feedback.db.before-*"))
    assert hone("feedback", "restore", rated / copies[1]).code == 0


def test_half_a_backup_changes_nothing(hone: Hone, rated: Path) -> None:
    whole = (rated / "backup.jsonl").read_text().splitlines(keepends=True)
    (rated / "half.jsonl").write_text("".join(whole[:-3]))
    before = hone("feedback", "status", "--json").data
    done = hone("feedback", "restore", rated / "half.jsonl")
    assert done.code == 1
    assert "is not complete" in done.err
    assert hone("feedback", "status", "--json").data == before
