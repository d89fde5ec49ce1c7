"""Settings of all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from hone.trust import consent

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes test side by side: each with as many threads as there are cores would starve the others.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A machine under load is slow, which is no failure.
settings.register_profile("hone", deadline=None)
settings.load_profile("hone")


@pytest.fixture(autouse=True)
def nothing_agreed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts as a user who has agreed to no host yet, and leaves nothing in the real one's home."""
    monkeypatch.setenv("HONE_CONFIG", str(tmp_path_factory.mktemp("config") / "hone"))
    consent.typed, consent.everything, consent.ask = "", False, None
    consent.forget()
