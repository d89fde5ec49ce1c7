from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hone.domain.base import digest

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_digest_stays_the_same_for_ever() -> None:
    assert digest({"b": [1, 2.5, None], "a": "é"}) == digest({"a": "é", "b": [1, 2.5, None]}) == "d764fee2563da33e"


@given(json_values)
def test_any_json_value_has_a_digest_of_16_digits(value: object) -> None:
    text = digest(value)
    assert len(text) == 16
    assert text == digest(value)
    assert set(text) <= set("0123456789abcdef")


def test_a_lone_surrogate_has_a_digest() -> None:
    assert digest("\ud800") != digest("?")
