"""Ratings with one column a rater, one column a criterion, or both, as the long form that everything else reads.

Which columns they are is taken from their headings where these are clear, and said; where they are not, the person is
asked to name them. It refuses to guess that "Clarity" and "Accuracy" are two people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from hone.domain.language import has_lead
from hone.domain.rubric import Rubric, Scale
from hone.errors import FileFormatError
from hone.spelling import option
from hone.tables.base import Row, RowProblem, Table, is_blank
from hone.tables.coding import as_score, labels_of
from hone.tables.columns import NAMES, guess
from hone.text import is_missing
from hone.text import name as named

OVERALL = "overall"
"""The criterion of scores that name none."""
_CARRIED = ("kind", "writer", "group", "time", "length", "weight")
_RATER = re.compile(
    r"(?:rated|scored|marked|graded|judged)[ _]by[ _:]+(?P<name>.+)"
    r"|(?:rater|annotator|coder|marker|grader|assessor|reviewer|scorer)(?:[ _:.-]*\w.*)?",
    re.IGNORECASE,
)
_PERSON = re.compile(r"[^\W\d_a-z][\w'’.-]*(?: [^\W\d_a-z][\w'’.-]*){0,2}|[A-Za-z]{1,2}\d{1,3}")
_FIGURES = frozenset(
    "average avg consensus count difference final gold length max mean median min number points range sd sum total "
    "words tokens year age".split()
)
"""What columns are called that are worked out from the others, or measure the text."""
_PARTED = re.compile(r"(?P<one>.+?)\s*(?:[/|:–—]|\s-\s)\s*(?P<other>.+)|(?P<first>.+?)\s*\((?P<second>[^()]+)\)")
_LOOKED_AT = 200
_LABELS = {label for name in ("-1..1", "0..1", "1..5") for label in labels_of(Scale.model_validate(name))}


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """A column of scores: whose, and for what; none where another column of the row says it."""

    heading: str
    criterion: str | None = None
    rater: str | None = None


class WideRatings(Table):
    """A wide table read as long form: one row for each of its columns of scores.

    Args:
        table: The table.
        scores: Its columns of scores.
        columns: By its name in long form (item, prompt, group, …), the column that holds it.
        criterion: What is rated where neither the heading nor the row says so.
    """

    form = "csv"

    def __init__(
        self, table: Table, scores: Sequence[ScoreColumn], columns: Mapping[str, str], criterion: str
    ) -> None:
        self.path, self._table, self._scores = table.path, table, scores
        self._held, self._criterion = dict(columns), criterion
        self.columns = tuple(dict.fromkeys(["item", "criterion", "rater", "score", *self._held]))
        self.told = self._held | {"score": "+".join(one.heading for one in scores)}
        """By purpose, the column; those of scores joined by ``+``."""

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each score and the number of its row; a row without any value gives one without any."""
        for number, row in self._table.rows():
            if isinstance(row, RowProblem):
                yield number, row
            elif is_blank(row):
                yield number, {}
            else:
                shared = {name: row.get(column) for name, column in self._held.items()}
                for one in self._scores:
                    yield number, self._long(shared, one, row)

    def count(self) -> int:
        """Scores, empty ones included."""
        return self._table.count() * len(self._scores)

    def _long(self, shared: Row, one: ScoreColumn, row: Row) -> Row:
        said = shared.get("criterion") if one.criterion is None else one.criterion
        return shared | {
            "criterion": self._criterion if is_missing(said) else said,
            "rater": shared.get("rater") if one.rater is None else one.rater,
            "score": row.get(one.heading),
        }


def as_long(table: Table, *, raters: Sequence[str] = (), rubric: Rubric | None = None) -> Table:
    """The table as long form: itself where it is, or where nothing says that it is wide.

    Args:
        table: Ratings; verdicts on pairs stay as they are.
        raters: The columns that the user named as raters.
        rubric: Whose criteria headings may name, and whose labels scores may be.

    Raises:
        ProjectError: A column that was named is not there.
        FileFormatError: Columns look like raters but may be criteria, or it is not clear what was rated.
    """
    plain = {column.strip().lower(): column for column in reversed(table.columns)}
    item = plain.get("item") or guess(table.columns, "id", None)
    if item is None or (not raters and ("score" in plain or "winner" in plain)):
        return table
    held = {"item": item} | {name: plain[name] for name in ("criterion", "rater", *_CARRIED) if name in plain}
    for name in ("prompt", "reply"):
        if (column := guess(table.columns, name, None)) and column not in held.values():
            held[name] = column
    named_ones = [ScoreColumn(_there(table, one), None, _rater_name(one)) for one in raters]
    scores = named_ones or _recognised(table, held, rubric)
    if not scores:
        _ask(table, held, rubric)
        return table
    if any(one.rater is not None for one in scores):
        held.pop("rater", None)
    return WideRatings(table, scores, held, _only_criterion(table, scores, held, rubric))


