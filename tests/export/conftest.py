"""A tiny model and an adapter, made once; the converter, where it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.errors import ExportError
from hone.export.converter import converter_folder

from .tiny import tiny_adapter, tiny_model


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama."""
    return tiny_model("Llama", tmp_path_factory.mktemp("llama") / "base")


@pytest.fixture(scope="session")
def adapter(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter for it."""
    return tiny_adapter(llama, tmp_path_factory.mktemp("llama") / "adapter")


@pytest.fixture(scope="session")
def converter() -> Path:
    """llama.cpp's converter; `make test` fetches it, and where no package index can be reached these tests skip."""
    try:
        return converter_folder()
    except ExportError as error:
        pytest.skip(f"llama.cpp's converter is not there: {error}")
