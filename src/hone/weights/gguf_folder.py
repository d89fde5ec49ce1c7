"""A GGUF file as a transformers folder: weights, config, tokenizer. It is made once, and kept in Hone's cache.

The folder is written whole or not at all, under the digest of the file's content: the same file under another name is
the same folder. Nothing is left over and nothing missing: a tensor of the file that has no place in the model, or a
weight of the model that is not in the file, stops it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hone.errors import ExportError, UnavailableError
from hone.extras import library
from hone.files import write_whole
from hone.weights.content import content_of
from hone.weights.gguf_config import damaged_values, gguf_config
from hone.weights.gguf_file import CHAT_TEMPLATE, check_gguf, open_gguf, read_values
from hone.weights.gguf_tokenizer import GgufVocabulary, gguf_tokenizer, known_tokenizer
from hone.weights.kept_folder import WEIGHTS_INDEX, kept_folder
from hone.weights.quiet import quiet
from hone.weights.tokenizer import context_of

_FORM = "2"
"""Counts the ways in which the folder was written; a new one is written beside the old."""
_SHARD = 2 * 10**9
"""Bytes of a file of weights, from which the next one is begun: as much is held in memory."""
_BUILT_IN = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Tensors that are said in the config."""
_ADDED_ONE = {"gemma2", "gemma3", "nemotron"}
"""Architectures whose norms are kept plus one in the file."""


def gguf_folder(file: Path) -> Path:
    """The folder of a GGUF file, made where it is not there yet.

    Raises:
        UnavailableError: The file is missing, damaged or of a kind that is not read back.
        MissingExtraError: The extra `tune` is not installed.
    """
    check_gguf(file)
    return kept_folder(f"gguf-{_FORM}-{content_of(file)}", lambda part: write_folder(file, _opened(file), part))


def _opened(file: Path) -> Any:
    library("transformers")
    try:
        return open_gguf(file)
    except ExportError as error:
        raise UnavailableError(str(error)) from error


def write_folder(file: Path, reader: Any, target: Path) -> None:
    """Write a GGUF file's model into a folder.

    Args:
        file: The file, for messages.
        reader: Of the file.
        target: The folder.

    Raises:
        UnavailableError: The file is of a kind that is not read back.
    """
    try:
        values = read_values(file, reader)
    except ExportError as error:
        raise UnavailableError(str(error)) from error
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    if "token_embd.weight" not in tensors:
        raise UnavailableError(f"{file}: it holds no language model (no token_embd.weight)")
    with damaged_values(file):
        vocabulary = GgufVocabulary.read(file, values)
        known_tokenizer(vocabulary)
        config = gguf_config(file, values, tensors, vocabulary.ends)
        config.bos_token_id, config.pad_token_id = vocabulary.named("bos"), vocabulary.pad
        config.dtype = _dtype(tensors)
    with quiet():
        with damaged_values(file):
            written = _Weights(file, tensors, config)
        written.write(target)
        longest = context_of(config)
        with damaged_values(file):
            tokenizer = gguf_tokenizer(vocabulary, values.get(CHAT_TEMPLATE), longest)
        tokenizer.save_pretrained(target)
        library("transformers").GenerationConfig(
            bos_token_id=config.bos_token_id, eos_token_id=list(vocabulary.ends) or None, pad_token_id=vocabulary.pad
        ).save_pretrained(target)
        # Last: it says that the folder is there.
        config.save_pretrained(target)


def _dtype(tensors: Mapping[str, Any]) -> Any:
    """What the matrices hold: as in the file where it is not quantised, else 16 bits."""
    torch = library("torch")
    kinds = Counter(tensor.tensor_type.name for tensor in tensors.values() if len(tensor.shape) > 1)
    most = kinds.most_common(1)[0][0]
    return {"F32": torch.float32, "BF16": torch.bfloat16}.get(most, torch.float16)


