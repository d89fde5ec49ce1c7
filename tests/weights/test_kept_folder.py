"""A model's folder in the cache is made once, and anew where a part of it is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hone.weights.kept_folder import WEIGHTS_INDEX, kept_folder

FILES = ("config.json", "tokenizer_config.json", "model.safetensors")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where a folder was written, time after time; the cache is the test's own."""
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
    return []


def made(written: list[Path], *names: str) -> Path:
    def write(part: Path) -> None:
        written.append(part)
        for name in names or FILES:
            (part / name).write_text("{}")

    return kept_folder("small", write)


def test_a_whole_folder_is_made_once(written: list[Path]) -> None:
    assert made(written) == made(written)
    assert len(written) == 1


@pytest.mark.parametrize("lacking", FILES)
def test_a_folder_that_lacks_a_file_or_holds_an_empty_one_is_made_anew(written: list[Path], lacking: str) -> None:
    folder = made(written)
    (folder / lacking).unlink()
    made(written)
    (folder / lacking).write_text("")
    made(written)
    assert (folder / lacking).read_text() == "{}"
    assert len(written) == 3


def test_each_file_of_weights_that_the_index_names_must_be_there(written: list[Path]) -> None:
    names = (*FILES[:2], "model-1.safetensors", "model-2.safetensors")
    folder = made(written, *names)
    (folder / WEIGHTS_INDEX).write_text(json.dumps({"weight_map": {"a": names[2], "b": names[3]}}))
    made(written, *names)
    assert len(written) == 1
    (folder / names[3]).unlink()
    made(written, *names)
    assert len(written) == 2
