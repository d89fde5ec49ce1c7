from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import PromptError
from hone.prompts import Prompt


def prompt(text: str) -> Prompt:
    return Prompt("score", text, "score.md")


def test_every_field_is_filled() -> None:
    assert prompt("Write a {{subject}} for {{ who }}, a {{subject}}.").render(subject="plan", who="Ana") == (
        "Write a plan for Ana, a plan."
    )


@given(st.text(), st.text())
def test_values_are_put_in_once_and_never_read_again(first: str, second: str) -> None:
    rendered = prompt("a {{first}} b {{second}} c").render(first=first, second=second)
    assert rendered == f"a {first} b {second} c"


@pytest.mark.parametrize("value", ["{{second}}", "{{first}}", "{braces}", "{{", "}}", r"\1 \g<0>", "<!-- note -->"])
def test_a_value_with_braces_stays_text(value: str) -> None:
    assert prompt("{{first}} and {{second}}").render(first=value, second="x") == f"{value} and x"


def test_a_value_cannot_open_a_field_with_the_text_around_it() -> None:
    assert prompt("{{first}}second}}").render(first="{{") == "{{second}}"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(PromptError, match=r"score\.md: no value for \{\{who\}\}"):
        prompt("{{subject}} {{who}}").render(subject="plan")


def test_a_value_without_a_field_is_an_error_unless_it_is_empty() -> None:
    with pytest.raises(PromptError, match=r"the prompt score has no field \{\{who\}\}"):
        prompt("{{subject}}").render(subject="plan", who="Ana")
    assert prompt("{{subject}}").render(subject="plan", who="") == "plan"


def test_a_paragraph_of_one_empty_field_is_left_out() -> None:
    text = "First.\n\n{{reference}}\n\nLast: {{reference}}."
    assert prompt(text).render(reference="") == "First.\n\nLast: ."
    assert prompt(text).render(reference="R") == "First.\n\nR\n\nLast: R."


def test_blank_lines_within_a_value_stay() -> None:
    assert prompt("{{a}}\n\nend").render(a="one\n\n\n\ntwo\n\n{{a}}") == "one\n\n\n\ntwo\n\n{{a}}\n\nend"


def test_comments_are_not_sent_and_their_fields_do_not_count() -> None:
    noted = prompt("<!-- Fields: {{who}}.\nTwo lines. -->\nHello {{name}}<!-- end -->")
    assert noted.fields == ("name",)
    assert noted.render(name="Ana") == "Hello Ana"
