"""The prompt built into the file: a chat template with a default system message.

A chat that brings a system message of its own keeps it; one that brings none gets the task's and rubric's. So every
program that reads the file's template (Hone, llama.cpp, LM Studio) asks the model in the words that it was tuned on.
"""

from __future__ import annotations

import re
from typing import Any

from hone.errors import ExportError

_MARK = "{#- default system message, built in by Hone -#}"
_MARKS = re.compile(r"\{(?=[{%#])|[}%#](?=\})")
_PROBE = "a line that no template has of itself"


def with_system(template: str, system: str, render: Any) -> str:
    """The chat template that puts a system message before chats that have none.

    Args:
        template: The model's Jinja template.
        system: The message.
        render: Renders a list of messages with the template; used to see what it does with a system message.

    Raises:
        ExportError: The template has no use for a system message, neither as one nor in the first turn.
    """
    text = _literal(system)
    if writes_system(render):
        added = f"[{{'role': 'system', 'content': {text}}}] + messages"
    else:
        added = f"[{{'role': 'user', 'content': {text} + '\\n\\n' + messages[0]['content']}}] + messages[1:]"
    head = f"{{%- if messages[0]['role'] != 'system' -%}}{{%- set messages = {added} -%}}{{%- endif %}}"
    # An expression, because what follows a statement may lose its first line break.
    return f"{_MARK}{head}{{{{- '' }}}}{template}"


def _literal(text: str) -> str:
    """A text as a Jinja expression.

    Every other character stands as it is, because engines differ in the escapes that they know; marks of Jinja's own
    are taken apart, because engines differ in whether they see them inside a string.
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    apart = _MARKS.sub(lambda match: f'{match[0][0]}" + "', text)
    return f'("{apart}")'


def writes_system(render: Any) -> bool:
    """Whether a template writes out a system message.

    Raises:
        ExportError: It does not even write out a user's message.
    """
    user = {"role": "user", "content": _PROBE}
    try:
        if _PROBE not in render([user]):
            raise ExportError("the chat template does not write out what a user says; fix the model's template")
        system = {"role": "system", "content": _PROBE}
        return _PROBE in render([system, {"role": "user", "content": "hello"}])
    except ExportError:
        raise
    except Exception:  # a template may raise whatever it likes to say that it takes none
        return False


def default_messages(messages: list[dict[str, str]], system: str, *, as_system: bool) -> list[dict[str, str]]:
    """What the built-in template makes of a chat: the same rule, over data."""
    if not system or messages[0]["role"] == "system":
        return messages
    if as_system:
        return [{"role": "system", "content": system}, *messages]
    first = {"role": "user", "content": f"{system}\n\n{messages[0]['content']}"}
    return [first, *messages[1:]]
