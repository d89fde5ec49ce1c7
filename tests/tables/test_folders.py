"""Folders: of data files, and as Hugging Face `datasets` reads and writes them."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from hone.errors import ProjectError
from hone.tables import RowProblem, open_table, open_writer
from hone.tables.arrow import arrow

pa = arrow()

# `datasets` and its file locks leave descriptors and deprecations behind that are not ours to mend.
quiet = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Any:
    if importlib.util.find_spec("datasets") is None:
        pytest.skip("needs the package `datasets`: pip install 'datasets<5'")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return importlib.import_module("datasets")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def values(path: Path) -> list[Any]:
    return [row if isinstance(row, RowProblem) else row["a"] for _, row in open_table(path).rows()]


def test_files_of_one_form_are_read_one_after_the_other_and_numbered_through(tmp_path: Path) -> None:
    put(tmp_path / "b.jsonl", '{"a": 3}\nhalf\n')
    put(tmp_path / "a.jsonl", '{"a": 1}\n\n{"a": 2, "c": 0}\n')
    put(tmp_path / "c.jsonl", "")
    put(tmp_path / "README.md", "# words\n")
    table = open_table(tmp_path)
    found = list(table.rows())
    assert [number for number, _ in found] == [1, 2, 3, 4]
    assert isinstance(found[3][1], RowProblem)
    assert found[3][1].reason.startswith("b.jsonl:2: not valid JSON")
    assert (table.columns, table.count(), table.form) == (("a", "c"), 4, "dataset")


def test_several_splits_are_refused_and_each_can_be_named(tmp_path: Path) -> None:
    put(tmp_path / "data/train-00000-of-00002.csv", "a,b\n1,x\n")
    put(tmp_path / "data/train-00001-of-00002.csv", "a,b\n2,x\n")
    put(tmp_path / "data/test-00000-of-00001.csv", "a,b\n3,x\n")
    with pytest.raises(ProjectError, match=r"2 splits; name one: .*/test, .*/train"):
        open_table(tmp_path)
    assert values(tmp_path / "train") == ["1", "2"]
    assert values(tmp_path / "data" / "test") == ["3"]
    with pytest.raises(ProjectError, match="no such file"):
        open_table(tmp_path / "validation")


def test_a_split_may_be_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "train/0.jsonl", '{"a": 1}\n')
    put(tmp_path / "test/0.jsonl", '{"a": 2}\n')
    with pytest.raises(ProjectError, match="2 splits"):
        open_table(tmp_path)
    assert values(tmp_path / "test") == [2]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no data"),
        ({"notes.txt": "x"}, "there is no data"),
        ({"a.csv": "a,b\n1,2\n", "b.jsonl": '{"a": 1}\n'}, "several forms"),
        ({"a.jsonl": '{"a": 1}\n', "b.jsonl": '{"b": 1}\n'}, "no column in common"),
        ({"a.jsonl": '{"a": 1}\n', "test.jsonl": '{"a": 1}\n'}, "several data sets; name one file"),
        ({"a.jsonl": ""}, "it has no rows"),
        ({"state.json": "{}"}, "names no data files"),
        ({"state.json": '{"_data_files": [{"filename": "x.arrow"}]}', "x.arrow": "x"}, "not an Arrow stream"),
        ({"state.json": '{"_data_files": [{"filename": "x.arrow"}]}'}, "no such file"),
        ({"dataset_dict.json": "["}, "not valid JSON"),
        ({"dataset_dict.json": "{}"}, "names no splits"),
    ],
)
def test_a_folder_without_one_table_is_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    for name, text in files.items():
        put(tmp_path / name, text)
    with pytest.raises(ProjectError, match=said):
        open_table(tmp_path)


def test_a_cut_arrow_file_ends_in_a_problem(tmp_path: Path) -> None:
    put(tmp_path / "state.json", '{"_data_files": [{"filename": "x.arrow"}]}')
    batch = pa.record_batch({"a": [1.0, float("nan")] * 500})
    with pa.OSFile(str(tmp_path / "x.arrow"), "wb") as file, pa.ipc.new_stream(file, batch.schema) as stream:
        stream.write_batch(batch)
        stream.write_batch(batch)
    assert open_table(tmp_path).count() == 2000
    data = (tmp_path / "x.arrow").read_bytes()
    (tmp_path / "x.arrow").write_bytes(data[: len(data) * 3 // 4])
    found = values(tmp_path)
    assert found[:2] == [1.0, None]
    assert len(found) == 1001
    assert isinstance(found[-1], RowProblem)
    assert open_table(tmp_path).count() == 1001


@quiet
def test_a_written_folder_loads_with_datasets(tmp_path: Path, datasets: Any) -> None:
    columns: dict[str, type] = {"prompt": str, "score": float, "n": int, "ok": bool}
    wanted = [{"prompt": f"größe {n}", "score": n / 2, "n": n, "ok": None} for n in range(7)]
    with open_writer(tmp_path / "set", columns) as writer:
        for row in wanted:
            writer.write(row)
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    assert loaded["train"].to_list() == wanted
    assert loaded["train"].column_names == list(columns)


@quiet
@pytest.mark.parametrize("name", ["out.jsonl", "out.json", "out.csv", "out.parquet"])
def test_a_written_file_loads_with_datasets(tmp_path: Path, name: str, datasets: Any) -> None:
    wanted = [{"prompt": f'zwei\n"Zeilen", {n}', "score": n / 2, "ok": True} for n in range(7)]
    with open_writer(tmp_path / name, {"prompt": str, "score": float, "ok": bool}) as writer:
        for row in wanted:
            writer.write(row)
    form = {".jsonl": "json"}.get(Path(name).suffix, Path(name).suffix[1:])
    loaded = datasets.load_dataset(form, data_files=str(tmp_path / name), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].to_list() == wanted


@quiet
def test_what_datasets_saved_is_read(tmp_path: Path, datasets: Any) -> None:
    wanted = [{"a": n, "text": f"größe {n}"} for n in range(2500)]
    data = datasets.Dataset.from_list(wanted)
    data.save_to_disk(str(tmp_path / "one"), num_shards=3)
    datasets.DatasetDict({"train": data, "test": data.select(range(4))}).save_to_disk(str(tmp_path / "two"))
    data.filter(lambda row: row["a"] % 2 == 0).shuffle(seed=0).save_to_disk(str(tmp_path / "shuffled"))

    table = open_table(tmp_path / "one")
    assert list(table.rows()) == list(enumerate(wanted, 1))
    assert (table.columns, table.count(), table.form) == (("a", "text"), 2500, "dataset")
    assert sorted(values(tmp_path / "shuffled")) == list(range(0, 2500, 2))
    assert values(tmp_path / "two" / "test") == [0, 1, 2, 3]
    with pytest.raises(ProjectError, match=r"2 splits; name one: .*two/train, .*two/test"):
        open_table(tmp_path / "two")
