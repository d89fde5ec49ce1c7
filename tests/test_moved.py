"""Modules of version 0.1 are found under the names that they had then, once each, and say where they are now."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("hone.steps.stored", "hone.journey.stored"),
        ("hone.feedback.store.values", "hone.people.store.values"),
        ("hone.feedback.exchange.argilla", "hone.interop.argilla"),
        ("hone.feedback.exchange.whole", "hone.people.exchange.whole"),
        ("hone.feedback.ratings", "hone.measuring.ratings"),
        ("hone.feedback.coding", "hone.tables.coding"),
        ("hone.tuning.settings", "hone.training.settings"),
        ("hone.tuning.examples", "hone.examples.reading"),
        ("hone.models.weights", "hone.weights.opening"),
        ("hone.export.gguf_file", "hone.weights.gguf_file"),
    ],
)
def test_a_moved_module_is_the_module_of_today(then: str, now: str) -> None:
    sys.modules.pop(then, None)
    with pytest.warns(DeprecationWarning, match=f"{then} is now {now}"):
        assert importlib.import_module(then) is importlib.import_module(now)


def test_names_of_a_package_that_moved_are_still_imported_from_it() -> None:
    program = "from hone.feedback.store import open_store; from hone.people.store import open_store as now; "
    program += "from hone.models.embedded import smollm2_file; print(open_store is now, smollm2_file.__module__)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "hone.weights.smollm2"]


@pytest.mark.parametrize("name", ["hone.steps.nothing", "hone.tuning.nothing", "hone.nothing", "hone.models.nothing"])
def test_what_never_was_is_not_found(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name.replace(".", r"\.")):
        importlib.import_module(name)
