"""llama.cpp's converter: which one is used, and what its failures say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.errors import ExportError
from hone.export.converter import FULL, RELEASE, converter_folder, run_converter, tree_digest


def checkout(folder: Path, script: str) -> Path:
    folder.mkdir()
    (folder / FULL).write_text(script)
    return folder


@pytest.mark.parametrize(
    ("said", "wording"),
    [
        ("NotImplementedError: Architecture 'FooForCausalLM' not supported!", "does not know the architecture Foo"),
        (
            "NotImplementedError: BPE pre-tokenizer was not recognized - update",
            "does not know this model's tokenizer",
        ),
        (
            "ModuleNotFoundError: No module named 'sentencepiece'",
            r"needs the package sentencepiece.*hone-llm\[export\]",
        ),
        ("OSError: [Errno 28] No space left on device", "no room left"),
        ("first line\nRuntimeError: something else", "failed: RuntimeError: something else"),
    ],
)
def test_a_failure_is_one_line_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, wording: str
) -> None:
    own = checkout(tmp_path / "llama.cpp", f"import sys\nsys.stderr.write({said!r})\nsys.exit(1)\n")
    monkeypatch.setenv("HONE_LLAMA_CPP", str(own))
    with pytest.raises(ExportError, match=wording) as raised:
        run_converter(FULL, tmp_path)
    assert "\n" not in str(raised.value)


def test_ones_own_checkout_is_used_and_sees_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import os, sys\nsys.stderr.write(os.environ['HF_HUB_OFFLINE'] + str(os.environ.get('HF_TOKEN')))\n"
    monkeypatch.setenv("HONE_LLAMA_CPP", str(checkout(tmp_path / "llama.cpp", script)))
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert run_converter(FULL) == "1None"


def test_a_folder_without_a_converter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONE_LLAMA_CPP", str(tmp_path))
    with pytest.raises(ExportError, match=f"HONE_LLAMA_CPP={tmp_path}: there is no {FULL}"):
        converter_folder()


def test_a_converter_that_was_changed_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONE_LLAMA_CPP", raising=False)
    monkeypatch.setenv("HONE_CACHE", str(tmp_path))
    checkout(tmp_path / f"llama.cpp-{RELEASE}", "print('changed')")
    with pytest.raises(ExportError, match="not the converter that was pinned"):
        converter_folder()


def test_the_digest_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = tree_digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert tree_digest(tmp_path) == first
    (tmp_path / "a").write_text("2")
    second = tree_digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, tree_digest(tmp_path)}) == 3
