"""Adapters in and over their base: the same logits, and a clear word where they do not fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hone.errors import ExportError
from hone.export.merge import adapter_config, check_base, check_fits, merge_adapter, parameters
from hone.export.source import SourceModel

from .tiny import change, tiny_model

TOKENS = [504, 3437, 260, 1042, 99, 7]


def test_merged_weights_give_what_base_and_adapter_give(llama: Path, adapter: Path, tmp_path: Path) -> None:
    assert merge_adapter(llama, adapter, 1.0, tmp_path / "merged") == "bf16"
    merged, truth = SourceModel(tmp_path / "merged"), SourceModel(llama, adapter)
    one, other = merged.logprobs(TOKENS), truth.logprobs(TOKENS)
    bare = SourceModel(llama).logprobs(TOKENS)
    assert np.abs(one - other).max() < 0.1  # bfloat16 keeps eight bits
    assert np.abs(other - bare).max() > 1


def test_scale_0_is_the_base_and_half_is_neither(llama: Path, adapter: Path, tmp_path: Path) -> None:
    merge_adapter(llama, adapter, 0.0, tmp_path / "none")
    bare, half = SourceModel(llama).logprobs(TOKENS), SourceModel(llama, adapter, 0.5).logprobs(TOKENS)
    assert np.array_equal(SourceModel(tmp_path / "none").logprobs(TOKENS), bare)
    whole = SourceModel(llama, adapter).logprobs(TOKENS)
    assert np.abs(half - bare).max() > 0.1
    assert np.abs(half - whole).max() > 0.1


def test_a_base_in_4_bits_is_refused(llama: Path, tmp_path: Path) -> None:
    shutil.copytree(llama, tmp_path / "base")
    change(
        tmp_path / "base" / "config.json", quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}
    )
    with pytest.raises(ExportError, match="the weights are quantised; name the original in 16 bits"):
        check_base(tmp_path / "base")


def test_an_adapter_for_another_size_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = tiny_model("Llama", tmp_path / "other", hidden_size=32, num_attention_heads=2, num_key_value_heads=2)
    with pytest.raises(ExportError, match=r"does not fit its base: .* has 32 where the adapter has 64; was it tuned"):
        check_fits(other, adapter)


def test_an_adapter_for_another_architecture_is_refused(adapter: Path, tmp_path: Path) -> None:
    shallow = tiny_model("Llama", tmp_path / "shallow", num_hidden_layers=1)
    with pytest.raises(ExportError, match=r"the base has no model\.layers\.1\."):
        check_fits(shallow, adapter)


def test_what_is_no_adapter_is_said_to_be_none(tmp_path: Path, adapter: Path) -> None:
    with pytest.raises(ExportError, match=r"there is no adapter in this folder \(adapter_config.json is missing\)"):
        adapter_config(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{")
    with pytest.raises(ExportError, match="does not read"):
        adapter_config(tmp_path)
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "IA3"}')
    with pytest.raises(ExportError, match="not a LoRA adapter"):
        adapter_config(tmp_path)
    shutil.copyfile(adapter / "adapter_config.json", tmp_path / "adapter_config.json")
    (tmp_path / "adapter_model.bin").write_bytes(b"pickle")
    with pytest.raises(ExportError, match=r"adapter_model\.safetensors is missing"):
        adapter_config(tmp_path)


def test_weights_are_counted_from_the_heads_of_files(llama: Path, tmp_path: Path) -> None:
    assert parameters(llama) > 49152 * 64
    with pytest.raises(ExportError, match="no safetensors in this folder"):
        parameters(tmp_path)
