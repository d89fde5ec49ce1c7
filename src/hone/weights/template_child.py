"""Renders a chat template under limits, in a process of its own that is thrown away; run by path, it imports no Hone.

Standard input: the template. Exit codes: 0 it can be used, 3 it writes too much, 4 it does not read; a process that
the limits end has another one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from typing import Any

SECONDS, BYTES, MOST = 3, 2**30, 2**20
_CHATS: tuple[list[dict[str, str]], ...] = (
    [{"role": "user", "content": "Hello."}],
    [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello."}],
    [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "So."},
    ],
)


def render_all() -> int:
    """Render a few conversations; gives the exit code."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    except ImportError:  # pragma: no cover - the parent's own limit still holds there
        pass
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415 - loaded under the limits
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **_: json.dumps(value)
    environment.globals |= {"raise_exception": _refuse, "strftime_now": dt.datetime.now().strftime}
    # Marks for what is learnt in training; they write nothing.
    text = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", sys.stdin.read())
    try:
        template = environment.from_string(text)
    except (TemplateSyntaxError, RecursionError, SyntaxError):
        return 4
    for chat in _CHATS:
        for ends in (True, False):
            if not _small(template, messages=chat, add_generation_prompt=ends, bos_token="", eos_token=""):
                return 3
    return 0


def _small(template: Any, **values: Any) -> bool:
    written = 0
    try:
        for piece in template.generate(**values):
            written += len(piece)
            if written > MOST:
                return False
    except MemoryError:
        raise
    except Exception:
        return True
    return True


def _refuse(message: object) -> None:
    raise ValueError(str(message))


if __name__ == "__main__":
    sys.exit(render_all())
