"""The door to Unsloth, as far as a machine without a GPU can go."""

from __future__ import annotations

from pathlib import Path

from hone.training.settings import TuneSettings
from hone.training.unsloth import within_positions
from tests.training.small import small_base


def test_rows_are_no_longer_than_the_base_has_positions(tmp_path: Path) -> None:
    base = small_base(tmp_path / "base")
    asked = TuneSettings(max_length=64).resolve("cuda")
    assert asked.row == 16384
    bounded = within_positions(asked, base)
    assert bounded == asked.model_copy(update={"row": 512})
    short = asked.model_copy(update={"row": 128})
    assert within_positions(short, base) == short
