"""What a benchmark says about an exported file, in words and in the table."""

from __future__ import annotations

from hone.export.results import accuracy, accuracy_data


def test_a_file_that_is_right_on_the_same_problems_says_so_and_how_far_that_goes() -> None:
    found = accuracy("sums", [True, False] * 50, [True, False] * 50)
    assert found.same
    assert not found.lost
    assert found.wording() == "sums: 50.0%, on each of 100 problems as the source (95%: at most 3.7% of all part)"


def test_a_file_that_lost_much_says_by_how_much_and_on_how_many() -> None:
    found = accuracy("sums", [True] * 60 + [False] * 40, [True] * 30 + [False] * 70)
    assert found.lost
    assert found.wording().startswith("sums: 30.0%, -30.0% against the source (95% interval -")
    assert "n=100" in found.wording()
    assert accuracy_data(found)["benchmark"]["difference"]["value"] == -0.3


def test_as_many_right_on_other_problems_is_not_the_same() -> None:
    found = accuracy("sums", [True, False] * 50, [False, True] * 50)
    assert not found.same
    assert not found.lost
    assert "+0.0% against the source" in found.wording()
