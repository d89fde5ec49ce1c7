"""llama.cpp's own converter, fetched once, checked by hash and run as a process of its own.

No other converter is used: each architecture and each tokenizer has rules of its own, and llama.cpp's converter is
where they are kept. It comes inside the source package of `llama-cpp-python`, of which nothing is built. It runs
offline, and sees a folder without code, so that no model can bring code along.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from hone.children import tied
from hone.errors import ExportError
from hone.files import cache, cache_folder, folder_beside, locked, typed_path, whole_folder, whole_stream, write_whole

RELEASE = "0.3.36"
"""The release of `llama-cpp-python` whose source package holds the converter."""
SOURCE_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
"""Of the source package."""
TREE_SHA256 = "ee850027857558cc9f9c88c44f8acf669ec1102ee602bba4c176fb4816046268"
"""Of the files that are kept of it; see `tree_digest`."""
FULL, ADAPTER = "convert_hf_to_gguf.py", "convert_lora_to_gguf.py"

_KEPT = (FULL, ADAPTER, "conversion/", "gguf-py/gguf/", "LICENSE")
_OWN = "HONE_LLAMA_CPP names a folder with your own llama.cpp checkout"


def converter_folder() -> Path:
    """The folder with llama.cpp's converter: one's own checkout, or the pinned one, fetched where it is missing.

    Raises:
        ExportError: It cannot be fetched, or what is there is not what was pinned.
    """
    own = os.environ.get("HONE_LLAMA_CPP")
    if own:
        folder = typed_path(own)
        if not (folder / FULL).is_file():
            raise ExportError(f"HONE_LLAMA_CPP={own}: there is no {FULL}; name the folder of a llama.cpp checkout")
        return folder
    folder = cache() / f"llama.cpp-{RELEASE}"
    if not folder.is_dir():
        _fetch(folder)
    if tree_digest(folder) != TREE_SHA256:
        raise ExportError(f"{folder} is not the converter that was pinned; remove it, and it is fetched again")
    return folder


def tree_digest(folder: Path) -> str:
    """SHA-256 over names and contents of a folder's files, in the order of their names, without Python's caches."""
    total = hashlib.sha256()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in names:
        if "__pycache__" not in name:
            content = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            total.update(f"{name} {content}\n".encode())
    return total.hexdigest()


def _fetch(folder: Path) -> None:
    cache_folder(kind=ExportError)
    with locked(folder.with_name(f".{folder.name}.lock"), kind=ExportError):
        if folder.is_dir():  # another process was quicker
            return
        with folder_beside(folder, kind=ExportError) as work, whole_folder(folder, kind=ExportError) as kept:
            package = _download(work)
            try:
                _unpack(package, kept)
            except tarfile.TarError as error:
                raise ExportError(f"{package.name}: the source package does not unpack ({error})") from error


def _download(work: Path) -> Path:
    # pip itself refuses a file with another hash, before anything in it runs.
    wanted = work / "wanted.txt"
    write_whole(wanted, f"llama-cpp-python=={RELEASE} --hash=sha256:{SOURCE_SHA256}\n", kind=ExportError)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-binary",
        "llama-cpp-python",
        "--dest",
        str(work),
        "--requirement",
        str(wanted),
    ]
    done = subprocess.run(tied(command), capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = sorted(work.glob("llama_cpp_python-*.tar.gz"))
    if done.returncode or not found:
        said = last_words(done.stderr)
        raise ExportError(f"llama.cpp's converter cannot be fetched with pip ({said}); {_OWN}")
    return found[0]


def _unpack(package: Path, folder: Path) -> None:
    root = f"llama_cpp_python-{RELEASE}/vendor/llama.cpp/"
    with tarfile.open(package) as archive:
        for member in archive:
            name = member.name.removeprefix(root)
            if member.isfile() and name != member.name and name.startswith(_KEPT) and ".." not in name:
                content = archive.extractfile(member)
                with whole_stream(folder / name, kind=ExportError) as stream:
                    shutil.copyfileobj(content, stream)  # type: ignore[arg-type]


def run_converter(script: str, *arguments: str | Path) -> str:
    """Run one of the converter's scripts.

    Args:
        script: `FULL` or `ADAPTER`.
        *arguments: Its arguments.

    Returns:
        What it wrote on standard error.

    Raises:
        ExportError: It failed; the message says why as far as that can be read.
    """
    folder = converter_folder()
    environment = {key: value for key, value in os.environ.items() if key.upper().startswith(_PASSED)}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(folder / script), *map(str, arguments)]
    done = subprocess.run(tied(command), capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise ExportError(_reason(done.stderr))
    return done.stderr


_PASSED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_",
    "TMP",
    "TEMP",
    "TZ",
    "LD_",
    "DYLD_",
    "OMP_",
    "MKL_",
    "SYSTEMROOT",
    "WINDIR",
    "OPENBLAS",
    "VIRTUAL_ENV",
    "CUDA",
    "HONE_CACHE",
    "XDG_",
)
"""What the converter's process is given of the environment: it reads model files of strangers, and no keys."""

_KNOWN = (
    (
        r"Architecture '?([\w.]+)'? (?:is )?not supported|Model (\w+) is not supported",
        "llama.cpp's converter does not know the architecture {0}",
    ),
    (
        r"BPE pre-tokenizer was not recognized",
        "llama.cpp's converter does not know this model's tokenizer (how it splits text before merging)",
    ),
    (
        r"ModuleNotFoundError: No module named '([\w.]+)'",
        "llama.cpp's converter needs the package {0}; install it with: pip install 'hone-llm[export]'",
    ),
    (r"No space left on device", "there is no room left on the disk"),
)


def _reason(stderr: str) -> str:
    """Why the converter failed, in one line."""
    for pattern, words in _KNOWN:
        if match := re.search(pattern, stderr):
            detail = next((group for group in match.groups() if group), "") if match.groups() else ""
            newer = "" if "{0}; get" in words or "room" in words else f"; a newer one may: {_OWN}"
            return words.format(detail) + newer
    return f"llama.cpp's converter failed: {last_words(stderr)}"


def last_words(text: str) -> str:
    """The last line that says something, cut to a readable length."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
