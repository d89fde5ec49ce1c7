"""A model that replays what another one wrote: real judge texts measured without a key.

The file is JSON Lines of ``{"item": …, "text": …}``, with ``step`` (``AB``, ``BA``, …), ``sample`` and ``model``
where they matter: a line without a step answers every step of its item. The last of repeated lines wins.
"""

from __future__ import annotations

import json
from pathlib import Path

from hone.errors import CallError, FileFormatError, UnavailableError
from hone.models.base import Completion, Model, Request

_KEYS = {"item", "text", "step", "sample", "model"}


class RecordedModel(Model):
    """Answers each call with the text that the file holds for it.

    Args:
        path: The file.

    Raises:
        UnavailableError: There is no such file.
        FileFormatError: A line is not of the form above.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(f"recorded:{path}", concurrency=64)
        self._texts: dict[tuple[str, str, int], str] = {}
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise UnavailableError(f"{path}: the recording cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise FileFormatError(path, "not UTF-8 text; save the file as UTF-8") from error
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                self._add(path, number, line)

    def _add(self, path: Path, number: int, line: str) -> None:
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
                raise ValueError("other keys")
            key = (str(entry["item"]), str(entry.get("step", "")), int(entry.get("sample", 0)))
            self._texts[key] = str(entry["text"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            form = '{"item": "…", "text": "…"}, and "step", "sample", "model" where they matter'
            raise FileFormatError(path, f"write {form}", line=number) from error

    async def ask(self, request: Request) -> Completion:
        """The recorded text of this call.

        Raises:
            CallError: Nothing is recorded for it.
        """
        call = request.call
        for step in (call.step, ""):
            text = self._texts.get((call.item, step, call.sample))
            if text is not None:
                return Completion(text)
        raise CallError(f"nothing is recorded for {call} in {self.spec.removeprefix('recorded:')}")
