"""The store as a table of long-form rows, so that it is read the way a file is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.people.exchange.long_form import rating_columns
from hone.people.store.store import Store
from hone.tables import Row, RowProblem, Table


class Stored(Table):
    """Rows that were taken from a store.

    Args:
        path: The database, for messages.
        columns: Their names.
        rows: The rows.
    """

    form = "jsonl"

    def __init__(self, path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
        self.path, self.columns, self._rows = path, columns, rows

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and its number."""
        yield from enumerate(self._rows, 1)

    def count(self) -> int:
        """How many there are."""
        return len(self._rows)


def stored_ratings(store: Store, rubric: Rubric, judgements: Iterable[Judgement] = ()) -> Stored:
    """Current ratings, with judgements beside them that stand elsewhere.

    Args:
        store: The store.
        rubric: Which ratings are current.
        judgements: A judge's, under the same rubric; those of another are passed over. Of a judge that the store has
            scores of for an item, the store's count. What a rule scored stands under `RULES`, not under the judge.
    """
    own = sorted(store.ratings(rubric), key=lambda row: rubric.names.index(row.criterion))
    columns = tuple(name for name in rating_columns(own) if name != "time")
    rows: list[Row] = [
        dict.fromkeys(columns)
        | {
            "item": judgement.item,
            "criterion": score.criterion,
            "rater": rubric.scorer(score.criterion, judgement.judge),
            "score": score.value,
            "kind": "judge",
        }
        for judgement in judgements
        if judgement.rubric == rubric.digest
        for score in judgement.scores
    ]
    rows += [{name: getattr(row, name) for name in columns} for row in own]  # the last of duplicate rows wins
    return Stored(Path(store.database.name), columns, rows)


def stored_choices(store: Store) -> Stored:
    """Verdicts on pairs."""
    columns = ("item", "rater", "order", "winner", "kind")
    rows: list[Row] = [{name: getattr(row, name) for name in columns} for row in store.choices()]
    return Stored(Path(store.database.name), columns, rows)
