"""Fills a prompt in one strict pass.

A field stands as ``{{name}}``. Values are put in once and never read again, so a reply that contains ``{{reply}}``,
or any other braces, stays as it is. A field without a value, and a value without a field, are errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hone.errors import PromptError

_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
OPTIONAL = frozenset({"subject", "role", "instruction", "pairs", "present", "levels"})
"""Fields that a project's own prompt may leave out: without any other, the model would not see what it works on."""
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Args:
        name: Its name, such as ``score``.
        text: The Markdown with fields; comments ``<!-- … -->`` are notes to people and are not sent.
        source: Where it was read from, for messages.
    """

    name: str
    text: str
    source: str

    @property
    def sent(self) -> str:
        """The text without its notes to people."""
        return _COMMENT.sub("", self.text).strip()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in order, each once."""
        return _fields(self.text)

    def render(self, **values: str) -> str:
        """The text with every field filled.

        Args:
            **values: One value a field; one of `OPTIONAL` may be given to a prompt that leaves it out. A value may
                be empty; a paragraph that consists of empty fields alone is left out with the blank line that
                follows it.

        Raises:
            PromptError: A field has no value, or a value has no field.
        """
        self._check(self.fields, values)
        paragraphs = []
        for parts in _parse(self.text):
            if len(parts) == 1:
                paragraphs.append(parts[0])
            elif filled := "".join([values[part] if place % 2 else part for place, part in enumerate(parts)]):
                paragraphs.append(filled)
        return "\n\n".join(paragraphs)

    def _check(self, fields: Sequence[str], values: Mapping[str, str]) -> None:
        if missing := [name for name in fields if name not in values]:
            raise PromptError(f"{self.source}: no value for {{{{{missing[0]}}}}}")
        if unused := [name for name in values if name not in fields and name not in OPTIONAL and values[name]]:
            raise PromptError(f"{self.source}: the prompt {self.name} has no field {{{{{unused[0]}}}}}")


@lru_cache(maxsize=256)
def _fields(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for paragraph in _parse(text) for name in paragraph[1::2]))


@lru_cache(maxsize=256)
def _parse(text: str) -> tuple[tuple[str, ...], ...]:
    """The paragraphs, each as words and field names in turn: words stand at even places, names at odd ones."""
    paragraphs = re.split(r"\n\s*\n", _COMMENT.sub("", text).strip())
    return tuple(tuple(_FIELD.split(paragraph)) for paragraph in paragraphs)
