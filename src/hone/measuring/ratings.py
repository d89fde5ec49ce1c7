"""Long-form ratings: one row an item, criterion and rater, people and judges in one file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hone.domain.rubric import Rubric
from hone.measuring.arranging import (
    KINDS,
    Floats,
    RaterNames,
    arrange,
    clusters_of,
    figure_an_item,
    one_an_item,
    raters_of,
)
from hone.measuring.collected import Collected
from hone.measuring.pairs import collect_pairs, is_pairs
from hone.measuring.scores import Meaning, read_scores
from hone.stats import Level, Ratings
from hone.tables import Table, Taken, open_table
from hone.tables.coding import Coded, CodedColumn, coded
from hone.tables.wide import as_long, columns_told

COLUMNS = ("item", "criterion", "rater", "score")
OPTIONAL = ("kind", "group", "system", "length", "weight")
_FORM = (
    "ratings have the columns item, criterion, rater, score[, kind][, group][, time] and verdicts on pairs item, "
    "rater, order, winner[, kind]; "
)


@dataclass(frozen=True)
class Reading:
    """How a file is read.

    Args:
        level: What scores mean; from the rubric's scale, else guessed, when absent.
        rubric: Whose scale the scores are on.
        kind: What a row without a kind is.
        raters: The columns that are raters, of a table with one column a rater; found by their headings by default.
    """

    level: Level | None = None
    rubric: Rubric | None = None
    kind: str = "human"
    raters: tuple[str, ...] = ()


def read_ratings(source: Path | Table, reading: Reading | None = None) -> Collected:
    """Read ratings, or verdicts on pairs. The columns tell which.

    Args:
        source: A CSV, XLSX, JSONL or Parquet file, long or wide, or a table, such as the one that a store gives.
        reading: How it is read.

    Raises:
        ProjectError: The file is missing or of a form that is not known.
        FileFormatError: A column is missing, or a row does not read; the message names its line.
    """
    reading = reading or Reading()
    table = open_table(source) if isinstance(source, Path) else source
    if is_pairs(table.columns):
        found = collect_pairs(table, reading.level or "nominal", reading.level is None)
    else:
        found = _collect(as_long(table, raters=reading.raters, rubric=reading.rubric), reading)
    # Of a store nothing was guessed, so that there is nothing to say of its columns.
    return found if isinstance(source, Path) else replace(found, taken=Taken(blank=found.taken.blank))


@dataclass(frozen=True)
class _Aside:
    """What the table says of each item beside its scores."""

    groups: list[str | None] | None
    systems: list[str | None] | None
    lengths: Floats | None
    weights: Floats | None


def _collect(table: Table, reading: Reading) -> Collected:
    rows = coded(table, COLUMNS, OPTIONAL, _FORM)
    rows.taken.take(columns_told(table, rows.taken.columns))
    items, criteria = rows.names("item"), rows.names("criterion")
    raters = raters_of(rows.names("rater"), rows.words("kind", reading.kind, KINDS))
    meaning = _meaning(rows, raters, reading)
    aside = _Aside(
        one_an_item(rows, items, "group"),
        one_an_item(rows, items, "system"),
        figure_an_item(rows, items, "length"),
        figure_an_item(rows, items, "weight"),
    )
    rows.check()
    values = meaning.numbers[rows.columns["score"].codes]
    cube, duplicates = arrange(rows, items, criteria, raters, values)
    names = () if reading.rubric is None else reading.rubric.names
    return Collected(
        ratings=_ratings(cube, items, criteria, raters, meaning, aside),
        items=items.values,
        rows=rows.rows,
        duplicates=duplicates,
        missing=int(np.isnan(values).sum()),
        level_note=meaning.note,
        labels=meaning.labels,
        weights=aside.weights,
        systems=None if aside.systems is None else tuple(aside.systems),
        taken=rows.taken,
        unknown=tuple(name for name in criteria.values if names and name not in names),
    )


def _meaning(source: Coded, raters: RaterNames, reading: Reading) -> Meaning:
    score = source.columns["score"]
    of_people = np.zeros(len(score.values), dtype=bool)
    of_people[score.codes[~raters.judges[raters.codes]]] = True
    scale = reading.rubric.scale if reading.rubric else None
    return read_scores(
        score.values,
        of_people.tolist(),
        reading.level,
        scale,
        lambda code, why: source.fault_value("score", code, why),
    )


def _ratings(
    cube: Floats, items: CodedColumn, criteria: CodedColumn, raters: RaterNames, meaning: Meaning, aside: _Aside
) -> Ratings:
    layers = list(zip(criteria.values, cube, strict=True))
    return Ratings(
        people={name: layer[~raters.judges].T for name, layer in layers},
        raters=raters.named(judges=False),
        level=meaning.level,
        judges={name: layer[raters.judges].T for name, layer in layers},
        judge_names=raters.named(judges=True),
        clusters=clusters_of(aside.groups, items.values),
        lengths=aside.lengths,
        levels=meaning.levels,
    )
