"""What raters say of a judge's reasons, after their own rating: beside it, never in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy import Connection, insert, select, update

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.people.store.asked import RatedRubric
from hone.people.store.database import Database
from hone.people.store.log import ValueChange, author, is_repeat, record, stamp
from hone.people.store.rating import Cell, current
from hone.people.store.schema import second_looks
from hone.text import storable

OfReason = Literal["wrong", "right", "taste"]
"""What a rater says of a reason: it is wrong; it holds, and was overlooked; or both scores can stand."""


@dataclass(frozen=True, slots=True)
class JudgeSaid:
    """One criterion's score and reason, as a rater is shown them."""

    judge: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class SecondLook:
    """One rater's second look at one criterion of one reply."""

    subject: str
    rater: str
    criterion: str
    shown: JudgeSaid
    answer: OfReason | None
    """None where the rater has seen the reason and said nothing yet."""
    text: str
    value: float | None
    """What the rater would give now; the rating itself stays as it was."""


class SecondLooksPart:
    """The part of the store that keeps second looks."""

    database: Database
    clock: Callable[[], datetime]
    questions: Callable[[Rubric], RatedRubric]

    def show_reasons(self, rater: str, subject: str, rubric: Rubric, said: Mapping[str, JudgeSaid]) -> None:
        """Note that a rater is about to see a judge's reasons; from then on the rating cannot be changed.

        Args:
            rater: The rater's id.
            subject: The reply's.
            rubric: What was rated by.
            said: By criterion, what is shown.

        Raises:
            FeedbackError: The rater has not scored one of these criteria: nobody sees a reason before.
        """
        cell, at = Cell(rater, subject, self.questions(rubric)), stamp(self.clock())

        def work(connection: Connection) -> None:
            by = author(connection, rater, at)
            found = current(connection, cell)
            there = _looks(connection, subject, rater)
            steps = []
            for criterion, one in said.items():
                definition = cell.questions.definition(criterion)
                if definition not in found:
                    raise FeedbackError(f"score {criterion} first: a judge's reason is shown after that")
                if definition in there:
                    continue
                new = {
                    "criterion": criterion,
                    "judge": storable(one.judge),
                    "judged": float(one.score),
                    "shown": storable(one.reason),
                    "answer": "",
                    "text": "",
                    "value": None,
                    "at": at,
                }
                own = {"subject": subject, "rater": rater, "definition": definition}
                connection.execute(insert(second_looks), own | new)
                steps.append(ValueChange("second_looks", subject, definition, None, new))
            if steps:
                record(connection, by, "show", steps)

        self.database.write(work)

    def look_again(
        self,
        rater: str,
        subject: str,
        rubric: Rubric,
        criterion: str,
        answer: OfReason,
        *,
        text: str = "",
        value: float | None = None,
        key: str | None = None,
    ) -> None:
        """Keep what a rater says of a reason that was shown; said again, the later counts.

        Args:
            rater: The rater's id.
            subject: The reply's.
            rubric: What was rated by.
            criterion: Which criterion.
            answer: What is said of the reason.
            text: Why.
            value: What the rater would give now.
            key: The request's id. The same id sent again saves nothing a second time.

        Raises:
            FeedbackError: No reason was shown, the answer is none, or the score is not on the scale.
        """
        if answer not in get_args(OfReason):
            raise FeedbackError(f"{answer!r} is none of {', '.join(get_args(OfReason))}")
        questions, at = self.questions(rubric), stamp(self.clock())
        definition = questions.definition(criterion)
        if value is not None:
            questions.check(criterion, value)

        def work(connection: Connection) -> None:
            by = author(connection, rater, at, key)
            if is_repeat(connection, by):
                return
            old = _looks(connection, subject, rater).get(definition)
            if old is None:
                raise FeedbackError(f"no reason on {criterion} was shown")
            new = old | {"answer": answer, "text": storable(text).strip(), "value": value, "at": at}
            where = (second_looks.c[name] == own for name, own in (("subject", subject), ("rater", rater)))
            connection.execute(
                update(second_looks).where(*where, second_looks.c.definition == definition).values(new)
            )
            record(connection, by, "second look", [ValueChange("second_looks", subject, definition, old, new)])

        self.database.write(work)

    def second_looks(self, rubric: Rubric, rater: str | None = None) -> list[SecondLook]:
        """Every second look at criteria that read as the rubric's, oldest first; of one rater, or of all."""
        wanted = select(second_looks).where(
            second_looks.c.definition.in_(list(self.questions(rubric).definitions.values()))
        )
        if rater is not None:
            wanted = wanted.where(second_looks.c.rater == rater)
        wanted = wanted.order_by(second_looks.c.at, second_looks.c.subject, second_looks.c.criterion)
        return [
            SecondLook(
                row.subject,
                row.rater,
                row.criterion,
                JudgeSaid(row.judge, row.judged, row.shown),
                cast("OfReason", row.answer) if row.answer else None,
                row.text,
                row.value,
            )
            for row in self.database.read(lambda connection: connection.execute(wanted).all())
        ]


def _looks(connection: Connection, subject: str, rater: str) -> dict[str, dict[str, Any]]:
    """A rater's second looks at a reply, by the criterion's digest."""
    rows = connection.execute(
        select(second_looks).where(second_looks.c.subject == subject, second_looks.c.rater == rater)
    ).mappings()
    return {
        row["definition"]: {name: row[name] for name in row if name not in ("subject", "rater", "definition")}
        for row in rows
    }
