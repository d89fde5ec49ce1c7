"""How often people's ratings of a reply have decided on a change of the rubric."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from hone.people.store.database import Database, alone
from hone.people.store.log import stamp
from hone.people.store.schema import notes, opened, openings

_OPEN = 6


@dataclass(frozen=True, slots=True)
class GateOpening:
    """One time that ratings decided on a change."""

    run: str
    """The run of refining."""
    rubric: str
    """The digest of the rubric in use."""
    judge: str
    way: str
    """`prequential` or `sealed`."""
    verdict: str
    replies: tuple[str, ...]
    """The digests of the replies whose ratings decided or chose: they are fresh no more."""


class OpeningsPart:
    """The part of the store that counts what each opening of a gate has spent."""

    database: Database
    clock: Callable[[], datetime]

    def open_gate(self, opening: GateOpening) -> None:
        """Count an opening; one of a run that was counted before changes nothing."""
        at = stamp(self.clock())

        def work(connection: Connection) -> None:
            alone(connection, _OPEN)
            if connection.scalar(select(openings.c.run).where(openings.c.run == opening.run)) is not None:
                return
            row = {name: getattr(opening, name) for name in ("run", "rubric", "judge", "way", "verdict")}
            connection.execute(insert(openings), row | {"at": at})
            replies = dict.fromkeys(opening.replies)
            if replies:
                connection.execute(insert(opened), [{"run": opening.run, "reply": reply} for reply in replies])

        self.database.write(work)

    def gate_openings(self, *, but: str = "") -> list[GateOpening]:
        """Every opening, oldest first.

        Args:
            but: A run whose own opening is left out.
        """

        def work(connection: Connection) -> list[GateOpening]:
            replies: dict[str, list[str]] = {}
            for row in connection.execute(select(opened).order_by(opened.c.run, opened.c.reply)):
                replies.setdefault(row.run, []).append(row.reply)
            wanted = select(openings).where(openings.c.run != but).order_by(openings.c.at, openings.c.run)
            return [
                GateOpening(row.run, row.rubric, row.judge, row.way, row.verdict, tuple(replies.get(row.run, ())))
                for row in connection.execute(wanted)
            ]

        return self.database.read(work)

    def times_opened(self, replies: Iterable[str], *, but: str = "") -> dict[str, int]:
        """By reply, how often its ratings have decided; those that never did are not in it.

        Args:
            replies: Their digests.
            but: A run whose own opening is left out.
        """
        wanted = set(replies)

        def work(connection: Connection) -> dict[str, int]:
            counted = select(opened.c.reply, func.count()).where(opened.c.run != but).group_by(opened.c.reply)
            return {reply: int(count) for reply, count in connection.execute(counted) if reply in wanted}

        return self.database.read(work)

    def rater_notes(self) -> dict[str, list[str]]:
        """What people wrote beside replies, by the reply's id; nobody is named."""

        def work(connection: Connection) -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            rows = connection.execute(select(notes.c.subject, notes.c.text).order_by(notes.c.subject, notes.c.at))
            for row in rows:
                if row.text.strip():
                    found.setdefault(row.subject, []).append(row.text)
            return found

        return self.database.read(work)
