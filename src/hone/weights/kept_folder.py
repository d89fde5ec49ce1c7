"""A model's folder in Hone's cache: made once, whole, and made again where some of its files are gone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from hone.errors import UnavailableError
from hone.files import cache, cache_folder, locked, whole_folder

WEIGHTS_INDEX = "model.safetensors.index.json"
"""Says which file holds each weight, where there is more than one."""
_ALWAYS = ("config.json", "tokenizer_config.json")


def kept_folder(name: str, write: Callable[[Path], object]) -> Path:
    """The folder of this name, made where it is not there or lacks some of its files.

    Args:
        name: Of the folder; it tells one content from another.
        write: Writes a model's files into a folder.

    Raises:
        UnavailableError: It cannot be written, or what is left of it cannot be removed.
    """
    target = cache() / "weights" / name
    if not has_all_files(target):
        home = cache_folder("weights", kind=UnavailableError)
        with locked(home / f".{name}.lock", kind=UnavailableError):
            if not has_all_files(target):  # another process was faster
                _remove(target)
                hint = "free some space, or set HONE_CACHE"
                with whole_folder(target, kind=UnavailableError, hint=hint) as part:
                    write(part)
    return target


def has_all_files(folder: Path) -> bool:
    """Whether a folder holds a config, a tokenizer and every file of weights, none of them empty."""
    try:
        index = folder / WEIGHTS_INDEX
        weights = ["model.safetensors"]
        if index.is_file():
            weights = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return all((folder / name).stat().st_size > 0 for name in {*_ALWAYS, *weights})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _remove(folder: Path) -> None:
    """Remove what is left of a folder, which would keep a whole one from its name."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UnavailableError(
            f"{folder}: it lacks some of its files and cannot be made anew ({error.strerror}); remove it"
        ) from error
