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


_LONG = frozenset(
    f"tests/{name}.py"
    for name in (
        "cli/test_readonly cli/test_rate cli/test_kill cli/test_forget cli/test_report cli/test_codes "
        "cli/test_demo cli/test_damaged_store cli/test_feedback cli/test_agree cli/test_twice "
        "cli/test_retry web/test_security web/test_connections web/test_pages tables/test_memory "
        "tables/test_round_trip judging/test_verdict test_trust weights/test_template "
        "people/store/test_opening people/store/test_faults people/store/test_rating "
        "people/store/test_handing_out people/store/test_review stats/test_paired stats/test_coverage "
        "stats/test_agreement stats/test_references problems/test_sums interop/test_round_trip "
        "docs/test_blocks serving/test_connections report/test_project_page measuring/test_own_judge "
        "cli/test_judge cli/test_own_judge"
    ).split()
)
"""Files whose tests take more than four seconds together; `make quick` leaves them to `make test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens weights, which `make quick` leaves out, and what is slow, which `make test` leaves out."""
    for item in items:
        name = item.path.relative_to(_ROOT).as_posix()
        if name in _SLOW:
            item.add_marker("slow")
        if name in _LONG:
            item.add_marker("long")
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
