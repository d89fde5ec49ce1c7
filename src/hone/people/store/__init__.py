"""What people said, kept safe: the store, its values and the one door to SQLAlchemy.

    with open_store(project_folder / "feedback.db") as store:
        ann = store.add_rater("Ann")
        store.add_subjects([NewSubject(item="i1", prompt="…", reply="…", writer="smollm2")])
        subject = store.next_subject(ann.id, rubric)
        store.rate(ann.id, subject.id, rubric, {"Be Detailed": 1}, key="one id a submit")

Nothing here is imported from SQLAlchemy until `open_store` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hone.extras import check_installed as check_packages
from hone.people.store.values import (
    Answer,
    ChoiceRow,
    Disagreement,
    HistoryEntry,
    NewPair,
    NewSubject,
    Pair,
    PairAnswer,
    Progress,
    Rater,
    RatingRow,
    Role,
    Saved,
    Side,
    Subject,
)

if TYPE_CHECKING:
    from hone.people.store.store import Store

__all__ = [
    "Answer",
    "ChoiceRow",
    "Disagreement",
    "HistoryEntry",
    "NewPair",
    "NewSubject",
    "Pair",
    "PairAnswer",
    "Progress",
    "Rater",
    "RatingRow",
    "Role",
    "Saved",
    "Side",
    "Subject",
    "check_store_installed",
    "open_store",
]


def _now() -> datetime:
    return datetime.now(UTC)


def check_store_installed() -> None:
    """The one door to SQLAlchemy and Alembic: what imports them is imported after this.

    Raises:
        MissingExtraError: They are not installed.
    """
    check_packages(("sqlalchemy", "alembic"), "store", use="the store's files")


def open_store(
    where: Path | str, *, readonly: bool = False, seed: int = 0, clock: Callable[[], datetime] = _now
) -> Store:
    """Open the store; make it where there is none, and bring an older schema up to date after a backup.

    Args:
        where: A file for SQLite, or an SQLAlchemy URL such as ``postgresql://USER@HOST/NAME``.
        readonly: Write nothing, not even a newer schema; what would write then raises `StoreError`.
        seed: Fixes the order in which replies of equal need are handed out, and the sides of pairs.
        clock: Gives the time, with its zone.

    Raises:
        StoreError: It cannot be opened: damaged, of a newer schema, locked, no such server.
        MissingExtraError: SQLAlchemy, Alembic or psycopg is not installed.
    """
    check_store_installed()
    from hone.people.store.store import Store  # noqa: PLC0415 - loads SQLAlchemy

    return Store.open(where, readonly=readonly, seed=seed, clock=clock)
