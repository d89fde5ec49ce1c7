"""The languages that a project may speak: what models are told to write in, and how a criterion is addressed in it.

It holds no texts of pages and no prompts: `web/texts` and `prompts/language.md` have those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LanguageCode = Literal["en", "de", "es", "fr", "it", "nl", "pt"]
"""A language by its code (ISO 639-1)."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that criteria may be written in."""

    name: str
    """Its English name, for models."""
    lead: str
    """What a criterion's name begins with: the word for "Be", said to one person one knows."""


LANGUAGES: dict[LanguageCode, Language] = {
    "en": Language("English", "Be"),
    "de": Language("German", "Sei"),
    "es": Language("Spanish", "Sé"),
    "fr": Language("French", "Sois"),
    "it": Language("Italian", "Sii"),
    "nl": Language("Dutch", "Wees"),
    "pt": Language("Portuguese", "Seja"),
}
"""Every language; another is one line here and one code above."""

ENGLISH = LANGUAGES["en"]
LEADS = tuple(language.lead for language in LANGUAGES.values())
"""What a criterion's name may begin with."""


def has_lead(text: str) -> bool:
    """Whether a text begins as a criterion's name does, in any of the languages."""
    return text.startswith(tuple(f"{lead} " for lead in LEADS))
