"""A new project: from a template, from what a person answers, from a file of requests.

It refuses to guess what the task is: what nobody said is asked for, or stands in a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

from hone.domain.rubric import Criterion, Rubric
from hone.domain.task import Item, Task
from hone.errors import FileFormatError, HoneError, ProjectError
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.watching import Tell, nothing
from hone.models.spec import spec_from_anywhere
from hone.project import Project, find_template
from hone.project.files import made, read_yaml
from hone.project.templates import BLANK, DEFAULT
from hone.spelling import option
from hone.tables import (
    Taken,
    filled_rows,
    guess,
    guess_request,
    id_reader,
    open_table,
    request_of,
)
from hone.tables.wide import as_long
from hone.text import is_missing

_WORDS = 5
"""Words of a request that its id is made from."""


class InitOptions(VerbOptions):
    """What may be set for `init`."""

    verb = "init"
    folder: Annotated[Path, OptionForm(positional=True)]
    template: Annotated[str | None, OptionForm(short="t")] = None
    """A name from `hone templates`, or blank.  [default: study-plan-student]"""
    finalised: bool = False
    """Start from the library's finalised rubric."""
    subject: str | None = None
    """What is produced, in two or three words."""
    role: str | None = None
    """Who the writer is to be: 'You are …'."""
    instruction: str | None = None
    """What the writer does with each request."""
    item: tuple[str, ...] = ()
    """A request; again for more."""
    criterion: tuple[str, ...] = ()
    """'Be Adjective: one sentence'; again for more."""
    model: str | None = None
    """The model of writer, expert and judge, to be changed in hone.yaml.  [default: the template's]"""
    source: Annotated[Path | None, OptionForm(spelled="from")] = None
    """Take requests, and ratings, from a table: .csv, .xlsx, .jsonl, .parquet."""

    @property
    def is_answered(self) -> bool:
        """Whether anything is said about a task of one's own."""
        return bool(self.subject or self.role or self.instruction or self.item or self.criterion or self.source)


def make_project(options: InitOptions, *, tell: Tell = nothing) -> Project:
    """A new project from a template, changed by what a person said; nothing is written where something does not fit.

    Args:
        options: What was said. Without a template, an own task needs its subject, role and instruction.
        tell: Told which columns of a table were taken.

    Raises:
        ProjectError: An answer is missing or does not fit, there is no such template, or the folder holds something.
        SpecError: The model has no known form.
        FileFormatError: The table of requests does not read.
    """
    if options.item and options.source:
        raise ProjectError(f"give the requests with {option('item')} or with {option('from')}, not with both")
    template = options.template or (BLANK if options.is_answered else DEFAULT)
    if options.source:
        open_table(options.source)  # that the file is missing is the first thing to know
    task = _task(options, template)
    items = items_of_table(options.source, tell) if options.source else items_of_texts(options.item)
    project = Project.create(
        options.folder,
        template,
        finalised=options.finalised,
        task=task,
        items=items,
        criteria=read_criteria(options.criterion),
        model=spec_from_anywhere(options.model) if options.model else None,
    )
    if options.source:
        _take_ratings(project, options.source, tell)
    return project


def _take_ratings(project: Project, source: Path, tell: Tell) -> None:
    """Take the ratings of a table of requests into the project's store, where it has some and they fit."""
    try:
        table = as_long(open_table(source), rubric=project.rubric)
        if not {"rater", "score"} <= {name.strip().lower() for name in table.columns}:
            return
        from hone.journey.people import import_feedback  # noqa: PLC0415 - loads SQLAlchemy

        done = import_feedback(project, source, tell=tell)
    except HoneError as error:
        tell(f"the ratings in {source.name} are not taken yet: {error}")
        tell(f"once rubric.yaml has their criteria: hone feedback import {source}")
        return
    for line in done.notes:
        tell(line)
    tell(f"ratings: {done.counts.get('rows', 0):,} from {source.name}, in the project's store")


