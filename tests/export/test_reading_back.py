"""GGUF files read back: the same weights, tokens and settings as the folder that they were made of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hone.errors import UnavailableError
from hone.export import corpus
from hone.export.converter import FULL, run_converter
from hone.export.reading_back import compare_read_back
from hone.extras import library
from hone.models import connect
from hone.models.local import TransformersModel
from hone.weights.gguf_config import gguf_config
from hone.weights.gguf_file import open_gguf, rewrite
from hone.weights.opening import weights
from hone.weights.smollm2 import smollm2_file
from hone.weights.tokenizer import open_tokenizer

from .tiny import tiny_model

RARER = ["Mistral", "Gemma2", "Phi3", "GPT2", "Starcoder2", "StableLm", "Qwen3Moe"]
ARCHITECTURES = ["Llama", "Qwen3", "Gemma3", *(pytest.param(name, marks=pytest.mark.slow) for name in RARER)]
QWEN = Path("~/.cache/hone-models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf").expanduser()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, converter: Path) -> None:
    """What is read back goes to a cache of the test's own; SmolLM2 and the converter stay where they are."""
    weights("smollm2")
    monkeypatch.setenv("HONE_LLAMA_CPP", str(converter))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def exported(base: Path, file: Path, kind: str = "f32") -> Path:
    """A folder as a GGUF file."""
    run_converter(FULL, base, "--outfile", file, "--outtype", kind)
    return file


def tiny_file(folder: Path, kind: str = "f16", **changes: Any) -> Path:
    """A tiny Llama as a GGUF file."""
    return exported(tiny_model("Llama", folder / "base", **changes), folder / "model.gguf", kind)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, converter: Path) -> Path:
    """A tiny Llama without rotary scaling, as a GGUF file, made once."""
    return tiny_file(tmp_path_factory.mktemp("plain"), rope_parameters={"rope_type": "default", "rope_theta": 1e4})


