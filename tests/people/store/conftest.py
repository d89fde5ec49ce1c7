"""A store in a file, the same on a private PostgreSQL server, and a rubric."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hone.domain.rubric import Rubric
from hone.people.store import NewSubject, open_store
from hone.people.store.store import Store

NAMES = ("Be Clear", "Be Kind")


def rubric_of(*criteria: str, scale: str = "-1..1") -> Rubric:
    return Rubric.model_validate({"criteria": list(criteria), "scale": scale})


RUBRIC = rubric_of("Be Clear: Each word is known.", "Be Kind: No word hurts.")


class Clock:
    """A clock that stands until it is moved, but never gives one time twice."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store is kept, on each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "feedback.db"
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def store(where: Path | str, clock: Clock) -> Iterator[Store]:
    with open_store(where, clock=clock) as opened:
        yield opened


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two raters, Ann and Ben, and three replies."""
    store.add_rater("Ann")
    store.add_rater("Ben")
    store.add_subjects(NewSubject(f"i{n}", f"Plan week {n}.", f"Reply {n}.", "model-a") for n in range(3))
    return store


@pytest.fixture
def rater(filled: Store) -> Callable[[str], str]:
    """The id of a rater's name."""
    return lambda name: next(one.id for one in filled.raters() if one.name == name)
