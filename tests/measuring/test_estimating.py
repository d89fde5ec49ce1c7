from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from hone.errors import HoneError
from hone.measuring import Reading, Sources, corrected_means, estimate_gap
from hone.measuring.estimating import ScoredItems
from hone.stats import estimate_mean

Written = Callable[..., Path]


def simulated(tmp_path: Path, name: str = "m", shift: float = 0.0, weight: str = "") -> Sources:
    """60 rated items of 600; people score 1 lower than a judge that follows them."""
    generator = np.random.default_rng(1)
    truth = generator.integers(2, 6, 600)
    ratings, judged = tmp_path / f"{name}.csv", tmp_path / f"{name}-judged.csv"
    _write(ratings, ("item", "criterion", "rater", "score", *(("weight",) if weight else ())),
           [(f"i{n}", "c", rater, int(truth[n]) - 1 + shift, *((weight,) if weight else ()))
            for n in range(60) for rater in ("r", "s")])  # fmt: skip
    rows = [(f"i{n}", int(truth[n]) + shift, "bot") for n in range(600)]
    _write(judged, ("id", "c", "judge"), rows)
    return Sources(ratings, judged)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        writer.writerows(rows)


def test_a_lenient_judge_is_corrected_with_what_people_rated(tmp_path: Path) -> None:
    found = corrected_means(simulated(tmp_path), Reading())
    one = found.criteria["c"]
    assert (found.judge, one.rated, one.labelled) == ("bot", 60, 600)
    corrected, people, judge = one.estimate.corrected, one.estimate.people_only, one.estimate.judge_only
    assert judge.value is not None
    assert corrected.value == pytest.approx(judge.value - 1, abs=0.05)
    assert corrected.half_width is not None
    assert people.half_width is not None
    assert corrected.half_width < people.half_width / 2
    assert one.estimate.helps


def test_judge_rows_beside_the_ratings_are_enough(tmp_path: Path) -> None:
    sources = simulated(tmp_path)
    assert sources.judged
    assert isinstance(sources.ratings, Path)
    with sources.judged.open() as stream:
        rows = list(csv.DictReader(stream))
    both = tmp_path / "both.csv"
    with sources.ratings.open() as stream:
        people = [(row["item"], "c", row["rater"], row["score"], "human") for row in csv.DictReader(stream)]
    _write(both, ("item", "criterion", "rater", "score", "kind"),
           people + [(row["id"], "c", "bot", row["c"], "judge") for row in rows])  # fmt: skip
    long = tmp_path / "long.csv"
    _write(long, ("item", "criterion", "rater", "score"), [(row["id"], "c", "bot", row["c"]) for row in rows])
    expected = corrected_means(sources, Reading()).criteria["c"].estimate
    assert corrected_means(Sources(both), Reading()).criteria["c"].estimate == expected
    assert corrected_means(Sources(sources.ratings, long), Reading()).criteria["c"].estimate == expected


def test_yes_and_no_get_rogan_and_gladens_correction(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    generator = np.random.default_rng(0)
    truth = (generator.random(400) < 0.3).astype(int)
    said = np.where(generator.random(400) < 0.15, 1 - truth, truth)
    rows = [(n, "c", rater, int(truth[n]), "human") for n in range(100) for rater in "rst"]
    _write(path, ("item", "criterion", "rater", "score", "kind"),
           rows + [(n, "c", "bot", int(said[n]), "judge") for n in range(400)])  # fmt: skip
    share = corrected_means(Sources(path), Reading()).criteria["c"].share
    assert share
    assert share.corrected.low is not None
    assert share.corrected.high is not None
    assert share.corrected.low < 0.3 < share.corrected.high
    assert share.sensitivity.value == pytest.approx(0.85, abs=0.1)


def test_the_same_items_of_two_models_are_compared_item_by_item(tmp_path: Path) -> None:
    first, second = simulated(tmp_path, "one", 0.5), simulated(tmp_path, "two")
    found = estimate_gap(first, second, Reading("interval")).criteria["c"]
    assert found.estimate.corrected.value == pytest.approx(0.5)
    assert found.estimate.corrected.half_width == pytest.approx(0, abs=1e-6)
    assert found.rated == 60


def test_equal_weights_change_next_to_nothing(tmp_path: Path) -> None:
    plain = corrected_means(simulated(tmp_path), Reading()).criteria["c"].estimate.corrected
    found = corrected_means(simulated(tmp_path, "w", weight="10"), Reading())
    assert found.weighted
    assert found.criteria["c"].estimate.corrected.value == pytest.approx(plain.value, abs=0.02)


def test_a_rated_item_without_a_weight_is_refused(written: Written) -> None:
    lines = ("a,c,r,1,human,2", "b,c,r,1,human,", "a,c,j,1,judge,", "b,c,j,1,judge,")
    with pytest.raises(HoneError, match="1 rated items have no weight"):
        corrected_means(Sources(written("item,criterion,rater,score,kind,weight", *lines)), Reading())


def test_the_weighted_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Half the items are easy and rarely rated; hard ones, where the judge errs, always."""
    generator = np.random.default_rng(0)
    held = 0
    draws = 1000
    for _ in range(draws):
        hard = generator.random(600) < 0.3
        truth = np.where(hard, generator.normal(2, 1, 600), generator.normal(4, 1, 600))
        judge = truth + generator.normal(0, 0.5, 600) + hard
        rated = hard & (generator.random(600) < 0.5) | ~hard & (generator.random(600) < 0.2)
        people = np.where(rated, truth + generator.normal(0, 0.3, 600), np.nan)
        weights = np.where(rated, np.where(hard, 2.0, 5.0), np.nan)
        found = estimate_mean(ScoredItems((), people, people, judge, weights).evidence()).corrected
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3.4 <= found.high
    assert 0.93 <= held / draws <= 0.97


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("a,c,r,red,human",), "labels without an order have no mean"),
        (("a,c,j,1,judge",), "no people's ratings"),
        (("a,c,r,1,human",), "choose one judge with `judge`; the judges are: none"),
        (("a,c,r,1,human", "a,c,j,1,judge", "a,c,k,1,judge"), "the judges are: j, k"),
    ],
)
def test_what_cannot_be_estimated_is_said(written: Written, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(HoneError, match=message):
        corrected_means(Sources(written("item,criterion,rater,score,kind", *lines)), Reading())


def test_a_labelled_set_without_ids_or_criteria_is_refused(written: Written) -> None:
    path = written("item,criterion,rater,score", "a,c,r,1", "b,c,r,2")
    with pytest.raises(HoneError, match="no column of ids"):
        corrected_means(Sources(path, written("c", "1", name="j.csv")), Reading())
    with pytest.raises(HoneError, match=r"no column for a criterion \(c\)"):
        corrected_means(Sources(path, written("id,d", "1,2", name="k.csv")), Reading())
    with pytest.raises(HoneError, match=r"l.csv:2: c: 'odd' is not a number"):
        corrected_means(Sources(path, written("id,c", "1,odd", name="l.csv")), Reading())
