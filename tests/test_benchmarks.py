"""The scripts of benchmarks/ and scripts/ take from Hone only what is there."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted([*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_imports_only_names_that_hone_has(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    for one in imports:
        if not (one.module or "").startswith("hone"):
            continue
        module = importlib.import_module(one.module or "")
        for name in one.names:
            if not hasattr(module, name.name):
                importlib.import_module(f"{one.module}.{name.name}")  # it may be a module of a package
