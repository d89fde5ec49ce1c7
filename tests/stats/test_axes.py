from __future__ import annotations

import numpy as np
import pytest

from hone.stats.axes import main_axes


@pytest.mark.parametrize("shape", [(40, 12), (12, 40)])
def test_axes_are_those_of_the_largest_singular_values(shape: tuple[int, int]) -> None:
    features = np.random.default_rng(0).normal(size=shape)
    axes = main_axes(features, 5)
    wanted = np.linalg.svd(features, full_matrices=False)[2][:5].T
    assert axes.shape == (shape[1], 5)
    assert np.abs(axes.T @ wanted) == pytest.approx(np.eye(5), abs=1e-8)
    assert axes.T @ axes == pytest.approx(np.eye(5), abs=1e-8)


def test_what_does_not_differ_has_no_axis_and_nothing_at_all_has_one() -> None:
    line = np.outer(np.arange(-5.0, 6.0), [3.0, 4.0, 0.0])
    assert np.abs(main_axes(line, 3)) == pytest.approx(np.array([[0.6], [0.8], [0.0]]), abs=1e-9)
    assert main_axes(np.zeros((4, 3)), 2).shape == (3, 1)
    assert main_axes(np.zeros((3, 4)), 2).shape == (4, 1)
