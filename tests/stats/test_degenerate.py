"""Whatever the ratings: no warning, no NaN in the JSON form, and a reason wherever a number is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hone.stats import BootstrapOptions, Level, Ratings, agreement_figures, paired_agreement

QUICK = BootstrapOptions(resamples=100)


def figures(written: Any) -> Iterator[dict[str, Any]]:
    if isinstance(written, dict):
        if {"value", "low", "high", "n"} <= set(written):
            yield written
        else:
            for part in written.values():
                yield from figures(part)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("kind", ["random", "missing", "sparse", "measured", "equal"])
@pytest.mark.parametrize("items", [1, 12])
@pytest.mark.parametrize("raters", [1, 3])
def test_a_number_that_is_missing_has_a_reason(level: Level, kind: str, items: int, raters: int) -> None:
    generator = np.random.default_rng([items, raters, len(kind)])
    scores = generator.integers(0, 3, (items, raters + 2)).astype(float)
    if kind == "missing":
        scores[:, :raters] = np.nan
    elif kind == "sparse":
        scores[generator.random(scores.shape) < 0.5] = np.nan
    elif kind == "measured":
        scores = generator.normal(size=scores.shape)
    elif kind == "equal":
        scores[:] = 1
    people, judges = {"a": scores[:, :raters], "b": scores[::-1, :raters]}, {"a": scores[:, raters:]}
    groups = generator.integers(0, 3, items).tolist() if kind == "random" else None
    names = [f"r{place}" for place in range(raters)]
    ratings = Ratings(people, names, level, judges, ["i", "j"], groups, np.arange(items))
    written = agreement_figures(ratings, QUICK).as_dict()
    json.dumps(written, allow_nan=False)
    found = list(figures(written))
    assert len(found) > 50
    for figure in found:
        complete = None not in (figure["value"], figure["low"], figure["high"])
        assert complete or figure["reason"]
        assert not complete or figure["low"] <= figure["high"]
    paired_agreement(scores[:, raters], scores[:, raters + 1], scores[:, :raters], level, options=QUICK)
