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
    assert found.estimate.corrected.low is not None
    assert 0 < found.estimate.corrected.low < 0.5, "60 equal differences leave room for others"
    assert found.rated == 60


def test_equal_weights_change_next_to_nothing(tmp_path: Path) -> None:
    plain = corrected_means(simulated(tmp_path), Reading()).criteria["c"].estimate.corrected
    found = corrected_means(simulated(tmp_path, "w", weight="10"), Reading())
    assert found.weighted
    assert found.criteria["c"].estimate.corrected.value == pytest.approx(plain.value, abs=0.02)


def test_a_rated_item_without_a_weight_is_refused(written: Written) -> None:
    lines = ("a,c,r,1,human,2", "b,c,r,1,human,", "a,c,j,1,judge,", "b,c,j,1,judge,")
    with pytest.raises(
        HoneError,
        match=r"ratings.csv: 1 rated item has no weight, though others have \(the first is '\w+'\); write 1 / ",
    ):
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


def _scores(tmp_path: Path, rows: Sequence[Sequence[object]], name: str = "s.csv") -> Sources:
    _write(tmp_path / name, ("item", "criterion", "rater", "score", "kind", "group"), rows)
    return Sources(tmp_path / name)


def test_25_of_25_yes_leave_room_and_nothing_is_said_against_the_judge(tmp_path: Path) -> None:
    rows = [(n, "c", "A", 1, "human", "") for n in range(25)]
    rows += [(n, "c", "J", int(n % 10 > 0), "judge", "") for n in range(400)]
    found = corrected_means(_scores(tmp_path, rows), Reading()).criteria["c"].estimate
    assert found.corrected.value == 1
    assert found.corrected.low == pytest.approx(0.867, abs=0.001)
    assert "nothing shows whether the judge follows them" in found.words


def test_scores_of_a_scale_that_are_all_the_same_have_the_exact_bound(tmp_path: Path) -> None:
    rows = [(n, "c", "A", 5, "human", "") for n in range(25)]
    rows += [(n, "c", "J", 1 + n % 5, "judge", "") for n in range(25, 100)] + [(0, "c", "J", 5, "judge", "")]
    rows += [(n, "c", "J", 5, "judge", "") for n in range(1, 25)]
    found = corrected_means(_scores(tmp_path, rows), Reading()).criteria["c"].estimate.people_only
    assert found.low == pytest.approx(5 - 4 * (1 - 0.025 ** (1 / 25)))
    alone = [(n, "c", who, 5, kind, "") for n in range(25) for who, kind in (("A", "human"), ("J", "judge"))]
    found = corrected_means(_scores(tmp_path, alone), Reading()).criteria["c"].estimate.people_only
    assert (found.low, found.reason) == (None, "all scores are the same, and the scale is not known")


@pytest.mark.parametrize(
    ("groups", "warning"), [(4, "fewer than 5 give no interval"), (8, "fewer than 15"), (20, "")]
)
def test_groups_widen_the_interval_and_few_are_said(tmp_path: Path, groups: int, warning: str) -> None:
    generator = np.random.default_rng(3)
    effect = generator.normal(0, 2, 40)
    group = [n % (2 * groups) for n in range(600)]
    truth = [effect[one] + generator.normal() for one in group]
    rows = [(n, "c", "A", truth[n], "human", f"g{group[n]}") for n in range(600) if group[n] < groups]
    rows += [(n, "c", "J", truth[n] + generator.normal(), "judge", f"g{group[n]}") for n in range(600)]
    one = corrected_means(_scores(tmp_path, rows), Reading("interval")).criteria["c"]
    assert one.groups == groups
    alone = corrected_means(_scores(tmp_path, [(*row[:5], "") for row in rows]), Reading("interval")).criteria["c"]
    if groups < 5:
        assert one.estimate.corrected.low is None
    else:
        assert one.estimate.people_only.half_width is not None
        assert alone.estimate.people_only.half_width is not None
        assert one.estimate.people_only.half_width > 2 * alone.estimate.people_only.half_width
    assert any(warning in line for line in one.warnings()) == bool(warning)


def test_a_model_that_lacks_an_item_is_still_compared_item_by_item(tmp_path: Path) -> None:
    first = simulated(tmp_path, "one", 0.5)
    rows = [(f"i{n}", "c", "r", n % 3, "human", "") for n in range(40)]
    rows += [(f"i{n}", "c", "bot", n % 3 + n % 2, "judge", "") for n in range(599)]
    second = _scores(tmp_path, rows)
    found = estimate_gap(first, second, Reading("interval"))
    assert found.criteria["c"].rated == 40
    assert any("item by item on the 599 items" in line and "left out: 1 of one.csv, 0 of s.csv" in line
               for line in found.notes)  # fmt: skip
    apart = _scores(tmp_path, [(f"x{row[0]}", *row[1:]) for row in rows], "apart.csv")
    notes = estimate_gap(first, apart, Reading("interval")).notes
    assert any("taken for independent" in line for line in notes)


