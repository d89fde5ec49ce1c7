"""Ids and names are spelt one way, and words for a missing value are known."""

import numpy as np
import pytest

from hone.text import are_whole_floats, identifier, is_missing, is_no_score, name, whole_identifier


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


@pytest.mark.parametrize("value", [None, "", " ", "N/A", "n/a", "NA", "nan", "NULL", "None", "#N/A"])
def test_words_that_people_write_for_no_value_are_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", ["-", "--", "\u2014", ".", "n/a", " . "])
def test_a_dash_or_a_point_is_missing_only_as_a_score(value: object) -> None:
    assert is_no_score(value)
    assert is_missing(value) is (value == "n/a")


@pytest.mark.parametrize(
    "text",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # Persian, a non-joiner between two parts of a name
        "\u0915\u094d\u200d\u0937", "\u0d28\u0d4d\u200d",  # Devanagari; Malayalam with an old chillu at its end
        "\U0001f469\u200d\U0001f3eb", "\U0001f469\U0001f3fd\u200d\U0001f4bb",
        "\u2764\ufe0f\u200d\U0001f525", "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u845b\U000e0100",
    ],
)  # fmt: skip
def test_what_changes_how_letters_or_emoji_look_stays(text: str) -> None:
    assert name(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "A\u200cnn",
        "Ann\u200d",
        "\u200dAnn",
        "An\ufe0fn",
        "A\U000e0061nn",
        "\u2068Ann\u2069",
        "An\u2060n",
        "An\u200b\u200cn",
    ],
)
def test_joiners_and_selectors_that_change_nothing_are_dropped(text: str) -> None:
    assert name(text) == "Ann"


def test_two_joiners_in_a_row_are_one() -> None:
    assert name("\u0639\u200c\u200c\u0644\u200c") == "\u0639\u200c\u0644"


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
