"""Every block of the docs does what it says: it is run, or it says why not and is read as closely as can be."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import hone
from tests.docs.pages import Block, blocks, hone_lines, pages, problem

BLOCKS = [block for path in pages() for block in blocks(path)]
CODE = [block for block in BLOCKS if block.language in {"sh", "python"} and block.page != "README.md"]
RUN = [block for block in CODE if block.mark == "run"]


def _name(block: Block) -> str:
    return block.name


def test_there_are_blocks_of_every_kind() -> None:
    assert {"sh", "python", "yaml", "text"} <= {block.language for block in BLOCKS}
    assert {block.language for block in RUN} == {"sh", "python"}


@pytest.mark.parametrize("block", CODE, ids=_name)
def test_code_is_run_or_says_why_not(block: Block) -> None:
    assert block.mark, "put <!-- run --> or <!-- not run: why --> on the line before it"


@pytest.mark.parametrize("block", [block for block in BLOCKS if any(hone_lines(block.code))], ids=_name)
def test_every_command_line_has_real_commands_and_options(block: Block) -> None:
    found = {" ".join(words): why for words in hone_lines(block.code) if (why := problem(words))}
    assert found == {}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=_name)
def test_python_names_only_what_is_there(block: Block) -> None:
    ast.parse(block.code)
    assert set(re.findall(r"\bhone\.(\w+)", block.code)) <= set(hone.__all__)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "yaml"], ids=_name)
def test_yaml_reads(block: Block) -> None:
    assert YAML(typ="safe").load(block.code) is not None


@pytest.mark.parametrize("block", RUN, ids=_name)
def test_a_block_that_says_run_runs(block: Block, tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", block.code] if block.language == "python" else ["bash", "-euc", block.code]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words", [["rubric", "draw"], ["tune", "sums", "--gpu", "2"], ["agre"], ["rubric", "draft", "·", "compere"]]
)
def test_a_command_line_that_is_wrong_is_found(words: list[str]) -> None:
    assert problem(words)
