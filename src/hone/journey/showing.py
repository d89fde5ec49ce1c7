"""One call of a run, whole: what was asked as it was sent, what came back, what it took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from hone.errors import ProjectError
from hone.jobs.asked import AskedCall, read_asked
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.step import home_of
from hone.models import Completion
from hone.project import Run
from hone.project.runs import every_run


class ShowOptions(VerbOptions):
    """What may be set for `show`."""

    verb = "show"
    run: Annotated[str, OptionForm(positional=True)]
    item: Annotated[str | None, OptionForm(positional=True)] = None


@dataclass(frozen=True, slots=True)
class ShownCall:
    """What was asked, and what was answered."""

    asked: AskedCall
    answer: Completion | None
    """None where the answer is in no journal any more."""
    at: str
    """When the answer came, in UTC; empty where it is not known."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone show --json` prints it."""
        asked = self.asked
        return {
            "item": asked.item,
            "step": asked.step,
            "sample": asked.sample,
            "model": asked.model,
            "sampling": dict(asked.sampling),
            "schema": asked.schema,
            "messages": [{"role": one.role, "content": one.content} for one in asked.messages],
            "answer": None if self.answer is None else self.answer.to_data(),
            "at": self.at,
        }


def shown_run(folder: Path | str, name: str) -> Run:
    """The run of a name, or of a part of it: ``label`` is the latest run of that verb.

    Args:
        folder: The project, or where `runs` lies.
        name: The run folder's name or path, its verb, or a part of its name that no other has.

    Raises:
        ProjectError: There is none.
    """
    runs, _ = every_run(home_of(Path(folder)) / "runs")
    wanted = Path(name).name
    exact = [run for run in runs if run.folder.name == wanted] or [run for run in runs if run.verb == wanted][:1]
    found = exact or [run for run in runs if wanted and wanted in run.folder.name]
    if len(found) != 1:
        what = "there is no run" if not found else f"{len(found)} runs have a name like"
        there = ", ".join(run.folder.name for run in (found or runs)[:5]) or "none"
        raise ProjectError(f"{what} {name!r}; the latest are: {there}")
    return found[0]


def asked_items(run: Run) -> list[str]:
    """The items that a run asked about, in order."""
    return list(dict.fromkeys(call.item for call in read_asked(run.asked)))


def shown_calls(run: Run, item: str) -> list[ShownCall]:
    """All calls about an item, in the order in which they were asked, each once.

    Raises:
        ProjectError: The run asked nothing about it, or was made before what was asked was kept.
    """
    calls = list({(call.step, call.sample, call.key): call for call in read_asked(run.asked, item)}.values())
    if not calls:
        items = asked_items(run)
        if not items:
            raise ProjectError(
                f"{run.folder.name} does not hold what was asked: it asked nothing, or was made by an earlier version"
            )
        there = ", ".join(items[:5]) + (" and more" if len(items) > 5 else "")
        raise ProjectError(f"{run.folder.name} asked nothing about {item!r}; it asked about: {there}")
    answers = _answers(run, {call.key for call in calls})
    return [ShownCall(call, *answers.get(call.key, (None, ""))) for call in calls]


def _answers(run: Run, keys: set[str]) -> dict[str, tuple[Completion | None, str]]:
    """The answers to these keys, from the run's own journal, else from those of other runs; the last one counts."""
    found: dict[str, tuple[Completion | None, str]] = {}
    others = sorted((path for path in run.folder.parent.glob("*/journal.jsonl") if path != run.journal), reverse=True)
    for path in (run.journal, *others):
        if keys <= found.keys():
            break
        found |= dict(_of_journal(path, keys - found.keys()))
    return found


def _of_journal(path: Path, keys: set[str]) -> Iterator[tuple[str, tuple[Completion | None, str]]]:
    wanted = [key.encode() for key in keys]
    try:
        with path.open("rb") as lines:
            for line in lines:
                if not any(key in line for key in wanted):
                    continue
                try:
                    entry = json.loads(line)
                    if entry["key"] in keys:
                        yield entry["key"], (Completion.from_data(entry["answer"]), str(entry.get("at", "")))
                except (ValueError, KeyError, TypeError):
                    continue
    except OSError:
        return
