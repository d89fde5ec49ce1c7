"""`hone judge calibrate`, and `hone label --calibration` with what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .conftest import Hone

NAME = "Be Detailed"


def ratings(path: Path, shift: float = 1.0, judge: str = "scripted:script.jsonl") -> Path:
    generator = np.random.default_rng(7)
    lines = ["item,criterion,rater,score,kind"]
    for item in range(80):
        level = int(generator.integers(-1, 2))
        said = min(level + shift, 1) if generator.random() < 0.9 else level
        lines += [f"i{item},{NAME},ann,{level},human", f"i{item},{NAME},{judge},{said},judge"]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_map_that_helps_is_written_and_label_adds_what_people_are_expected_to_say(
    hone: Hone, project: Path, tmp_path: Path
) -> None:
    maps, table, out = tmp_path / "maps.json", tmp_path / "table.csv", tmp_path / "out.jsonl"
    found = hone("judge", "calibrate", ratings(tmp_path / "r.csv"), "--out", maps)
    assert found.code == 0, found.err
    assert "nearer to people" in found.out
    assert f"hone label --calibration {maps}" in found.err
    table.write_text("id,prompt,reply\n" + "".join(f"r{n},Please plan week {n}.,Plan {n}.\n" for n in range(3)))
    done = hone("label", table, "--calibration", maps, "--out", out)
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row[NAME] for row in rows} == {1}
    assert all(-1 <= row[f"{NAME} as people"] < 0.9 for row in rows)


def test_a_judge_whose_scores_are_people_s_gets_no_map_and_ends_with_3(hone: Hone, tmp_path: Path) -> None:
    maps = tmp_path / "maps.json"
    found = hone("judge", "calibrate", ratings(tmp_path / "r.csv", shift=0), "--out", maps)
    assert found.code == 3
    assert "no map is shown to bring the judge nearer to people" in found.err
    assert not maps.exists()


def test_maps_of_another_judge_are_refused(hone: Hone, project: Path, tmp_path: Path) -> None:
    maps = tmp_path / "maps.json"
    assert hone("judge", "calibrate", ratings(tmp_path / "r.csv", judge="other"), "--out", maps).code == 0
    refused = hone("label", "--calibration", maps)
    assert refused.code == 1
    assert "it was measured for the judge other, not for scripted:script.jsonl" in refused.err


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "no JSON",
        '{"judge": "j", "criteria": {"c": {"kind": "line", "scores": [2, 1], "values": [1, 2]}}}',
        '{"judge": "j", "criteria": {"c": {"kind": "line", "scores": [1, 2], "values": [1, NaN]}}}',
    ],
)
def test_what_is_no_file_of_maps_is_one_line(hone: Hone, tmp_path: Path, text: str) -> None:
    path = tmp_path / "maps.json"
    path.write_text(text)
    refused = hone("label", "--calibration", path)
    assert refused.code == 1
    assert "this is no file that `hone judge calibrate` wrote" in refused.err
