"""Tiny random models through the whole way: convert, quantise, load, compare."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hone.errors import ExportError, ParityError
from hone.export import About, Order, SourceModel, compare_export, export_adapter, export_model
from hone.export.corpus import prompts
from hone.export.engine import EmbeddedExport
from hone.export.exporting import check_order, convert, convert_adapter
from hone.export.merge import merge_adapter
from hone.export.parity import Questions
from hone.weights.gguf_file import metadata, rewrite

from .tiny import change, tiny_model

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("converter")]

PROMPTS = tuple(prompts()[:4])


def order(base: Path, out: Path, *quants: str, adapter: Path | None = None, system: str = "") -> Order:
    about = About(name=out.stem, base="tiny", adapter=adapter.name if adapter else "", system=system)
    return Order(base, adapter, out, quants, about, PROMPTS)


def copy(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


@pytest.mark.parametrize("architecture", ["Llama", "Qwen3", "Mistral", "Gemma3"])
def test_an_architecture_goes_through_and_its_logits_stay(architecture: str, tmp_path: Path) -> None:
    base = tiny_model(architecture, tmp_path / "base")
    (made,) = export_model(order(base, tmp_path / "tiny.gguf", "f16", system='Be "brief".'))
    assert not made.parity.failed
    assert made.parity.replies.kl < 1e-4
    assert made.parity.replies.same + made.parity.replies.ties == len(PROMPTS)
    assert made.file.stat().st_size > 10_000
    assert metadata(made.file)["hone.system"] == 'Be "brief".'


def test_several_files_come_out_each_with_its_name_and_its_results(
    llama: Path, adapter: Path, tmp_path: Path
) -> None:
    made = export_model(order(llama, tmp_path / "tiny.gguf", "bf16", "q8_0", "q4_0", adapter=adapter))
    names = ["tiny-bf16.gguf", "tiny-q4_0.gguf", "tiny-q8_0.gguf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    sixteen, eight, four = (one.parity for one in made)
    assert sixteen.replies.kl < eight.replies.kl < four.replies.kl
    assert sixteen.size > eight.size > four.size
    found = metadata(made[1].file)
    assert found["general.base_model.0.name"] == "tiny"
    assert found["hone.adapter"] == "adapter"
    assert '"perplexity"' in found["hone.results"]


def test_the_adapter_over_the_base_is_the_merged_model_and_scale_0_the_base(
    llama: Path, adapter: Path, tmp_path: Path
) -> None:
    alone = export_adapter(order(llama, tmp_path / "adapter.gguf", adapter=adapter))
    assert not alone.parity.failed
    assert alone.file.stat().st_size < 100_000
    base = convert(copy(llama, tmp_path / "copy"), tmp_path / "base.gguf", "bf16", About("x", "tiny"))
    merge_adapter(llama, adapter, 1.0, tmp_path / "whole")
    merged = convert(tmp_path / "whole", tmp_path / "merged.gguf", "bf16", About("x", "tiny"))
    source = SourceModel(llama)
    chats = [source.chat([{"role": "user", "content": prompt}]) for prompt in PROMPTS]
    with EmbeddedExport(base) as one, EmbeddedExport(merged) as other:
        plain, whole = next_tokens(one, chats), next_tokens(other, chats)
    with EmbeddedExport(base, adapter=alone.file) as over:
        on = next_tokens(over, chats)
        over.adapter_scale = 0.0
        off = next_tokens(over, chats)
    # Logits, not tokens: a random model ties often, and the engine's threads settle a tie either way.
    assert apart(off, plain) < 0.05
    assert apart(on, whole) < 0.2  # merging rounds to bfloat16
    assert apart(on, plain) > 0.5


def next_tokens(exported: EmbeddedExport, chats: list[list[int]]) -> list[dict[int, float]]:
    """The likeliest next tokens of each chat, with their log-probabilities."""
    places = [exported.places(chat, [len(chat)])[0] for chat in chats]
    return [dict(zip(place.tokens, place.logprobs, strict=True)) for place in places if place is not None]


def apart(one: list[dict[int, float]], other: list[dict[int, float]]) -> float:
    """The largest difference over the tokens that both list."""
    assert len(one) == len(other) > 0
    return max(abs(a[token] - b[token]) for a, b in zip(one, other, strict=True) for token in a.keys() & b.keys())


def test_a_scaled_adapter_carries_its_scale(llama: Path, adapter: Path, tmp_path: Path) -> None:
    made = convert_adapter(llama, adapter, 0.5, tmp_path)
    assert metadata(made)["adapter.lora.alpha"] == 4.0


def test_what_is_not_the_source_is_caught(llama: Path, adapter: Path, tmp_path: Path) -> None:
    file = convert(copy(llama, tmp_path / "copy"), tmp_path / "base.gguf", "bf16", About("x", "tiny"))
    source, questions = SourceModel(llama), Questions(prompts=PROMPTS)
    other_weights = compare_export(file, "f16", SourceModel(llama, adapter), questions)
    assert [check.name for check in other_weights.failed] == ["greedy replies", "distributions"]
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    rewrite(file, tmp_path / "template.gguf", {"tokenizer.chat_template": template})
    other_template = compare_export(tmp_path / "template.gguf", "q8_0", source, questions)
    assert [check.name for check in other_template.failed] == ["tokens of chats"]
    rewrite(file, tmp_path / "split.gguf", {"tokenizer.ggml.pre": "gpt-2"})
    other_rule = compare_export(tmp_path / "split.gguf", "f16", source, questions)
    assert "tokens of texts" in [check.name for check in other_rule.failed]


def test_nothing_is_written_where_parity_fails(llama: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(llama, base)
    # A template that the engine's Jinja writes in another way than the source's: it knows no clock.
    (base / "chat_template.jinja").write_text(
        "{% for message in messages %}{{ message['content'] }}{% endfor %}{{ strftime_now('%f') }}"
    )
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises((ParityError, ExportError)):
        export_model(order(base, folder / "x.gguf", "f16"))
    assert list(folder.iterdir()) == []


def test_a_tokenizer_that_the_converter_does_not_know_is_named(llama: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(llama, base)
    words = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": False}
    change(base / "tokenizer.json", pre_tokenizer=words)
    with pytest.raises(ExportError, match="does not know this model's tokenizer"):
        export_model(order(base, tmp_path / "x.gguf", "f16"))


def test_an_architecture_that_the_converter_does_not_know_is_named(llama: Path, tmp_path: Path) -> None:
    base = tiny_model("Llama", tmp_path / "base")
    change(base / "config.json", architectures=["NobodyForCausalLM"])
    from hone.export.converter import FULL, run_converter  # noqa: PLC0415

    with pytest.raises(ExportError, match="does not know the architecture NobodyForCausalLM"):
        run_converter(FULL, base, "--outfile", tmp_path / "x.gguf")


def test_what_can_be_known_before_is_said_before(llama: Path, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"ends in \.gguf"):
        check_order(order(llama, tmp_path / "x.bin", "f16"))
    with pytest.raises(ExportError, match="there is no such folder"):
        check_order(order(llama, tmp_path / "no" / "x.gguf", "f16"))
    with pytest.raises(ExportError, match="no adapter to export"):
        export_adapter(order(llama, tmp_path / "x.gguf"))
    patterned = tmp_path / "patterned"
    shutil.copytree(adapter, patterned)
    change(patterned / "adapter_config.json", rank_pattern={"q_proj": 2})
    with pytest.raises(ExportError, match="ranks differ from layer to layer"):
        convert_adapter(llama, patterned, 1.0, tmp_path)
