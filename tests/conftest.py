"""Settings of all tests."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from hone.trust import consent
from tests.postgres import database, postgres  # noqa: F401 - fixtures of every test

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes test side by side: each with as many threads as there are cores would starve the others.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

_ROOT = Path(__file__).parents[1]
_TORCH = re.compile(r"\btorch\b|training\.small|export\.tiny|weights\.tiny|from \.(tiny|small) ")


@functools.cache
def _opens_weights(file: Path) -> bool:
    """Whether the tests of a file open, train or export weights: it speaks of torch, or makes a small model."""
    return _TORCH.search(file.read_text(encoding="utf-8")) is not None


_SLOW = frozenset({
    "tests/cli/test_tune_devices.py", "tests/export/test_exporting.py", "tests/cli/test_export.py",
    "tests/docs/test_notebooks.py", "tests/cli/test_stop.py", "tests/cli/test_endpoint_loop.py",
})  # fmt: skip
"""Files whose tests take 20 seconds and more each, for two cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens weights, which `make quick` leaves out, and what is slow, which `make test` leaves out."""
    for item in items:
        if item.path.relative_to(_ROOT).as_posix() in _SLOW:
            item.add_marker("slow")
        if _opens_weights(item.path) or item.path.parent.name in {"tuning", "training", "examples", "export"}:
            item.add_marker("weights")


# A machine under load is slow, which is no failure.
settings.register_profile("hone", deadline=None)
settings.load_profile("hone")


@pytest.fixture(autouse=True)
def nothing_agreed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts as a user who has agreed to no host yet, and leaves nothing in the real one's home."""
    monkeypatch.setenv("HONE_CONFIG", str(tmp_path_factory.mktemp("config") / "hone"))
    consent.typed, consent.everything, consent.ask = "", False, None
    consent.forget()


Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes lines into a file and gives its path."""

    def write(*lines: str, name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write