def _task(options: InitOptions, template: str) -> Task | None:
    """The task that was answered, a template's words where nothing was said; none where all is the template's."""
    said = {name: value for name in Task.model_fields if (value := getattr(options, name)) is not None}
    if options.template is None and options.is_answered:
        missing = [option(name) for name in Task.model_fields if name not in said]
        if missing:
            raise ProjectError(
                f"a task of your own needs {', '.join(missing)} too; {option('template', BLANK)} fills in what you "
                "leave out, for you to change in hone.yaml"
            )
    if not said:
        return None
    from hone.domain.settings import Settings  # noqa: PLC0415 - the default template needs none of it

    there = read_yaml(find_template(template).folder / "hone.yaml", Settings).task.model_dump()
    return made(Task, there | said, "the task")


def read_criteria(texts: Sequence[str]) -> tuple[Criterion, ...]:
    """Criteria as a person says them: ``Be Adjective: one sentence``.

    Raises:
        ProjectError: One has another form, or two have one name.
    """
    criteria = [made(Criterion, text, f"criterion {number}") for number, text in enumerate(texts, 1)]
    return made(Rubric, {"criteria": criteria}, "").criteria


def items_of_texts(texts: Iterable[str]) -> list[Item]:
    """Requests as items, each named by its first words.

    Raises:
        ProjectError: A request is empty.
    """
    items: dict[str, Item] = {}
    for number, text in enumerate(texts, 1):
        words = re.findall(r"\w+", text.lower())[:_WORDS]
        stem = "-".join(words)[:40] or f"item-{number}"
        names = (stem if again == 1 else f"{stem}-{again}" for again in range(1, len(items) + 2))
        name = next(name for name in names if name not in items)
        items[name] = made(Item, {"id": name, "prompt": text}, f"request {number}")
    return list(items.values())


def items_of_table(path: Path, tell: Tell = nothing) -> list[Item]:
    """The requests of a table, each once, however many rows speak of it.

    Args:
        path: The table.
        tell: Told which columns were taken, and how many rows hold nothing.

    Raises:
        ProjectError: No column holds requests.
        FileFormatError: A row does not read, or one id names two requests.
    """
    table, taken = open_table(path), Taken()
    request = guess_request(table)
    if not request:
        known = ", ".join(table.columns[:20])
        raise ProjectError(f"{path}: no column holds requests; call it prompt (the columns are: {known})")
    columns = {name: guess(table.columns, name, None) for name in ("id", "reference", "group")}
    columns = {name: None if column in request else column for name, column in columns.items()}
    taken.take({"request": "+".join(request), **columns})
    id_of = id_reader(table, columns["id"], taken)
    items: dict[str, Item] = {}
    unnamed: list[str] = []
    for number, row in filled_rows(table, taken):
        text = request_of(row, request)
        if not isinstance(text, str) or not text.strip():
            raise FileFormatError(path, "the row has no request", line=number)
        if columns["id"] is None:
            unnamed.append(text)
            continue
        item = _item(path, number, {"id": id_of(row[columns["id"]]), "prompt": text, **_more(row, columns)})
        if items.setdefault(item.id, item).prompt != item.prompt:
            raise FileFormatError(
                path, f"the id {item.id!r} stands for two different requests", line=number, key="id"
            )
    for line in taken.lines():
        tell(line)
    return list(items.values()) or items_of_texts(dict.fromkeys(unnamed))


def _more(row: dict[str, Any], columns: dict[str, str | None]) -> dict[str, str]:
    """What else the row says of the item; a reference stays as it is written, also where it says "none"."""
    found = {name: row.get(column) for name, column in columns.items() if column and name != "id"}
    return {
        name: str(value)
        for name, value in found.items()
        if value not in (None, "") and not (name == "group" and is_missing(value))
    }


def _item(path: Path, number: int, values: dict[str, Any]) -> Item:
    try:
        return made(Item, values, "")
    except ProjectError as error:
        raise FileFormatError(path, str(error), line=number) from error
