r"""Formulas in a verdict: ``\frac`` stays ``\frac``, and a line break stays a line break."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import VerdictError
from hone.judging.verdict import read_object


def reason(text: str) -> str:
    return str(read_object(f'{{"reason": "{text}", "score": 1}}')["reason"])


@pytest.mark.parametrize(
    "text",
    [
        r"It shows \frac{1}{2} and \binom{n}{k}.",
        r"\(x\) is \sqrt{2}, so \boxed{2}",
        r"3 \text{cm} \times 4 \neq 13",
        r"\theta \to \nabla \rho \rightarrow \right)",
        r"\underline{x} and \upsilon",
        r"20 \textdegree and a \nleqslant b \rtimes \trianglelefteq \rightsquigarrow \nsubset",
        r"sum \{1, 2\} \, is 3 \% of \$100",
        r"\sqrt{9} \ne 4 and \nu \not= 2",
    ],
)
def test_a_formula_with_single_backslashes_is_kept_as_written(text: str) -> None:
    assert reason(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"one\ntwo", "one\ntwo"),
        (r"one\tTwo \"three\" C:\\temp", 'one\tTwo "three" C:\\temp'),
        (r"x = 1\nu = 2", "x = 1\nu = 2"),
        (r"\\frac{1}{2}\nnot", "\\frac{1}{2}\nnot"),
        (r"\\sqrt{2}\neq", "\\sqrt{2}\neq"),
        (r"caf\u00e9 \/", "café /"),
    ],
)
def test_an_escape_of_json_is_read_as_one(text: str, meant: str) -> None:
    assert reason(text) == meant


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t\r"), max_size=60))
def test_what_is_written_as_json_should_be_is_read_back(text: str) -> None:
    assert read_object(json.dumps({"reason": text, "score": 1}))["reason"] == text


@pytest.mark.parametrize(
    "text",
    [
        r'The answer \frac{1}{2} is right: {"a": 1}',
        r'{"a": 1} since x^{2} and \text{done}',
        'Set {1, 2}. ```json\n{"a": 1}\n```',
        '<think>{"a": 0}</think>{"a": 1} \\boxed{1}',
    ],
)
def test_braces_of_formulas_around_a_verdict_are_words(text: str) -> None:
    assert read_object(text) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (r'\frac{1}{2} {"a": 1} {"a": 2}', "several JSON objects"),
        (r"\frac{1}{2} alone", "no JSON object"),
        (r'\frac{1}{2} {"a": {"b": 1}, "c', "does not parse"),
        ('<think>{"a": 1}', "thoughts do not end"),
    ],
)
def test_what_is_not_one_whole_object_is_still_refused(text: str, why: str) -> None:
    with pytest.raises(VerdictError, match=why):
        read_object(text)


def test_a_line_break_within_a_text_is_taken() -> None:
    assert reason("one\ntwo") == "one\ntwo"
