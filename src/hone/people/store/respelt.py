"""What giving each id and name of an older store its one spelling has changed."""

from __future__ import annotations

from dataclasses import dataclass

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Respelt:
    """How many rows were changed."""

    replies: int = 0
    pairs: int = 0
    raters: int = 0
    merged: int = 0
    """Entries about the same thing by the same rater, of which the newest stays."""
    shortened: tuple[str, ...] = ()
    """Items whose id an earlier version wrote as ``1e+06``."""

    def lines(self) -> list[str]:
        """What was done, one sentence each; none where nothing was changed."""
        lines = []
        counts = [(self.replies, "reply", "replies"), (self.pairs, "pair", "pairs"), (self.raters, "rater", "raters")]
        if changed := [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]:
            lines.append(f"{' and '.join(changed)} got one spelling")
        if self.merged:
            lines.append(f"{self.merged:,} duplicates gave way to the newest; the older ones are in the history")
        if self.shortened:
            more = ", …" if len(self.shortened) > _NAMED else ""
            named = ", ".join(self.shortened[:_NAMED]) + more
            lines.append(
                f"ids that an earlier version stored as {named} cannot be told apart: import that file again"
            )
        return lines
