"""The raters' pages in other languages: every text in each, chosen by the project or by the browser."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from hone.web.site import FOR_RATERS, HERE, Site
from hone.web.texts import language_of, page_languages, texts_in
from tests.web.conftest import Browser, Come

TEMPLATES = [*sorted(FOR_RATERS), "parts.html", "base.html"]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", page_languages())
def test_every_text_stands_in_every_language_with_the_same_fields(language: str) -> None:
    english, other = texts_in("en").texts, texts_in(language).texts
    assert len(english) > 90
    assert list(other) == list(english)
    assert {key: fields(text) for key, text in other.items()} == {key: fields(text) for key, text in english.items()}
    assert all(text.strip() for text in other.values())
    assert other["lang"] == language


def test_german_is_no_copy_of_english() -> None:
    english, german = texts_in("en").texts, texts_in("de").texts
    assert "de" in page_languages()
    assert [key for key in english if english[key] == german[key]] == []


def test_every_key_of_a_page_is_there_and_every_text_is_used() -> None:
    pages = "\n".join((HERE / "templates" / name).read_text(encoding="utf-8") for name in TEMPLATES)
    code = "\n".join(path.read_text(encoding="utf-8") for path in Path(HERE).rglob("*.py"))
    named = set(re.findall(r'\bt(?:\.counted)?\("([\w./]+)"[,)]', pages))
    assert len(named) > 60
    assert named <= set(texts_in("en").texts)
    made = ("menu.", "side.", "problem.", "said.", "script.", "time.", "lang")
    left = {key.removesuffix("_one") for key in texts_in("en").texts} - named
    assert {key for key in left if f'"{key}"' not in code and not key.startswith(made)} == set()


def test_no_page_of_a_rater_says_anything_beside_its_texts() -> None:
    for name in sorted(FOR_RATERS):
        page = (HERE / "templates" / name).read_text(encoding="utf-8")
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", " ", page, flags=re.DOTALL)
        words = set(re.findall(r"[A-Za-z]{3,}", bare))
        owner = (
            "Write some into rubric yaml let the expert propose Let model write replies then start pages again hone"
        )
        owner += " rubric draft reply Pairs come from with and without make compare Enter"
        assert words <= set(owner.split()), (name, words)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,de;q=0.5", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("en;q=0.1, DE;q=0.2", "de"),
        ("de;q=9,*,;;;,\x00", "en"),
        ("../../etc,de" + "x" * 10_000, "en"),
    ],
)
def test_the_browser_is_spoken_to_in_what_it_likes_best(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_a_rater_with_a_german_browser_rates_in_german(come: Come) -> None:
    ann = come()
    ann.client.headers["Accept-Language"] = "de-DE,de;q=0.9"
    html = ann.get("/rate")
    assert '<html lang="de">' in html
    for said in ("Bewerte: study plan", "Willkommen, Ann", "Es sind <b>4</b> für dich da.", "Speichern und weiter"):
        assert said in html
    html = ann.rate(1)
    assert "Noch offen:" in html
    ann.get("/rate")
    assert "<b>1</b> bewertet" in ann.rate(1, -1)
    assert ann.get("/nowhere")
    assert "Diese Seite gibt es nicht." in ann.html
    assert "Meine Antworten" in ann.get("/mine")
    assert "Links ist besser" in ann.get("/compare")


def test_the_project_says_the_language_where_it_has_one(site: Site, come: Come, owner: Browser) -> None:
    path = site.project.folder / "hone.yaml"
    path.write_text("language: de\n" + path.read_text())
    assert '<html lang="de">' in come().get("/rate")
    assert '<html lang="en">' in owner.get("/results"), "the owner's pages are in English"
    path.write_text(path.read_text().replace("language: de", "language: es"))
    assert '<html lang="en">' in come("Ben").get("/rate"), "English, where there are no texts"


def test_a_value_in_a_text_is_escaped() -> None:
    assert texts_in("de")("welcome", name="<b>{x}") == "Willkommen, &lt;b&gt;{x}"
    assert texts_in("en").counted("welcome.left", 1) == "There is <b>1</b> for you."
