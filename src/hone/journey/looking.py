"""What a file of ratings holds, and which command comes next: for whoever has a file and not yet a figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.agreement import AgreeOptions, EstimateOptions
from hone.measuring import is_labelled
from hone.measuring.looking import RatingsLook, look_at
from hone.measuring.ratings import Reading
from hone.spelling import option

_MANY_MORE = 2
"""Where a judge scored so many times as many items as people rated, the mean over all of them is worth estimating."""


@dataclass(frozen=True, slots=True)
class LookedFile:
    """A look, and what to do next."""

    look: RatingsLook
    next: tuple[str, ...]
    """Commands, or what to say of the columns first."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --look --json` prints it."""
        return self.look.as_dict() | {"next": list(self.next)}


def look(options: AgreeOptions, rubric: Rubric | None = None) -> LookedFile:
    """Look at the file that the options name; nothing is computed.

    Args:
        options: What `agree` would be run with.
        rubric: The rubric that the scores are on.

    Raises:
        ProjectError: No file is named, or it holds no table.
    """
    if options.file is None:
        raise ProjectError(f"name the file to look at: {option('look')} goes with one")
    columns = options.columns()
    reading = Reading(
        "interval" if options.level == "ratio" else options.level,
        rubric,
        raters=options.rater_column,
        columns=columns,
        pairs=options.pairs,
    )
    apart = [path for path in options.judged if not is_labelled(path, columns)]
    found = look_at(options.file, reading, apart)
    return LookedFile(found, tuple(_next(options, found)))


def _next(options: AgreeOptions, found: RatingsLook) -> list[str]:
    plain = options.model_copy(update={"look": False})
    if found.fault:
        columns = ", ".join(option(name) for name in ("item", "criterion", "rater_column", "judge_column"))
        return [f"correct the file, or say which columns are what: {columns}"]
    if not found.judges and not options.judged:
        label = f"hone label {_typed(options.file)}"
        return [plain.command_line(), f"{label}, then {option('judged')}: a judge beside these people"]
    commands = [plain.command_line()]
    rated = max(found.criteria.values(), default=0)
    if found.people and found.items >= _MANY_MORE * rated:
        same = {
            name: getattr(options, name) for name in EstimateOptions.model_fields if name in AgreeOptions.model_fields
        }
        same |= {"judged": None, "level": options.level if options.level in {"ordinal", "interval"} else None}
        commands.append(EstimateOptions(**same).command_line())
    return commands


def _typed(path: Path | None) -> str:
    return "" if path is None else str(path)
