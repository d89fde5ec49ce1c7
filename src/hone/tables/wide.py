"""Ratings with one column a rater, one column a criterion, or both, as the long form that everything else reads.

Which columns they are is taken from their headings where these are clear, and said; where they are not, the person is
asked to name them. It refuses to guess that "Clarity" and "Accuracy" are two people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from hone.domain.language import has_lead
from hone.domain.rubric import Rubric, Scale
from hone.errors import FileFormatError
from hone.spelling import option
from hone.tables.base import Row, RowProblem, Table, is_blank
from hone.tables.coding import as_number, as_score, faults_told, is_formula_error, labels_of
from hone.tables.columns import NAMES, guess
from hone.tables.shape import FileColumns, field_name, has, parts_of, text_columns, text_of, values_at
from hone.text import identifier, is_missing, is_no_score
from hone.text import name as named

OVERALL = "overall"
"""The criterion of scores that name none."""
_CARRIED = ("kind", "writer", "group", "system", "time", "length", "weight")
_RATER = re.compile(
    r"(?:rated|scored|marked|graded|judged)[ _]by[ _:]+(?P<name>.+)"
    r"|(?:rater|annotator|coder|marker|grader|assessor|reviewer|scorer)(?:[ _:.-]*\w.*)?"
    r"|(?:human|person|teacher|expert)[ _:.-]*\d+"
    r"|(?:ms|mr|mrs|miss|mx|dr|prof|professor|frau|herr|mme|sra?)\.? +\S.*",
    re.IGNORECASE,
)
_JUDGE = re.compile(
    r"(?:gpt|chatgpt|claude|llama|gemini|gemma|mistral|mixtral|qwen|deepseek|phi|command[ -]?r|o[134]|smollm)[ _.:-]?"
    r"(?:\d|[-a-z]*\d|mini|pro|flash|opus|sonnet|haiku|large|small)?[\w .:-]*"
    r"|(?:(?:.*[ _.:-])?judge|llm|ai|ki|ia)(?:[ _.:()-]+\w.*)?",
    re.IGNORECASE,
)
_ITEMS = (
    "pupil",
    "student",
    "learner",
    "candidate",
    "respondent",
    "response_id",
    "answer_id",
    "doc_id",
    "essay",
    "essay_id",
)
"""What the rated things are called beside the names of ids."""
_GROUPS = ("class", "classroom", "school", "cluster")
_CRITERIA = ("criteria", "question", "task", "dimension", "aspect", "trait")
"""What the columns are called that say what is rated; only where they hold a few short names."""
_MOST_CRITERIA, _LONGEST_CRITERION = 12, 40
_TOLD = ("item", "criterion", "rater", "score", "kind", "group")
NUMBERED = "the number of the row"
"""What an item is known by where no column names it."""
_PERSON = re.compile(
    r"[^\W\d_a-z][\w'’.-]*(?: [^\W\d_a-z][\w'’.-]*){0,2}(?: ?\([^\W\d_][^()]*\))?|[A-Za-z]{1,2}\d{1,3}"
)
_MOSTLY = 0.5
"""A column holds numbers where more of its filled cells than this share are numbers."""
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
    judge: bool = False


class WideRatings(Table):
    """A wide table read as long form: one row for each of its columns of scores.

    Args:
        table: The table.
        scores: Its columns of scores.
        columns: By its name in long form (item, prompt, group, …), the column that holds it.
        criterion: What is rated where neither the heading nor the row says so.
        shape: What the user said of the columns.
        unread: Columns that hold numbers and are read as nothing.
    """

    form = "csv"

    def __init__(
        self,
        table: Table,
        scores: Sequence[ScoreColumn],
        columns: Mapping[str, str],
        criterion: str,
        shape: FileColumns | None = None,
        unread: Sequence[str] = (),
    ) -> None:
        self.unread = tuple(unread)
        self.path, self._table, self._scores = table.path, table, scores
        self._held, self._criterion, self._shape = dict(columns), criterion, shape or FileColumns()
        kinds = ["kind"] if any(one.judge for one in scores) else []
        systems = ["system"] if any("*" in one.heading for one in scores) else []
        self.columns = tuple(dict.fromkeys(["item", "criterion", "rater", "score", *self._held, *kinds, *systems]))
        self.told = {"item": NUMBERED} | self._held | {"score": "+".join(one.heading for one in scores)}
        """By purpose, the column; those of scores joined by ``+``."""
        if judges := [one.heading for one in scores if one.judge]:
            self.told["judge"] = "+".join(judges)

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each score and the number of its row; a row without any value gives one without any."""
        for place, (number, row) in enumerate(self._table.rows(), 1):
            if isinstance(row, RowProblem):
                yield number, row
            elif is_blank(row):
                yield number, {}
            else:
                shared = {name: self._held_value(name, column, row) for name, column in self._held.items()}
                shared.setdefault("item", str(place))
                for one in self._scores:
                    for found in self._long(shared, one, row):
                        yield number, found

    def count(self) -> int:
        """Scores, empty ones included."""
        return sum(1 for _ in self.rows())

    def _held_value(self, name: str, column: str, row: Row) -> Any:
        if column in row:
            return row[column]
        return text_of(row, column) if name in _NAMED else None

    def _long(self, shared: Row, one: ScoreColumn, row: Row) -> Iterator[Row]:
        found = list(values_at(row, one.heading)) or [("", None)]
        for key, value in found:
            aside: Row = {"item": f"{shared['item']}/{key}", "system": shared.get("system") or key} if key else {}
            for criterion, score in parts_of(value, total=self._shape.total):
                yield shared | aside | self._told(shared, one, row) | self._what(shared, one, criterion, score)

    def _told(self, shared: Row, one: ScoreColumn, row: Row) -> Row:
        """Who scored."""
        if one.judge:
            by = text_of(row, self._shape.judge_name) if self._shape.judge_name else ""
            return {"rater": by or one.rater, "kind": "judge"}
        return {"rater": shared.get("rater") if one.rater is None else one.rater}

    def _what(self, shared: Row, one: ScoreColumn, part: str, score: Any) -> Row:
        """What was scored, and how."""
        said = shared.get("criterion") if one.criterion is None else one.criterion
        whole = self._criterion if is_missing(said) else said
        if part:
            whole = part if is_missing(said) else f"{said}: {part}"
        return {"criterion": whole, "score": score}


