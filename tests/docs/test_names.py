"""Every path and every dotted name that the docs give is there."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

SOURCE = ROOT / "src" / "hone"
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
ROOMS = {path.name for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith("_")}
TOP = {"src", "tests", "docs", "scripts", "benchmarks", ".github", ".ci"}
_CODE = re.compile(r"`([^`\n]+)`|\]\(([^)#\s]+)\)")


def _quoted(page: Path) -> set[str]:
    found = _CODE.findall(page.read_text(encoding="utf-8"))
    return {(code or link).strip() for code, link in found}


def _is_path(text: str) -> bool:
    first = text.split("/", maxsplit=1)[0]
    return "/" in text and re.fullmatch(r"[\w./-]+", text) is not None and first in ROOMS | TOP


def _exists(text: str) -> bool:
    text = text.rstrip("/")
    return any(
        path.exists()
        for base in (ROOT, SOURCE, SOURCE.parent)
        for path in (base / text, base / f"{text}.py", base / f"{text}.md")
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_is_there(page: Path) -> None:
    assert [text for text in sorted(_quoted(page)) if _is_path(text) and not _exists(text)] == []


def test_some_paths_were_looked_at() -> None:
    assert sum(_is_path(text) for page in PAGES for text in _quoted(page)) > 60


def _resolves(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


def test_every_dotted_name_is_there() -> None:
    names = {
        match[0]
        for page in PAGES
        for text in _quoted(page)
        for match in re.finditer(r"\bhone(\.[A-Za-z_]\w*)+", text)
        if not re.search(r"\.(yaml|db|md|json|toml)\b", match[0])
    }
    assert len(names) > 5
    assert [name for name in sorted(names) if not _resolves(name)] == []


def test_the_rooms_of_the_page_are_the_rooms_that_are_held_apart() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```text\ncli.*?```", page, re.DOTALL)
    assert block
    shown = [re.split(r"\s{3,}", line)[0].strip() for line in block[0].splitlines()[1:-1]]
    assert shown == layers
