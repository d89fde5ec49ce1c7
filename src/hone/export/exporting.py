"""The whole way from a tuned model to tested GGUF files. A file gets its name only once it has passed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hone.errors import ExportError, ParityError
from hone.export.card import About, modelfile
from hone.export.converter import ADAPTER, FULL, run_converter
from hone.export.merge import adapter_config, check_base, check_fits, merge_adapter, parameters, scaled_adapter
from hone.export.ollama import TurnMarkers, turns
from hone.export.parity import Parity, Questions, compare_export
from hone.export.prompt import with_system, writes_system
from hone.export.quantise import BITS, check_quants, quantise
from hone.export.results import Accuracy, accuracy_data, export_summary, parity_data
from hone.export.source import SourceModel, read_tokenizer
from hone.extras import library
from hone.files import folder_beside, write_whole
from hone.spelling import option
from hone.weights.chat_text import templated
from hone.weights.gguf_file import rewrite

Tell = Callable[[str], object]
"""Told what is being done now."""
Bench = Callable[[Path], Accuracy]
"""The benchmark of one file, beside the source's."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, and how.

    Args:
        base: Folder of the base, safetensors.
        adapter: Folder of the adapter, if any.
        out: The file; with several quantisations each gets its name between stem and suffix.
        quants: Names of `quantise.QUANTS`.
        about: Name, licence, scale, system message.
        prompts: Requests for greedy replies.
    """

    base: Path
    adapter: Path | None
    out: Path
    quants: tuple[str, ...]
    about: About
    prompts: tuple[str, ...] = ()

    def file(self, quant: str) -> Path:
        """Where a quantisation is written."""
        return self.out if len(self.quants) == 1 else self.out.with_name(f"{self.out.stem}-{quant}{self.out.suffix}")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One exported file and what is known of it."""

    file: Path
    parity: Parity
    accuracy: Accuracy | None = None

    @property
    def warnings(self) -> list[str]:
        """What a quantisation lost, where it lost more than chance explains."""
        found = []
        if self.accuracy and self.accuracy.lost:
            found.append(f"{self.parity.quant}: {self.accuracy.wording()}")
        rise = self.parity.perplexity / self.parity.source_perplexity - 1
        if rise > _RISE:
            found.append(f"{self.parity.quant}: perplexity is {rise:.0%} higher than the source's")
        return found


_RISE = 0.1
"""Above this the text of the model is visibly another; 8 bits stay below 1%."""


def check_order(order: Order) -> None:
    """Make sure of all that can be known before the long work: names, packages, the adapter, the room on the disk.

    Raises:
        ExportError: Something is in the way; the message says what.
        MissingExtraError: A package is missing.
    """
    check_quants(order.quants)
    if order.out.suffix != ".gguf":
        raise ExportError(f"{order.out}: the name of a GGUF file ends in .gguf, so that other programs find it")
    if not order.out.parent.is_dir():
        raise ExportError(f"{order.out.parent}: there is no such folder; make it first")
    check_base(order.base)
    if order.adapter is not None:
        check_fits(order.base, order.adapter)
    count = parameters(order.base)
    bits = 32.0 + sum(BITS[quant] for quant in order.quants) + max(BITS[quant] for quant in order.quants)
    need, free = int(count * bits / 8 * 1.05), shutil.disk_usage(order.out.parent).free
    if need > free:
        raise ExportError(
            f"{order.out.parent}: {need / 1e9:.1f} GB are needed while exporting (two 16-bit copies and the files), "
            f"and {free / 1e9:.1f} GB are free; free some, or write to another disk"
        )


def export_model(order: Order, *, bench: Bench | None = None, tell: Tell = lambda _: None) -> list[ExportedFile]:
    """Merge, convert, quantise, compare; then name the files, with Modelfile beside them.

    Args:
        order: What and how.
        bench: The benchmark, if any.
        tell: Told each step.

    Returns:
        One entry a quantisation, in the order's order.

    Raises:
        ExportError: It cannot be done.
        ParityError: A file differs from its source; nothing was written under a final name.
        MissingExtraError: A package is missing.
    """
    check_order(order)
    tell("reading the source …")
    source = SourceModel(order.base, order.adapter, order.about.scale)
    with _workshop(order.out) as work:
        tell("merging into 16 bits …" if order.adapter else "writing 16 bits …")
        kind = merge_adapter(order.base, order.adapter, order.about.scale, work / "merged")
        tell("converting …")
        first = convert(work / "merged", work / "first.gguf", kind, order.about)
        shutil.rmtree(work / "merged")
        made = [_one(order, quant, kind, first, source, bench, tell) for quant in order.quants]
        for one in made:
            results = parity_data(one.parity) | accuracy_data(one.accuracy)
            rewrite(work / f"{one.parity.quant}.gguf", one.file, replace(order.about, results=results).metadata())
    return made


