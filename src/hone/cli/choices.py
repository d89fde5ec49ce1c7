"""How a person's choices on advice come in: asked for in the terminal, from a file, or all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from hone.cli.screen import out
from hone.domain.base import first_problem
from hone.domain.evidence import Advice, Comparison
from hone.domain.rubric import Criterion, Rubric
from hone.errors import FileFormatError
from hone.project.files import load_document
from hone.report import terminal
from hone.rubrics.merge import Choice, accept_all

Given = Callable[[Sequence[Advice], Rubric], dict[str, Choice]]
"""Choices on this advice about this rubric."""


def given(file: Path | None, accept: str | None) -> Given | None:
    """The choices that the options of a command name; none where a person is to be asked."""
    if file:
        return lambda _advice, _rubric: _from_file(file)
    if accept:
        return lambda advice, rubric: for_all(advice, rubric, accept=accept == "all")
    return None


def ask_for_choices(
    advice: Sequence[Advice], rubric: Rubric, comparisons: Sequence[Comparison] = ()
) -> dict[str, Choice]:
    """Show each piece of advice, with what it rests on, and ask for a decision."""
    chosen: dict[str, Choice] = {}
    for piece in advice:
        out().print(terminal.advice_block(piece, rubric, comparisons))
        answer = click.prompt("  (a)ccept, (e)dit, (r)eject", type=click.Choice(["a", "e", "r"]), show_choices=False)
        wording = _ask_wording() if answer == "e" else None
        action = {"a": "accept", "e": "edit", "r": "reject"}[answer]
        chosen[piece.id] = Choice(action, wording)  # type: ignore[arg-type]
    return chosen


def for_all(advice: Sequence[Advice], rubric: Rubric, *, accept: bool) -> dict[str, Choice]:
    """The same choice for all; accepting stops where there would be fewer than 2 or more than 7 criteria."""
    if accept:
        return accept_all(advice, len(rubric.criteria))
    return {piece.id: Choice("reject") for piece in advice}


def _from_file(path: Path) -> dict[str, Choice]:
    """The choices of a YAML file: ``a1: accept``, ``a2: reject``, ``a3: {edit: "Be …: …", note: "…"}``.

    Raises:
        ProjectError: There is no such file.
        FileFormatError: An entry has another form.
    """
    document = load_document(path)
    return {str(key): _choice(path, document.lc.key(key)[0] + 1, str(key), value) for key, value in document.items()}


def _choice(path: Path, line: int, key: str, value: Any) -> Choice:
    form = "write accept, reject, or {edit: 'Be Adjective: one sentence', note: '…'}"
    if isinstance(value, str) and value in {"accept", "reject"}:
        return Choice(value)  # type: ignore[arg-type]
    actions = value.keys() - {"note"} if isinstance(value, dict) else set()
    action = next(iter(actions)) if len(actions) == 1 else None
    if action not in {"accept", "reject", "edit"} or not value[action]:
        raise FileFormatError(path, form, line=line, key=key)
    note = str(value.get("note") or "")
    if action != "edit":
        return Choice(action, note=note)
    try:
        return Choice("edit", Criterion.model_validate(value["edit"]), note)
    except ValidationError as error:
        raise FileFormatError(path, first_problem(error), line=line, key=f"{key}.edit") from error


def _ask_wording() -> Criterion:
    while True:
        text = click.prompt("  your wording (Be Adjective: one sentence)")
        try:
            return Criterion.model_validate(text)
        except ValidationError as error:
            click.echo(f"  {first_problem(error)}", err=True)
