"""Which replies were drawn for people to rate, with the chance that each one had, and what each rated one stands for.

Once there is a draw, only drawn replies are handed out: of any other nobody would know what it stands for. Replies
that were rated without being drawn count as an even draw of their own, as they do where there is no draw at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.errors import StoreError
from hone.people.store.asked import RatedRubric
from hone.people.store.database import Database, alone
from hone.people.store.log import stamp
from hone.people.store.schema import assignments, chances, draws, raters, ratings, subjects

RATED_BEFORE = "rated before"
"""The source of a draw of replies that had been rated without one."""
_DRAW = 7
_SOME = 1000

Choose = Callable[[Sequence[str], int, int], Mapping[str, float]]
"""Draws: from the ids of replies, how many to draw and how many draws there were to the chances of the drawn ones."""


@dataclass(frozen=True, slots=True)
class DrawnReplies:
    """What a draw came to."""

    new: int
    """Replies that were drawn now."""
    waiting: int
    """Drawn replies that nobody has rated, with the new ones."""
    left: int
    """Replies that could still be drawn."""


class DrawsPart:
    """The part of the store that draws replies and remembers their chances."""

    database: Database
    clock: Callable[[], datetime]
    questions: Callable[[Rubric], RatedRubric]

    def draw_replies(self, rubric: Rubric, count: int, choose: Choose, *, source: str = "") -> DrawnReplies:
        """Draw replies until so many wait for their first rating under a rubric.

        Args:
            rubric: The rubric.
            count: How many drawn replies are to wait.
            choose: Draws from those that were neither drawn nor rated before.
            source: What the chances rest on, kept with the draw.
        """
        questions, at = self.questions(rubric), stamp(self.clock())

        def work(connection: Connection) -> DrawnReplies:
            alone(connection, _DRAW)
            there = list(connection.scalars(select(subjects.c.id).where(subjects.c.active).order_by(subjects.c.id)))
            before = set(connection.scalars(select(chances.c.subject)))
            rated = _rated(connection, questions)
            waiting = len(before.intersection(there) - rated - _skipped(connection, questions))
            free = [subject for subject in there if subject not in before and subject not in rated]
            if outside := sorted(rated.intersection(there) - before):
                even = dict.fromkeys(outside, len(outside) / (len(outside) + len(free)))
                _enter(connection, even, len(there), RATED_BEFORE, at)
            wanted = min(max(count - waiting, 0), len(free))
            if wanted:
                place = connection.scalar(select(func.count()).select_from(draws)) or 0
                _enter(connection, choose(free, wanted, place), len(there), source, at)
            return DrawnReplies(wanted, waiting + wanted, len(free) - wanted)

        return self.database.write(work)


def handed_out() -> ColumnElement[bool]:
    """Which replies raters are given: those that are up for rating, and drawn where there is a draw."""
    drawn = select(chances.c.subject).where(chances.c.subject == subjects.c.id).exists()
    return and_(subjects.c.active, or_(~select(draws.c.id).exists(), drawn))


def weights_of_rated(connection: Connection, rated: set[str], name: str) -> dict[str, float]:
    """How many replies each rated one stands for; empty where there is no draw.

    Args:
        connection: The store's.
        rated: The replies that people rated, by id.
        name: The store's name, for messages.

    Raises:
        StoreError: A chance is none.
    """
    made = connection.execute(select(draws).order_by(draws.c.place, draws.c.id)).all()
    if not made:
        return {}
    from hone.stats.item_draw import ItemDraw, draw_weights  # noqa: PLC0415 - loads numpy, which a store seldom needs

    members: dict[str, dict[str, float]] = {}
    for row in connection.execute(select(chances).order_by(chances.c.subject)):
        if not 0 < row.chance <= 1:
            raise StoreError(
                f"{name}: the reply {row.subject} was drawn with the chance {row.chance!r}, which is not above 0 "
                "and at most 1; restore a copy of the store"
            )
        members.setdefault(row.draw, {})[row.subject] = row.chance
    found = [ItemDraw(members.get(row.id, {}), row.reach) for row in made]
    drawn = {subject for draw in found for subject in draw.chances}
    if outside := sorted(rated - drawn):
        there = connection.scalar(select(func.count()).select_from(subjects).where(subjects.c.active)) or 0
        left = max(there - len(drawn), len(outside))
        found.append(ItemDraw(dict.fromkeys(outside, len(outside) / left), max(draw.reach for draw in found)))
    return draw_weights(found, rated)


def _rated(connection: Connection, questions: RatedRubric) -> set[str]:
    """The replies that people rated under the rubric."""
    wanted = select(ratings.c.subject).join(raters, raters.c.id == ratings.c.rater).where(raters.c.role != "judge")
    return set(connection.scalars(wanted.where(ratings.c.definition.in_(questions.definitions.values()))))


def _skipped(connection: Connection, questions: RatedRubric) -> set[str]:
    """The replies that somebody passed over, which may never be rated."""
    own = (assignments.c.rubric == questions.rubric, assignments.c.state == "skipped")
    return set(connection.scalars(select(assignments.c.subject).where(*own)))


def _enter(connection: Connection, members: Mapping[str, float], reach: int, source: str, at: str) -> None:
    place = connection.scalar(select(func.count()).select_from(draws)) or 0
    id_ = digest([place, at, *members])
    connection.execute(insert(draws), {"id": id_, "place": place, "reach": reach, "source": source, "at": at})
    rows: list[dict[str, Any]] = [
        {"draw": id_, "subject": subject, "chance": chance} for subject, chance in members.items()
    ]
    for start in range(0, len(rows), _SOME):
        connection.execute(insert(chances), rows[start : start + _SOME])
