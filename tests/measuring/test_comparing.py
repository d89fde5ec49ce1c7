from __future__ import annotations

import numpy as np
import pytest

from hone.errors import HoneError
from hone.measuring import compare_judges, joint_counts
from hone.stats import BootstrapOptions, Ratings, holm

QUICK = BootstrapOptions(resamples=400)


def ratings(items: int = 120) -> Ratings:
    generator = np.random.default_rng(0)
    truth = generator.integers(1, 6, (items, 1))
    near = np.clip(truth + generator.integers(-1, 2, (items, 3)), 1, 5).astype(float)
    far = generator.integers(1, 6, (items, 1)).astype(float)
    judges = np.concatenate([near[:, 2:], far], axis=1)
    return Ratings({"c": near[:, :2], "d": near[:, :2]}, ("r", "s"), "ordinal", {"c": judges, "d": judges[:, ::-1]},
                   ("near", "far"))  # fmt: skip


def test_the_better_judge_is_named_and_p_is_corrected_over_criteria() -> None:
    found = compare_judges(ratings(), "near", "far", QUICK)
    assert found.criteria["c"].words == "near agrees better with people"
    assert found.criteria["d"].words == "far agrees better with people"
    plain = [one.difference.p_value for one in found.criteria.values()]
    assert [one.p_adjusted for one in found.criteria.values()] == pytest.approx(
        holm([p or 0 for p in plain]).tolist()
    )
    assert found.as_dict()["criteria"]["c"]["difference"]["value"] > 0.4


def test_few_items_and_chance_are_said() -> None:
    few = compare_judges(ratings(8), "near", "far", QUICK)
    assert few.criteria["c"].words == "only 8 items: too few to compare"
    one = ratings()
    assert one.judges
    twin = Ratings(
        {"c": one.people["c"]}, one.raters, "ordinal", {"c": np.asarray(one.judges["c"])[:, [0, 0]]}, ("a", "b")
    )
    assert compare_judges(twin, "a", "b", QUICK).criteria["c"].words == "no difference that chance does not explain"


def test_a_name_that_is_no_judge_is_refused() -> None:
    with pytest.raises(HoneError, match="no judge 'r' in the ratings; the judges are: near, far"):
        compare_judges(ratings(), "r", "far", QUICK)
    with pytest.raises(HoneError, match="with itself"):
        compare_judges(ratings(), "far", "far", QUICK)


def test_joint_counts_count_every_item_once() -> None:
    one = ratings()
    found = joint_counts(one, "c", "near")
    assert found
    assert found.counts.sum() == 120
    assert found.judge.tolist() == [1, 2, 3, 4, 5]
    assert not found.people_binned


def test_many_different_scores_are_put_into_bins() -> None:
    generator = np.random.default_rng(0)
    wide = Ratings({"c": generator.random((50, 2))}, ("r", "s"), "interval", {"c": generator.random((50, 1))}, ("j",))
    found = joint_counts(wide, "c", "j")
    assert found
    assert found.judge_binned
    assert found.people_binned
    assert found.counts.shape == (10, 10)
    assert found.counts.sum() == 50


def test_labels_have_no_scatter() -> None:
    labels = Ratings({"c": [[0.0], [1.0]]}, ("r",), "nominal", {"c": [[0.0], [1.0]]}, ("j",))
    assert joint_counts(labels, "c", "j") is None


def test_where_nobody_rated_nearness_is_not_compared() -> None:
    given = ratings()
    nobody = {name: np.full((120, 0), np.nan) for name in given.people}
    found = compare_judges(Ratings(nobody, (), "ordinal", given.judges, given.judge_names), "near", "far", QUICK)
    expected = "nobody rated these items, so nearness to people cannot be compared"
    assert {one.words for one in found.criteria.values()} == {expected}
