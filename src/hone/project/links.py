"""Refuses links that lead out of a project: people send folders to each other, and nobody looks for links in them.

A link in place of a prompt would send a private file to a model; one in place of a result would write over it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hone.errors import ProjectError

_OWN = frozenset({"prompts", "rubrics", "runs"})
"""The folders in which Hone reads and writes by names of its own; others it opens only where they are named."""
_DEEPEST = 3
"""Levels below the project: ``runs/NAME/FILE``."""


def refuse_links_out(folder: Path) -> None:
    """See that no link of a project leads out of it.

    Args:
        folder: The project's folder.

    Raises:
        ProjectError: A link does; the message names it.
    """
    root = folder.resolve()
    for link in _links(root, 1):
        target = link.resolve()
        if target != root and root not in target.parents:
            raise ProjectError(
                f"{link}: this link leads out of the project; put the file itself there if you trust it, or remove "
                "the link"
            )


def _links(folder: Path, level: int) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # what cannot be listed is met, and told of, where it is opened
    for entry in entries:
        ours = level > 1 or entry.name in _OWN
        if entry.is_symlink():
            if ours or not entry.is_dir():  # a large model or data set may well lie elsewhere
                yield Path(entry.path)
        elif ours and level < _DEEPEST and entry.is_dir(follow_symlinks=False):
            yield from _links(Path(entry.path), level + 1)