def _one(
    order: Order, quant: str, kind: str, first: Path, source: SourceModel, bench: Bench | None, tell: Tell
) -> ExportedFile:
    part = first.with_name(f"{quant}.gguf")
    if quant == kind:
        part.hardlink_to(first)
    else:
        tell(f"quantising: {quant} …")
        quantise(first, part, quant)
    tell(f"comparing with the source: {quant} …")
    parity = compare_export(part, quant, source, questions(source, order))
    for check in parity.failed:
        raise ParityError(f"{quant} differs from its source: {check.name}: {check.detail}; nothing was written")
    tell(f"{quant}: {export_summary(parity)}")
    accuracy = None
    if bench is not None:
        tell(f"testing: {quant} …")
        accuracy = bench(part)
        tell(f"{quant}: {accuracy.wording()}")
    return ExportedFile(order.file(quant), parity, accuracy)


def convert(folder: Path, target: Path, kind: str, about: About) -> Path:
    """A 16-bit GGUF file of a folder of weights, with the prompt built into its chat template.

    Args:
        folder: The weights; its chat template is changed.
        target: The file that is made.
        kind: ``f16`` or ``bf16``.
        about: Its system message.

    Raises:
        ExportError: The converter does not know the architecture or the tokenizer.
    """
    if about.system:
        tokenizer = read_tokenizer(folder)
        template = with_system(tokenizer.chat_template, about.system, lambda chat: templated(tokenizer, chat))
        write_whole(folder / "chat_template.jinja", template, kind=ExportError)
    run_converter(FULL, folder, "--outfile", target, "--outtype", kind)
    return target


def export_adapter(order: Order, *, tell: Tell = lambda _: None) -> ExportedFile:
    """Write the adapter alone, as a GGUF LoRA, compared with the source over a 16-bit base.

    Raises:
        ExportError: It cannot be done.
        ParityError: Base and adapter together differ from the source.
    """
    adapter = order.adapter
    if adapter is None:
        raise ExportError("there is no adapter to export; write MODEL+ADAPTER")
    check_order(replace(order, quants=("f16",)))
    if adapter_config(adapter).get("use_dora"):
        raise ExportError(
            f"{adapter}: a DoRA adapter has no GGUF form; export it merged, without {option('adapter_only')}"
        )
    source = SourceModel(order.base, adapter, order.about.scale)
    with _workshop(order.out) as work:
        tell("converting the base …")
        kind = merge_adapter(order.base, None, 1.0, work / "merged")
        bare = convert(work / "merged", work / "base.gguf", kind, replace(order.about, adapter=""))
        tell("converting the adapter …")
        part = convert_adapter(order.base, adapter, order.about.scale, work)
        tell("comparing with the source …")
        parity = compare_export(bare, kind, source, questions(source, order), adapter=part)
        parity = replace(parity, quant="adapter", size=part.stat().st_size)
        for check in parity.failed:
            raise ParityError(f"the adapter differs from its source: {check.name}: {check.detail}")
        results = replace(order.about, results=parity_data(parity))
        rewrite(part, order.out, results.metadata())
    return ExportedFile(order.out, parity)


def convert_adapter(base: Path, adapter: Path, scale: float, work: Path) -> Path:
    """The adapter as a GGUF LoRA, with its scale in it.

    llama.cpp's converter reads `lora_alpha` and the rank; what else PEFT scales by is put into the alpha.

    Raises:
        ExportError: Its ranks differ from layer to layer, or the converter refuses it.
    """
    copy = scaled_adapter(adapter, scale, work / "adapter")
    target = work / "adapter.gguf"
    run_converter(ADAPTER, copy, "--base", base, "--outfile", target, "--outtype", "f16")
    return target


def questions(source: SourceModel, order: Order) -> Questions:
    """What parity is tested on."""
    as_system = writes_system(source.chat_text)
    return Questions(system=order.about.system, as_system=as_system, prompts=order.prompts)


def modelfile_for(order: Order, file: Path) -> str:
    """The Modelfile for one of the files."""
    tokenizer = read_tokenizer(order.base)
    stops = [tokenizer.eos_token] if tokenizer.eos_token else []
    return modelfile(file, order.about, _turns(tokenizer), stops)


def _turns(tokenizer: object) -> TurnMarkers | None:
    def render(chat: Sequence[dict[str, str]], reply: bool) -> str:
        return str(tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=reply))  # type: ignore[attr-defined]

    first = tokenizer("")["input_ids"]  # type: ignore[operator]
    return turns(render, tokenizer.decode(first) if first else "")  # type: ignore[attr-defined]


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """A folder on the disk of the result, gone at the end, so that finished files need no copy across disks."""
    try:
        with folder_beside(out, kind=ExportError) as folder:
            yield folder
    except library("safetensors").SafetensorError as error:
        raise ExportError(f"{out.parent}: cannot be written ({error}); free some space") from error
