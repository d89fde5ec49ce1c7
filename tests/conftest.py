"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# A machine under load is slow, which is no failure.
settings.register_profile("hone", deadline=None)
settings.load_profile("hone")