class _Weights:
    """Writes the tensors of a file into files of safetensors, one tensor in memory after the other."""

    def __init__(self, file: Path, tensors: Mapping[str, Any], config: Any) -> None:
        transformers, torch = library("transformers"), library("torch")
        utils = library("transformers.modeling_gguf_pytorch_utils")
        self._file, self._config = file, config
        self._tensors = {name: tensor for name, tensor in tensors.items() if name not in _BUILT_IN}
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(config, trust_remote_code=False)
        architecture = config.model_type.removesuffix("_text").replace("_moe", "moe")
        processor = utils.TENSOR_PROCESSORS.get(architecture, utils.TensorProcessor)
        self._processor = processor(config=config.to_dict())
        self._map = utils.get_gguf_hf_weights_map(model, self._processor)
        # A weight of several experts has no ".weight" in transformers.
        named = {name: self._map.get(name) or self._map.get(name.removesuffix(".weight")) for name in self._tensors}
        self._names: dict[str, str] = {name: target for name, target in named.items() if target}
        self._shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        self._shared = set(getattr(model, "_tied_weights_keys", None) or ()) if config.tie_word_embeddings else set()
        self._norms_added = architecture in _ADDED_ONE
        self._check()

    def _check(self) -> None:
        left = sorted(name for name in self._tensors if name not in self._names)
        if left:
            raise UnavailableError(
                f"{self._file}: {left[0]} has no place in a {self._config.model_type} model of transformers"
                f"{f' (and {len(left) - 1:,} more tensors)' if len(left) > 1 else ''}, so the file is not read back"
            )
        there = {self._names[name] for name in self._tensors}
        missing = sorted(name for name in self._shapes if name not in there and name not in self._shared)
        if missing:
            raise UnavailableError(
                f"{self._file}: the file lacks the weights of {missing[0]}; take a whole copy of it"
            )

    def write(self, target: Path) -> None:
        """Write them all, in files of some size, and the index by which transformers finds each."""
        from hone.weights.dequantise import dequantising  # noqa: PLC0415 - loads torch

        save = library("safetensors").torch.save_file
        where: dict[str, str] = {}
        files = 0
        held: dict[str, Any] = {}
        total = size = 0

        def flush() -> None:
            nonlocal held, size, files
            if held:
                files += 1
                name = f"model-{files:05d}.safetensors"
                save(held, target / name, metadata={"format": "pt"})
                where.update(dict.fromkeys(held, name))
                held, size = {}, 0

        with dequantising() as pool:
            for name, weight in self._all(pool):
                held[name] = weight
                size, total = size + weight.nbytes, total + weight.nbytes
                if size >= _SHARD:
                    flush()
        flush()
        index = {"metadata": {"total_size": total}, "weight_map": where}
        write_whole(target / WEIGHTS_INDEX, json.dumps(index, indent=1), kind=UnavailableError)

    def _all(self, pool: ThreadPoolExecutor) -> Iterator[tuple[str, Any]]:
        """Every weight under transformers' name."""
        gathered: dict[str, Any] = {}
        wanted = Counter(self._names[name] for name in self._tensors)
        for name, tensor in self._tensors.items():
            target = self._names[name]
            weight = self._read(name, tensor, pool, gathered)
            wanted[target] -= 1
            if weight is None and not wanted[target]:
                weight = gathered.pop(target, None)
            if weight is None and wanted[target]:
                continue
            yield target, self._fitting(name, target, weight)

    def _read(self, name: str, tensor: Any, pool: ThreadPoolExecutor, gathered: dict[str, Any]) -> Any:
        """One tensor in transformers' order of numbers; none where it became part of another."""
        from hone.weights.dequantise import dequantised  # noqa: PLC0415 - loads torch

        torch = library("torch")
        try:
            weight = dequantised(tensor, pool)
        except NotImplementedError as error:
            raise UnavailableError(f"{self._file}: numbers of the type {error} cannot be read") from error
        if self._norms_added and name.endswith("norm.weight"):
            weight = weight.float()
        # The processors know numpy, which has no bfloat16; its bits are moved about as those of whole numbers.
        brief = weight.dtype == torch.bfloat16
        numbers = (weight.view(torch.int16) if brief else weight).numpy()
        parsed = {"tensors": gathered}
        done = self._processor.process(
            weights=numbers, name=name, tensor_key_mapping=self._map, parsed_parameters=parsed
        )
        if done.name is None:
            if brief:
                target = self._names[name]
                gathered[target] = gathered[target].view(torch.bfloat16)
            return None
        made = torch.from_numpy(done.weights.copy() if not done.weights.flags.c_contiguous else done.weights)
        return made.view(torch.bfloat16) if brief else made

    def _fitting(self, name: str, target: str, weight: Any) -> Any:
        shape = self._shapes[target]
        # A matrix of one row may lie in the file as that row.
        if weight is None or [size for size in weight.shape if size > 1] != [size for size in shape if size > 1]:
            raise UnavailableError(
                f"{self._file}: {name} has another shape than {target} of the {self._config.model_type} model that "
                "the file's settings describe, so the file is not read back"
            )
        torch, weight = library("torch"), weight.reshape(shape)
        if weight.dtype == torch.bfloat16 and self._config.dtype == torch.float16:
            return weight.contiguous()  # too large for 16 bits of the other kind, or kept as the file has it
        return weight.to(self._config.dtype).contiguous()