class ChainedRatings(Table):
    """Ratings in several files, all in long form, one behind the other.

    Args:
        parts: The tables; rows are numbered as each numbers its own.
    """

    form = "csv"

    def __init__(self, parts: Sequence[Table]) -> None:
        self.path, self._parts = parts[0].path, tuple(parts)
        self.unread: tuple[str, ...] = tuple(dict.fromkeys(name for one in parts for name in unread_columns(one)))
        self.columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
        own = {name: name for name in parts[0].columns}
        self.told: Mapping[str, str | None] = columns_told(parts[0], {name: own.get(name) for name in _TOLD})

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row of each table."""
        for _, number, row in self.located():
            yield number, row

    def located(self) -> Iterator[tuple[Path, int, Row | RowProblem]]:
        """Each row with the file that it stands in."""
        for part in self._parts:
            yield from part.located()

    def count(self) -> int:
        """Rows of all tables."""
        return sum(part.count() for part in self._parts)


class OfKind(Table):
    """A table in long form whose rows are all of one kind.

    Args:
        table: The table.
        kind: ``human`` or ``judge``.
    """

    form = "csv"

    def __init__(self, table: Table, kind: str) -> None:
        self.path, self._table, self._kind = table.path, table, kind
        self.unread = unread_columns(table)
        self.columns = (*table.columns, "kind")

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row, with its kind."""
        for number, row in self._table.rows():
            if isinstance(row, RowProblem) or is_blank(row):
                yield number, row
            else:
                yield number, row | {"kind": self._kind}

    def count(self) -> int:
        """Rows."""
        return self._table.count()


