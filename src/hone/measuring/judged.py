"""A large set that only a judge scored: long form, or as `hone label` writes it, one column a criterion."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hone.errors import FileFormatError
from hone.measuring.arranging import own_cluster
from hone.measuring.collected import Collected
from hone.measuring.ratings import Reading, read_ratings
from hone.spelling import option
from hone.tables import Table, Taken, filled_rows, guess, id_reader, open_table
from hone.tables.coding import as_score, labels_of
from hone.tables.shape import FileColumns, text_columns
from hone.text import is_missing
from hone.text import name as named

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One judge's scores."""

    judge: str
    items: tuple[str, ...]
    scores: Mapping[str, Floats]
    """By criterion, NaN where unscored; shape (items,)."""
    weights: Floats | None = None
    """How many items each stands for, shape (items,); NaN where not said."""
    groups: tuple[str, ...] | None = None
    """The cluster of each item; none where the file has no groups."""
    taken: Taken = field(default_factory=Taken)
    """Which columns of the file were read, and how many rows without any value were passed over."""


def read_judged(path: Path, criteria: Sequence[str], judge: str | None, reading: Reading) -> Judged:
    """Read a labelled set.

    Args:
        path: The file.
        criteria: The criteria that are wanted; those that the file lacks have no scores.
        judge: The judge's name, where a file in long form holds several.
        reading: How scores are read.

    Raises:
        FileFormatError: A column is missing, no criterion is there, or a row does not read.
    """
    table = open_table(path)
    names = {name.strip().lower() for name in table.columns}
    if "score" in names and "criterion" in names:
        collected = read_ratings(path, Reading(reading.level, reading.rubric, kind="judge"))
        name = choose_judge(path, collected.ratings.judge_names, judge)
        place = collected.ratings.judge_names.index(name)
        scores = {key: np.asarray(one)[:, place] for key, one in (collected.ratings.judges or {}).items()}
        clusters = collected.ratings.clusters
        groups = None if clusters is None else tuple(map(str, clusters))
        return Judged(name, collected.items, scores, collected.weights, groups, collected.taken)
    return _wide(table, criteria, reading)


def is_labelled(path: Path, columns: FileColumns) -> bool:
    """Whether a file holds one judge's scores, as `label` writes them or in long form; else it is read as ratings.

    Args:
        path: The file.
        columns: What is known of the columns; a column of scores among them makes it ratings.
    """
    table = open_table(path)
    return not (columns.of_scores(table) or (columns.judge_name and text_columns(table, columns.judge_name)))


def with_judged(collected: Collected, judged: Judged, path: Path) -> Collected:
    """Ratings with a judge's scores beside them, matched by the items' ids.

    Args:
        collected: The ratings.
        judged: The scores; those of items that nobody rated are left out, and counted in the remark.
        path: Where the scores come from, for messages.

    Raises:
        FileFormatError: No id stands in both.
    """
    ratings = collected.ratings
    place = {item: at for at, item in enumerate(judged.items)}
    at = np.array([place.get(item, -1) for item in collected.items], dtype=np.int64)
    there = int((at >= 0).sum())
    if not there:
        raise FileFormatError(
            path,
            f"none of its ids is among the rated items (here {judged.items[0]!r}, rated {collected.items[0]!r})",
        )
    taken = judged.judge in ratings.judge_names or judged.judge in ratings.raters
    name = f"{judged.judge} ({path.stem})" if taken else judged.judge
    empty = np.full((len(at), len(ratings.judge_names)), np.nan)
    judges = {}
    for criterion in ratings.criteria:
        scores = judged.scores.get(criterion)
        column = np.full(len(at), np.nan) if scores is None else np.where(at >= 0, scores[at], np.nan)
        judges[criterion] = np.column_stack([(ratings.judges or {}).get(criterion, empty), column])
    left = len(judged.items) - there
    remark = f"{name}: {there:,} of {len(at):,} rated items have its scores, matched by id" + (
        f"; its {left:,} other rows were rated by nobody" if left else ""
    )
    return replace(
        collected,
        ratings=replace(ratings, judges=judges, judge_names=(*ratings.judge_names, name)),
        remarks=(*collected.remarks, *judged.taken.lines(path.name), remark),
    )


def choose_judge(path: Path, names: Sequence[str], wanted: str | None) -> str:
    """The judge that was named, or the only one.

    Raises:
        FileFormatError: There is none, several, or none of that name.
    """
    if wanted in names:
        return str(wanted)
    if wanted is None and len(names) == 1:
        return names[0]
    there = ", ".join(names) or "none"
    raise FileFormatError(path, f"choose one judge with {option('judge')}; the judges are: {there}")


def _wide(table: Table, criteria: Sequence[str], reading: Reading) -> Judged:
    key = guess(table.columns, "id", None)
    found = [name for name in criteria if name in table.columns]
    if key is None or not found:
        what = "column of ids (id or item)" if key is None else f"column for a criterion ({', '.join(criteria)})"
        raise FileFormatError(table.path, f"there is no {what}; the columns are: {', '.join(table.columns[:20])}")
    labels = {} if reading.rubric is None else labels_of(reading.rubric.scale)
    places: dict[str, int] = {}
    columns = {name: array("d") for name in (*found, "weight")}
    judges: set[str] = set()
    groups: dict[str, str] = {}
    taken = Taken()
    taken.take({"item": key} | {name: name for name in (*found, "judge", "weight", "group") if name in table.columns})
    id_of = id_reader(table, key, taken)
    for number, row in filled_rows(table, taken):
        item = id_of(row.get(key))
        if not item:
            raise FileFormatError(table.path, f"the column {key!r} is empty", line=number)
        place = places.setdefault(item, len(places))
        if row.get("judge"):
            judges.add(named(row["judge"]))
        if not is_missing(row.get("group")):
            groups[item] = f"group {named(row['group'])}"
        for name, values in columns.items():
            value = row.get(name)
            figure = as_score(value, labels)
            if figure is None:
                raise FileFormatError(table.path, f"{name}: {value!r} is not a number", line=number)
            if place == len(values):
                values.append(figure)
            else:
                values[place] = figure  # the last of rows with one id wins
    scores = {name: np.frombuffer(values, dtype=np.float64) for name, values in columns.items()}
    weights = scores.pop("weight")
    name = ", ".join(sorted(judges)) if judges else table.path.stem
    clusters = tuple(groups.get(item, own_cluster(item)) for item in places) if groups else None
    return Judged(name, tuple(places), scores, None if np.isnan(weights).all() else weights, clusters, taken)