def logits(folder: Path, tokens: list[int]) -> Any:
    """What a model makes of tokens, in 32 bits."""
    torch, transformers = library("torch"), library("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return model(torch.tensor([tokens])).logits[0]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_file_gives_back_the_model_that_it_was_made_of(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = library("torch")
    base = tiny_model(architecture, tmp_path / "base")
    file = exported(base, tmp_path / "model.gguf")
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
    folder = weights(f"gguf:{file}")
    tokens = [10 + (7 * place) % 400 for place in range(200)]  # longer than every window
    # Written in bfloat16 and read back in 32 bits: not one number may have changed.
    assert torch.equal(logits(folder, tokens), logits(base, tokens))
    ours, theirs = open_tokenizer(folder), open_tokenizer(base)
    assert ours.chat_template == theirs.chat_template
    if architecture != "Phi3":  # its converter leaves out that this tokenizer, which is Gemma's, puts no space first
        texts = corpus.texts()
        assert [ours(text)["input_ids"] for text in texts] == [theirs(text)["input_ids"] for text in texts]


@pytest.mark.engine
@pytest.mark.parametrize("architecture", ["Llama", "Gemma3", pytest.param("Phi3", marks=pytest.mark.slow)])
def test_the_engine_has_the_same_tokens_and_distributions(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = exported(tiny_model(architecture, tmp_path / "base"), tmp_path / "model.gguf")
    monkeypatch.setenv("HONE_CACHE", str(tmp_path / "cache"))
    found = compare_read_back(file, weights(f"gguf:{file}"), places=24)
    assert found.same, found.lines()
    assert found.next is not None
    assert found.next.places >= 20
    assert found.next.same >= found.next.places - 1
    assert found.next.kl < 1e-3
    assert "59 of 59 equal" in found.lines()[0]


@pytest.mark.engine
def test_smollm2_read_back_as_any_file_is_smollm2(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = library("torch")
    ours = weights(str(smollm2_file()))
    assert ours.is_relative_to(cache)
    monkeypatch.delenv("HONE_CACHE")
    theirs = weights("smollm2")
    one, other = open_tokenizer(ours), open_tokenizer(theirs)
    texts = [*corpus.texts(), "#### 2,125 ½"]
    # The engine never cuts "</s>" apart, and that folder is older than this rule.
    texts = [text for text in texts if "</s>" not in text]
    assert [one(text)["input_ids"] for text in texts] == [other(text)["input_ids"] for text in texts]
    assert (one.bos_token, one.eos_token, one.pad_token) == (other.bos_token, other.eos_token, other.pad_token)
    assert one.chat_template == other.chat_template
    tokens = one("The train leaves at 7:05, not at 7:50.")["input_ids"]
    mine, makers = logits(ours, tokens), logits(theirs, tokens)
    assert torch.equal(mine.argmax(-1), makers.argmax(-1))
    assert float((mine - makers).abs().max()) < 0.05  # rounded once to 16 bits


def test_the_folder_is_made_once_for_a_content_and_named_by_hf_too(tmp_path: Path, cache: Path) -> None:
    file = tiny_file(tmp_path, "bf16")
    folder = weights(f"gguf:{file}")
    assert folder.is_relative_to(cache)
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    before = (folder / "model-00001.safetensors").stat().st_mtime_ns
    other = tmp_path / "other.gguf"
    file.rename(other)
    assert weights(str(other)) == folder
    assert (folder / "model-00001.safetensors").stat().st_mtime_ns == before
    with connect("hf:other.gguf", folder=tmp_path) as model:
        assert isinstance(model, TransformersModel)
        assert model.files == (folder,)
    (folder / "model-00001.safetensors").unlink()
    (folder / "left.txt").touch()
    assert weights(str(other)) == folder
    assert (folder / "model-00001.safetensors").is_file()
    assert not (folder / "left.txt").exists()


def test_large_weights_are_written_in_several_files(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hone.weights.gguf_folder._SHARD", 100_000)
    file = tiny_file(tmp_path, "f32")
    folder = weights(f"gguf:{file}")
    assert folder.is_relative_to(cache)
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    assert library("torch").equal(logits(folder, [5, 6, 7]), logits(tmp_path / "base", [5, 6, 7]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"llama.rope.scaling.type": "strange"}, "its rotary scaling 'strange' is not one that Hone reads back"),
        ({"tokenizer.ggml.pre": "fancy"}, "its pre-tokenizer 'fancy' is not one that Hone knows"),
        ({"llama.feed_forward_length": 96}, "has another shape than model.layers.0.mlp"),
        ({"llama.block_count": 3}, "the file lacks the weights of model.layers.2"),
        ({"llama.block_count": 1}, "has no place in a llama model of transformers"),
    ],
)
def test_what_would_be_read_back_wrongly_is_refused_and_nothing_is_kept(
    changes: dict[str, Any], words: str, plain: Path, tmp_path: Path, cache: Path
) -> None:
    rewrite(plain, tmp_path / "changed.gguf", changes)
    with pytest.raises(UnavailableError, match=words):
        weights(f"gguf:{tmp_path / 'changed.gguf'}")
    assert not list((cache / "weights").glob("gguf-*"))


def test_another_architecture_and_rotary_factors_that_are_not_llamas_are_refused(plain: Path) -> None:
    reader = open_gguf(plain)
    values = {name: field.contents() for name, field in reader.fields.items()}
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    with pytest.raises(UnavailableError, match="does not read the architecture 'gptj' back"):
        gguf_config(plain, values | {"general.architecture": "gptj"}, tensors, (2,))
    odd = SimpleNamespace(data=library("numpy").array([1.0, 5.0, 2.0, 9.0]))
    with pytest.raises(UnavailableError, match="its rotary factors are not Llama 3's"):
        gguf_config(plain, values, tensors | {"rope_freqs.weight": odd}, (2,))


def test_a_file_that_is_missing_or_cut_short_is_one_line(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="the model file cannot be read"):
        weights(f"gguf:{tmp_path / 'none.gguf'}")
    (tmp_path / "cut.gguf").write_bytes(plain.read_bytes()[:200_000])
    with pytest.raises(UnavailableError, match=r"cut\.gguf"):
        weights(str(tmp_path / "cut.gguf"))


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not os.environ.get("HONE_GGUF") and not QWEN.is_file(), reason="name a real GGUF file: HONE_GGUF")
def test_a_real_quantised_model_is_read_back_as_the_engine_has_it() -> None:
    file = Path(os.environ.get("HONE_GGUF") or QWEN)
    found = compare_read_back(file, weights(f"gguf:{file}"), places=64)
    assert found.same, found.lines()
    assert found.next is not None
    assert found.next.same >= 0.95 * found.next.places
    assert found.next.kl < 0.01
