"""`import hone` is the whole product: every name is there, typed, explained, and loaded when it is first used."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hone

SOURCE = Path(hone.__file__).read_text(encoding="utf-8")
FUNCTIONS = [name for name in hone.__all__ if inspect.isfunction(inspect.unwrap(getattr(hone, name)))]


def test_dir_all_and_what_type_checkers_see_are_the_same_names() -> None:
    tree = ast.parse(SOURCE)
    seen = {
        (alias.asname, f"{node.module}.{alias.name}")
        for block in ast.walk(tree)
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = vars(hone)["_HOMES"]
    assert dir(hone) == hone.__all__
    assert len(hone.__all__) > 40
    assert seen == {(name, f"{home}.{name}") for name, home in homes.items()}


@pytest.mark.parametrize("name", hone.__all__)
def test_every_name_is_explained(name: str) -> None:
    doc = inspect.getdoc(getattr(hone, name)) or ""
    assert len(doc.split()) >= 2, f"hone.{name} has no docstring"
    # What pydantic and dataclasses make up is no explanation.
    assert not doc.startswith(f"{name}("), f"hone.{name} has no docstring of its own"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_annotated_and_each_argument_explained(name: str) -> None:
    function = inspect.unwrap(getattr(hone, name))
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    doc = inspect.getdoc(function) or ""
    for argument in signature.parameters.values():
        assert argument.annotation is not inspect.Parameter.empty, f"hone.{name}: {argument.name}"
    if len(signature.parameters) > 2:
        explained = set(re.findall(r"^    (\w+): ", doc, re.MULTILINE))
        assert set(signature.parameters) <= explained, f"hone.{name} leaves arguments unexplained"


def test_every_command_has_its_function() -> None:
    from hone.cli.main import COMMANDS  # noqa: PLC0415 - the commands are what is compared

    functions = {
        "init": "Project", "templates": "templates", "doctor": "doctor", "demo": "Journey", "rubric": "Journey",
        "reply": "Journey", "rate": "rate", "audit": "Journey", "label": "label", "feedback": "import_feedback",
        "agree": "agree", "tune": "tune", "bench": "benchmark", "estimate": "estimate", "export": "export_gguf",
        "chat": "chat", "serve": "serve", "report": "write_report", "show": "shown_calls",
        "judge": "tune_judge",
    }  # fmt: skip
    assert set(COMMANDS) <= set(functions)
    assert [functions[name] for name in COMMANDS if functions[name] not in hone.__all__] == []


def test_importing_hone_loads_nothing_of_it() -> None:
    code = "import sys, hone; print([name for name in sys.modules if name.startswith('hone.') or name == 'numpy'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['hone.lazily', 'hone.moved']"


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'tuner'"):
        _ = hone.tuner


def test_no_public_name_hides_a_room() -> None:
    """`import hone.bench` puts the room over a function of that name, and whoever calls it gets a module."""
    rooms = {path.parent.name for path in Path(hone.__file__).parent.glob("*/__init__.py")}
    assert importlib.import_module("hone.bench")
    assert rooms & set(hone.__all__) == set()


def test_a_name_of_the_version_before_still_works_and_says_its_new_one() -> None:
    renamed = vars(hone)["_RENAMED"]
    assert len(renamed) == 10
    for old, new in renamed.items():
        with pytest.warns(DeprecationWarning, match=f"hone.{old} is now hone.{new}"):
            assert getattr(hone, old) is getattr(hone, new)
