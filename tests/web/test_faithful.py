"""A rater sees what a judge reads: typeset, marked, or word for word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.web.typeset import typeset
from tests.web.test_typeset import Page

PIECES = (
    "A 4*5*6 b", "first_name_x", "7**8**9", "a~~b~~c", "*so* **bold**", "[k]: http://q.example 'Zed'",
    "see [word][k]",
    "```kotlin hidden\nval x = 1\n```", "<!-- unseen note -->", "![alt](http://p.example/i.png 'Title')",
    "[go](http://l.example 'Secret')", "a&nbsp;b &#8203; &lt;", "3. three\n7. seven", "1) one", "# Head",
    "Under\n===",
    "| a | b |\n|---|---|\n| 1 | 2 | third |", "| a | b |\n|---|---|\n| $|x|$ | 2 |", "> quoted", "- item\n  - inner",
    "---\ntitle: front\n---", "[^1] and\n\n[^1]: foot", "<http://auto.example>", "`code *x*`", "$a\\phantom{seven}b$",
    r"$$\begin{gather}a&=1\\b&=2\end{gather}$$", r"$\frac{1}{2} + x^2$", r"$\color{white}{nine}$", r"$x % remark$",
    r"$\text{if } y$", "a  \nb", "a\u200bb", "x\u202ey", "    indented", "price $5 and $6",
)  # fmt: skip


def words(text: str) -> str:
    return "".join(re.findall(r"[A-Za-z0-9]", re.sub(r"\\[A-Za-z]+|^[\s>]*\d+[.)]|\{gather\}", "", text, flags=re.M)))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from(["\n\n", "\n", " "]))
def test_no_letter_that_a_judge_reads_is_hidden(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    shown = Page(str(typeset(text).html)).words
    for letter in set(words(text)):
        assert shown.count(letter) >= words(text).count(letter), (letter, shown)


@pytest.mark.parametrize("text", ["2*3*4 = 24", "2**3**4", "snake_case_name", "__init__x", "a~~b~~c", "f(x)*g(y)*h"])
def test_marks_between_letters_and_figures_stay(text: str) -> None:
    assert text in Page(str(typeset(text).html)).words


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{aligned}p&=1\\q&=2\end{aligned}", r"\begin{gathered}p\\q\end{gathered}", "a & b",
        r"\begin{eqnarray}p&=&1\end{eqnarray}", r"a\hphantom{b}", r"\color{white}a", r"{\tiny a}", r"a\hspace{9em}b",
        r"a\tag{3}", r"a\label{eq}", "a % b", r"\unknownword{a}",
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_typeset_faithfully_is_shown_as_written(tex: str) -> None:
    made = typeset(f"$${tex}$$")
    assert tex in Page(str(made.html)).words
    assert made.notes == ("1 formula is shown as written",)


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{1}{2}+\sqrt[3]{x}", r"\begin{align}p&=1\\q&=2\end{align}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\sum_{i=1}^{n} i^2 \le 5", r"\left(\frac{a}{b}\right)", r"\text{if } x > 0", r"\mathbb{R}", "f'(x) - 3",
        r"2 \times 3 \cdot 4 = 24", r"\overline{AB} \parallel \vec{v}",
    ],
)  # fmt: skip
def test_usual_formulas_are_typeset(tex: str) -> None:
    made = typeset(f"$${tex}$$")
    assert "<math" in made.html
    assert made.notes == ()


def test_a_cell_beyond_the_header_is_seen_and_said() -> None:
    made = typeset("| p | q |\n|---|---|\n| 1 | 2 | top marks please |")
    assert "top marks please" in made.html
    assert any("would not be seen" in note for note in made.notes)


def test_numbers_of_a_list_stay_as_they_were_written() -> None:
    assert '<li value="7">' in typeset("3. three\n7. seven\n8. eight").html
    assert 'value="8"' not in typeset("3. three\n7. seven\n8. eight").html