def as_long(
    table: Table,
    *,
    raters: Sequence[str] = (),
    rubric: Rubric | None = None,
    columns: FileColumns | None = None,
    elsewhere: Sequence[Table] = (),
) -> Table:
    """The table as long form: itself where it is, or where nothing says that it is wide.

    Args:
        table: Ratings; verdicts on pairs stay as they are.
        raters: The columns that the user named as raters.
        rubric: Whose criteria headings may name, and whose labels scores may be.
        columns: What else the user said of the columns.
        elsewhere: Other tables that are read with it, in which a column that was named may lie.

    Raises:
        ProjectError: A column that was named is not there.
        FileFormatError: Columns look like raters but may be criteria, or it is not clear what was rated.
    """
    shape = columns or FileColumns()
    shape = _in_table(table, replace(shape, raters=(*shape.raters, *raters)), elsewhere)
    plain = {column.strip().lower(): column for column in reversed(table.columns)}
    if not shape.said and ("winner" in plain or ("score" in plain and _id_of(table, plain))):
        return table
    held = _held(table, plain, shape)
    named_ones = [ScoreColumn(one, *_said_by(one)) for one in shape.raters]
    named_ones += [ScoreColumn(one, *_said_by(one), judge=True) for one in shape.judges]
    if not named_ones and "score" in plain and "winner" not in plain:
        return _renamed(table, held, plain, shape) if shape.said else table
    scores = named_ones or _recognised(table, held, rubric)
    if not scores:
        _check_rows(table)
        _ask(table, held, rubric)
        return table
    if any(one.rater is not None for one in scores):
        held.pop("rater", None)
    _check_items(table, held, shape)
    unread = [] if named_ones else _unread(table, held, scores)
    return WideRatings(table, scores, held, _only_criterion(table, scores, held, rubric), shape, unread)


def unread_columns(table: Table) -> tuple[str, ...]:
    """The columns of a wide table that hold numbers and are read as nothing; none of one in long form."""
    return table.unread if isinstance(table, WideRatings | ChainedRatings | OfKind) else ()


def unread_told(table: Table) -> list[str]:
    """What a reader should know of the columns that were passed over, one line or none."""
    names = unread_columns(table)
    if not names:
        return []
    one = len(names) == 1
    which = f"{'it is a rater, name it' if one else 'they are raters, name them'} beside the others"
    how = option("rater_column", repr(names[0]) if one else "COLUMN")
    return [f"not read: {', '.join(map(repr, names))}, which {'holds' if one else 'hold'} numbers; if {which}: {how}"]


def _unread(table: Table, held: Mapping[str, str], scores: Sequence[ScoreColumn]) -> list[str]:
    """The columns that hold numbers for the most part, and neither scores nor anything that is known."""
    read = {one.heading for one in scores}
    first = _first_rows(table)
    found = []
    for name in _free(table, held):
        cells = [row.get(name) for row in first if not is_no_score(row.get(name))]
        numbers = sum(as_number(cell) is not None for cell in cells if isinstance(cell, (str, int, float)))
        if name not in read and named(name).lower() not in _FIGURES and numbers > _MOSTLY * len(cells):
            found.append(name)
    return found


def _check_rows(table: Table) -> None:
    """Refuse a table of which no row reads, where nothing can be told of its columns.

    Raises:
        FileFormatError: Every row is broken; the first ones are told with their lines.
    """
    if not _first_rows(table):
        broken = [
            (path, number, row.reason)
            for path, number, row in islice(table.located(), _LOOKED_AT)
            if isinstance(row, RowProblem)
        ]
        if broken:
            raise faults_told(table.path, broken)


_NAMED = ("item", "criterion", "group", "system")
"""What the user may name a column for."""


def _id_of(table: Table, plain: Mapping[str, str]) -> str | None:
    return plain.get("item") or guess(table.columns, "id", None)


