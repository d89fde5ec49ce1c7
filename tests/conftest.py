"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes test side by side: each with as many threads as there are cores would starve the others.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A machine under load is slow, which is no failure.
settings.register_profile("hone", deadline=None)
settings.load_profile("hone")
