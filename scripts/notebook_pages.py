"""A hook of mkdocs: the notebooks of the docs as pages, with the outputs that are kept in them. Nothing is run."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_LINK = re.compile(r"\(([\w-]+)\.ipynb\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page, and its pictures, for each notebook."""
    for path in sorted(Path(config.docs_dir).glob("*.ipynb")):
        text, pictures = page(nbformat.read(str(path), as_version=4), path.stem)  # type: ignore[no-untyped-call]
        files.append(File.generated(config, f"{path.stem}.md", content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


def page(notebook: Any, stem: str) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, and its pictures by name."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    about = notebook.metadata.get("hone", {})
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(_LINK.sub(r"(\1.md)", cell.source))
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}-{len(pictures)}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![What cell {place} of the notebook draws](notebooks/{name})")
            elif "text/markdown" in data:
                parts.append(data["text/markdown"])
            elif text := output.get("text") or data.get("text/plain"):
                parts.append(f"```text\n{text.rstrip()}\n```")
    if about:
        ran = "**Run in little** (a few steps and problems): its figures mean nothing. " if about["fast"] else ""
        ran += f"{about['note']} " if "note" in about else ""
        ran += f"Run in {about['seconds'] / 60:.1f} minutes on a machine with {about['processors']} processors."
        parts.append(f"---\n\n*{ran} `docs/{stem}.ipynb` in the repository is the notebook itself.*")
    return "\n\n".join(parts) + "\n", pictures
