"""What the model is asked to do, the requests that try it, and what models answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hone.domain.base import Frozen, digest
from hone.text import identifier, name, storable

NO_REQUEST = "(no request is known)"
"""Stands for the request of a reply whose table has none."""


def _spelt(value: object, spell: Callable[[Any], str]) -> object:
    """Text and numbers as `hone.text` spells them; what is neither goes on to be refused."""
    return spell(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else value


def _id(value: object) -> object:
    return _spelt(value, identifier)


def _name(value: object) -> object:
    return _spelt(value, name)


Identifier = Annotated[str, BeforeValidator(_id)]
Name = Annotated[str, BeforeValidator(_name)]


class Brief(Frozen):
    """What the writer of a reply was told. Whoever judges the reply should know it; it never holds the rubric."""

    role: str = ""
    """Who the writer was to be."""
    instruction: str = ""
    """What the writer was to do with each request."""


class Task(Frozen):
    """What the model is asked to do, for whom."""

    subject: str = Field(min_length=1, max_length=80)
    """What is produced, in a few words: "study plan"."""
    role: str = Field(min_length=1)
    """Who the model is to be: "You are an experienced mathematics tutor"."""
    instruction: str = Field(min_length=1)
    """What it is to do with each request."""

    @property
    def brief(self) -> Brief:
        """What the writer is told, as those who judge its replies see it."""
        return Brief(role=self.role, instruction=self.instruction)


class Item(Frozen):
    """One request."""

    id: Identifier = Field(min_length=1, max_length=200)
    """Names the item everywhere; unique within its file."""
    prompt: str = Field(min_length=1)
    """The request as a user would write it."""
    reference: str | None = None
    """A good answer, where one is known."""
    group: Name | None = None
    """Items with the same group stay on one side of every split."""


class Reply(Frozen):
    """One model's answer to one item."""

    item: Identifier
    """The item's id."""
    prompt: str
    """The item's request, repeated so that a file of replies can be scored on its own."""
    text: str
    """What the model wrote."""
    model: str
    """The model spec."""
    rubric: str | None = None
    """The digest of the rubric that stood in the prompt; none when the task stood alone."""
    cut: bool = False
    """Whether the reply ended because it reached its length limit."""
    reference: str | None = None
    """The item's reference, where it has one."""

    @property
    def digest(self) -> str:
        """Names the reply wherever it is rated or judged: the same item, request and text, whoever wrote it."""
        return reply_digest(self.item, self.prompt, self.text)


def reply_digest(item: str, prompt: str, text: str) -> str:
    """What a reply is known by in the store, in judgements and on pages: its item, its request and its text."""
    return digest([item, storable(prompt), storable(text)])
