"""The pages in other languages: every text in each, chosen by the project or by the browser."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from hone.web.site import HERE, Site
from hone.web.texts import language_of, page_languages, texts_in
from tests.web.conftest import Browser, Come

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
PAGES = [
    *sorted((HERE / "pages").glob("*.py")),
    *(HERE / f"{name}.py" for name in ("app", "editing", "people", "site")),
]
SPOKEN = frozenset({"alt", "aria-label", "label", "placeholder", "title"})
"""Attributes that a person reads or hears."""
NAMES = frozenset({"Hone", "Enter"})
"""The product's own name, and a key's."""


class Bare(HTMLParser):
    """Collects what a page says: between its tags, and in the attributes that are spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [words for name, words in attrs if name in SPOKEN and words]
        self.said += [
            words for name, words in attrs if tag == "button" and name == "value" and words and " " in words
        ]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def own_words(template: str) -> list[str]:
    """What a template says beside its texts: between its tags, and by strings that it shows or hands on."""
    tree = Environment(autoescape=True, extensions=[]).parse(template)
    bare = Bare()
    bare.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template, flags=re.DOTALL))
    said = [word for words in bare.said for word in re.findall(r"[^\W\d_]{2,}", words) if word not in NAMES]
    shown = [text for node in tree.find_all(nodes.Output) for one in node.nodes for text in shown_strings(one)]
    handed = [text.value for text in tree.find_all(nodes.Const) if isinstance(text.value, str)]
    sentences = [text for text in handed if re.search(r"[^\W\d_]{2,} [^\W\d_]|^[A-Z][a-z]", text)]
    return said + [text for text in {*shown, *sentences} if text not in NAMES and not text.startswith("hone ")]


def shown_strings(node: nodes.Node) -> Iterator[str]:
    """The strings with words among what an expression comes to."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and re.search(r"[^\W\d_]{2}", node.value):
        yield node.value
    within: list[nodes.Node | None] = []
    if isinstance(node, nodes.CondExpr):
        within = [node.expr1, node.expr2]
    elif isinstance(node, nodes.Concat):
        within = [*node.nodes]
    elif isinstance(node, nodes.BinExpr):
        within = [node.left, node.right]
    elif isinstance(node, nodes.Filter | nodes.Getitem):
        within = [node.node]
    elif isinstance(node, nodes.Dict):
        within = [pair.value for pair in node.items]
    for one in within:
        if one is not None:
            yield from shown_strings(one)


def own_sentences(code: str) -> list[str]:
    """Strings of two words or more in code, docstrings left out."""
    tree = list(ast.walk(ast.parse(code)))
    silent = {id(node.value) for node in tree if isinstance(node, ast.Expr)}
    found = [node.value for node in tree if isinstance(node, ast.Constant) and id(node) not in silent]
    return [text for text in found if isinstance(text, str) and re.search(r"[A-Za-z]{2,} [A-Za-z]", text)]


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
    pages = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    code = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    there = {key.removesuffix("_one") for key in texts_in("en").texts}
    named = set(re.findall(r"""\bt(?:\.counted)?\(["']([\w./]+)["'][,)]""", pages))
    assert len(named) > 150
    assert named <= there
    in_code = set(re.findall(r"""\bsaid(?:\.plain)?\(\s*["']([\w./]+)["']""", code))
    assert len(in_code) > 40
    assert in_code <= there
    # `"menu." ~ address` and f"decided.{action}": keys that are put together begin so.
    made = {*re.findall(r't\("([\w.]+\.)" ~', pages), *re.findall(r'said(?:\.plain)?\(f"([\w.]+[._]){', code)}
    assert {"menu.", "compared.won.", "decided.", "data.missing.", "problem.says_"} <= made
    assert [begin for begin in made if not any(key.startswith(begin) for key in there)] == []
    made |= {"script.", "said.", "home.", "time.", "lang"}
    left = there - named - in_code
    assert {key for key in left if f'"{key}"' not in pages + code and not key.startswith(tuple(made))} == set()


def test_every_text_of_a_script_is_there_and_every_one_is_used() -> None:
    script = (HERE / "static" / "keys.js").read_text(encoding="utf-8")
    used = set(re.findall(r"\btexts\.(\w+)", script))
    assert used == set(json.loads(texts_in("en").script))
    assert re.findall(r'"[A-Z][^"\n]*(?: [^"\n]*|[.…])"', script) == [], "a text of its own"
    style = (HERE / "static" / "style.css").read_text(encoding="utf-8")
    assert [words for words in re.findall(r'content: "([^"]*)"', style) if re.search(r"[A-Za-z]{2}", words)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_of_its_own(path: Path) -> None:
    assert own_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Save {{ t('x') }}</p>",
        '<p title="Save it">{{ t("x") }}</p>',
        '{{ "Change it" if one else t("x") }}',
        '{{ {"with": "better", "tie": "alike"}[one] }}',
        '{{ t("x") }}{{ one ~ " words" }}',
        '{{ table(["Person", t("x")], rows) }}',
        '{{ table([], rows, label="Who rated") }}',
        '{% call folded("The table") %}{{ t("x") }}{% endcall %}',
        '{% for one, words in [("keep", "Keep")] %}{{ words }}{% endfor %}',
        '{% set words = "Save" %}{{ words }}',
        "{{ many }} {{ 'reply' if many == 1 else 'replies' }}",
    ],
)
def test_an_english_text_in_a_template_is_found(planted: str) -> None:
    assert own_words(planted) != []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_of_code_says_anything_of_its_own(path: Path) -> None:
    assert own_sentences(path.read_text(encoding="utf-8")) == []


def test_an_english_sentence_in_code_is_found() -> None:
    assert own_sentences('"""A docstring."""\nraise FeedbackError(f"choose {what} a file first")\n')
    assert own_sentences('def f():\n    """A docstring."""\n    return "yes" if x else "Not yet"\n') == ["Not yet"]


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
    html = owner.get("/results")
    assert '<html lang="de">' in html
    assert "Wer bewertet hat" in html
    path.write_text(path.read_text().replace("language: de", "language: es"))
    assert '<html lang="en">' in come("Ben").get("/rate"), "English, where there are no texts"


def test_a_value_in_a_text_is_escaped() -> None:
    assert texts_in("de")("welcome", name="<b>{x}") == "Willkommen, &lt;b&gt;{x}"
    assert texts_in("en").counted("welcome.left", 1) == "There is <b>1</b> for you."
