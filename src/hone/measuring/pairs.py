"""Verdicts on pairs of replies, A and B: which one is better, whichever stood first.

`winner` names the reply, not its place. A rater who saw a pair in both orders and changed sides has no preference:
the verdict is a tie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hone.domain.orders import NOT_ASKED, flips, settled
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
from hone.measuring.collected import UNUSABLE, Collected, PairVerdicts, Position
from hone.spelling import option
from hone.stats import Level, Ratings
from hone.tables import Row, RowProblem, Table, is_blank
from hone.tables.coding import coded
from hone.text import name as named

PREFERENCE = "preference"
"""The one criterion that verdicts on pairs are about."""
ORDERS = ("AB", "BA")
LENGTHS = ("length_a", "length_b")
"""How long the two replies are, for the baseline that takes the longer one."""
WINNERS = {"A": -1.0, "tie": 0.0, "B": 1.0}
_NONE = "no verdict"
_SPELT = {
    "a": "A",
    "1": "A",
    "first": "A",
    "b": "B",
    "2": "B",
    "second": "B",
    "tie": "tie",
    "0": "tie",
    "equal": "tie",
}
"""How verdicts are written where the two replies are numbered."""
_UNREAD = UNUSABLE
"""A verdict that was asked for and could not be read."""
_SAID: tuple[str | None, ...] = ("A", "tie", "B", None, NOT_ASKED)
"""What an order can say, in the order of its numbers: A is -1, not asked is NaN."""
_SETTLED = np.array([[WINNERS.get(settled(one, other) or "", np.nan) for other in _SAID] for one in _SAID])
_FLIPS = np.array([[flips(one, other) for other in _SAID] for one in _SAID])


def is_pairs(columns: Sequence[str]) -> bool:
    """Whether a table with these columns holds verdicts on pairs."""
    names = {name.strip().lower() for name in columns}
    return "winner" in names and "score" not in names


def collect_pairs(table: Table, level: Level, guessed: bool) -> Collected:
    """Read verdicts.

    Args:
        table: Its columns are item, rater, order, winner[, kind][, group][, length_a, length_b].
        level: `nominal`, or `ordinal` where a tie lies between A and B.
        guessed: Whether the level is our own guess.

    Raises:
        FileFormatError: A column is missing, or a row does not read; the message names its line.
    """
    form = "verdicts on pairs have the columns item, rater, order, winner[, kind][, group]; "
    source = coded(table, ("item", "rater", "order", "winner"), ("kind", "group", *LENGTHS), form)
    items = source.names("item")
    orders = source.words("order", "AB", ORDERS)
    winners = source.words("winner", _NONE, tuple(WINNERS))
    raters = raters_of(source.names("rater"), source.words("kind", "human", KINDS))
    groups = clusters_of(one_an_item(source, items, "group"), items.values)
    lengths = [figure_an_item(source, items, name) for name in LENGTHS]
    source.check()
    values = np.array([WINNERS.get(word, np.nan) for word in winners.values])[winners.codes]
    cube, duplicates = arrange(source, items, orders, raters, values)
    shown, _ = arrange(source, items, orders, raters, np.ones(len(values)))
    cube[np.isnan(cube) & ~np.isnan(shown)] = _UNREAD
    forward, backward = (_layer(cube, orders.values, order) for order in ORDERS)
    verdicts = _verdict(forward, backward)
    says = f"verdicts on pairs are labels; {option('level', 'ordinal')} puts a tie between A and B"
    says = says if guessed else "as chosen"
    return Collected(
        ratings=Ratings(
            people={PREFERENCE: verdicts[~raters.judges].T},
            raters=raters.named(judges=False),
            level=level,
            judges={PREFERENCE: verdicts[raters.judges].T},
            judge_names=raters.named(judges=True),
            clusters=groups,
        ),
        items=items.values,
        rows=source.rows,
        duplicates=duplicates,
        missing=int(np.isnan(values).sum()),
        level_note=f"level: {level}, {says}",
        labels={value: word for word, value in WINNERS.items()},
        positions=_positions(forward, backward, raters),
        verdicts={
            name: PairVerdicts(forward[place], backward[place])
            for place, name in enumerate(raters.names)
            if raters.judges[place]
        },
        pair_lengths=None if lengths[0] is None or lengths[1] is None else (lengths[0], lengths[1]),
        taken=source.taken,
    )


class AsVerdicts(Table):
    """Ratings in long form whose scores are verdicts on pairs, all in the order AB.

    Args:
        table: The ratings. A judge's score that is no verdict is one that cannot be used; a person's is a fault.
    """

    form = "csv"
    columns = ("item", "rater", "order", "winner", "kind", "group")

    def __init__(self, table: Table) -> None:
        self.path, self._table = table.path, table

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each verdict."""
        for _, number, row in self.located():
            yield number, row

    def located(self) -> Iterator[tuple[Path, int, Row | RowProblem]]:
        """Each verdict with the file that it stands in."""
        for path, number, row in self._table.located():
            if isinstance(row, RowProblem) or is_blank(row):
                yield path, number, row
            else:
                yield path, number, self._verdict(row)

    def count(self) -> int:
        """Verdicts."""
        return self._table.count()

    def _verdict(self, row: Row) -> Row:
        said = named(row.get("score")).lower()
        winner: str | None = _SPELT.get(said, said)
        if winner not in _SPELT.values() and row.get("kind") == "judge":
            winner = None
        kept = {name: row.get(name) for name in ("item", "rater", "kind", "group")}
        return kept | {"order": "AB", "winner": winner}


def _layer(cube: Floats, orders: Sequence[str], order: str) -> Floats:
    return cube[orders.index(order)] if order in orders else np.full(cube.shape[1:], np.nan)


def _verdict(forward: Floats, backward: Floats) -> Floats:
    """What the orders come to, by the one rule of `domain/orders`. Shape (raters, items)."""
    return np.asarray(_SETTLED[_code(forward), _code(backward)], dtype=np.float64)


def _code(layer: Floats) -> npt.NDArray[np.int64]:
    """Where each verdict stands in `_SAID`."""
    return np.where(np.isnan(layer), len(_SAID) - 1, layer + 1).astype(np.int64)


def _positions(forward: Floats, backward: Floats, raters: RaterNames) -> dict[str, Position]:
    found = {}
    for place, name in enumerate(raters.names):
        one, other = forward[place], backward[place]
        read = [~np.isnan(side) & (side != _UNREAD) for side in (one, other)]
        both = read[0] & read[1]
        decided = [side[there & (side != 0)] for side, there in zip((one, other), read, strict=True)]
        found[name] = Position(
            asked=int((~np.isnan(one)).sum() + (~np.isnan(other)).sum()),
            unusable=int((one == _UNREAD).sum() + (other == _UNREAD).sum()),
            pairs=int((read[0] | read[1]).sum()),
            both_orders=int(both.sum()),
            flips=int(_FLIPS[_code(one), _code(other)].sum()),
            decided=len(decided[0]) + len(decided[1]),
            first=int((decided[0] < 0).sum() + (decided[1] > 0).sum()),
        )
    return found
