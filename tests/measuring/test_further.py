"""The further figures beside scikit-learn, scipy and krippendorff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr
from sklearn.metrics import (
    brier_score_loss,
    f1_score,
    mean_absolute_error,
    precision_score,
    recall_score,
    root_mean_squared_error,
)

from hone.measuring import Collected, read_ratings
from hone.measuring.further import FurtherOfCriterion, further_figures
from hone.report.further import further_lines, reliability_pictures
from hone.stats import BootstrapOptions, agreement_figures, krippendorff_alpha
from hone.stats.calibration import calibration
from hone.stats.closeness import closeness
from hone.stats.detection import detection

Written = Callable[..., Path]
QUICK = BootstrapOptions(resamples=200)


def further_of(
    collected: Collected, options: BootstrapOptions = QUICK, *, ratio: bool = False
) -> dict[str, FurtherOfCriterion]:
    return further_figures(collected, agreement_figures(collected.ratings, options), options, ratio=ratio)


def test_errors_of_a_judge_equal_scikit_learns(written: Written) -> None:
    generator = np.random.default_rng(0)
    truth, said = generator.integers(1, 6, 40), generator.integers(1, 6, 40)
    lines = [f"{n},c,{who},{score[n]},{kind}" for n in range(40)
             for who, score, kind in (("r", truth, "human"), ("j", said, "judge"))]  # fmt: skip
    one = further_of(read_ratings(written("item,criterion,rater,score,kind", *lines)))["c"].judges["j"]
    assert one.closeness is not None
    assert one.closeness.rmse.value == pytest.approx(root_mean_squared_error(truth, said))
    assert one.closeness.mae.value == pytest.approx(mean_absolute_error(truth, said))
    assert one.closeness.sd == pytest.approx(np.std(said - truth, ddof=1))
    assert one.closeness.mae.low is not None
    assert one.closeness.mae.high is not None
    assert one.closeness.mae.value is not None
    assert one.closeness.mae.low < one.closeness.mae.value < one.closeness.mae.high


def test_who_is_strict_is_a_mean_difference_to_the_others(written: Written) -> None:
    lines = [f"{n},c,{who},{n % 4 + shift}" for n in range(30) for who, shift in (("a", 0), ("b", 0), ("s", -1))]
    people = further_of(read_ratings(written("item,criterion,rater,score", *lines)))["c"].people
    assert people["s"].mean_difference.value == pytest.approx(-1)
    assert people["a"].mean_difference.value == pytest.approx(0.5)


def test_precision_recall_and_f1_equal_scikit_learns() -> None:
    generator = np.random.default_rng(1)
    truth, said = generator.random(80) < 0.3, generator.random(80) < 0.4
    found = detection(truth, said, 1.0)
    assert found.precision.value == pytest.approx(precision_score(truth, said))
    assert found.recall.value == pytest.approx(recall_score(truth, said))
    assert found.f1.value == pytest.approx(f1_score(truth, said))
    assert found.f1.low is not None
    assert found.f1.value is not None
    assert found.f1.low < found.f1.value
    assert detection(truth, said, 1.0, grouped=True).f1.low is None


def test_a_judge_that_never_says_so_has_no_precision() -> None:
    found = detection(np.array([True, False]), np.array([False, False]), 1.0)
    assert (found.precision.value, found.recall.value) == (None, 0.0)


def test_brier_equals_scikit_learns_and_the_error_stands_beside_its_floor() -> None:
    generator = np.random.default_rng(2)
    probabilities = generator.random(300)
    fair = (generator.random(300) < probabilities).astype(np.float64)
    found = calibration(probabilities, fair)
    assert found.brier.value == pytest.approx(brier_score_loss(fair, probabilities))
    assert 0 < found.floor < found.floor_high
    assert found.words.startswith("not shown to be off")
    bold = calibration(np.where(probabilities > 0.5, 0.99, 0.01), fair)
    assert bold.ece > bold.floor_high
    assert bold.words == "its probabilities are off by more than chance explains"
    together = calibration(np.where(probabilities > 0.5, 0.99, 0.01), fair, np.arange(300) // 10)
    assert together.words == "whether they are off is not said, as items of one group are not independent"


def test_the_floor_is_rarely_exceeded_by_a_calibrated_judge() -> None:
    generator = np.random.default_rng(3)
    probabilities = generator.random(60)
    above = 0
    for draw in range(200):
        found = calibration(probabilities, (generator.random(60) < probabilities).astype(np.float64), seed=draw)
        above += found.ece > found.floor_high
    assert above <= 20


def test_correlations_per_system_and_per_document_equal_scipys(written: Written) -> None:
    generator = np.random.default_rng(4)
    lines, truth, said = [], np.zeros((5, 12)), np.zeros((5, 12))
    for system in range(5):
        for document in range(12):
            truth[system, document], said[system, document] = generator.integers(1, 8, 2) + system % 3
            for who, score, kind in (("r", truth, "human"), ("j", said, "judge")):
                cells = (f"{system}-{document}", "c", who, score[system, document], kind, document, f"s{system}")
                lines.append(",".join(map(str, cells)))
    collected = read_ratings(written("item,criterion,rater,score,kind,group,system", *lines))
    one = further_of(collected)["c"].judges["j"].by_system
    assert one is not None
    means = (said.mean(axis=1), truth.mean(axis=1))
    assert one.systems["pearson"].value == pytest.approx(pearsonr(*means).statistic)
    assert one.systems["kendall_tau"].value == pytest.approx(kendalltau(*means).statistic)
    taus = [kendalltau(said[:, document], truth[:, document]).statistic for document in range(12)]
    assert one.documents["kendall_tau"].value == pytest.approx(np.nanmean(taus))
    assert one.documents["kendall_tau"].low is not None
    assert (one.systems["pearson"].low, one.systems["pearson"].n) == (None, 5)


def test_alpha_with_ratio_distances_equals_krippendorffs() -> None:
    generator = np.random.default_rng(5)
    scores = generator.integers(0, 9, (40, 3)).astype(np.float64)
    scores[::7, 1] = np.nan
    expected = krippendorff.alpha(reliability_data=scores.T, level_of_measurement="ratio")
    assert krippendorff_alpha(scores, "ratio", options=QUICK).value == pytest.approx(expected)


def test_the_lines_say_who_is_strict_and_how_close_a_judge_is(written: Written) -> None:
    lines = [f"{n},c,{who},{n % 4 + 1 + shift},{kind}" for n in range(30)
             for who, shift, kind in (("a", 0, ""), ("b", 0, ""), ("s", -1, ""), ("j", 1, "judge"))]  # fmt: skip
    found = further_of(read_ratings(written("item,criterion,rater,score,kind", *lines)))
    told = further_lines(found["c"])
    assert any(line.startswith("s: ") and "standard deviation of 0.00" in line for line in told)
    assert any(line.startswith("j: off by 1.33") for line in told)


def test_a_judge_of_probabilities_has_a_reliability_picture(written: Written) -> None:
    lines = [f"{n},c,a,{n % 2}," for n in range(40)] + [f"{n},c,j,{0.3 + 0.4 * (n % 2)},judge" for n in range(40)]
    found = further_of(read_ratings(written("item,criterion,rater,score,kind", *lines)))
    told = further_lines(found["c"])
    assert any("calibration error (ECE) 0.300" in line and "off by more than chance" in line for line in told)
    picture = next(iter(reliability_pictures(found)))
    assert "c, j: whether probabilities mean what they say" in picture.title
    assert "<svg" in picture.svg


def test_the_interval_of_the_rmse_holds_the_truth_on_thirty_items_of_skewed_squares() -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(1000):
        found = closeness(generator.normal(0.3, 0.75, 30), np.zeros(30)).rmse
        assert found.low is not None
        assert found.high is not None
        held += found.low <= float(np.hypot(0.3, 0.75)) <= found.high
    assert held >= 915, "around the mean square itself it was 908"


def test_the_interval_of_a_brier_score_stays_where_squares_can_be() -> None:
    chances, outcomes = np.array([0.999] * 39 + [0.2]), np.ones(40)
    groups = np.repeat(np.arange(20), 2)
    for clusters in (None, groups):
        brier = calibration(chances, outcomes, clusters).brier
        assert brier.low == 0
        assert brier.high is not None
        assert 0 < brier.high <= 1
