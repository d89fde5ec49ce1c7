from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import stdtrit
from scipy.stats import bootstrap as reference_bootstrap
from scipy.stats import kendalltau, norm, spearmanr

from hone.errors import StatsError
from hone.stats import BootstrapOptions
from hone.stats.alpha import alpha_block
from hone.stats.arrays import divide
from hone.stats.blocks import MomentBlock, WeightBlock
from hone.stats.bootstrap import Draws, expanded, figure_of, resample
from hone.stats.influence import rank_influences
from hone.stats.orders import order_blocks
from hone.stats.paired import paired_agreement
from hone.stats.ranks import rank_correlations
from hone.stats.raters import rater_block
from hone.stats.sampling import ClusterSampling, sampling_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def mean_block(values: Floats) -> MomentBlock:
    moments = np.stack([np.ones(len(values)), values], axis=1)
    return MomentBlock(
        ("mean",), moments, lambda totals: divide(totals[:, 1:], totals[:, :1]), len(values), "no items"
    )


def of_mean(values: Floats, clusters: list[int] | None = None, options: BootstrapOptions | None = None) -> Draws:
    rows = values[:, None]
    sampling, kept = sampling_of(rows, None if clusters is None else np.array(clusters))
    return resample([(("m",), mean_block(values[kept]))], sampling, options or BootstrapOptions())


KEY = (("m",), "mean")


def test_the_bca_interval_is_scipys_at_the_expanded_confidence() -> None:
    values = np.random.default_rng(1).exponential(size=60)
    found = figure_of(of_mean(values, options=BootstrapOptions(resamples=40_000)), KEY)
    level = 2 * float(norm.cdf(expanded(60, 0.95))) - 1
    assert 0.95 < level < 0.96
    expected = reference_bootstrap(
        (values,), np.mean, n_resamples=40_000, confidence_level=level, rng=np.random.default_rng(2)
    )
    assert found.method == "bca"
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=0.02 * width)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=0.02 * width)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(1).normal(size=50)
    one, again = (figure_of(of_mean(values), KEY) for _ in range(2))
    other = figure_of(of_mean(values, options=BootstrapOptions(seed=1)), KEY)
    assert one == again
    assert one != other
    assert one.value == other.value


def test_identical_rows_drawn_as_counts_spread_like_rows_drawn_singly() -> None:
    values = np.repeat([0.0, 1.0, 4.0], [300, 150, 50])
    counted = of_mean(values)
    single = ClusterSampling(np.arange(500), np.ones(500, dtype=np.int64), single=True)
    apart = resample([(("m",), mean_block(values))], single, BootstrapOptions())
    assert counted.left_out.shape == (3, 1)
    assert apart.left_out.shape == (500, 1)
    assert counted.observed == pytest.approx(apart.observed)
    assert counted.resampled.std() == pytest.approx(apart.resampled.std(), rel=0.03)
    one, other = figure_of(counted, KEY), figure_of(apart, KEY)
    assert one.half_width == pytest.approx(other.half_width, rel=0.05)


def test_items_of_one_cluster_are_drawn_together() -> None:
    generator = np.random.default_rng(3)
    effects = generator.normal(size=40)
    values = np.repeat(effects, 5)
    clusters = np.repeat(np.arange(40), 5).tolist()
    alone, together = figure_of(of_mean(values), KEY), figure_of(of_mean(values, clusters), KEY)
    expected = effects.std(ddof=0) / np.sqrt(40)
    assert alone.half_width is not None
    assert together.half_width is not None
    assert together.half_width == pytest.approx(expanded(40, 0.95) * expected, rel=0.03)
    assert together.half_width > 2 * alone.half_width


def test_a_statistic_without_spread_has_a_value_and_a_reason_but_no_interval() -> None:
    found = figure_of(of_mean(np.ones(30)), KEY)
    assert found.value == 1
    assert found.low is None
    assert found.reason == "the same on every item, so no interval"


def test_one_cluster_cannot_be_resampled() -> None:
    found = figure_of(of_mean(np.arange(5.0), [7] * 5), KEY)
    assert found.value == 2
    assert (found.low, found.high) == (None, None)
    assert found.reason == "fewer than 2 clusters, so nothing to resample"


