"""Reads the form on which criteria are edited, added, put into another order and removed."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError
from starlette.datastructures import FormData

from hone.domain.base import first_problem
from hone.domain.rubric import MAX_CRITERIA, Anchor, Criterion, Rubric
from hone.errors import FeedbackError
from hone.web.people import form_field
from hone.web.texts import PageTexts

NEW = 2
"""Empty rows for criteria to be added; after saving there are as many again."""
MOST_ROWS = MAX_CRITERIA + 5
"""Rows that are read: a working rubric may have too many criteria while somebody chooses among them."""


@dataclass(frozen=True)
class _Row:
    place: float
    number: int
    criterion: Criterion


def edited_rubric(sent: FormData, working: Rubric, said: PageTexts) -> Rubric:
    """The working rubric as the form leaves it.

    Args:
        sent: Of each row ``name-N``, ``sentence-N``, ``place-N``, ``remove-N`` and, by the level's number,
            ``anchor-N-L``. A row without name and sentence is left out.
        working: The rubric that the form was made from; rules and scored examples are taken over from it.
        said: What says what is wrong, in the language of who edits.

    Raises:
        FeedbackError: A row is no criterion, or two have the same name; the message says which.
    """
    rows = [row for number in range(MOST_ROWS) if (row := _row(sent, working, number, said)) is not None]
    rows.sort(key=lambda row: (row.place, row.number))
    try:
        return working.with_criteria((*(row.criterion for row in rows), *working.criteria[MOST_ROWS:]))
    except ValidationError as error:
        raise FeedbackError(first_problem(error)) from error


def _row(sent: FormData, working: Rubric, number: int, said: PageTexts) -> _Row | None:
    name, sentence = (_one_line(form_field(sent, f"{field}-{number}")) for field in ("name", "sentence"))
    if form_field(sent, f"remove-{number}") or not (name or sentence):
        return None
    before = working.criteria[number] if number < len(working.criteria) else None
    texts = [
        (level, _one_line(form_field(sent, f"anchor-{number}-{at}"))) for at, level in enumerate(working.scale.levels)
    ]
    fields = {
        "name": name,
        "sentence": sentence,
        "anchors": tuple(Anchor(value=level.value, text=text) for level, text in texts if text),
        "rule": before.rule if before else None,
    }
    try:
        place = float(form_field(sent, f"place-{number}") or number + 1)
        criterion = Criterion.model_validate(fields)
    except ValidationError as error:
        called = name or said.plain("edit.nameless")
        problem = said.plain("edit.wrong", number=number + 1, name=called, problem=first_problem(error))
        raise FeedbackError(problem) from error
    except ValueError as error:
        raise FeedbackError(said.plain("edit.no_place", number=number + 1, name=name)) from error
    return _Row(place, number, before if before is not None and _same(before, criterion) else criterion)


def _same(before: Criterion, after: Criterion) -> bool:
    """Whether nothing was edited; the order in which a file has the anchors is no edit."""
    said = [{anchor.value: _one_line(anchor.text) for anchor in one.anchors} for one in (before, after)]
    return said[0] == said[1] and before.name == after.name and _one_line(before.sentence) == after.sentence


def _one_line(text: str) -> str:
    """Words with one space between them: a page shows line breaks of a file so, and sends them back so."""
    return " ".join(text.split())
