"""The index is made from the journals: damaged, lost or behind, it never costs a call that a journal answers."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from hone.errors import FileFormatError
from hone.jobs import Journal
from hone.models import Completion, Message, Request

KEYS = [f"key-{n:04d}" for n in range(600)]
REQUEST = Request((Message("user", "Hello."),))


def filled(runs: Path, name: str = "a", keys: list[str] = KEYS) -> Path:
    """A run whose journal answers these keys."""
    (runs / name).mkdir(parents=True)
    with Journal(runs / name / "journal.jsonl", index=runs / "index.db") as journal:
        for key in keys:
            journal.add(key, REQUEST, Completion(f"answer to {key}"))
    return runs / name / "journal.jsonl"


def answers(runs: Path, name: str = "b", keys: list[str] = KEYS) -> tuple[int, list[str]]:
    """How many keys a run knows the right answer to, and what it has to say."""
    (runs / name).mkdir(exist_ok=True)
    with Journal(runs / name / "journal.jsonl", index=runs / "index.db") as journal:
        found = [journal.get(key) for key in keys]
        right = [one is not None and one.text == f"answer to {key}" for key, one in zip(keys, found, strict=True)]
        return sum(right), list(journal.notes)


def damage(content: bytes, draw: random.Random) -> bytes:
    """A page zeroed or swapped, bytes changed, the file cut, or a line of noise."""
    data, kind = bytearray(content), draw.randrange(5)
    page = 4096 * draw.randrange(max(1, len(data) // 4096))
    if kind == 0:
        data[page : page + 4096] = bytes(4096)
    elif kind == 1:
        other = 4096 * draw.randrange(max(1, len(data) // 4096))
        data[page : page + 4096], data[other : other + 4096] = data[other : other + 4096], data[page : page + 4096]
    elif kind == 2:
        for _ in range(draw.choice((1, 1, 2, 8, 64))):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif kind == 3:
        del data[draw.randrange(len(data)) :]
    else:
        start = draw.randrange(len(data))
        data[start : start + 40] = draw.randbytes(len(data[start : start + 40]))
    return bytes(data)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_index_costs_no_answer_and_no_traceback(tmp_path: Path, seed: int) -> None:
    filled(tmp_path)
    index = tmp_path / "index.db"
    whole = index.read_bytes()
    hurt = damage(whole, random.Random(seed))
    index.write_bytes(hurt)
    right, notes = answers(tmp_path)
    assert right == len(KEYS)
    assert len(notes) <= 1
    assert all("rebuilt from the journals" in note for note in notes)
    assert answers(tmp_path, "c") == (len(KEYS), [])
    assert answers(tmp_path, "a") == (len(KEYS), [])


@pytest.mark.parametrize("seed", range(10))
def test_an_index_that_is_damaged_while_it_is_open_costs_no_answer(tmp_path: Path, seed: int) -> None:
    filled(tmp_path)
    index, draw = tmp_path / "index.db", random.Random(seed)
    (tmp_path / "b").mkdir()
    with Journal(tmp_path / "b" / "journal.jsonl", index=index) as journal:
        for key in KEYS[:5]:
            assert journal.get(key)
        for end in ("", "-wal"):
            path = index.with_name(index.name + end)
            if path.exists() and path.stat().st_size:
                with path.open("r+b") as stream:
                    stream.write(draw.randbytes(path.stat().st_size))
        journal.add("new", REQUEST, Completion("new"))
        found = [journal.get(key) for key in [*KEYS, "new"]]
    assert all(found)
    assert answers(tmp_path, "c", [*KEYS])[0] == len(KEYS)


def test_rows_that_are_lost_or_changed_without_damage_to_the_file_are_noticed(tmp_path: Path) -> None:
    filled(tmp_path)
    for change in (
        "DELETE FROM answers WHERE key = 'key-0007'",
        "UPDATE answers SET start = start + 1 WHERE key = 'key-0007'",
        "UPDATE answers SET key = 'key-9999' WHERE key = 'key-0007'",
        "UPDATE journals SET indexed = indexed + 1",
        "DELETE FROM journals",
    ):
        with sqlite3.connect(tmp_path / "index.db") as database:
            database.execute(change)
        database.close()
        right, notes = answers(tmp_path)
        assert (right, len(notes)) == (len(KEYS), 1), change


@pytest.mark.parametrize("content", [b"", b"no database at all", bytes(8192)])
def test_an_index_that_is_no_database_is_made_anew(tmp_path: Path, content: bytes) -> None:
    filled(tmp_path)
    (tmp_path / "index.db").write_bytes(content)
    assert answers(tmp_path)[0] == len(KEYS)


def test_an_old_log_beside_a_damaged_index_is_not_played_back(tmp_path: Path) -> None:
    filled(tmp_path)
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"index.db{end}").write_bytes(b"noise" * 2000)
    assert answers(tmp_path)[0] == len(KEYS)


def test_an_index_of_an_older_version_is_made_anew_without_a_word(tmp_path: Path) -> None:
    path = filled(tmp_path)
    (tmp_path / "index.db").unlink()
    with sqlite3.connect(tmp_path / "index.db") as database:
        database.execute("CREATE TABLE answers (key TEXT PRIMARY KEY, journal TEXT)")
    database.close()
    assert answers(tmp_path) == (len(KEYS), [])
    assert path.exists()


def test_what_a_killed_run_had_not_indexed_is_read_by_the_next_run_of_another_kind(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with path.open("a") as stream:  # as a killed process leaves it: written, not indexed, the last line torn
        entry = {"key": "late", "answer": Completion("answer to late").to_data()}
        stream.write(json.dumps(entry) + "\n" + json.dumps(entry)[:20])
    assert answers(tmp_path, keys=[*KEYS, "late"]) == (len(KEYS) + 1, [])


def test_the_answer_of_another_journal_counts_where_the_last_one_is_gone(tmp_path: Path) -> None:
    filled(tmp_path, "a")
    later = filled(tmp_path, "b", [])
    with Journal(later, index=tmp_path / "index.db") as journal:
        journal.add(KEYS[0], REQUEST, Completion("answer to key-0000"))
    shutil.rmtree(later.parent)
    assert answers(tmp_path, "c") == (len(KEYS), [])


def test_a_journal_that_was_shortened_by_hand_keeps_the_answers_that_are_left(tmp_path: Path) -> None:
    path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:100] + lines[101:]))
    assert answers(tmp_path)[0] == len(KEYS) - 1


def test_a_damaged_line_of_the_own_journal_is_told_with_its_number(tmp_path: Path) -> None:
    path = filled(tmp_path)
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    for bad in (
        b"x" + lines[41][1:],
        lines[41].replace(b'"answer"', b'"amswer"'),
        b"\x00" * (len(lines[41]) - 1) + b"\n",
    ):
        path.write_bytes(b"".join([*lines[:41], bad, *lines[42:]]))
        with pytest.raises(FileFormatError, match=r"journal.jsonl:42: the journal is damaged; remove this line"):
            answers(tmp_path, "a")
        assert len(path.read_bytes()) == len(content)


def test_a_damaged_line_of_another_journal_is_told_and_costs_one_answer(tmp_path: Path) -> None:
    path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:41], b"x" + lines[41][1:], *lines[42:]]))
    right, notes = answers(tmp_path)
    assert right == len(KEYS) - 1
    assert len(notes) == 1
    assert "a/journal.jsonl:42: the journal is damaged" in notes[0]


def test_two_that_index_the_same_journal_keep_one_sum(tmp_path: Path) -> None:
    path = filled(tmp_path, keys=[])
    with Journal(path, index=tmp_path / "index.db") as writer:
        for key in KEYS[:300]:
            writer.add(key, REQUEST, Completion(f"answer to {key}"))
        assert answers(tmp_path, "b", KEYS[:300]) == (300, [])  # reads the writer's journal before it is indexed
        for key in KEYS[300:]:
            writer.add(key, REQUEST, Completion(f"answer to {key}"))
    assert answers(tmp_path, "c") == (len(KEYS), [])
