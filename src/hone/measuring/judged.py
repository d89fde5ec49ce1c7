"""A large set that only a judge scored: long form, or as `hone label` writes it, one column a criterion."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hone.domain.evidence import FITTED_TO
from hone.domain.rubric import Rubric
from hone.domain.rule import RULES
from hone.errors import FileFormatError
from hone.judging.label import OWN_JUDGE
from hone.measuring.arranging import own_cluster, weight_problem
from hone.measuring.collected import Collected
from hone.measuring.ratings import Reading, read_ratings
from hone.spelling import option
from hone.stats import Ratings
from hone.tables import Row, Table, Taken, filled_rows, guess, id_reader, open_table
from hone.tables.coding import as_score, labels_of
from hone.tables.shape import FileColumns, text_columns
from hone.text import is_missing
from hone.text import name as named

Floats = npt.NDArray[np.float64]
_FITTED_REMEDY = (
    "what it says of them shows nothing; see what `hone judge tune` found, or have other replies rated and labelled"
)


@dataclass(frozen=True)
class Judged:
    """One judge's scores."""

    judge: str
    items: tuple[str, ...]
    scores: Mapping[str, Floats]
    """By criterion, NaN where unscored; shape (items,)."""
    ruled: frozenset[str] = frozenset()
    """The criteria that a rule scored and not the judge."""
    rules: str = RULES
    """The name that their scores stand under beside those of judges."""
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
        scores, ruled = scores_of(collected, name)
        clusters = collected.ratings.clusters
        groups = None if clusters is None else tuple(map(str, clusters))
        return Judged(name, collected.items, scores, ruled, RULES, collected.weights, groups, collected.taken)
    return _wide(table, criteria, reading)


def is_labelled(path: Path, columns: FileColumns) -> bool:
    """Whether a file holds one judge's scores, as `label` writes them or in long form; else it is read as ratings.

    Args:
        path: The file.
        columns: What is known of the columns; a column of scores among them makes it ratings.
    """
    table = open_table(path)
    return not (columns.of_scores(table) or (columns.judge_name and text_columns(table, columns.judge_name)))


def check_shared(collected: Collected, judged: Judged, path: Path) -> None:
    """Refuse a judge's scores of which none is of a rated item.

    Raises:
        FileFormatError: No id stands in both.
    """
    if set(judged.items).isdisjoint(collected.items):
        left = "".join(f"; {one}" for one in judged.taken.remarks)
        known = f"(here {judged.items[0]!r}, rated {collected.items[0]!r})"
        raise FileFormatError(path, f"none of its ids is among the rated items {known}{left}")


def read_with_judged(source: Path | Table, reading: Reading, judged: Sequence[Path]) -> Collected:
    """Ratings with the votes of each file beside them, a column a file and judge.

    Args:
        source: The ratings.
        reading: How they are read.
        judged: What `label` wrote, a file a judge, or files in any form that ratings have; one that holds the
            replies' texts alone has no votes.

    Raises:
        FileFormatError: A row does not read, or no id stands in both; the message names the line.
    """
    apart = [path for path in judged if not is_labelled(path, reading.columns)]
    collected = read_ratings(source, reading, judged=apart)
    for path in (path for path in judged if path not in apart and not _only_texts(path, collected)):
        collected = with_judged(collected, read_judged(path, collected.ratings.criteria, None, reading), path)
    return collected


def _only_texts(path: Path, collected: Collected) -> bool:
    """Whether a file holds the replies' texts, and nobody's scores."""
    columns = open_table(path).columns
    return (
        "score" not in columns
        and guess(columns, "reply", None) is not None
        and not (set(columns) & set(collected.ratings.criteria))
    )


def with_judged(collected: Collected, judged: Judged, path: Path) -> Collected:
    """Ratings with a judge's scores beside them, matched by the items' ids.

    What a rule scored stands under a name of its own, so that the judge takes no credit for it.

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
    check_shared(collected, judged, path)
    found = {
        criterion: np.where(at >= 0, scores[at], np.nan)
        for criterion in ratings.criteria
        if (scores := judged.scores.get(criterion)) is not None
    }
    ruled = {criterion: scores for criterion, scores in found.items() if criterion in judged.ruled}
    own = {criterion: scores for criterion, scores in found.items() if criterion not in ruled}
    name = _free(judged.judge, ratings, path)
    if own or not ruled:
        ratings = _beside(ratings, name, own)
    if ruled and not _stands(ratings, judged.rules, ruled):
        ratings = _beside(ratings, _free(judged.rules, ratings, path), ruled)
    left = len(judged.items) - there
    remark = f"{name}: {there:,} of {len(at):,} rated items have its scores, matched by id" + (
        f"; its {left:,} other rows were rated by nobody" if left else ""
    )
    return replace(
        collected,
        ratings=ratings,
        remarks=(*collected.remarks, *judged.taken.lines(path.name), remark, *rules_told(list(ruled), judged.judge)),
    )


def _free(name: str, ratings: Ratings, path: Path) -> str:
    """The name, with the file's behind it where somebody has it already."""
    return f"{name} ({path.stem})" if name in ratings.judge_names or name in ratings.raters else name


