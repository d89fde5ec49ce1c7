"""Looks at a model's chat template before any engine runs it: it is a program, and came with the model's files."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hone.errors import UnavailableError

MOST_CHARACTERS = 2**18
"""Of a template; the longest that are in use have about 20,000."""
_KEY = b"tokenizer.chat_template"
_MOST_TEMPLATES = 16
_PATIENCE = 60.0
"""Seconds for the child: on a busy machine its few seconds of work take longer."""
_CHILD = Path(__file__).with_name("template_child.py")
_FINE: set[str] = set()
"""Digests of the templates that were looked at in this process."""


def check_template(template: Any, where: object) -> None:
    """Render a chat template in a process with limits of time, memory and size.

    Args:
        template: The template's text, or several by name, or as transformers lists them; none is fine.
        where: The model, for messages.

    Raises:
        UnavailableError: It does not read, or takes too long or too much.
    """
    for text in _texts(template):
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if name not in _FINE:
            if problem := _problem(text):
                raise UnavailableError(
                    f"{where}: its chat template {problem}, so the model is not used; take one from a source that "
                    "you trust"
                )
            _FINE.add(name)


def templates_of_gguf(file: Path) -> list[str]:
    """The chat templates in a GGUF file's metadata.

    The file is searched for their key, which is enough to find each that an engine could find.

    Raises:
        UnavailableError: There are more than any model has, or one is cut short.
    """
    found: list[str] = []
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for text in _strings(content):
            if len(found) == _MOST_TEMPLATES:
                raise UnavailableError(f"{file}: it holds more than {_MOST_TEMPLATES} chat templates; no model does")
            found.append(text)
    return found


def _strings(content: mmap.mmap) -> Iterator[str]:
    """The texts that stand behind the key; the key's own length stands before it, then the type 8, then a length."""
    place = content.find(_KEY)
    while place >= 0:
        if place >= 8:
            (length,) = struct.unpack_from("<Q", content, place - 8)
            start = place + length
            if len(_KEY) <= length <= 256 and start + 12 <= len(content):
                kind, size = struct.unpack_from("<IQ", content, start)
                if kind == 8:
                    yield content[start + 12 : start + 12 + min(size, MOST_CHARACTERS * 4)].decode("utf-8", "replace")
        place = content.find(_KEY, place + 1)


def _texts(template: Any) -> list[str]:
    if isinstance(template, str):
        return [template]
    if isinstance(template, Mapping):
        return [text for one in template.values() for text in _texts(one)]
    if isinstance(template, Sequence):
        return [text for one in template for text in _texts(one["template"] if isinstance(one, Mapping) else one)]
    return []


def _problem(text: str) -> str:
    """What is wrong with a template; empty where it can be used."""
    if len(text) > MOST_CHARACTERS:
        return f"has over {MOST_CHARACTERS:,} characters"
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "LANG", "LC_ALL"}}
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and a file of ours
            [sys.executable, "-I", str(_CHILD)],
            input=text.encode("utf-8", "replace"),
            env=kept,
            check=False,
            capture_output=True,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return "takes too long"
    if done.returncode == 0:
        return ""
    known = {3: "writes too much", 4: "does not read"}
    return known.get(done.returncode, "takes too long or too much memory")
