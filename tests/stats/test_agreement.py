from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hone.errors import StatsError
from hone.stats import BootstrapOptions, Figure, Ratings, agreement_figures, guess_level

Floats = npt.NDArray[np.float64]
QUICK = BootstrapOptions(resamples=300)
STATISTICS = {"accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman", "kendall_tau", "mean_error"}


def simulated(seed: int = 0, items: int = 80, slip: float = 0.3) -> tuple[Floats, Floats]:
    """Ratings of 3 people and of 2 judges, the second a poor one, on 1 to 5."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, (items, 1))

    def seen(columns: int, chance: float) -> Floats:
        steps = generator.choice((-1, 0, 1), size=(items, columns), p=(chance / 2, 1 - chance, chance / 2))
        scores: Floats = np.clip(truth + steps, 1, 5).astype(np.float64)
        return scores

    poor = generator.integers(1, 6, (items, 1)).astype(float)
    return seen(3, slip), np.concatenate([seen(1, slip), poor], axis=1)


def test_the_json_form_has_the_promised_keys() -> None:
    people, judges = simulated()
    ratings = Ratings({"Be Clear": people, "Be Kind": people}, ["r1", "r2", "r3"], "ordinal",
                      {"Be Clear": judges, "Be Kind": judges}, ["good", "poor"])  # fmt: skip
    written: dict[str, Any] = json.loads(json.dumps(agreement_figures(ratings, QUICK).as_dict(), allow_nan=False))
    assert set(written) == {"level", "criteria", "overall"}
    for found in (*written["criteria"].values(), written["overall"]):
        assert found["items"] == 80
        assert found["raters"] == ["r1", "r2", "r3"]
        assert {"percent_agreement", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1", "icc_2_1"} <= set(
            found["people"]
        )
        assert (
            set(found["people"]["cohen_kappa"])
            == {"r1|r2", "r1|r3", "r2|r3"}
            == set(found["people"]["weighted_kappa"])
        )
        assert set(found["ceiling"]) >= STATISTICS - {"mean_error"}
        judge = found["judges"]["good"]
        assert set(judge["consensus"]) >= STATISTICS
        assert set(judge["people"]) == {"r1", "r2", "r3"}
        assert all(set(figures) >= STATISTICS for figures in judge["people"].values())
        assert isinstance(judge["verdict"], str)
        assert set(found["baselines"]) == {"majority_class"}
        assert set(found["ceiling"]["spearman"]) >= {"value", "low", "high", "n"}


def test_overall_is_the_mean_over_criteria() -> None:
    (one, judge_one), (other, judge_other) = simulated(1), simulated(2, slip=0.8)
    ratings = Ratings(
        {"a": one, "b": other}, ["x", "y", "z"], "ordinal", {"a": judge_one, "b": judge_other}, ["g", "p"]
    )
    found = agreement_figures(ratings, QUICK)
    parts = [found.criteria[name].judges["g"].consensus["weighted_kappa"] for name in "ab"]
    whole = found.overall.judges["g"].consensus["weighted_kappa"]
    assert whole.value == pytest.approx(np.mean([part.value for part in parts if part.value is not None]))
    assert all(whole.half_width and part.half_width and whole.half_width < 1.2 * part.half_width for part in parts)


def test_a_person_is_never_compared_with_a_consensus_that_they_are_part_of() -> None:
    generator = np.random.default_rng(4)
    people = generator.integers(1, 6, (3000, 3)).astype(float)
    found = agreement_figures(Ratings({"c": people}, ["x", "y", "z"], "interval"), QUICK).criteria["c"]
    assert found.ceiling["pearson"].value == pytest.approx(0, abs=0.05)
    assert found.ceiling_by_person["x"]["pearson"].value == pytest.approx(
        np.corrcoef(people[:, 0], people[:, 1:].mean(axis=1))[0, 1]
    )


def test_a_tie_counts_in_equal_parts_and_is_said() -> None:
    people = np.array([[0, 1], [0, 0], [1, 1], [0, 1.0]])
    judge = np.array([[1], [0], [1], [0.0]])
    found = agreement_figures(Ratings({"c": people}, ["x", "y"], "nominal", {"c": judge}, ["j"]), QUICK).criteria["c"]
    assert found.ties == 2
    assert found.judges["j"].consensus["accuracy"].value == pytest.approx((0.5 + 1 + 1 + 0.5) / 4)
    assert found.judges["j"].items == 4


def test_zero_is_a_score_and_nan_is_not() -> None:
    people = np.array([[0, 0], [0, 1], [1, 1], [0, np.nan], [np.nan, np.nan]])
    found = agreement_figures(Ratings({"c": people}, ["x", "y"], "ordinal"), QUICK).criteria["c"]
    assert found.items == 4
    assert found.levels == (0, 1)
    assert found.people.pairs["cohen_kappa"]["x|y"].n == 3


def test_a_pair_is_dropped_as_a_pair() -> None:
    people, judges = simulated()
    judges[:10, 0] = np.nan
    people[10:15, 0] = np.nan
    found = agreement_figures(
        Ratings({"c": people}, ["x", "y", "z"], "ordinal", {"c": judges}, ["g", "p"]), QUICK
    ).criteria["c"]
    assert found.items == 80
    assert found.judges["g"].items == 70
    assert found.judges["g"].people["x"]["pearson"].n == 65
    assert found.judges["p"].people["x"]["pearson"].n == 75
    assert found.judges["g"].verdict.gap.n == 70


def test_one_level_only_is_undefined_with_the_reason() -> None:
    ratings = Ratings({"c": np.ones((20, 2))}, ["x", "y"], "ordinal", {"c": np.ones((20, 1))}, ["j"])
    found = agreement_figures(ratings, QUICK).criteria["c"]
    kappa = found.judges["j"].consensus["cohen_kappa"]
    assert (kappa.value, kappa.low, kappa.reason) == (None, None, "one level only")
    assert found.people.together["krippendorff_alpha"].reason == "one level only"
    assert found.judges["j"].consensus["accuracy"].value == 1
    assert found.judges["j"].consensus["accuracy"].low == pytest.approx(1 / (1 + 3.8415 / 20), abs=1e-4)


def test_one_person_has_no_ceiling_and_says_so() -> None:
    people, judges = simulated()
    found = agreement_figures(
        Ratings({"c": people[:, :1]}, ["x"], "ordinal", {"c": judges}, ["g", "p"]), QUICK
    ).criteria["c"]
    assert found.ceiling["cohen_kappa"] == Figure(None, None, None, 0, "fewer than 2 raters")
    assert found.people.together["icc_2_1"].reason == "fewer than 2 raters"
    assert found.judges["g"].verdict.outcome == "no ceiling"
    assert found.judges["g"].consensus["weighted_kappa"].value is not None


def test_labels_have_no_order() -> None:
    people, judges = simulated()
    found = agreement_figures(
        Ratings({"c": people}, ["x", "y", "z"], "nominal", {"c": judges}, ["g", "p"]), QUICK
    ).criteria["c"]
    for name in ("weighted_kappa", "pearson", "spearman", "kendall_tau", "mean_error"):
        assert found.judges["g"].consensus[name].reason == "labels have no order"
    assert found.people.together["icc_2_1"].reason == "labels have no mean"
    assert found.judges["g"].consensus["cohen_kappa"].value is not None


def test_measurements_are_not_levels() -> None:
    generator = np.random.default_rng(5)
    people = generator.normal(size=(60, 2))
    found = agreement_figures(
        Ratings({"c": people}, ["x", "y"], "interval", {"c": people[:, :1] + 1}, ["j"]), QUICK
    ).criteria["c"]
    assert found.people.pairs["cohen_kappa"]["x|y"].reason == "the scores are measurements, not levels"
    assert found.judges["j"].consensus["mean_error"].value == pytest.approx(
        float(np.mean(people[:, 0] + 1 - people.mean(axis=1)))
    )
    assert found.people.together["krippendorff_alpha"].value is not None


def test_a_good_judge_is_as_good_as_a_person_and_a_poor_one_worse() -> None:
    people, judges = simulated(items=400)
    found = agreement_figures(
        Ratings({"c": people}, ["x", "y", "z"], "ordinal", {"c": judges}, ["good", "poor"]), QUICK
    )
    good, poor = (found.criteria["c"].judges[name].verdict for name in ("good", "poor"))
    assert good.outcome == "as good"
    assert good.words.startswith("as good as a person")
    assert good.alternative is not None
    assert good.alternative.passed
    assert poor.outcome == "worse"
    assert poor.gap.high is not None
    assert poor.gap.high < 0


def test_a_judge_that_knows_the_truth_is_better_than_noisy_people() -> None:
    generator = np.random.default_rng(6)
    truth = generator.integers(1, 6, 400)
    people = np.clip(truth[:, None] + generator.integers(-2, 3, (400, 3)), 1, 5).astype(float)
    ratings = Ratings({"c": people}, ["x", "y", "z"], "ordinal", {"c": truth[:, None].astype(float)}, ["j"])
    assert agreement_figures(ratings, QUICK).criteria["c"].judges["j"].verdict.outcome == "better"


def test_too_few_ratings_say_how_many_more() -> None:
    people, judges = simulated(seed=1, items=14, slip=0.7)
    ratings = Ratings({"c": people[:, :2]}, ["x", "y"], "ordinal", {"c": judges[:, :1]}, ["j"])
    verdict = agreement_figures(ratings, QUICK).criteria["c"].judges["j"].verdict
    assert verdict.outcome == "not shown"
    assert verdict.more_items is not None
    assert verdict.more_items > 10
    assert str(verdict.more_items) in verdict.words


def test_the_majority_class_has_no_kappa_to_speak_of() -> None:
    people, _ = simulated()
    baseline = (
        agreement_figures(Ratings({"c": people}, ["x", "y", "z"], "ordinal"), QUICK)
        .criteria["c"]
        .baselines["majority_class"]
    )
    assert baseline["cohen_kappa"].value == pytest.approx(0)
    assert baseline["accuracy"].value is not None
    assert 0.1 < baseline["accuracy"].value < 0.5
    assert baseline["spearman"].reason == "one level only"


def test_length_alone_is_a_baseline_where_lengths_are_known() -> None:
    people, _ = simulated()
    lengths = people.mean(axis=1) * 100
    found = agreement_figures(Ratings({"c": people}, ["x", "y", "z"], "ordinal", lengths=lengths), QUICK).criteria[
        "c"
    ]
    assert found.baselines["length_only"]["spearman"].value == pytest.approx(1)
    even = agreement_figures(Ratings({"c": people}, ["x", "y", "z"], "ordinal", lengths=np.ones(80)), QUICK).criteria[
        "c"
    ]
    assert even.baselines["length_only"]["spearman"].value is None


def test_six_copies_of_an_item_in_one_cluster_are_worth_one_item() -> None:
    people, judges = simulated(items=40, slip=0.6)
    options, names = BootstrapOptions(resamples=40_000), ["x", "y", "z"]
    once = agreement_figures(Ratings({"c": people}, names, "ordinal", {"c": judges}, ["g", "p"]), options)
    copied, groups = np.repeat(people, 6, axis=0), [f"g{item // 6}" for item in range(240)]
    scores = {"c": np.repeat(judges, 6, axis=0)}
    alone = agreement_figures(Ratings({"c": copied}, names, "ordinal", scores, ["g", "p"]), options)
    together = agreement_figures(Ratings({"c": copied}, names, "ordinal", scores, ["g", "p"], groups), options)
    for name in ("cohen_kappa", "spearman", "mean_error"):
        first, narrow, wide = (found.criteria["c"].judges["g"].consensus[name] for found in (once, alone, together))
        assert first.value == pytest.approx(narrow.value) == pytest.approx(wide.value)
        assert first.half_width is not None
        assert narrow.half_width is not None
        assert wide.half_width == pytest.approx(first.half_width, rel=0.03)
        assert narrow.half_width < 0.6 * first.half_width
    accuracies = [found.criteria["c"].judges["g"].people["x"]["accuracy"].method for found in (alone, together)]
    assert accuracies == ["wilson", "bca"]


def test_a_rater_of_one_criterion_alone_is_left_out_of_the_others() -> None:
    people, _ = simulated()
    fewer = people.copy()
    fewer[:, 2] = np.nan
    found = agreement_figures(Ratings({"a": people, "b": fewer}, ["x", "y", "z"], "ordinal"), QUICK)
    assert found.criteria["b"].raters == ("x", "y")
    assert found.overall.raters == ("x", "y", "z")


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (Ratings({}, []), "no criterion"),
        (Ratings({"c": np.ones((3, 2))}, ["x"]), "shape"),
        (Ratings({"c": np.ones((3, 2))}, ["x", "x"]), "same name"),
        (Ratings({"c": np.full((3, 1), np.inf)}, ["x"]), "infinite"),
        (Ratings({"c": np.ones((3, 1))}, ["x"], clusters=[1, 2]), "clusters"),
        (Ratings({"c": np.ones((3, 1)) * 7}, ["x"], levels=[1, 2]), "not on the scale"),
        (Ratings({"c": np.ones((0, 1))}, ["x"]), "no items"),
    ],
)
def test_ratings_that_do_not_fit_are_refused(ratings: Ratings, message: str) -> None:
    with pytest.raises(StatsError, match=message):
        agreement_figures(ratings, QUICK)


def test_few_whole_numbers_are_guessed_to_be_an_order() -> None:
    assert guess_level([1, 2, 3, np.nan]) == "ordinal"
    assert guess_level([0.5, 2, 3]) == "interval"
    assert guess_level(np.arange(100)) == "interval"


@pytest.mark.parametrize("groups", [3, 4, 5, 20])
def test_fewer_than_five_groups_give_no_interval_and_no_verdict(groups: int) -> None:
    generator = np.random.default_rng(5)
    people = generator.integers(0, 2, (60, 3)).astype(float)
    ratings = Ratings(
        people={"c": people},
        raters=["a", "b", "c"],
        level="nominal",
        judges={"c": people[:, [0]]},
        judge_names=["j"],
        clusters=[f"g{place % groups}" for place in range(60)],
    )
    found = agreement_figures(ratings, BootstrapOptions(500)).overall.judges["j"]
    kappa = found.consensus["cohen_kappa"]
    assert found.verdict.alternative is None, "the test takes items for independent"
    if groups < 5:
        assert (kappa.low, kappa.high) == (None, None)
        assert kappa.reason == f"{groups} groups are too few for an interval; it takes 5"
        assert found.verdict.outcome == "not shown"
    else:
        assert kappa.low is not None
