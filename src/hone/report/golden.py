"""Golden replies in words: each that failed on a line, and what passing does and does not show."""

from __future__ import annotations

from collections.abc import Iterator

from hone.domain.rubric import Scale
from hone.report.terminal import clean, short
from hone.rubrics.golden import CONFIDENCE, GoldenOutcome, LevelCheck
from hone.rubrics.unanimous import UnanimousRatings


def golden_lines(outcome: GoldenOutcome) -> list[str]:
    """One line a golden reply and criterion that failed, and one a reply without a score; then the summary."""
    return [*_failures(outcome), *_summary(outcome)]


def made_lines(found: UnanimousRatings, *, made: int, there: int, textless: int, asked: int) -> list[str]:
    """What golden replies were made from, and what they are not.

    Args:
        found: The ratings.
        made: Golden replies that were made.
        there: Replies that people agree on and that were golden before.
        textless: Replies that people agree on, whose text is not known.
        asked: How many golden replies were asked for.
    """
    counted = (
        f"{found.ratings:,} ratings by people, of {found.rated:,} criteria of replies; two people or more scored "
        f"{found.shared:,} of those, and gave the same level to {found.unanimous:,}."
    )
    lines = [counted]
    if there:
        lines.append(f"Replies that stood in the file before, and stay as they are: {there:,}.")
    if textless:
        lines.append(f"Replies that were left out, as their ratings are known and not their texts: {textless:,}.")
    if made < asked:
        lines.append(f"Golden replies that were asked for: {asked:,}; there were {made:,} more to be had.")
    if made:
        lines.append(
            "They are these people's ratings once more: do not import them as ratings. A judge or a rubric that is "
            "changed until they pass has seen them, and `hone agree` on the same replies then says too much."
        )
    return lines


def _failures(outcome: GoldenOutcome) -> Iterator[str]:
    for name in outcome.replies:
        checks = [check for check in outcome.failures if check.golden == name]
        note = f" ({short(checks[0].note)})" if checks and checks[0].note else ""
        if name in outcome.unscored:
            musts = "; ".join(f"{clean(one.criterion)} {_level(one, outcome.scale)}" for one in checks)
            yield f"unscored  {clean(name)}: expected {musts}; {short(checks[0].reason)}{note}"
            continue
        for check in checks:
            got = _named(check.got or 0.0, outcome.scale)
            yield (
                f"failed  {clean(name)} · {clean(check.criterion)}: expected {_level(check, outcome.scale)}, "
                f"got {got}: “{short(check.reason)}”{note}"
            )


def _level(check: LevelCheck, scale: Scale) -> str:
    level = check.expected
    return _named(level.low, scale) if level.low is not None and level.low == level.high else str(level)


def _named(value: float, scale: Scale) -> str:
    """A level with its label; a score between two levels as it is."""
    return f"{value:g} ({clean(scale.level(value).label)})" if value in scale.values else f"{value:.2f}"


def _summary(outcome: GoldenOutcome) -> Iterator[str]:
    count, failed, unscored = len(outcome.replies), len(outcome.failed), len(outcome.unscored)
    more = f"; {failed:,} failed" if failed else ""
    more += f"; {unscored:,} unscored, which is a failure, too" if unscored else ""
    yield f"{count - failed - unscored:,} of {count:,} golden replies passed{more}."
    missed = "no failure" if outcome.passed else f"{failed + unscored:,} not passed"
    yield (
        f"With {missed} among {count:,}, the share that would fail among others like these may still be up to "
        f"{outcome.may_fail:.1%} ({CONFIDENCE:.0%}), had each been drawn at random and none been looked at while the "
        "rubric was written. It is no measure of the judge: that is `hone agree`."
    )
    if outcome.fitted:
        yield (
            f"This judge was fitted to people's ratings of {len(outcome.fitted):,} of them; that those pass shows "
            "nothing of how good it is."
        )
