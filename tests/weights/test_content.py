"""The same model is the same content: not the name, the size or the time of a file."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from hone.jobs import Caller, Journal
from hone.models import Message, Request, ScriptedModel, connect
from hone.project.runs import open_run
from hone.weights.content import content, content_of


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def folder(path: Path) -> Path:
    path.mkdir()
    (path / "model.safetensors").write_bytes(b"weights")
    (path / "tokenizer.json").write_text("{}")
    (path / "README.md").write_text("of a model")
    return path


def test_another_content_of_the_same_name_size_and_time_is_another_model(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF one")
    before, state = content("gguf:m.gguf", tmp_path), file.stat()
    file.write_bytes(b"GGUF two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert content("gguf:m.gguf", tmp_path) != before


def test_a_file_that_was_moved_renamed_or_touched_is_the_same_model(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF one")
    before = content("gguf:m.gguf", tmp_path)
    (tmp_path / "other").mkdir()
    shutil.copy(file, tmp_path / "other" / "n.gguf")
    os.utime(file, (1, 1))
    assert content("gguf:m.gguf", tmp_path) == content(f"gguf:{tmp_path}/other/n.gguf") == before


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "chat_template.jinja", "generation_config.json"]
)
def test_whatever_answers_depend_on_in_a_folder_counts(name: str, tmp_path: Path) -> None:
    model = folder(tmp_path / "m")
    before = content("hf:m", tmp_path)
    (model / "README.md").write_text("of a model, said better")
    assert content("hf:m", tmp_path) == before == content_of(model)
    (model / name).write_text("changed")
    assert content("hf:m", tmp_path) != before


def test_an_adapter_counts_too(tmp_path: Path) -> None:
    folder(tmp_path / "m")
    folder(tmp_path / "a")
    assert len({content("hf:m", tmp_path), content("hf:a+m", tmp_path), content("hf:m+a", tmp_path)}) in {2, 3}
    assert content("hf:m", tmp_path) != content("hf:m+a", tmp_path)


@pytest.mark.parametrize(
    "spec", ["openai:gpt", "http://host/v1#m", "smollm2", "hf:OWNER/NAME", "gguf:none.gguf", "gguf:"]
)
def test_a_spec_that_names_no_file_has_no_content(spec: str, tmp_path: Path) -> None:
    assert content(spec, tmp_path) == ""


def test_a_file_is_read_once_and_a_cache_that_cannot_be_read_or_written_is_done_without(
    tmp_path: Path, cache: Path
) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF one")
    first = content_of(file)
    assert len(json.loads((cache / "digests.json").read_text())) >= 1
    (cache / "digests.json").write_text("{")
    assert content_of(file) == first
    shutil.rmtree(cache)
    cache.write_text("a file where the folder would be")
    other = tmp_path / "n.gguf"
    other.write_bytes(b"GGUF two")
    assert content_of(other) != first


def test_a_script_s_answers_are_known_again_where_its_project_was_moved(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "s.jsonl").write_text('{"contains": "", "text": "Yes."}\n')
    with connect("scripted:s.jsonl", folder=tmp_path / "a") as model:
        before = model.identity
    (tmp_path / "a").rename(tmp_path / "b")
    with connect("scripted:s.jsonl", folder=tmp_path / "b") as model:
        assert model.identity == before


def test_answers_under_the_name_that_a_model_had_formerly_count(tmp_path: Path) -> None:
    request = Request((Message("user", "Hello."),))
    model = ScriptedModel("Yes.", "No.")

    async def ask() -> str:
        with Journal(tmp_path / "journal.jsonl") as journal:
            outcome = await Caller(journal).ask(model, request)
        assert outcome.completion is not None
        return outcome.completion.text

    model.identity = "m.gguf 100 12345"
    assert asyncio.run(ask()) == "Yes."
    model.formerly, model.identity = (model.identity,), "files 0011223344556677"
    assert asyncio.run(ask()) == "Yes."
    model.formerly = ()
    assert asyncio.run(ask()) == "No."


def test_a_run_of_version_0_1_did_not_write_down_what_files_held_and_is_known_again(tmp_path: Path) -> None:
    old = {"writer": {"model": "gguf:m.gguf"}}
    run = open_run(tmp_path, "reply", old)
    now = {"writer": {"model": "gguf:m.gguf", "files": "0011223344556677"}}
    assert open_run(tmp_path, "reply", now).folder == run.folder
    run.finish([])
    fresh = open_run(tmp_path, "reply", now, fresh=True)
    fresh.finish([])
    other = {"writer": {"model": "gguf:m.gguf", "files": "7766554433221100"}}
    assert open_run(tmp_path, "reply", other).folder != fresh.folder
