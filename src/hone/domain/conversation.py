"""Turns of a conversation, as every model, template and training example has them.

Plain dataclasses, not pydantic: a labelling run makes thousands of them a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


def without_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The same turns for a model that takes no system turn: its text opens the first turn of the user."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if not system:
        return tuple(messages)
    if rest and rest[0].role == "user":
        return Message("user", f"{system}\n\n{rest[0].content}"), *rest[1:]
    return Message("user", system), *rest
