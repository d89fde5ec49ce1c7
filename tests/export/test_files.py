"""GGUF files: rewritten whole or not at all, quantised by known types."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hone.errors import ExportError, MissingExtraError, UnavailableError
from hone.export.card import MADE, About, licence_of, modelfile, readme
from hone.export.quantise import check_quants, quantise
from hone.files import whole_path
from hone.weights.gguf_file import metadata, open_gguf, rewrite

gguf: Any = pytest.importorskip("gguf")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three tensors and a list."""
    path = tmp_path / "small.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("general.name", "small")
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "ü"])
    draws = np.random.default_rng(0)
    for name, shape in (("token_embd.weight", (8, 64)), ("blk.0.ffn_up.weight", (16, 64)), ("odd.weight", (4, 30))):
        writer.add_tensor(name, draws.normal(size=shape).astype(np.float16))
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tensors(path: Path) -> dict[str, tuple[str, bytes]]:
    return {one.name: (one.tensor_type.name, one.data.tobytes()) for one in open_gguf(path).tensors}


def test_metadata_is_changed_and_every_tensor_stays(file: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.gguf"
    about = About(name="New", base="smollm2", licence="apache-2.0", system="Be {brief}.\nYes.", results={"n": 1})
    rewrite(file, changed, about.metadata())
    assert tensors(changed) == tensors(file)
    found = metadata(changed)
    assert found["general.name"] == "New"
    assert found["hone.system"] == "Be {brief}.\nYes."
    assert found["hone.results"] == '{"n": 1}'
    assert "hone.rubric" not in found
    assert open_gguf(changed).fields["tokenizer.ggml.tokens"].contents() == ["a", "b", "ü"]


@pytest.mark.parametrize("name", ["q8_0", "q4_0"])
def test_matrices_are_quantised_and_vectors_are_not(file: Path, tmp_path: Path, name: str) -> None:
    small = tmp_path / "q.gguf"
    quantise(file, small, name)
    types = {key: kind for key, (kind, _) in tensors(small).items()}
    assert types == {"token_embd.weight": "Q8_0", "blk.0.ffn_up.weight": name.upper(), "odd.weight": "F16",
                     "blk.0.attn_norm.weight": "F32"}  # fmt: skip
    for one, other in zip(open_gguf(small).tensors, open_gguf(file).tensors, strict=True):
        values = gguf.quants.dequantize(one.data, one.tensor_type)
        truth = gguf.quants.dequantize(other.data, other.tensor_type)
        assert np.abs(values - truth).max() < (0.35 if one.tensor_type.name == "Q4_0" else 0.02)


def test_f16_and_bf16_turn_into_each_other(file: Path, tmp_path: Path) -> None:
    quantise(file, tmp_path / "b.gguf", "bf16")
    quantise(tmp_path / "b.gguf", tmp_path / "c.gguf", "f16")
    assert {kind for kind, _ in tensors(tmp_path / "b.gguf").values()} == {"BF16", "F32"}
    assert metadata(tmp_path / "b.gguf")["general.file_type"] == 32
    assert {kind for kind, _ in tensors(tmp_path / "c.gguf").values()} == {"F16", "F32"}


def test_an_unknown_quantisation_is_named() -> None:
    with pytest.raises(ExportError, match="no quantisation 'q9_k'; there are f16, bf16, q8_0"):
        check_quants(("q9_k",))


def test_k_quants_without_llama_cpp_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("llama_cpp"):
        pytest.skip("llama-cpp-python is installed here")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"hone-llm\[quantise\].*llama-quantize"):
        check_quants(("q8_0", "q4_k_m"))


def test_llama_quantize_on_the_path_makes_k_quants(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "llama-quantize"
    program.write_text('#!/bin/sh\n[ "$3" = Q4_K_M ] && exec /bin/cp "$1" "$2"\necho "no such type" >&2; exit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    quantise(file, tmp_path / "k.gguf", "q4_k_m")
    assert tensors(tmp_path / "k.gguf") == tensors(file)
    with pytest.raises(ExportError, match="cannot make q5_k_m of small: no such type"):
        quantise(file, tmp_path / "k5.gguf", "q5_k_m")
    assert not list(tmp_path.glob(".*part"))


def test_what_is_no_gguf_is_said_to_be_none(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "x.gguf"
    other.write_bytes(b"<html>")
    with pytest.raises(UnavailableError, match="not a GGUF model file"):
        metadata(other)
    other.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ExportError, match="damaged or cut short"):
        metadata(other)


def test_a_half_written_file_never_gets_the_name(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(RuntimeError, match="power"), whole_path(target) as part:
        _write_half(part)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "no").write_text("a file in the folder's place")
    with (
        pytest.raises(ExportError, match="cannot be written"),
        whole_path(tmp_path / "no" / "model.gguf", kind=ExportError) as part,
    ):
        part.write_bytes(b"GGUF")


def _write_half(part: Path) -> None:
    part.write_bytes(b"GGUF half")
    raise RuntimeError("the power went off")


def test_the_modelfile_holds_the_prompt_and_no_open_quotes() -> None:
    about = About(name="m", base="smollm2", system='Say """yes""".')
    text = modelfile(Path("out/m.gguf"), about, None, ["<|im_end|>"])
    assert text.startswith(f"# {MADE}")
    assert "FROM ./m.gguf" in text
    assert 'PARAMETER stop "<|im_end|>"' in text
    assert text.count('"""') == 2
    assert "TEMPLATE" not in text
    assert "hone chat gguf:m.gguf" in readme([Path("out/m.gguf")], about, "| a |")


def test_the_licence_comes_from_the_bases_card(tmp_path: Path) -> None:
    assert licence_of(tmp_path, "OWNER/NAME") == ""
    (tmp_path / "README.md").write_text("---\nlicense: llama3.2\ntags: [x]\n---\n# Model\n")
    assert licence_of(tmp_path, "OWNER/NAME") == "llama3.2"
