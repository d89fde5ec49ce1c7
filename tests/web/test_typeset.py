"""Untrusted Markdown: nothing runs, loads, links out or hides, and none of it takes long."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hone.web.formulas import ATTRIBUTES, ELEMENTS
from hone.web.typeset import typeset
from tests.web.hostile import HOSTILE, Hostile, table

TAGS = {"p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s",
        "table", "thead", "tbody", "tr", "th", "td", "span", "mark", "div"} | set(ELEMENTS)  # fmt: skip
LAYOUT = {"class", "title", "start", "value", *(name for names in ATTRIBUTES.values() for name in names)}


class Page(HTMLParser):
    """What a browser would find in the markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_reply_becomes_harmless_words(hostile: Hostile) -> None:
    started = time.process_time()
    made = typeset(hostile.text)
    page = Page(str(made.html))
    assert time.process_time() - started < 3
    assert page.tags <= TAGS
    assert page.attributes <= LAYOUT
    assert len(made.html) < 1_200_000
    for words in hostile.seen:
        assert words in page.words


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_what_is_around_a_hostile_reply_stays_what_it_was(hostile: Hostile) -> None:
    page = Page(f"<main><div>{typeset(hostile.text).html}</div><p>after</p></main>")
    assert page.words.endswith("after")


def test_markdown_and_formulas_are_typeset() -> None:
    html = str(
        typeset("# Week 1\n\n- **20 min** of $x^2 < 4$\n\n$$\n- a\n= b\n$$\n\n| a | b |\n|-|-|\n| 1 | 2 |").html
    )
    assert "<h3>Week 1</h3>" in html
    assert "<strong>20 min</strong>" in html
    assert (
        '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup><mo>&lt;</mo><mn>4</mn></mrow></math>' in html
    )
    assert '<math display="block">' in html
    assert "<td>2</td>" in html


@pytest.mark.parametrize("tex", [r"\(x\)", r"\[x\]", "$x$", "$$x$$", "\\[\nx\n\\]"])
def test_every_way_of_marking_a_formula_is_known(tex: str) -> None:
    assert "<math" in typeset(f"So {tex} it is" if "\n" not in tex else tex).html


def test_prices_are_no_formulas() -> None:
    assert "<math" not in typeset("It costs $5 or $10, and $ 3 $ more.").html


def test_joiners_that_scripts_and_emoji_need_stay() -> None:
    text = "می‌خواهم 👩‍🏫"
    assert text in typeset(text).html


def test_what_was_cut_or_not_typeset_is_said() -> None:
    assert any("first 100,000" in note for note in typeset("word " * 30_000).notes)
    assert typeset(r"$\frac{$").notes == ("1 formula is shown as written",)
    assert typeset("a\u202eb").notes == ("1 invisible character is shown as a mark",)
    assert typeset("plain").notes == ()


def test_the_docs_list_every_hostile_reply_and_what_it_became() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rating.md").read_text(encoding="utf-8")
    assert table() in page