@pytest.mark.parametrize(("chosen", "said"), [(True, True), (False, False)])
def test_rated_items_that_were_chosen_by_the_judges_verdict_are_said(
    tmp_path: Path, chosen: bool, said: bool
) -> None:
    scores = [n % 5 + 1 for n in range(500)]
    rated = [n for n in range(500) if (scores[n] <= 2 if chosen else n < 40)][:40]
    rows = [(n, "c", "A", scores[n], "human", "") for n in rated]
    rows += [(n, "c", "J", scores[n], "judge", "") for n in range(500)]
    found = corrected_means(_scores(tmp_path, rows), Reading()).criteria["c"]
    assert any("more than a random draw explains" in line for line in found.warnings()) is said


def test_few_rated_items_do_not_say_that_the_judge_does_not_follow_people(tmp_path: Path) -> None:
    rows = [(n, "c", "A", n % 2, "human", "") for n in range(12)]
    rows += [(n, "c", "J", 1 - n % 2, "judge", "") for n in range(100)]
    assert "too few to say" in corrected_means(_scores(tmp_path, rows), Reading()).criteria["c"].estimate.words


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


def test_a_labelled_set_without_a_rated_item_is_refused(tmp_path: Path, written: Written) -> None:
    sources = simulated(tmp_path)
    other = written("item,criterion,rater,score", "zz,c,Ann,1", "zy,c,Ann,2")
    with pytest.raises(HoneError, match="none of its ids is among the rated items"):
        corrected_means(Sources(other, sources.judged), Reading())


@pytest.mark.parametrize("groups", [2, 6])
def test_few_groups_give_the_corrected_share_no_interval(tmp_path: Path, groups: int) -> None:
    path, judged = tmp_path / "r.csv", tmp_path / "j.csv"
    truth = np.random.default_rng(0).integers(0, 2, 400)
    head = ("item", "criterion", "rater", "score", "group")
    _write(path, head, [(n, "c", "r", int(truth[n]), n % groups) for n in range(60)])
    _write(judged, ("id", "c", "judge"), [(n, int(truth[n] ^ (n % 9 == 0)), "bot") for n in range(400)])
    one = corrected_means(Sources(path, judged), Reading()).criteria["c"]
    assert one.share
    assert one.share.corrected.value is not None
    assert (one.share.corrected.low is None) == (groups < 5)
    assert ("fewer than 5 give no interval" in one.share.words) == (groups < 5)
    assert any("takes the items of one group for independent" in line for line in one.warnings()) == (groups > 5)


@pytest.mark.parametrize(("weight", "wrong"), [("-2", "is below 0"), ("inf", "is not finite")])
def test_a_weight_that_is_none_is_refused_with_file_row_and_remedy(tmp_path: Path, weight: str, wrong: str) -> None:
    ratings, judged = tmp_path / "r.csv", tmp_path / "j.csv"
    _write(ratings, ("item", "criterion", "rater", "score"), [(f"i{n}", "c", "a", n % 3) for n in range(40)])
    rows = [(f"i{n}", n % 3, weight if n == 4 else "2") for n in range(80)]
    _write(judged, ("id", "c", "weight"), rows)
    says = rf"j.csv:6: weight '{weight}' {wrong}; it says how many items a rated one stands for: 1 / its chance"
    with pytest.raises(HoneError, match=says):
        corrected_means(Sources(ratings, judged), Reading())


@pytest.mark.parametrize(
    ("weights", "wrong"),
    [
        (("", "2"), r"13 rated items have no weight, though others have \(the first is 'i1'\)"),
        (("0", "0"), "all rated"),
    ],
)
def test_weights_of_a_labelled_set_are_asked_for_in_that_file(
    tmp_path: Path, weights: tuple[str, str], wrong: str
) -> None:
    ratings, judged = tmp_path / "r.csv", tmp_path / "j.csv"
    _write(ratings, ("item", "criterion", "rater", "score"), [(f"i{n}", "c", "a", n % 3) for n in range(40)])
    _write(judged, ("id", "c", "weight"), [(f"i{n}", n % 3, weights[n % 3 != 1]) for n in range(80)])
    with pytest.raises(HoneError, match=rf"j.csv: .*{wrong}"):
        corrected_means(Sources(ratings, judged), Reading())


def test_weights_that_are_all_0_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match=r"m.csv: the weights of all rated items are 0"):
        corrected_means(simulated(tmp_path, weight="0"), Reading())
