"""Executes the notebooks of the docs from top to bottom, each in an empty folder, and keeps their outputs small.

    python scripts/notebooks.py [NAME …]      run them in full and keep what came out
    python scripts/notebooks.py --check       say whether the kept outputs are of the code that stands there

A notebook remembers the digest of the code that made its outputs, when and how long it ran; a test compares.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from hone.files import temporary_folder, write_whole

DOCS = Path(__file__).parent.parent / "docs"
_LONGEST = 4000
"""Characters of one output that are kept."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def notebooks() -> list[Path]:
    """Every notebook of the docs."""
    return sorted(DOCS.glob("*.ipynb"))


def read(path: Path) -> Any:
    """A notebook."""
    return nbformat.read(str(path), as_version=4)  # type: ignore[no-untyped-call]


def code_digest(notebook: Any) -> str:
    """What the outputs depend on: all code, in order."""
    text = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def execute(notebook: Any, folder: Path, *, seconds: int = 1800) -> float:
    """Run a notebook in a folder, in place.

    Returns:
        Seconds.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    started = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=seconds, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return time.perf_counter() - started


def trim(notebook: Any, folder: Path) -> None:
    """Leave what a reader needs: no numbers of runs, no folders of this machine, nothing long."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        # What libraries say on standard error is about this machine.
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = None
            if "text" in output:
                output["text"] = _short(output["text"], folder)
            if "text/plain" in output.get("data", {}):
                output["data"]["text/plain"] = _short(output["data"]["text/plain"], folder)


def _short(text: str, folder: Path) -> str:
    text = _COLOUR.sub("", text).replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "\n…\n"


def check() -> list[str]:
    """What is not current: the names of notebooks whose code is not the code that made their outputs."""
    return [
        path.name
        for path in notebooks()
        if read(path).metadata.get("hone", {}).get("code") != code_digest(read(path))
    ]


def main(arguments: list[str]) -> int:
    """Run what was asked for, or check."""
    if "--check" in arguments:
        stale = check()
        if stale:
            sys.stderr.write(f"not current: {', '.join(stale)}; run: python scripts/notebooks.py {' '.join(stale)}\n")
        return 1 if stale else 0
    wanted = {Path(name).stem for name in arguments}
    for path in notebooks():
        if wanted and path.stem not in wanted:
            continue
        notebook = read(path)
        with temporary_folder("hone-notebook-") as folder:
            seconds = execute(notebook, folder)
            trim(notebook, folder)
        notebook.metadata["hone"] = {
            "code": code_digest(notebook),
            "seconds": round(seconds),
            "processors": os.cpu_count(),
            "fast": "HONE_NOTEBOOK_FAST" in os.environ,
        }
        write_whole(path, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
        print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
