"""What every template does with what it is given."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from hone.report.page import TableCell, template_environment


def shown(template: str, **values: object) -> str:
    return template_environment().from_string(template).render(values)


def table(*given: object) -> Any:
    shared: Any = template_environment().get_template("shared.html").module
    return shared.table(*given)


def test_only_markup_passes_unescaped() -> None:
    assert shown("{{ one }}", one="<td>&") == "&lt;td&gt;&amp;"
    made = table(["a", "b"], [("<td>x</td>", TableCell("<i>", "fail"))], "", ["name", ""])
    assert '<th scope="row">&lt;td&gt;x&lt;/td&gt;</th>' in made
    assert '<td class="fail">&lt;i&gt;</td>' in made
    assert '<th scope="row"><a>x</a></th>' in table(["a", "b"], [(Markup("<a>x</a>"), "1")])
    assert isinstance(made, Markup)


def test_the_first_column_names_its_row_and_the_others_are_figures() -> None:
    made = table(["who", "items", ""], [("Ann", 7, "")], "Ratings")
    assert "<caption>Ratings</caption>" in made
    assert '<th scope="col">who</th><th scope="col" class="num">items</th><td></td>' in made
    assert '<th scope="row">Ann</th><td class="num">7</td>' in made


def test_what_would_move_the_cursor_is_shown_nowhere() -> None:
    assert shown('<p title="{{ one }}">{{ one }}</p>', one="a\x1b[31m\u202eb") == '<p title="ab">ab</p>'


def test_a_field_gives_back_what_a_person_wrote() -> None:
    assert shown("<textarea>{{ note|e }}</textarea>", note="\u2067שלום\u2069 <b>") == (
        "<textarea>\u2067שלום\u2069 &lt;b&gt;</textarea>"
    )


def test_a_name_that_is_not_there_and_a_function_are_errors() -> None:
    with pytest.raises(UndefinedError):
        shown("{{ one.missing }}", one={})
    with pytest.raises(TypeError, match="'items', which is a function"):
        shown("{{ one.items }}", one={})
