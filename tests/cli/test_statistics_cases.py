"""Faults that were found in what is said of judges (`../shared/cases`), each with what is right."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.published import folder

Hone = Callable[..., Any]


@pytest.fixture
def case() -> Callable[[str], Path]:
    """A file of the cases, by the beginning of its path."""

    def find(pattern: str) -> Path:
        place = folder().parent / "cases"
        if not place.is_dir():
            pytest.skip(f"no cases at {place}; set HONE_TEST_DATA to the folder of ratings beside them")
        (path,) = place.glob(pattern)
        return path

    return find


@pytest.fixture
def agreed(bare: Hone) -> Callable[[Path], dict[str, Any]]:
    """What `hone agree` says of the only criterion of a file."""

    def run(path: Path) -> dict[str, Any]:
        done = bare("agree", path, "--json", "--resamples", "2000")
        assert done.code == 0, done.err
        return dict(done.data["overall"]) | {"notes": done.err}

    return run


@pytest.mark.data
def test_a_constant_judge_of_people_who_agree_is_worse(case: Any, agreed: Any) -> None:
    judge = agreed(case("38-*/r.csv"))["judges"]["j"]
    assert judge["outcome"] == "worse"
    assert judge["gap"]["value"] == -1
    assert judge["consensus"]["mean_error"]["low"] > 0.9


@pytest.mark.data
def test_one_level_only_cannot_be_said_and_more_items_are_not_promised(case: Any, agreed: Any) -> None:
    judge = agreed(case("40-*/r.csv"))["judges"]["j"]
    assert judge["verdict"].startswith("cannot be said (one level only)")
    assert judge["more_items"] is None


@pytest.mark.data
def test_people_who_share_no_item_are_no_ceiling(case: Any, agreed: Any) -> None:
    judge = agreed(case("41-*/r.csv"))["judges"]["j"]
    assert judge["outcome"] == "no ceiling"
    assert "no two people rated the same item" in judge["verdict"]
    assert judge["more_items"] is None


@pytest.mark.data
def test_a_ceiling_lies_in_its_interval(case: Any, agreed: Any, tmp_path: Path, monkeypatch: Any) -> None:
    few = agreed(case("42-*/r.csv"))["ceiling"]["weighted_kappa"]
    assert few["low"] <= few["value"] <= few["high"]
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(case("statistics/crowd_make.py")))
    crowd = agreed(tmp_path / "crowd.csv")["ceiling"]["weighted_kappa"]
    assert [crowd[key] for key in ("value", "low", "high")] == pytest.approx([0.83, 0.79, 0.87], abs=0.007)


@pytest.mark.data
def test_three_groups_give_no_interval_and_are_counted(case: Any, agreed: Any) -> None:
    found = agreed(case("statistics/long.csv"))
    assert "3 groups" in found["notes"]
    judge = found["judges"]["GPT-4"]
    assert judge["outcome"] == "not shown"
    assert judge["gap"]["low"] is None