def _held(table: Table, plain: Mapping[str, str], shape: FileColumns) -> dict[str, str]:
    """By its name in long form, the column that holds it: as said, else by its heading."""
    by_plain = {one.replace(" ", "_").replace("-", "_"): column for one, column in plain.items()}
    own = {name: getattr(shape, name) for name in _NAMED if getattr(shape, name)}
    item = _id_of(table, plain) or next((by_plain[one] for one in _ITEMS if one in by_plain), None)
    held = {"item": item} if item else {}
    held |= {name: plain[name] for name in ("criterion", "rater", *_CARRIED) if name in plain}
    if "group" not in held:
        held |= next(({"group": by_plain[one]} for one in _GROUPS if one in by_plain), {})
    held |= own
    if "criterion" not in held:
        held |= next(({"criterion": by_plain[one]} for one in _CRITERIA if _few_names(table, by_plain.get(one))), {})
    for name in ("prompt", "reply"):
        if (column := guess(table.columns, name, None)) and column not in held.values():
            held[name] = column
    return held


def _few_names(table: Table, column: str | None) -> bool:
    """Whether a column holds a few short names, each of several rows or all of one."""
    if column is None:
        return False
    rows = [
        row for _, row in islice(table.rows(), _LOOKED_AT) if not isinstance(row, RowProblem) and not is_blank(row)
    ]
    found = [identifier(row.get(column)) for row in rows]
    different = set(found)
    few = len(different) <= min(_MOST_CRITERIA, max(1, len(rows) // 2))
    return few and all(0 < len(one) <= _LONGEST_CRITERION for one in different)


def _first_rows(table: Table) -> list[Row]:
    """The first rows that hold a value."""
    first = (row for _, row in islice(table.rows(), _LOOKED_AT))
    return [row for row in first if not isinstance(row, RowProblem) and not is_blank(row)]


def _in_table(table: Table, shape: FileColumns, elsewhere: Sequence[Table]) -> FileColumns:
    """What was said of the columns that this table has.

    Raises:
        ProjectError: A column is in none of the tables.
    """
    known = (table, *elsewhere)
    for path in [*shape.raters, *shape.judges, *(getattr(shape, name) for name in (*_NAMED, "judge_name"))]:
        if path and not any(text_columns(one, path) for one in known):
            parts = [path] if path in table.columns else path.split("+")
            guess(table.columns, "id", next(part.strip() for part in parts if not has(table, part.strip())))

    def kept(path: str) -> str:
        return path if path and text_columns(table, path) else ""

    return replace(
        shape,
        raters=tuple(one for one in shape.raters if has(table, one)),
        judges=tuple(one for one in shape.judges if has(table, one)),
        item=kept(shape.item),
        criterion=kept(shape.criterion),
        group=kept(shape.group),
        system=kept(shape.system),
        judge_name=kept(shape.judge_name),
    )


def _said_by(path: str) -> tuple[str | None, str]:
    """The criterion that a field of scores is for, and who gave them."""
    one = "." in path and "*" not in path
    return (named(path.rpartition(".")[2]) if one else None), _rater_name(field_name(path))


def _renamed(table: Table, held: Mapping[str, str], plain: Mapping[str, str], shape: FileColumns) -> Table:
    """A table in long form whose columns have other names."""
    judge = bool(shape.judge_name)
    scores = [ScoreColumn(plain["score"], None, plain["score"] if judge else None, judge=judge)]
    return WideRatings(table, scores, held, OVERALL, shape)


def _check_items(table: Table, held: Mapping[str, str], shape: FileColumns) -> None:
    """Refuse a column of ids that names many rows alike, unless the user named it.

    Raises:
        FileFormatError: Most rows would be replaced by a later one of the same id.
    """
    item = held.get("item")
    if item is None or shape.item or shape.judge_name or "rater" in held:
        return
    rows = [
        row for _, row in islice(table.rows(), _LOOKED_AT) if not isinstance(row, RowProblem) and not is_blank(row)
    ]
    found = [(identifier(row.get(item)), text_of(row, held.get("criterion", ""))) for row in rows]
    if len(found) < 4 or len(set(found)) * 2 > len(found):
        return
    unique = [
        one
        for one in table.columns
        if len({identifier(row.get(one)) for row in rows}) == len(rows) and len(identifier(rows[0].get(one))) <= 40
    ]
    other = f"; each row has its own in {', '.join(map(repr, unique[:3]))}" if unique else ""
    raise FileFormatError(
        table.path,
        f"the column {item!r} has the same id in many rows{other}; name the column of ids with "
        f"{option('item', 'COLUMN')}",
    )


def columns_told(table: Table, columns: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Which columns of the file hold what: of a wide table the file's own, not those of the form it is read as."""
    return table.told if isinstance(table, WideRatings | ChainedRatings) else columns


def _recognised(table: Table, held: Mapping[str, str], rubric: Rubric | None) -> list[ScoreColumn]:
    free = _free(table, held)
    both = [found for heading in free if (found := _both(heading, rubric))]
    if both:
        return both
    if "rater" in held:
        return [ScoreColumn(heading, _criterion(heading, rubric)) for heading in free if _criterion(heading, rubric)]
    sure = [ScoreColumn(heading, None, _rater_name(heading)) for heading in free if _RATER.fullmatch(heading.strip())]
    judges = [ScoreColumn(heading, None, named(heading), judge=True) for heading in _judges(table, free, rubric)]
    if sure or "criterion" not in held:
        return [*sure, *judges] if sure else []
    judged = {one.heading for one in judges}
    free = [one for one in free if one not in judged]
    return judges + [ScoreColumn(heading, None, named(heading)) for heading in _people(table, free, rubric)]


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


def _judges(table: Table, headings: Sequence[str], rubric: Rubric | None) -> list[str]:
    """Those of the columns that are headed like a model or a judge and hold scores and nothing else.

    A column ``judge`` holds names in other tables, and is none of the free ones; here it may hold scores.
    """
    headings = [*headings, *(one for one in table.columns if one.strip().lower() == "judge" and one not in headings)]
    called = [one for one in headings if _JUDGE.fullmatch(one.strip()) and not _RATER.fullmatch(one.strip())]
    return _with_scores(table, called, rubric)


def _people(table: Table, headings: Sequence[str], rubric: Rubric | None) -> list[str]:
    """Those of the columns that are headed like a person and hold scores and nothing else."""
    names = [
        one
        for one in headings
        if _PERSON.fullmatch(named(one)) and not has_lead(one) and named(one).lower() not in _FIGURES
    ]
    return _with_scores(table, names, rubric)


def _with_scores(table: Table, names: Sequence[str], rubric: Rubric | None) -> list[str]:
    """Those of the columns that hold scores and nothing else.

    An error of a spreadsheet makes no other column of it: whoever reads the scores tells it as a fault.
    """
    labels = labels_of(rubric.scale) if rubric else dict.fromkeys(_LABELS, 0.0)
    first = [row for _, row in islice(table.rows(), _LOOKED_AT) if not isinstance(row, RowProblem)]
    found = []
    for name in names:
        cells = [cell for row in first if not is_no_score(cell := row.get(name)) and not is_formula_error(cell)]
        if cells and all(as_score(cell, labels) is not None for cell in cells):
            found.append(name)
    return found


def _ask(table: Table, held: Mapping[str, str], rubric: Rubric | None) -> None:
    """Ask whether columns are people where they may be criteria as well.

    Raises:
        FileFormatError: There are such columns, at least two.
    """
    free = _free(table, held)
    judges = _judges(table, free, rubric)
    people = _people(table, [one for one in free if one not in judges], rubric) if "rater" not in held else []
    if len(people) > 1:
        which = " ".join(
            [option("rater_column", repr(name)) for name in people[:5]]
            + [option("judge_column", repr(name)) for name in judges[:5]]
        )
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
