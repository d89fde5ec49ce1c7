"""Every statistic against a library that others have checked."""

from __future__ import annotations

from collections.abc import Callable

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd
import pingouin
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from hone.stats import (
    BootstrapOptions,
    CriterionAgreement,
    Level,
    Ratings,
    agreement_figures,
    benjamini_yekutieli,
    holm,
    krippendorff_alpha,
    mcnemar,
    wilson,
)

Floats = npt.NDArray[np.float64]
QUICK = BootstrapOptions(resamples=200)


def simulated(seed: int, items: int = 120, raters: int = 4, levels: int = 5, missing: float = 0.0) -> Floats:
    """Ratings that scatter around a true level."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, levels + 1, (items, 1))
    noise = generator.integers(-1, 2, (items, raters))
    ratings = np.clip(truth + noise, 1, levels).astype(float)
    return np.where(generator.random(ratings.shape) < missing, np.nan, ratings)


def agreement(ratings: Floats, level: Level, judge: Floats | None = None) -> CriterionAgreement:
    raters = [f"r{place}" for place in range(ratings.shape[1])]
    judges = {} if judge is None else {"c": judge[:, None]}
    names = [] if judge is None else ["j"]
    return agreement_figures(Ratings({"c": ratings}, raters, level, judges, names), QUICK).criteria["c"]


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_alpha_equals_krippendorff(level: Level, missing: float, seed: int) -> None:
    ratings = simulated(seed, missing=missing)
    found = agreement(ratings, level).people.together["krippendorff_alpha"].value
    assert found == pytest.approx(krippendorff.alpha(ratings.T, level_of_measurement=level), abs=1e-10)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_alone_is_the_same_figure(level: Level) -> None:
    ratings = simulated(3, missing=0.2)
    alone = krippendorff_alpha(ratings, level, options=BootstrapOptions(resamples=20_000))
    assert alone.value == pytest.approx(krippendorff.alpha(ratings.T, level_of_measurement=level), abs=1e-10)
    names = ["a", "b", "c", "d"]
    among = agreement_figures(
        Ratings({"c": ratings}, names, level), BootstrapOptions(resamples=20_000)
    ).overall.people.together
    assert alone.half_width == pytest.approx(among["krippendorff_alpha"].half_width, rel=0.03)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_keeps_an_item_that_one_person_missed(level: Level) -> None:
    ratings = np.array([[1, 2, np.nan], [3, 3, 3], [2, 2, 1], [np.nan, 1, 1], [0, 0, np.nan], [np.nan, np.nan, 2]])
    found = agreement(ratings, level).people.together["krippendorff_alpha"]
    assert found.n == 5
    assert found.value == pytest.approx(krippendorff.alpha(ratings.T, level_of_measurement=level), abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("statistic", "weights"), [("cohen_kappa", None), ("linear_kappa", "linear"), ("weighted_kappa", "quadratic")]
)
def test_kappas_equal_scikit_learn(statistic: str, weights: str | None, seed: int) -> None:
    ratings = simulated(seed, raters=2)
    found = agreement(ratings, "ordinal").people.pairs[statistic]["r0|r1"].value
    expected = cohen_kappa_score(ratings[:, 0], ratings[:, 1], weights=weights, labels=[1, 2, 3, 4, 5])
    assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_a_judge_against_a_person_equals_scipy_and_scikit_learn(seed: int) -> None:
    ratings = simulated(seed, raters=2)
    person, judge = ratings.T
    found = agreement(person[:, None], "ordinal", judge).judges["j"].people["r0"]
    expected = {
        "accuracy": accuracy_score(person, judge),
        "cohen_kappa": cohen_kappa_score(person, judge),
        "pearson": pearsonr(judge, person).statistic,
        "spearman": spearmanr(judge, person).statistic,
        "kendall_tau": kendalltau(judge, person).statistic,
        "mean_error": float(np.mean(judge - person)),
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-10)


def continuous(seed: int, items: int) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    left = generator.normal(size=items)
    return left, np.round(left + generator.normal(size=items), 2)


@pytest.mark.parametrize("items", [40, 1400, 1700])
def test_correlations_of_measurements_equal_scipy(items: int) -> None:
    judge, person = continuous(1, items)
    found = agreement(person[:, None], "interval", judge).judges["j"].people["r0"]
    expected = {
        "pearson": pearsonr(judge, person).statistic,
        "spearman": spearmanr(judge, person).statistic,
        "kendall_tau": kendalltau(judge, person).statistic,
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-9)


def test_the_confusion_matrix_equals_scikit_learn() -> None:
    ratings = simulated(5, raters=2)
    person, judge = ratings.T
    found = agreement(person[:, None], "nominal", judge).judges["j"].confusion
    assert found is not None
    assert found.tolist() == confusion_matrix(judge, person).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_fleiss_kappa_equals_statsmodels(seed: int) -> None:
    ratings = simulated(seed)
    counts = np.stack([(ratings == level).sum(axis=1) for level in range(1, 6)], axis=1)
    found = agreement(ratings, "nominal").people.together["fleiss_kappa"].value
    assert found == pytest.approx(fleiss_kappa(counts), abs=1e-10)


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.dropna is deprecated")  # pingouin's own
@pytest.mark.parametrize("seed", range(3))
def test_intraclass_correlations_equal_pingouin(seed: int) -> None:
    ratings = simulated(seed)
    rows = [(item, rater, ratings[item, rater]) for item in range(len(ratings)) for rater in range(4)]
    table = pd.DataFrame(rows, columns=["item", "rater", "score"])
    expected = pingouin.intraclass_corr(table, "item", "rater", "score")
    single, mean = expected["ICC"].iloc[1], expected["ICC"].iloc[4]
    found = agreement(ratings, "interval").people.together
    assert [found["icc_2_1"].value, found["icc_2_k"].value] == pytest.approx([single, mean], abs=1e-10)


def test_intraclass_correlations_equal_those_of_shrout_and_fleiss() -> None:
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    found = agreement(ratings, "interval").people.together
    assert [found["icc_2_1"].value, found["icc_2_k"].value] == pytest.approx([0.29, 0.62], abs=5e-3)


def test_gwet_coefficients_equal_the_formulas_worked_by_hand() -> None:
    ratings = np.array([[1, 1], [1, 1], [1, 1], [1, 1], [1, 2], [2, 2.0]])
    found = agreement(ratings, "nominal").people.together
    share = 9 / 12
    chance = 2 * share * (1 - share)
    assert found["gwet_ac1"].value == pytest.approx((5 / 6 - chance) / (1 - chance), abs=1e-12)
    assert found["gwet_ac2"].value == pytest.approx(found["gwet_ac1"].value, abs=1e-12)


def test_gwet_ac2_equals_its_definition_over_pairs_of_ratings() -> None:
    ratings = simulated(7, items=40, raters=3, missing=0.2)
    ratings = ratings[(~np.isnan(ratings)).sum(axis=1) >= 1]
    levels = np.arange(1.0, 6.0)
    weight: Callable[[float, float], float] = lambda one, other: 1 - ((one - other) / 4) ** 2  # noqa: E731
    alike, shares = [], []
    for row in ratings:
        given = row[~np.isnan(row)]
        shares.append([(given == level).mean() for level in levels])
        pairs = [weight(a, b) for i, a in enumerate(given) for k, b in enumerate(given) if i != k]
        alike += [np.mean(pairs)] if pairs else []
    share = np.mean(shares, axis=0)
    total = sum(weight(a, b) for a in levels for b in levels)
    chance = total / 20 * (share * (1 - share)).sum()
    found = agreement(ratings, "ordinal").people.together["gwet_ac2"].value
    assert found == pytest.approx((np.mean(alike) - chance) / (1 - chance), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 7), (7, 7), (1, 30), (55, 100), (799, 800)])
def test_wilson_equals_statsmodels(successes: int, n: int) -> None:
    found = wilson(successes, n)
    low, high = proportion_confint(successes, n, method="wilson")
    assert [found.low, found.high] == pytest.approx([max(low, 0), min(high, 1)], abs=1e-12)


def test_adjusted_p_values_equal_statsmodels() -> None:
    values = [0.001, 0.04, 0.03, 0.2, 0.9, 0.012]
    assert holm(values).tolist() == pytest.approx(multipletests(values, method="holm")[1].tolist())
    assert benjamini_yekutieli(values).tolist() == pytest.approx(multipletests(values, method="fdr_by")[1].tolist())


def test_mcnemar_equals_statsmodels() -> None:
    generator = np.random.default_rng(3)
    first, second = generator.integers(0, 2, (2, 60)).astype(float)
    table = [[int(((first == a) & (second == b)).sum()) for b in (1, 0)] for a in (1, 0)]
    assert mcnemar(first, second).p_value == pytest.approx(reference_mcnemar(table, exact=True).pvalue, abs=1e-12)
