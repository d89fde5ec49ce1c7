"""Weights as a local transformers folder, for training, for `hf:` models and for export.

The embedded SmolLM2 comes as a GGUF file. It is turned into a folder once, in Hone's cache: dequantised, in
safetensors, with the tokenizer as the model's makers have it. transformers reads two things wrongly out of that file:
digits are not cut apart, and the end token is the start token. Both are put right and tested against llama.cpp.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from hone.errors import MissingExtraError, UnavailableError
from hone.files import cache, cache_folder, locked, typed_path, whole_folder
from hone.models.embedded import smollm2_file

_FORM = "1"
"""Counts the ways in which the folder was written; a new one is written beside the old."""
_PAD = "<|endoftext|>"
"""Pads SmolLM2: any token but the end token, which training would otherwise leave out of the loss."""
_END = "<|im_end|>"


def weights(name: str, *, file: Path | None = None) -> Path:
    """The local folder of a model's weights, in safetensors, with its tokenizer.

    Args:
        name: ``smollm2``, a folder, or a repository of the Hugging Face hub (``OWNER/NAME``).
        file: SmolLM2's GGUF file, where it does not come from the installed package.

    Raises:
        UnavailableError: There is no such folder, or the hub cannot be reached or has no such repository.
        MissingExtraError: The extra `tune` is not installed.
    """
    if name == "smollm2":
        return _smollm2(file or smollm2_file())
    folder = typed_path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UnavailableError(f"{folder}: there is no config.json in this folder, so it holds no model")
        return _without_program(folder)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise UnavailableError(f"{name}: there is no such folder; write a folder, or OWNER/NAME for the hub")
    return _without_program(_from_hub(name))


def _without_program(folder: Path) -> Path:
    """The folder, where transformers itself knows its architecture: Python that a model brings along is never run.

    Raises:
        UnavailableError: The model is a program of its own, or its config does not read.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        named, kind = config.get("auto_map"), config.get("model_type")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise UnavailableError(f"{folder / 'config.json'}: this is not the config of a model") from error
    if named and kind not in library("transformers").models.auto.configuration_auto.CONFIG_MAPPING:
        raise UnavailableError(
            f"{folder}: this model brings Python code of its own (auto_map), which Hone does not run; use a model "
            "whose architecture transformers knows"
        )
    return folder


def library(name: str) -> Any:
    """A package of the extra `tune`, such as ``torch``: the one door through which it is imported.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        with warnings.catch_warnings(), _nothing_fetched():
            # What these packages say about each other while they are imported is not for Hone's users.
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        if error.name and error.name.partition(".")[0] != name.partition(".")[0]:
            raise MissingExtraError(
                f"{name} cannot be imported: it lacks {error.name}; mend it with: pip install 'hone-llm[tune]'"
            ) from error
        raise MissingExtraError(f"{name} is not installed; get it with: pip install 'hone-llm[tune]'") from error


def fast_type(kind: str) -> Any:
    """The type of weights that a kind of device multiplies fastest: ``torch.bfloat16`` or ``torch.float32``.

    Processors with bfloat16 instructions take a half to a tenth of the time; the others emulate it, slowly.

    Args:
        kind: ``cuda``, ``mps`` or ``cpu``.
    """
    torch = library("torch")
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = kind == "cpu" and torch.backends.mkldnn.is_available() and _bf16_instructions(torch)
    return torch.bfloat16 if fast else torch.float32


def _bf16_instructions(torch: Any) -> bool:
    try:
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    except AttributeError:  # a torch that does not say
        return False


@contextmanager
def _nothing_fetched() -> Iterator[None]:
    """Keep packages from fetching code of the hub while they are imported, and from warning that they could not.

    Where the processor has AVX512-BF16, bitsandbytes, which PEFT imports, would have the package ``kernels`` fetch a
    compiled part and run it. That part is for 4-bit weights on a processor, which Hone never has.
    """
    log = logging.getLogger("bitsandbytes")
    level, there = log.level, {name: sys.modules[name] for name in ("kernels",) if name in sys.modules}
    log.setLevel(logging.ERROR)
    # An import of it fails, as where it is not installed.
    sys.modules["kernels"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        log.setLevel(level)
        del sys.modules["kernels"]
        sys.modules.update(there)


def _smollm2(file: Path) -> Path:
    target = cache() / "weights" / f"smollm2-{_FORM}-{file.stat().st_size}"
    if not (target / "config.json").is_file():
        home = cache_folder("weights", kind=UnavailableError)
        with locked(home / f".{target.name}.lock", kind=UnavailableError):
            if not (target / "config.json").is_file():  # another process was faster
                hint = "free some space, or set HONE_CACHE"
                with whole_folder(target, kind=UnavailableError, hint=hint) as part:
                    _convert(file, part)
    return target


def _convert(file: Path, target: Path) -> None:
    transformers, torch = library("transformers"), library("torch")
    library("gguf")
    with quiet(), redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = transformers.AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32, trust_remote_code=False
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            file.parent, gguf_file=file.name, trust_remote_code=False
        )
        # What was read from a GGUF file counts as quantised for good; a new model of its config does not.
        del read.config.quantization_config
        model = transformers.AutoModelForCausalLM.from_config(
            read.config, dtype=torch.float32, trust_remote_code=False
        )
        model.load_state_dict(read.state_dict())
        _mend(model, tokenizer)
        # bfloat16 would round the dequantised weights a second time.
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)


def _mend(model: Any, tokenizer: Any) -> None:
    """Put right what the GGUF file does not say, or transformers does not read."""
    parts = library("tokenizers").pre_tokenizers
    tokenizer.backend_tokenizer.pre_tokenizer = parts.Sequence(
        [parts.Digits(individual_digits=True), parts.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.backend_tokenizer.decoder = library("tokenizers").decoders.ByteLevel()
    tokenizer.eos_token, tokenizer.pad_token = _END, _PAD
    tokenizer.clean_up_tokenization_spaces = False
    tokenizer.model_max_length = model.config.max_position_embeddings
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id


def _from_hub(name: str) -> Path:
    hub = library("huggingface_hub")
    patterns = ["*.json", "*.safetensors", "*.model", "*.jinja", "*.txt"]
    try:
        with quiet():
            folder = Path(hub.snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnavailableError(
            f"{name}: cannot be had from the hub ({reason}); check the name, the network and, for a gated model, "
            "HF_TOKEN; or name a local folder"
        ) from error
    if not any(folder.glob("*.safetensors")):
        raise UnavailableError(f"{name}: the repository has no safetensors, and Hone loads no other form")
    return folder


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and notes off the screen while the block runs."""
    notes = library("transformers.utils.logging")
    level, bars = notes.get_verbosity(), notes.is_progress_bar_enabled()
    notes.set_verbosity_error()
    notes.disable_progress_bar()
    try:
        yield
    finally:
        notes.set_verbosity(level)
        if bars:
            notes.enable_progress_bar()
