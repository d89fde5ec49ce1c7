"""A damaged `feedback.db` is one line that names the file and says what to do, never a traceback."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hone.domain.rubric import Rubric
from hone.people.store import NewSubject, open_store
from hone.project import Project

from ..jobs.test_index import damage
from .conftest import Hone


@pytest.fixture
def rated(project: Path) -> Path:
    """A project in which three people rated forty replies."""
    rubric: Rubric = Project(project).rubric
    with open_store(Project(project).database) as store:
        whole = [NewSubject(f"i{n}", f"Please plan week {n}.", "Plain plan. " * 20) for n in range(40)]
        ids = store.add_subjects(whole)
        for name in ("Ann", "Ben", "Cem"):
            rater = store.add_rater(name).id
            for place, subject in enumerate(ids):
                store.rate(rater, subject, rubric, {"Be Detailed": place % 2, "Be Adaptable": 1 - place % 2})
    with closing(sqlite3.connect(project / "feedback.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return project


COMMANDS = (
    ("feedback", "status"),
    ("agree", "--resamples", 200),
    ("estimate",),
    ("feedback", "export", "ratings.csv"),
    ("rate", "raters"),
    ("rate", "invite", "Dan"),
)


@pytest.mark.parametrize("seed", [*range(18), 61, 84])
def test_a_damaged_store_is_one_line_that_says_what_to_do(
    hone: Hone, rated: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rated)
    file = rated / "feedback.db"
    hurt = damage(file.read_bytes(), random.Random(seed))
    for words in COMMANDS:
        file.write_bytes(hurt)
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        found = hone(*words)  # a traceback would come out of it
        if found.code and words != ("estimate",):  # which has no judge to correct, where nothing is damaged
            (line,) = (line for line in found.err.splitlines() if line.startswith("hone: "))
            assert line.startswith(f"hone: {file}: ")
            assert "restore a copy of it" in line
