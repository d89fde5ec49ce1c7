"""Filters: parameters of a page's address that narrow a long list on it. They need no script, and save nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from hone.web.texts import PageTexts

LONG = 6
"""Entries from which on a list is offered with filters; an address that has some is obeyed before that."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """One thing by which a list is narrowed."""

    name: str
    """The parameter, and the key of its texts."""
    choices: Mapping[str, str]
    """What can be chosen: by the parameter's value, the words for it."""
    chosen: str = ""
    """Of the choices; nothing where the list is not narrowed by this."""


def by_value(request: Request, name: str, values: Iterable[str]) -> ListFilter:
    """A filter whose choices are values of the list itself: people's names, criteria.

    Args:
        request: Its address may hold a choice; one that is not offered counts as none.
        name: The parameter.
        values: What can be chosen.
    """
    return _read(request, name, {value: value for value in values})


def by_state(request: Request, said: PageTexts, name: str, states: Sequence[str], **values: object) -> ListFilter:
    """A filter whose choices have texts, ``filter.NAME.STATE``.

    Args:
        request: Its address may hold a choice; one that is not offered counts as none.
        said: The texts.
        name: The parameter.
        states: What can be chosen.
        values: The fields of the texts.
    """
    return _read(request, name, {state: said.plain(f"filter.{name}.{state}", **values) for state in states})


def _read(request: Request, name: str, choices: Mapping[str, str]) -> ListFilter:
    asked = request.query_params.get(name, "")
    return ListFilter(name, choices, asked if asked in choices else "")


def kept(filters: Iterable[ListFilter]) -> str:
    """What was chosen, as an address holds it; for links that go on in the same list."""
    return urlencode({one.name: one.chosen for one in filters if one.chosen})
