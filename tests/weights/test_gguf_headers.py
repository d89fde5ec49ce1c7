"""Headers of GGUF files that are damaged: one line each, before a model is built of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hone.errors import ExportError, UnavailableError
from hone.extras import library
from hone.weights.gguf_file import metadata, rewrite
from hone.weights.gguf_folder import gguf_folder

SIZES = {"block_count": 2, "embedding_length": 64, "attention.head_count": 4, "attention.head_count_kv": 2}


def header(path: Path, **changes: Any) -> Path:
    """A file that says the sizes of a Llama, and holds the first of its tensors."""
    gguf, numpy = library("gguf"), library("numpy")
    writer = gguf.GGUFWriter(path, "llama")
    for name, value in (SIZES | changes).items():
        if isinstance(value, str):
            writer.add_string(f"llama.{name}", value)
        elif value is not None:
            (writer.add_uint32 if isinstance(value, int) else writer.add_array)(f"llama.{name}", value)
    writer.add_string("tokenizer.ggml.model", "llama")
    writer.add_array("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>", "a"])
    for name in ("token_embd", "blk.0.attn_q", "blk.1.attn_q"):
        writer.add_tensor(f"{name}.weight", numpy.zeros((4, 64), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attention.head_count": 0}, r"llama\.attention\.head_count 0, which is no number from 1 on"),
        (
            {"attention.head_count": 7},
            r"llama\.attention\.head_count 7, which does not divide llama\.embedding_length",
        ),
        ({"attention.head_count": "four"}, r"llama\.attention\.head_count 'four', which is no number"),
        ({"attention.head_count": [4, 4]}, r"llama\.attention\.head_count \[4, 4\], which is no number"),
        ({"attention.head_count": None}, r"its header does not say llama\.attention\.head_count"),
        ({"attention.head_count_kv": 3}, r"head_count_kv 3, which does not divide llama\.attention\.head_count 4"),
        ({"embedding_length": 2**31 - 1}, r"embedding_length 2147483647, but token_embd\.weight is 64 wide"),
        ({"block_count": 100_000}, "block_count 100000, but the file holds 3 tensors in all"),
        ({"rope.freq_base": "much"}, "transformers takes no such model as its header describes .*much"),
    ],
)
def test_sizes_that_fit_no_model_are_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    file = header(tmp_path / "model.gguf", **changes)
    with pytest.raises(UnavailableError, match=words) as caught:
        gguf_folder(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "take a whole copy of it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_header_that_fits_is_compared_with_the_tensors(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="the file lacks the weights of"):
        gguf_folder(header(tmp_path / "model.gguf"))


def test_text_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    file = header(tmp_path / "model.gguf")
    content = file.read_bytes()
    place = content.index(b"general.architecture") + len(b"general.architecture") + 12
    file.write_bytes(content[:place] + b"\xff\xfe" + content[place + 2 :])
    with pytest.raises(UnavailableError, match=r"general\.architecture cannot be read.*take a whole copy of it"):
        gguf_folder(file)
    with pytest.raises(ExportError, match=r"general\.architecture cannot be read"):
        metadata(file)
    with pytest.raises(ExportError, match=r"general\.architecture cannot be read"):
        rewrite(file, tmp_path / "other.gguf", {})
