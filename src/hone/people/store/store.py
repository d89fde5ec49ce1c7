"""The store of one project: everything that people said, behind one name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from hone.people.store.database import FAILURES, Database, database_at
from hone.people.store.draws import DrawsPart
from hone.people.store.failures import explained
from hone.people.store.opening import Upgrade, bring_up, check_readable, check_whole
from hone.people.store.openings import OpeningsPart
from hone.people.store.pairs import PairsPart
from hone.people.store.raters import RatersPart
from hone.people.store.rating import RatingPart
from hone.people.store.reading import ReadingPart
from hone.people.store.review import ReviewPart
from hone.people.store.second_looks import SecondLooksPart
from hone.people.store.subjects import SubjectsPart


class Store(
    RatersPart, SubjectsPart, DrawsPart, RatingPart, PairsPart, ReviewPart, OpeningsPart, SecondLooksPart, ReadingPart
):
    """What people said. Every method is one short transaction, safe to call from any number of threads.

    Raters, subjects and pairs are named by their ids. A method that saves returns once the save is on the disk; where
    it raises, nothing of it was saved. Made by `open_store`.
    """

    def __init__(self, database: Database, *, seed: int, clock: Callable[[], datetime]) -> None:
        self.database, self.seed, self.clock = database, seed, clock
        self.upgrade: Upgrade | None = None
        """What was done where this opening brought an older schema up to date."""
        self._known = set()

    @classmethod
    def open(cls, where: Path | str, *, readonly: bool, seed: int, clock: Callable[[], datetime]) -> Self:
        """See `open_store`."""
        database = database_at(where, readonly=readonly)
        store = cls(database, seed=seed, clock=clock)
        try:
            check_whole(database)
            if readonly:
                check_readable(database)
            else:
                store.upgrade = bring_up(database)
        except FAILURES as error:
            database.close()
            raise explained(error, database.name) from error
        except BaseException:
            database.close()
            raise
        return store

    @property
    def backup(self) -> Path | None:
        """The copy that was made beside the file when this opening upgraded an older schema."""
        return self.upgrade.backup if self.upgrade else None

    def close(self) -> None:
        """Close every connection. Nothing waits to be written."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
