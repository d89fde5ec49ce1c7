"""Python that a model folder brings along is never run, and nobody is asked whether it may."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hone
from hone.errors import UnavailableError
from hone.export.converter import FULL, run_converter
from hone.models import connect
from hone.weights.opening import weights
from tests.models.test_local import folder

__all__ = ["folder"]
OPENED = {"AutoConfig", "AutoTokenizer", "AutoModelForCausalLM"}


def test_every_opening_of_a_model_forbids_code_of_its_own() -> None:
    found = 0
    for file in Path(hone.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr not in {"from_pretrained", "from_config"}:
                continue
            named = call.func.value.attr if isinstance(call.func.value, ast.Attribute) else ""
            if named not in OPENED:
                continue
            found += 1
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert given.get("trust_remote_code") == "False", f"{file}:{call.lineno}"
            if named == "AutoModelForCausalLM" and call.func.attr == "from_pretrained" and "gguf_file" not in given:
                assert given.get("use_safetensors") == "True" or None in given, f"{file}:{call.lineno}"
    assert found > 12


@pytest.fixture
def strange(folder: Path, tmp_path: Path) -> Path:
    """A model folder whose own Python leaves a mark when it is run."""
    copy = tmp_path / "strange"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "strange", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Own: ...\n")
    return copy


def test_a_model_that_is_a_program_is_refused_in_one_line(strange: Path) -> None:
    with pytest.raises(UnavailableError, match="Python code of its own"):
        weights(str(strange))
    with pytest.raises(UnavailableError, match="Python code of its own"):
        connect(f"hf:{strange}")
    assert not (strange.parent / "ran").exists()


def test_nobody_is_asked_on_standard_input(strange: Path) -> None:
    script = f"from hone.models import connect; connect('hf:{strange}')"
    done = subprocess.run(
        [sys.executable, "-c", script], input="y\n" * 9, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Python code of its own" in done.stderr
    assert not (strange.parent / "ran").exists()


def test_a_known_model_that_names_code_beside_it_is_opened_without_that_code(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "known"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModelForCausalLM": "own.Own"}}))
    (copy / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    with connect(f"hf:{copy}"):
        pass
    assert not (tmp_path / "ran").exists()


def test_the_converter_sees_no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("HF_TOKEN", "hf-secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    own = tmp_path / "converter"
    own.mkdir()
    (own / FULL).write_text("import os, sys\nsys.stderr.write(repr(dict(os.environ)))\n")
    monkeypatch.setenv("HONE_LLAMA_CPP", str(own))
    assert "PATH" in (said := run_converter(FULL))
    assert "secret" not in said
