"""Items that look as if they belonged together, by their ids: `P01/Q1`, `P01/Q2`. It is asked, never used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_PARTS = re.compile(r"(?P<beginning>.+?)[-_/.:# ]+[A-Za-z]{0,8}\d{1,6}")
_LEAST_SHARE = 0.8
"""So many of the ids must be made alike."""


def guessed_groups(items: Sequence[str]) -> str | None:
    """A sentence that asks whether items with one beginning belong together; none where the ids do not look so.

    Args:
        items: The ids of all items.
    """
    matches = {item: found["beginning"] for item in items if (found := _PARTS.fullmatch(item))}
    if len(matches) < _LEAST_SHARE * len(items):
        return None
    beginnings = Counter(matches.values())
    if len(beginnings) < 2 or len(beginnings) > len(items) / 2:
        return None
    item = next(item for item, beginning in matches.items() if beginning == beginnings.most_common(1)[0][0])
    return (
        f"the {len(items):,} ids have {len(beginnings):,} beginnings, such as {matches[item]!r} in {item!r}: do "
        "items of one beginning belong together (one pupil, one text)? Then give each its group in a column 'group'; "
        "without it the intervals are too narrow"
    )