def _beside(ratings: Ratings, name: str, scores: Mapping[str, Floats]) -> Ratings:
    """Ratings with one judge more; scores by criterion, shape (items,), none where it said nothing."""
    count = len(np.asarray(next(iter(ratings.people.values()))))
    empty, none = np.full((count, len(ratings.judge_names)), np.nan), np.full(count, np.nan)
    judges = {
        criterion: np.column_stack([(ratings.judges or {}).get(criterion, empty), scores.get(criterion, none)])
        for criterion in ratings.criteria
    }
    return replace(ratings, judges=judges, judge_names=(*ratings.judge_names, name))


def _stands(ratings: Ratings, name: str, scores: Mapping[str, Floats]) -> bool:
    """Whether somebody of this name has these scores already: another judge was labelled under the same rules."""
    if name not in ratings.judge_names or ratings.judges is None:
        return False
    place = list(ratings.judge_names).index(name)
    return all(
        np.array_equal(np.asarray(ratings.judges[criterion])[:, place], one, equal_nan=True)
        for criterion, one in scores.items()
    )


def rules_told(criteria: Sequence[str], judge: str) -> list[str]:
    """That rules scored these criteria."""
    if not criteria or judge == RULES:
        return []
    return [f"{', '.join(criteria)}: scored by a rule, not by {judge}"]


def scores_of(collected: Collected, judge: str) -> tuple[dict[str, Floats], frozenset[str]]:
    """One judge's scores out of ratings, with those of rules where it has none; and which criteria these are.

    Returns:
        By criterion, shape (items,); and the names of the criteria that a rule scored.
    """
    ratings = collected.ratings
    names, found, ruled = list(ratings.judge_names), {}, set()
    for criterion, scores in (ratings.judges or {}).items():
        columns = np.asarray(scores, dtype=np.float64)
        found[criterion] = columns[:, names.index(judge)]
        if judge == RULES:
            ruled.add(criterion)
        elif RULES in names and np.isnan(found[criterion]).all():
            found[criterion] = columns[:, names.index(RULES)]
            ruled |= set() if np.isnan(found[criterion]).all() else {criterion}
    return found, frozenset(ruled)


def choose_judge(path: Path, names: Sequence[str], wanted: str | None) -> str:
    """The judge that was named, or the only one; rules are none, unless nothing else scored.

    Raises:
        FileFormatError: There is none, several, or none of that name.
    """
    if wanted in names:
        return str(wanted)
    models = [name for name in names if name != RULES] or list(names)
    if wanted is None and len(models) == 1:
        return models[0]
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
    ruled: set[str] = set()
    groups: dict[str, str] = {}
    taken = Taken()
    taken.take({"item": key} | {name: name for name in (*found, "judge", "weight", "group") if name in table.columns})
    id_of = id_reader(table, key, taken)
    for number, row in _not_fitted_to(table, taken):
        item = id_of(row.get(key))
        if not item:
            raise FileFormatError(table.path, f"the column {key!r} is empty", line=number)
        place = places.setdefault(item, len(places))
        if row.get("judge"):
            judges.add(named(row["judge"]))
        ruled |= _by_rule(row, found, reading.rubric)
        if not is_missing(row.get("group")):
            groups[item] = f"group {named(row['group'])}"
        for name, values in columns.items():
            value = row.get(name)
            figure = as_score(value, labels)
            if figure is None:
                raise FileFormatError(table.path, f"{name}: {value!r} is not a number", line=number)
            if name == "weight" and (figure < 0 or math.isinf(figure)):
                raise FileFormatError(table.path, weight_problem(value, figure), line=number)
            if place == len(values):
                values.append(figure)
            else:
                values[place] = figure  # the last of rows with one id wins
    scores = {name: np.frombuffer(values, dtype=np.float64) for name, values in columns.items()}
    weights = scores.pop("weight")
    name = ", ".join(sorted(judges)) if judges else table.path.stem
    clusters = tuple(groups.get(item, own_cluster(item)) for item in places) if groups else None
    return Judged(
        name,
        tuple(places),
        scores,
        frozenset(ruled),
        RULES,
        None if np.isnan(weights).all() else weights,
        clusters,
        taken,
    )


def _not_fitted_to(table: Table, taken: Taken) -> Iterator[tuple[int, Row]]:
    """The rows that can show how good the judge is; how many others there were is told.

    Raises:
        FileFormatError: There is no such row.
    """
    left = others = 0
    for number, row in filled_rows(table, taken):
        fitted = FITTED_TO in str(row.get("note") or "")
        left, others = left + fitted, others + (not fitted)
        if not fitted:
            yield number, row
    if left and not others:
        raise FileFormatError(table.path, f"the judge was fitted to all of these replies: {_FITTED_REMEDY}")
    if left:
        taken.remarks.append(f"{left:,} rows are left out: the judge was fitted to people's ratings of these replies")


def _by_rule(row: Row, criteria: Sequence[str], rubric: Rubric | None) -> set[str]:
    """The criteria that a rule scored, as the row says, or, of files that do not say it, the rubric of its scores."""
    said = {name for name in criteria if row.get(f"{name}{OWN_JUDGE}") == RULES}
    if rubric is not None and row.get("rubric") == rubric.digest:
        said |= {name for name in criteria if rubric.scorer(name, "") == RULES}
    return said
