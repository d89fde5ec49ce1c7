"""Columns are guessed by their names, unless a person says."""

from __future__ import annotations

import pytest

from hone.errors import ProjectError
from hone.tables import guess


@pytest.mark.parametrize(
    ("columns", "wanted", "found"),
    [
        (["input", "Question", "output"], "prompt", "Question"),
        (["prompt", "text", "Response "], "reply", "Response "),
        (["n", "ITEM", "id"], "id", "id"),
        (["Reference Answer"], "reference", "Reference Answer"),
        (["topic", "cluster"], "group", "cluster"),
        (["a", "b"], "reply", None),
    ],
)
def test_the_most_telling_name_is_taken(columns: list[str], wanted: str, found: str | None) -> None:
    assert guess(columns, wanted, None) == found


def test_a_column_that_is_named_is_taken_as_it_is() -> None:
    assert guess(["prompt", "essay"], "prompt", "essay") == "essay"


def test_a_column_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ProjectError, match=r"no column 'Esay' for the prompt; did you mean 'Essay'\? .*: id, Essay"):
        guess(["id", "Essay"], "prompt", "Esay")
    with pytest.raises(ProjectError, match=r"the columns are: c0, .*, c19 and 10 more"):
        guess([f"c{n}" for n in range(30)], "prompt", "zzz")
