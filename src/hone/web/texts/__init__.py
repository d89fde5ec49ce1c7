"""What the pages say, in each language that there is a file for; another language is one more file.

What other rooms say, and the pages only show, is in English: nothing of it stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape
from ruamel.yaml import YAML

_HERE = Path(__file__).parent
_ACCEPTED = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
_MOST_ACCEPTED = 500
"""Characters of a browser's list of languages that are read."""


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The texts of one language, called with a key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> Markup:
        """A text, its fields filled with escaped values.

        Args:
            key: Its key; where ``n`` is 1 and there is a text for one, that one is taken.
            values: Its fields.
        """
        return escape(self._text(key, values.get("n"))).format(**values)

    def plain(self, key: str, **values: object) -> str:
        """The same with nothing escaped: for what is escaped where it is shown, as messages of errors are."""
        return self._text(key, values.get("n")).format(**values)

    def counted(self, key: str, n: int, **values: object) -> Markup:
        """A text that holds a number, which stands out."""
        return escape(self._text(key, n)).format(n=Markup("<b>{}</b>").format(n), **values)

    def _text(self, key: str, n: object) -> str:
        return self.texts[f"{key}_one" if n == 1 and f"{key}_one" in self.texts else key]

    def time(self, seconds: float) -> Markup:
        """A time in words: "under a minute", "about 12 minutes", "about 2.0 hours"."""
        if seconds < 55:
            return self("time.short")
        if seconds < 5400:
            return self("time.minutes", n=round(seconds / 60))
        return self("time.hours", n=f"{seconds / 3600:.1f}")

    @property
    def script(self) -> str:
        """What the script says, as JSON."""
        return json.dumps(
            {key.partition(".")[2]: text for key, text in self.texts.items() if key.startswith("script.")}
        )


@cache
def page_languages() -> tuple[str, ...]:
    """The languages that there are texts for, English first."""
    return tuple(sorted((path.stem for path in _HERE.glob("*.yaml")), key=lambda name: name != "en"))


@cache
def texts_in(language: str) -> PageTexts:
    """The texts of a language; English where there are none of it."""
    known = language if language in page_languages() else "en"
    loaded = YAML(typ="safe").load((_HERE / f"{known}.yaml").read_text(encoding="utf-8"))
    return PageTexts(known, {str(key): str(text) for key, text in loaded.items()})


def language_of(accepted: str) -> str:
    """The language that a browser likes best of those that there are texts for; English where it likes none.

    Args:
        accepted: Its ``Accept-Language`` (RFC 9110, section 12.5.4).
    """
    best, liked = "en", 0.0
    for part in accepted[:_MOST_ACCEPTED].split(","):
        match = _ACCEPTED.fullmatch(part)
        if match and match[1].lower() in page_languages():
            weight = float(match[2]) if match[2] else 1.0
            if weight > liked:
                best, liked = match[1].lower(), weight
    return best