def test_a_resample_of_alpha_is_alpha_of_the_resample() -> None:
    generator = np.random.default_rng(5)
    ratings = generator.integers(0, 4, (30, 3)).astype(float)
    ratings[generator.random(ratings.shape) < 0.2] = np.nan
    ones = np.ones(30, dtype=np.int64)
    codes = np.where(np.isnan(ratings), -1, ratings).astype(np.int64)
    for level in ("nominal", "ordinal", "interval"):
        block = alpha_block(ratings, codes, 4, level, ones)
        weights = generator.multinomial(30, np.full(30, 1 / 30), size=5)
        for counts in weights:
            rows = np.repeat(np.arange(30), counts)
            copied = alpha_block(ratings[rows], codes[rows], 4, level, np.ones(30, dtype=np.int64))
            expected = copied.finish(copied.moments.sum(axis=0)[None, :])
            assert block.finish((counts @ block.moments)[None, :]) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_a_resample_of_rank_correlations_is_that_of_the_copied_rows(digits: int) -> None:
    generator = np.random.default_rng(6)
    x = np.round(generator.normal(size=40), digits)
    y = np.round(x + generator.normal(size=40), digits)
    (_, place_x), (_, place_y) = np.unique(x, return_inverse=True), np.unique(y, return_inverse=True)
    weights = generator.multinomial(40, np.full(40, 1 / 40), size=20).astype(float)
    found = rank_correlations(weights, place_x.astype(np.int64), place_y.astype(np.int64))
    for counts, values in zip(weights.astype(int), found, strict=True):
        rows = np.repeat(np.arange(40), counts)
        expected = [spearmanr(x[rows], y[rows]).statistic, kendalltau(x[rows], y[rows]).statistic]
        assert values == pytest.approx(expected, abs=1e-6)


def test_influence_functions_spread_like_resampled_ranks() -> None:
    generator = np.random.default_rng(7)
    x = np.round(generator.normal(size=1200), 1)
    y = np.round(x + generator.normal(size=1200), 1)
    ones = np.ones(1200, dtype=np.int64)
    values, influences = rank_influences(x, y, ones)
    assert values == pytest.approx([spearmanr(x, y).statistic, kendalltau(x, y).statistic], abs=1e-9)
    (_, place_x), (_, place_y) = np.unique(x, return_inverse=True), np.unique(y, return_inverse=True)
    weights = generator.multinomial(1200, np.full(1200, 1 / 1200), size=1500).astype(float)
    resampled = rank_correlations(weights, place_x.astype(np.int64), place_y.astype(np.int64))
    spread = influences.std(axis=0) / np.sqrt(1200)
    assert spread == pytest.approx(resampled.std(axis=0), rel=0.07)
    linear = values + weights @ influences / 1200
    error = np.sqrt(((linear - resampled) ** 2).mean(axis=0))
    assert (error < 0.1 * resampled.std(axis=0)).all()


def test_influence_functions_give_the_interval_of_the_table() -> None:
    generator = np.random.default_rng(9)
    x = generator.integers(0, 5, 6000).astype(float)
    rows = np.stack([x, np.clip(2 * x + generator.integers(-3, 4, 6000), 0, 11)], axis=1)
    apart = ClusterSampling(np.arange(6000), np.ones(6000, dtype=np.int64), single=True)
    counted, kept = sampling_of(rows, None)
    found = []
    for sampling, chosen in ((apart, rows), (counted, rows[kept])):
        blocks = order_blocks(chosen[:, 0], chosen[:, 1], sampling.row_copies)
        draws = resample([(("o",), block) for block in blocks], sampling, BootstrapOptions())
        found.append([figure_of(draws, (("o",), name)) for name in ("spearman", "kendall_tau")])
    for linear, table in zip(*found, strict=True):
        assert linear.value == pytest.approx(table.value, abs=1e-12)
        assert linear.half_width == pytest.approx(table.half_width, rel=0.05)


def test_few_pairs_of_scores_are_counted_and_many_are_ranked() -> None:
    generator = np.random.default_rng(8)
    ones = np.ones(600, dtype=np.int64)
    few = generator.integers(0, 5, (2, 600)).astype(float)
    many = generator.normal(size=(2, 600))
    assert [type(block) for block in order_blocks(few[0], few[1], ones)] == [MomentBlock]
    assert [type(block) for block in order_blocks(many[0], many[1], ones)] == [MomentBlock, WeightBlock]


