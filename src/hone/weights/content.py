"""The one rule for "the same model": the content of the files that a spec names, wherever they lie.

A file is read once; its digest is kept in the cache under its path, size and times, which change when it is written.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hone.errors import HoneError
from hone.files import cache_folder, typed_path, write_whole

_READ = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.gguf")
"""What a folder of transformers holds that its answers depend on: weights, settings, tokenizer, chat template."""
OWN_JUDGE = "judge.json"
"""The file of a judge of one's own in its folder; what else lies there is said of it."""
_CACHE = "digests.json"
_MOST = 2000
"""Entries that the cache keeps; the latest."""
_LOCK = threading.Lock()
_known: dict[str, str] = {}


def content(spec: str, folder: Path | None = None) -> str:
    """Names what the files of a spec hold: 16 hex digits of SHA-256; empty where it names no file that is there.

    Args:
        spec: ``gguf:FILE[+ADAPTER]``, ``hf:FOLDER[+ADAPTER]``, or a name of either, or ``own:FOLDER``;
            others name no file.
        folder: Where relative file names start.
    """
    kind, _, rest = spec.partition(":")
    if kind == "own" and rest:
        judge = (folder or Path()) / typed_path(rest) / OWN_JUDGE
        return _named([judge] if judge.is_file() else [])
    if kind not in {"gguf", "hf"} or not rest:
        return ""
    whole = (folder or Path()) / typed_path(rest)
    parts = [whole] if whole.exists() else [(folder or Path()) / typed_path(part) for part in rest.split("+")]
    return _named([path for path in parts if path.exists()])


def content_of(*paths: Path) -> str:
    """Names what files, or folders with a model, hold together; empty without any.

    Raises:
        OSError: One cannot be read.
    """
    return _named(paths)


def _named(paths: Iterable[Path]) -> str:
    made = hashlib.sha256()
    found = False
    for path in paths:
        files = sorted({file for form in _READ for file in path.glob(form)}) if path.is_dir() else [path]
        for file in files:
            found = True
            # Within a folder a name says what a file is for; a single file may be called as one likes.
            made.update(f"{file.name if path.is_dir() else ''} {_digest(file)}\n".encode())
    return made.hexdigest()[:16] if found else ""


def _digest(file: Path) -> str:
    state = file.stat()
    name = f"{file.resolve()} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"
    with _LOCK:
        if not _known:
            _known.update(_kept())
        if name not in _known:
            with file.open("rb") as stream:
                _known[name] = hashlib.file_digest(stream, "sha256").hexdigest()
            _keep()
        return _known[name]


def _kept() -> dict[str, str]:
    with suppress(HoneError, OSError, ValueError):
        data = json.loads((cache_folder() / _CACHE).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in data.items()}
    return {}


def _keep() -> None:
    """Write the digests down; where that cannot be, files are read again by the next command."""
    with suppress(HoneError, OSError):
        both = _kept() | _known
        latest = dict(list(both.items())[-_MOST:])
        write_whole(cache_folder() / _CACHE, json.dumps(latest, indent=0))
