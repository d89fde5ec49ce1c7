from __future__ import annotations

from collections.abc import Iterator

import pytest

from .loopback import Loopback, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A real endpoint on loopback."""
    with serving() as running:
        yield running