@pytest.mark.parametrize(("resamples", "confidence"), [(10, 0.95), (1000, 1.0), (1000, 0.0)])
def test_settings_that_make_no_interval_are_refused(resamples: int, confidence: float) -> None:
    with pytest.raises(StatsError):
        BootstrapOptions(resamples=resamples, confidence=confidence)


def test_few_groups_are_at_least_as_wide_as_their_jackknife() -> None:
    generator = np.random.default_rng(3)
    for groups in (5, 9, 14, 20):
        effects = generator.normal(size=groups)
        values = np.repeat(effects, 6) + generator.normal(0, 0.2, groups * 6)
        found = figure_of(of_mean(values, np.repeat(np.arange(groups), 6).tolist()), KEY)
        means = values.reshape(groups, 6).mean(axis=1)
        half = float(stdtrit(groups - 1, 0.975)) * float(means.std(ddof=1)) / np.sqrt(groups)
        assert found.low is not None
        assert found.high is not None
        if groups < 15:
            assert found.low <= means.mean() - half + 1e-9
            assert found.high >= means.mean() + half - 1e-9
        else:
            assert found.method == "bca"


def test_agreement_among_people_has_the_jackknifes_interval_on_the_logit_scale() -> None:
    generator = np.random.default_rng(5)
    truth = generator.integers(0, 5, 30)
    codes = np.clip(truth[:, None] + generator.choice((-1, 0, 1), (30, 3), p=(0.15, 0.7, 0.15)), 0, 4)
    sampling, kept = sampling_of(codes.astype(float), None)
    block = rater_block(codes[kept], np.arange(5.0), sampling.row_copies)
    found = figure_of(resample([(("c",), block)], sampling, BootstrapOptions(200)), (("c",), "gwet_ac2"))

    def on_its_scale(rows: Integers) -> float:
        one = rater_block(rows, np.arange(5.0), np.ones(len(rows), dtype=np.int64))
        share = (one.finish(one.moments.sum(axis=0)[None, :])[0, 3] + 1) / 2
        return float(np.log(share / (1 - share)))

    left_out = np.array([on_its_scale(np.delete(codes, place, axis=0)) for place in range(30)])
    pseudo = 30 * on_its_scale(codes) - 29 * left_out
    half = float(stdtrit(29, 0.975)) * float(pseudo.std(ddof=1)) / np.sqrt(30)
    ends = 2 / (1 + np.exp(-(pseudo.mean() + np.array([-half, half])))) - 1
    assert found.method == "jackknife"
    assert (found.low, found.high) == pytest.approx(tuple(ends))


def test_agreement_that_reaches_its_end_without_an_item_has_the_bootstraps_interval() -> None:
    codes = np.tile([0, 1, 2], 10)[:, None].repeat(2, axis=1)
    codes[0, 1] = 1  # without this one item, agreement is perfect
    sampling, kept = sampling_of(codes.astype(float), None)
    block = rater_block(codes[kept], np.arange(3.0), sampling.row_copies)
    found = figure_of(resample([(("c",), block)], sampling, BootstrapOptions(500)), (("c",), "gwet_ac1"))
    assert found.method in {"bca", "percentile"}
    assert found.high == 1.0


def test_a_difference_of_two_judges_is_at_least_as_wide_as_its_jackknife() -> None:
    generator = np.random.default_rng(11)
    people = generator.integers(0, 5, 30).astype(float)
    one, other = (np.clip(people + generator.integers(-1, 2, 30), 0, 4) for _ in range(2))
    found = paired_agreement(one, other, people, "ordinal", "weighted_kappa", None, BootstrapOptions(500)).difference

    def difference(rows: Integers) -> float:
        value = paired_agreement(
            one[rows], other[rows], people[rows], "ordinal", "weighted_kappa", None, BootstrapOptions(100)
        ).difference.value
        assert value is not None
        return value

    left_out = np.array([difference(np.delete(np.arange(30), place)) for place in range(30)])
    half = float(stdtrit(29, 0.975)) * np.sqrt(29 / 30 * ((left_out - left_out.mean()) ** 2).sum())
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low <= found.value - half + 1e-9
    assert found.high >= found.value + half - 1e-9
