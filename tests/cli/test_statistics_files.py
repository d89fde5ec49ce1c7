"""The small made files beside the checkout, each with the right value."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.journey.agreement import agree, estimate
from hone.measuring import Sources
from hone.stats import BootstrapOptions
from tests.published import folder

QUICK = BootstrapOptions(resamples=500)
pytestmark = pytest.mark.data


@pytest.fixture
def cases() -> Path:
    found = folder().parent / "cases" / "statistics"
    if not found.is_dir():
        pytest.skip(f"{found} is not there")
    return found


def test_the_wide_file_and_the_long_one_hold_the_same_ratings(cases: Path) -> None:
    wide, long = (agree(cases / name, options=QUICK) for name in ("wide.csv", "long.csv"))
    assert wide.collected.ratings.raters == long.collected.ratings.raters
    assert wide.collected.items == long.collected.items
    people = [one.agreement.criteria["Q1"].people.together["krippendorff_alpha"] for one in (wide, long)]
    assert people[0] == people[1]
    assert any("3 groups" in note and "fewer than 5 give no interval" in note for note in wide.notes)
    assert people[0].low is None


def test_25_of_25_leave_room(cases: Path) -> None:
    found = estimate(cases / "allyes.jsonl").criteria["c"].estimate
    assert found.corrected.value == 1
    assert found.corrected.low == pytest.approx(0.87, abs=0.005)
    assert found.corrected.high == 1
    assert "do not follow" not in found.words


def test_groups_widen_an_estimate(cases: Path) -> None:
    alone, grouped = (estimate(cases / f"est_{n}.jsonl").criteria["c"] for n in (0, 1))
    assert (alone.groups, grouped.groups) == (None, 6)
    assert alone.estimate.corrected.value == grouped.estimate.corrected.value
    halves = [one.estimate.corrected.half_width for one in (alone, grouped)]
    assert halves[0] is not None
    assert halves[1] is not None
    assert halves[1] > 1.5 * halves[0]


def test_single_verdicts_are_right_in_67_5_percent(cases: Path) -> None:
    found = agree(cases / "pairs.jsonl", options=QUICK).pairs
    assert found is not None
    assert found.judges["J"].accuracy.single.value == pytest.approx(0.675)
    assert found.judges["J"].accuracy.consistent.value == pytest.approx(0.40)
    assert found.baselines["first_shown"].single.value == pytest.approx(0.5)


@pytest.mark.parametrize(("name", "left_out"), [("m2.jsonl", False), ("m2b.jsonl", True)])
def test_a_difference_is_paired_on_what_both_have(cases: Path, name: str, left_out: bool) -> None:
    found = estimate(cases / "m1.jsonl", against=Sources(cases / name))
    one = found.criteria["c"].estimate.corrected
    assert [one.low, one.high] == pytest.approx([-0.42, -0.18], abs=0.01)
    assert any("left out: 1 of m1.jsonl, 0 of m2b.jsonl" in note for note in found.notes) is left_out
