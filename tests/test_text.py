"""Ids and names are spelt one way, and words for a missing value are known."""

import numpy as np
import pytest

from hone.text import are_whole_floats, identifier, is_missing, name, whole_identifier


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000001.0, "1000001"), (1e20, "100000000000000000000"), (2**63 + 1, "9223372036854775809"), ("0042", "0042"),
        (-3.0, "-3"), (0.1, "0.1"), (1234567.5, "1234567.5"), (" a ", "a"), (None, ""), (float("nan"), ""),
        (np.float64(3.0), "3"), (np.float64(2.5), "2.5"), ("trip\u200b", "trip"), ("\ufefftrip", "trip"),
        ("so\u00adft", "soft"), ("\u202etrip\u202c", "trip"), ("Jose\u0301", "Jos\u00e9"),
    ],
)  # fmt: skip
def test_an_id_is_text_kept_to_the_last_digit_without_what_nobody_sees(value: object, text: str) -> None:
    assert identifier(value) == text


def test_a_name_has_single_spaces() -> None:
    assert name(" Ada \u00a0 Lovelace\u2060 ") == "Ada Lovelace"


@pytest.mark.parametrize("value", [None, "", " ", "N/A", "n/a", "NA", "nan", "NULL", "None", "-", "--", "#N/A"])
def test_words_that_people_write_for_no_value_are_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, "0", "no", "-1", False])
def test_a_value_is_not_missing(value: object) -> None:
    assert not is_missing(value)


@pytest.mark.parametrize(
    ("values", "whole"),
    [
        (("1.0", "2.0", None), True), (("1.0", 2.0), True), (("1.0", "2"), False), (("1.0", "1.5"), False),
        (("v1.0",), False), ((1.0, 2.0), False), ((), False), (("1.00",), False),
    ],
)  # fmt: skip
def test_ids_lose_their_point_only_where_every_id_of_the_column_reads_so(
    values: tuple[object, ...], whole: bool
) -> None:
    assert are_whole_floats(values) is whole


def test_an_id_without_its_point_is_the_same_as_that_of_a_whole_number() -> None:
    assert whole_identifier("1000001.0") == whole_identifier(1000001.0) == identifier(1000001)
