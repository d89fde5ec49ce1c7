from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hone.errors import HoneError
from hone.journey.agreement import agree
from hone.stats import BootstrapOptions

QUICK = BootstrapOptions(resamples=300)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def _now(tmp_path: Path) -> tuple[Path, list[int]]:
    generator = np.random.default_rng(0)
    truth = [int(one) for one in generator.integers(1, 6, 80)]
    rows = [(n, "c", who, truth[n], "human") for n in range(80) for who in ("a", "b")]
    rows += [(n, "c", "bot", truth[n], "judge") for n in range(80)]
    return _write(tmp_path / "now.csv", ("item", "criterion", "rater", "score", "kind"), rows), truth


def test_a_judge_beside_itself_earlier_has_a_paired_gap_and_says_what_changed(tmp_path: Path) -> None:
    now, truth = _now(tmp_path)
    rows = [(n, "c", "bot", min(5, truth[n] + n % 2), "judge") for n in range(70)]
    before = _write(tmp_path / "before.csv", ("item", "criterion", "rater", "score", "kind"), rows)
    found = agree(now, against=before, options=QUICK)
    assert len(found.drift) == 1
    one = found.drift[0]
    assert (one.comparison.first, one.comparison.second) == ("bot", "bot (earlier)")
    difference = one.comparison.criteria["c"].difference
    assert difference.n == 70
    assert difference.difference.low is not None
    assert difference.difference.low > 0, "it follows people better now"
    change = one.changes["c"]
    assert change.same.value == pytest.approx(np.mean([row[3] == truth[n] for n, row in enumerate(rows)]))
    assert change.shift is not None
    assert change.shift.high is not None
    assert change.shift.high < 0


def test_a_labelled_set_of_an_earlier_rubric_is_read_too(tmp_path: Path) -> None:
    now, truth = _now(tmp_path)
    before = _write(tmp_path / "old.csv", ("id", "c", "judge"), [(n, truth[n], "bot") for n in range(80)])
    one = agree(now, against=before, options=QUICK).drift[0]
    assert one.changes["c"].same.value == 1
    assert one.changes["c"].same.low is not None
    assert one.changes["c"].same.low < 1


def test_files_without_a_judge_in_common_are_refused(tmp_path: Path) -> None:
    now, truth = _now(tmp_path)
    rows = [(n, "c", who, truth[n], "judge") for n in range(80) for who in ("x", "y")]
    before = _write(tmp_path / "before.csv", ("item", "criterion", "rater", "score", "kind"), rows)
    with pytest.raises(HoneError, match=r"no judge is in both files; now: bot; here: x, y"):
        agree(now, against=before, options=QUICK)
