"""JSON values out of a text stream, one after the other, with no more in memory than the value at hand."""

from __future__ import annotations

import json
import re
from typing import Any, TextIO

CHUNK = 1 << 16
_BLANK = re.compile(r"[ \t\r\n]*")
_TAIL = 20
"""No JSON literal, number sign or escape that a chunk's end has cut is longer; an error further back is real."""


class Feed:
    """A stream and the place in it that has been read up to.

    Args:
        stream: The text, with its line ends untranslated.
        decoder: What parses a value.
    """

    def __init__(self, stream: TextIO, decoder: json.JSONDecoder) -> None:
        self._stream, self._decoder = stream, decoder
        self._text, self._at = "", 0
        self._line, self._counted = 1, 0

    def line(self) -> int:
        """The line of the place, from 1."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> str:
        """The next character that is not blank, or nothing at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def expect(self, choices: str) -> str:
        """Step over the next character, which is one of these.

        Raises:
            ValueError: It is not.
        """
        found = self.peek()
        if not found or found not in choices:
            raise ValueError(f"expected {' or '.join(choices)}, not {found or 'the end of the file'}")
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """Step over the next value.

        Returns:
            The value and its text.

        Raises:
            ValueError: It is not JSON.
        """
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - _TAIL
                if cut and self._more():
                    continue
                raise
            # A number that ends where the chunk ends may go on in the next one.
            if end < len(self._text) or not self._more():
                text, self._at = self._text[self._at : end], end
                return value, text

    def _more(self) -> bool:
        """Take in more text: as much again as is there, so that a long value is not parsed over and over."""
        self.line()
        chunk = self._stream.read(max(CHUNK, len(self._text) - self._at))
        self._text = self._text[self._at :] + chunk
        self._at = self._counted = 0
        return bool(chunk)
