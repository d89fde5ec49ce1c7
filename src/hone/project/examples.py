"""Scored examples of rubric.yaml whose criteria are gone: says which, and takes them out without losing a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.domain.base import digest
from hone.domain.language import has_lead
from hone.errors import FileFormatError
from hone.files import copy_whole, make_folder
from hone.project.files import load_document, plain, read_text, update_yaml
from hone.spelling import option

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken out of the scored examples."""

    scores: tuple[str, ...]
    """Each as ``example 1: Be Kind``."""
    examples: int
    """Examples that had no other score, and went with it."""
    kept: Path
    """The file as it was."""


def keep_copy(rubric: Path) -> Path:
    """A copy of rubric.yaml as a person left it, comments and all, in ``rubrics/``; the same text is kept once."""
    kept = rubric.parent / "rubrics" / f"before-{digest(read_text(rubric))[:8]}.yaml"
    make_folder(kept.parent)
    copy_whole(rubric, kept)
    return kept


def prune_examples(rubric: Path) -> Pruned | None:
    """Take scores and reasons of criteria that are gone, and reasons without a score, out of the examples.

    None where there are none.

    Args:
        rubric: The file.

    Raises:
        FileFormatError: The file is no YAML.
    """
    data = plain(load_document(rubric))
    gone = {(number, name) for number, name in _gone(data)}
    if not gone:
        return None
    left = []
    for number, example in enumerate(data["examples"]):
        parts = {
            part: {name: value for name, value in example[part].items() if (number, str(name)) not in gone}
            for part in ("scores", "reasons")
            if isinstance(example, Mapping) and isinstance(example.get(part), Mapping)
        }
        if parts.get("scores", True):
            left.append({**example, **parts} if isinstance(example, Mapping) else example)
    kept = keep_copy(rubric)
    update_yaml(rubric, {"examples": left})
    scores = tuple(f"example {number + 1}: {name}" for number, name in sorted(gone))
    return Pruned(scores, len(data["examples"]) - len(left), kept)


def name_what_is_gone(rubric: Path, error: FileFormatError) -> FileFormatError:
    """The error, with what to delete where examples score criteria that are gone."""
    if not error.key.startswith("examples."):
        return error
    try:
        gone = list(_gone(plain(load_document(rubric))))
    except FileFormatError:
        return error
    if not gone or not any(words in error.problem for words in ("no criterion is called", "has no score there")):
        return error
    named = [f"{name} in example {number + 1}" for number, name in gone]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    problem = (
        f"{error.problem}. Scores of criteria that are gone, or reasons without a score: "
        f"{', '.join(named[:_SHOWN])}{more}; delete them, or run "
        f"`hone rubric lint` with {option('prune', True)}, which keeps the file as it was"
    )
    return FileFormatError(error.path, problem, line=error.line, key=error.key)


def _gone(data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The places of the examples, from 0, and the names there without a criterion, or with a reason and no score."""
    criteria, examples = data.get("criteria"), data.get("examples")
    if not isinstance(criteria, list) or not isinstance(examples, list):
        return
    names = {name for criterion in criteria if (name := _name(criterion))}
    if len(names) < len(criteria):
        return  # a criterion does not read, and may be what an example means
    for number, example in enumerate(examples):
        parts = [example.get(part) for part in ("scores", "reasons")] if isinstance(example, Mapping) else []
        scores, reasons = (
            [str(name) for name in part] if isinstance(part, Mapping) else [] for part in (parts or [None, None])
        )
        lost = [
            name for name in reasons if name not in scores
        ]  # a reason without a score keeps the file from loading
        yield from ((number, name) for name in dict.fromkeys([*scores, *lost]) if name not in names or name in lost)


def _name(criterion: object) -> str:
    if isinstance(criterion, str):
        return " ".join(criterion.partition(":")[0].split()) if ":" in criterion else ""
    if not isinstance(criterion, Mapping):
        return ""
    said = criterion.get("name") or next((key for key in criterion if len(criterion) == 1 or has_lead(str(key))), "")
    return " ".join(str(said).split())
