"""Long-form ratings: one row an item, criterion and rater, people and judges in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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
    weight_problem,
)
from hone.measuring.collected import Collected, PairVerdicts
from hone.measuring.pairs import AsVerdicts, collect_pairs, is_pairs
from hone.measuring.scores import Meaning, read_scores
from hone.stats import Level, Ratings
from hone.tables import Table, Taken, open_table
from hone.tables.coding import Coded, CodedColumn, as_number, coded
from hone.tables.shape import FileColumns
from hone.tables.wide import ChainedRatings, OfKind, as_long, columns_told, unread_told

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
        columns: What else is known of the columns.
        pairs: Whether the scores of a wide table are verdicts on pairs: A or 1, B or 2, tie or 0.
    """

    level: Level | None = None
    rubric: Rubric | None = None
    kind: str = "human"
    raters: tuple[str, ...] = ()
    columns: FileColumns = field(default_factory=FileColumns)
    pairs: bool = False


def read_ratings(
    source: Path | Table, reading: Reading | None = None, *, judged: Sequence[Path | Table] = ()
) -> Collected:
    """Read ratings, or verdicts on pairs. The columns tell which.

    Args:
        source: A CSV, XLSX, JSONL or Parquet file, long or wide, or a table, such as the one that a store gives.
        reading: How it is read.
        judged: Files with the scores of judges, of the same form, read together with it.

    Raises:
        ProjectError: The file is missing or of a form that is not known.
        FileFormatError: A column is missing, or a row does not read; the message names its line.
    """
    reading = reading or Reading()
    table = open_table(source) if isinstance(source, Path) else source
    if is_pairs(table.columns):
        found = collect_pairs(table, reading.level or "nominal", reading.level is None)
    else:
        others = [open_table(one) if isinstance(one, Path) else one for one in judged]
        long = _long(table, reading, others)
        if others:
            tables = (table, *others)
            long = ChainedRatings([long, *(_as_judges(_long(one, reading, tables)) for one in others)])
        if reading.pairs:
            found = collect_pairs(AsVerdicts(long), reading.level or "nominal", reading.level is None)
        else:
            found = _collect(long, reading)
        if judged:
            found = _only_rated(found)
    # Of a store nothing was guessed, so that there is nothing to say of its columns.
    return found if isinstance(source, Path) else replace(found, taken=Taken(blank=found.taken.blank))


def _long(table: Table, reading: Reading, elsewhere: Sequence[Table]) -> Table:
    return as_long(table, raters=reading.raters, rubric=reading.rubric, columns=reading.columns, elsewhere=elsewhere)


def _as_judges(table: Table) -> Table:
    """A file of judges, whose rows are a judge's unless they say otherwise."""
    return table if "kind" in table.columns else OfKind(table, "judge")


def _only_rated(found: Collected) -> Collected:
    """Without the items that only judges scored; how many there were is said."""
    ratings = found.ratings
    people = np.concatenate([np.asarray(one, dtype=np.float64) for one in ratings.people.values()], axis=1)
    at = np.flatnonzero((~np.isnan(people)).any(axis=1))
    if len(at) == len(people):
        return found

    def chosen(values: Any) -> Any:
        return None if values is None else [values[place] for place in at.tolist()]

    kept = replace(
        ratings,
        people={name: np.asarray(one)[at] for name, one in ratings.people.items()},
        judges={name: np.asarray(one)[at] for name, one in (ratings.judges or {}).items()},
        clusters=chosen(ratings.clusters),
        lengths=None if ratings.lengths is None else np.asarray(ratings.lengths)[at],
        weights=None if ratings.weights is None else np.asarray(ratings.weights)[at],
    )
    left = len(people) - len(at)
    return replace(
        found,
        ratings=kept,
        items=tuple(chosen(found.items)),
        systems=None if found.systems is None else tuple(chosen(found.systems)),
        weights=None if found.weights is None else found.weights[at],
        verdicts={name: PairVerdicts(one.forward[at], one.backward[at]) for name, one in found.verdicts.items()},
        pair_lengths=None if found.pair_lengths is None else (found.pair_lengths[0][at], found.pair_lengths[1][at]),
        remarks=(*found.remarks, f"{left:,} items that nobody rated are left out"),
    )


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
    rows.taken.remarks += unread_told(table)
    items, criteria = rows.names("item"), rows.names("criterion")
    raters = raters_of(rows.names("rater"), rows.words("kind", reading.kind, KINDS))
    meaning = _meaning(rows, raters, reading)
    aside = _Aside(
        one_an_item(rows, items, "group"),
        one_an_item(rows, items, "system"),
        figure_an_item(rows, items, "length"),
        _weights(rows, items),
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


def _weights(rows: Coded, items: CodedColumn) -> Floats | None:
    """The weight of each item; one below 0 is a fault."""
    if "weight" not in rows:
        return None
    for code, value in enumerate(rows.columns["weight"].values):
        if (number := as_number(value)) is not None and number < 0:
            rows.fault_value("weight", code, weight_problem(value, number))
    return figure_an_item(rows, items, "weight")


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
        weights=None if aside.weights is None else _filled(aside.weights, cube[:, ~raters.judges]),
    )


def _filled(weights: Floats, people: Floats) -> Floats | None:
    """A weight for every item: what is not said of a rated one is 1, of others the mean; none where none counts.

    Args:
        weights: As they are said, NaN where they are not, shape (items,).
        people: People's scores, shape (criteria, raters, items).
    """
    rated = ~np.isnan(people).all(axis=(0, 1))
    found = np.where(np.isnan(weights) & rated, 1.0, weights)
    if np.isnan(weights[rated]).all() or not found[rated].any():
        return None
    found[~rated] = found[rated].mean()
    return found
