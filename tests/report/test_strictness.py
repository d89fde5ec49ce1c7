"""Who is strict, as a picture: on one axis, and nothing drawn that the sentences do not support."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hone.report.charts import name_size
from hone.report.strictness import axis_reach, criterion_strictness, strictness_of
from hone.stats import BootstrapOptions, Figure, Ratings, agreement_figures

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure as Canvas


def drawn(picture: Any) -> SimpleNamespace:
    """What stands on the axis: texts, marks and where it begins and ends."""
    canvas = Canvas(figsize=picture.size)
    picture.draw(canvas)
    (axis,) = canvas.axes
    lines = [(tuple(np.asarray(line.get_xdata()).tolist()), line.get_marker()) for line in axis.lines]
    return SimpleNamespace(
        names=[label.get_text() for label in axis.get_yticklabels()],
        texts=[text.get_text() for text in axis.texts],
        marks=[ends[0] for ends, marker in lines if marker == "o"],
        centre=[ends for ends, _ in lines if ends == (0.0, 0.0)],
        span=axis.get_xlim(),
        label=axis.get_xlabel(),
        limits=[ends for ends, marker in lines if marker != "o"],
    )


PEOPLE = {
    "Ann": Figure(-0.5, -0.75, -0.25, 40),
    "Ben": Figure(0.1, -0.2, 0.4, 40),
    "Cid": Figure(1.0, 0.9, 1.1, 4),
    "Eve": Figure(None, None, None, 0),
}


def test_each_person_has_a_mark_with_the_interval_unless_too_few_replies_say_anything() -> None:
    picture = criterion_strictness("Be Kind", PEOPLE, 0.9).picture
    assert picture is not None
    found = drawn(picture)
    assert found.names == ["Ann", "Ben", "Cid", "Eve"]
    assert found.marks == [-0.5, 0.1]
    assert (-0.75, -0.25) in found.limits
    assert found.texts == ["-0.50", "+0.10", "too few to say", "cannot be known"]
    assert found.span == (-1.0, 1.0)
    assert found.centre
    assert "stricter" in found.label
    assert "90% interval" in found.label


def test_there_is_no_picture_where_nothing_can_be_said() -> None:
    assert criterion_strictness("Be Kind", {"Cid": PEOPLE["Cid"], "Eve": PEOPLE["Eve"]}, 0.95).picture is None


def test_of_many_people_the_first_are_drawn_and_that_is_said() -> None:
    many = {f"p{place}": PEOPLE["Ann"] for place in range(35)}
    picture = criterion_strictness("Be Kind", many, 0.95).picture
    assert picture is not None
    assert len(drawn(picture).names) == 20
    assert "the first 20 of 35 people" in picture.title


def test_the_axis_reaches_as_far_as_the_figures_and_0_is_in_its_middle() -> None:
    assert axis_reach([Figure(0.1, 0.0, 0.2, 40)]) == 0.25
    assert axis_reach([Figure(-1.6, -1.9, -1.2, 40)]) == 2.0
    assert axis_reach([Figure(-30.0, -36.5, -24.0, 40)]) == 37.0
    assert axis_reach([PEOPLE["Eve"]]) == 1.0


def test_all_criteria_have_one_axis_and_each_person_a_sentence_and_a_row() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(1, 5, 40).astype(float)
    people = {
        "Be Brief": np.column_stack([truth, np.minimum(truth + 1, 5), np.maximum(truth - 1, 1)]),
        "Be Kind": np.column_stack([truth, truth + generator.integers(0, 2, 40), truth]),
    }
    found = agreement_figures(Ratings(people, ["ann", "ben", "cid"], "ordinal"), BootstrapOptions(200))
    parts = strictness_of(found)
    assert [one.name for one in parts] == ["Be Brief", "Be Kind"]
    assert [len(one.said) for one in parts] == [len(one.rows) for one in parts] == [3, 3]
    assert "ben: milder than the others" in parts[0].said[1]
    pictures = [one.picture for one in parts if one.picture]
    assert len({drawn(picture).span for picture in pictures}) == 1
    assert len(pictures) == 2


def test_long_names_are_written_smaller_so_that_they_have_room() -> None:
    assert name_size("Ann") == name_size("x" * 19) > name_size("x" * 26)
    assert 26 * name_size("x" * 26) == pytest.approx(19 * name_size("x" * 19))