def columns_told(table: Table, columns: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Which columns of the file hold what: of a wide table the file's own, not those of the form it is read as."""
    return table.told if isinstance(table, WideRatings) else columns


def _there(table: Table, name: str) -> str:
    found = guess(table.columns, "id", name)
    assert found is not None  # noqa: S101 - a named column is there, or refused
    return found


def _recognised(table: Table, held: Mapping[str, str], rubric: Rubric | None) -> list[ScoreColumn]:
    free = _free(table, held)
    both = [found for heading in free if (found := _both(heading, rubric))]
    if both:
        return both
    if "rater" in held:
        return [ScoreColumn(heading, _criterion(heading, rubric)) for heading in free if _criterion(heading, rubric)]
    sure = [ScoreColumn(heading, None, _rater_name(heading)) for heading in free if _RATER.fullmatch(heading.strip())]
    if sure or "criterion" not in held:
        return sure
    return [ScoreColumn(heading, None, named(heading)) for heading in _people(table, free, rubric)]


def _free(table: Table, held: Mapping[str, str]) -> list[str]:
    """The columns that hold nothing known."""
    known = {name for names in NAMES.values() for name in names} | {"note", "comment", "model", "judge"}
    taken = set(held.values())
    return [one for one in table.columns if one not in taken and one.strip().lower() not in known]


def _criterion(heading: str, rubric: Rubric | None) -> str | None:
    """The criterion that a heading names: one of the rubric, or anything that is written as one."""
    name = named(heading)
    for known in rubric.names if rubric else ():
        if known.lower() == name.lower():
            return known
    return name if rubric is None and has_lead(name) else None


def _both(heading: str, rubric: Rubric | None) -> ScoreColumn | None:
    """A criterion and a rater in one heading: ``Be Kind (Ann)``, ``Ann: Be Kind``, ``Be Kind / Ann``."""
    match = _PARTED.fullmatch(heading.strip())
    if not match:
        return None
    one, other = [part for part in match.groups() if part is not None]
    for criterion, rater in ((one, other), (other, one)):
        found = _criterion(criterion, rubric)
        if found and not _criterion(rater, rubric):
            return ScoreColumn(heading, found, _rater_name(rater))
    return None


def _rater_name(heading: str) -> str:
    match = _RATER.fullmatch(heading.strip())
    return named(match["name"] if match and match["name"] else heading)


def _people(table: Table, headings: Sequence[str], rubric: Rubric | None) -> list[str]:
    """Those of the columns that are headed like a person and hold scores and nothing else."""
    names = [
        one
        for one in headings
        if _PERSON.fullmatch(named(one)) and not has_lead(one) and named(one).lower() not in _FIGURES
    ]
    labels = labels_of(rubric.scale) if rubric else dict.fromkeys(_LABELS, 0.0)
    first = [row for _, row in islice(table.rows(), _LOOKED_AT) if not isinstance(row, RowProblem)]
    found = []
    for name in names:
        cells = [row.get(name) for row in first if not is_missing(row.get(name))]
        if cells and all(as_score(cell, labels) is not None for cell in cells):
            found.append(name)
    return found


def _ask(table: Table, held: Mapping[str, str], rubric: Rubric | None) -> None:
    """Ask whether columns are people where they may be criteria as well.

    Raises:
        FileFormatError: There are such columns, at least two.
    """
    people = _people(table, _free(table, held), rubric) if "rater" not in held else []
    if len(people) > 1:
        which = " ".join(option("rater_column", repr(name)) for name in people[:5])
        raise FileFormatError(
            table.path,
            f"are the columns {', '.join(map(repr, people[:5]))} raters? Then name them: {which}; "
            "else write one row a rating: item, criterion, rater, score",
        )


def _only_criterion(
    table: Table, scores: Sequence[ScoreColumn], held: Mapping[str, str], rubric: Rubric | None
) -> str:
    if "criterion" in held or all(one.criterion for one in scores) or rubric is None:
        return OVERALL
    if len(rubric.names) != 1:
        raise FileFormatError(
            table.path,
            f"the file has one score a rater, the rubric has {len(rubric.names)} criteria; add a column criterion",
        )
    return rubric.names[0]
