"""Puts up for rating what a project's models wrote: the replies of its runs, and pairs of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hone.domain.evidence import Comparison
from hone.domain.task import Item, Reply, reply_digest
from hone.errors import FileFormatError, ProjectError
from hone.people.store import NewPair, NewSubject
from hone.people.store.store import Store
from hone.project import Project, Run

VERBS = ("reply", "compare")


@dataclass(frozen=True, slots=True)
class Found:
    """What the runs hold."""

    replies: list[NewSubject] = field(default_factory=list)
    pairs: list[NewPair] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


def put_up(project: Project, store: Store, names: Sequence[str] = ()) -> Iterator[str]:
    """Put up for rating the latest replies and comparisons, or those of the runs that are named.

    What is there already stays as it is, with everything that was said of it.

    Yields:
        What was put up, in words.

    Raises:
        ProjectError: There is no finished run of such a name, or it holds no replies.
    """
    found = collect(project, names)
    if found.replies:
        store.add_subjects(found.replies)
    if found.pairs:
        store.add_pairs(found.pairs)
    if found.runs:
        yield f"{len(found.replies):,} replies and {len(found.pairs):,} pairs to rate, from {', '.join(found.runs)}"
    elif known := store.progress(project.rubric).subjects:
        yield f"{known:,} replies to rate, which were imported"
    else:
        yield "There is nothing to rate yet; write replies with: hone reply"


def collect(project: Project, names: Sequence[str] = ()) -> Found:
    """What the runs of a project hold for people to rate; empty replies are left out.

    Raises:
        ProjectError: There is no finished run of such a name, or it holds no replies.
    """
    items = {item.id: item for item in project.items}
    found = Found()
    for run in _named(project, names) if names else _latest(project):
        found.runs.append(run.folder.name)
        if run.verb == "reply":
            found.replies.extend(
                NewSubject(one.item, one.prompt, one.text, one.model, _group(items, one.item))
                for one in run.read(Reply)
                if one.text.strip()
            )
        else:
            _compared(run, items, found)
    return found


def _group(items: Mapping[str, Item], name: str) -> str | None:
    return items[name].group if name in items else None


def _compared(run: Run, items: Mapping[str, Item], found: Found) -> None:
    for one in run.read(Comparison):
        prompt, group = items[one.id].prompt if one.id in items else one.id, _group(items, one.id)
        sides = [(side.text, side.model) for side in (one.without, one.with_)]
        if not all(text.strip() for text, _ in sides) or sides[0][0].strip() == sides[1][0].strip():
            continue
        (a, a_writer), (b, b_writer) = sides
        found.pairs.append(
            NewPair(one.id, prompt, a, b, f"{a_writer}, task alone", f"{b_writer}, with rubric", group)
        )


def _latest(project: Project) -> Iterator[Run]:
    for verb in VERBS:
        run = project.latest_run(verb)
        if run is not None:
            yield run


def _named(project: Project, names: Sequence[str]) -> Iterator[Run]:
    for name in names:
        folder = project.runs_folder / name
        verb = next((verb for verb in VERBS if f"-{verb}-" in name), None)
        if verb is None or "/" in name or not (folder / "results.jsonl").exists():
            there = [
                path.parent.name for verb in VERBS for path in project.folder.glob(f"runs/*-{verb}-*/results.jsonl")
            ]
            known = ", ".join(sorted(there)) or "none"
            raise ProjectError(f"there is no finished run of replies called {name!r}; there are: {known}")
        yield Run(folder, verb, {}, resumed=True)


def cut_replies(project: Project) -> frozenset[str]:
    """Names the replies of all runs that ended at their length limit; see `cut_name`. What is damaged names none."""
    found: set[str] = set()
    for file in result_files(project):
        run = Run(file.parent, next(verb for verb in VERBS if f"-{verb}-" in file.parent.name), {}, resumed=True)
        with contextlib.suppress(FileFormatError):
            if run.verb == "reply":
                found.update(cut_name(one.item, one.text) for one in run.read(Reply) if one.cut)
            else:
                sides = ((one.id, side) for one in run.read(Comparison) for side in (one.without, one.with_))
                found.update(cut_name(item, side.text) for item, side in sides if side.cut)
    return frozenset(found)


def cut_name(item: str, text: str) -> str:
    """What a reply to an item is known by among those that were cut."""
    return reply_digest(item, "", text)


def result_files(project: Project) -> list[Path]:
    """The results of the runs that wrote replies."""
    return sorted(path for verb in VERBS for path in project.folder.glob(f"runs/*-{verb}-*/results.jsonl"))
