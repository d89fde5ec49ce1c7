"""What a training process is handed: one file in the run's folder, and the examples beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from hone.domain.base import Frozen
from hone.errors import TuneError
from hone.examples.reading import Example, ExampleRow
from hone.files import write_whole
from hone.training.settings import TuneSettings

JOB, TRAIN, HELD_OUT, HISTORY, RESULTS = "job.json", "train.jsonl", "held_out.jsonl", "history.jsonl", "tuned.json"
LOG = "log.txt"
"""What libraries print while training."""
CHOOSING = "choosing.jsonl"
"""Problems that nothing is learnt from, where what is learnt is chosen within a budget."""
ADAPTER, MODEL = "adapter", "model"
FINISH = "finish"
"""What the training process is told where another process has trained already."""


class TrainingJob(Frozen):
    """One training."""

    base: str
    """The base as it was named: `smollm2`, a folder, or a repository of the hub."""
    weights: str
    """Its local folder."""
    weights_digest: str
    """Names the base's weights, so that an adapter is not put on another."""
    backend: Literal["trl", "unsloth"]
    settings: TuneSettings
    data: str
    """The digest of the examples."""
    source: str
    """Where they come from, in words."""
    prompt: str | None = None
    """The system message that questions are put with, or none."""
    pins: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    checks_only: bool = False
    """Stop after the checks."""
    budget: float | None = None
    """Seconds in which prompt, data and learning rate are chosen; none trains once, as the settings say."""

    def write(
        self,
        folder: Path,
        train: Iterable[Example],
        held_out: Iterable[Example],
        choosing: Iterable[Example] = (),
    ) -> None:
        """Write the job and its examples into a run's folder."""
        parts = [(TRAIN, train), (HELD_OUT, held_out), *([(CHOOSING, choosing)] if self.budget else [])]
        for name, examples in parts:
            lines = (ExampleRow.of(example).model_dump_json(exclude_none=True) for example in examples)
            write_whole(folder / name, "".join(line + "\n" for line in lines), errors="replace", kind=TuneError)
        write_whole(folder / JOB, self.model_dump_json(indent=1), kind=TuneError)

    @classmethod
    def read(cls, folder: Path) -> TrainingJob:
        """The job in a run's folder."""
        return cls.model_validate_json((folder / JOB).read_text(encoding="utf-8"))


def read_rows(path: Path) -> list[Example]:
    """The examples of one file of a run's folder."""
    with path.open(encoding="utf-8") as stream:
        return [ExampleRow.model_validate_json(line).example for line in stream]


def read_history(folder: Path) -> list[dict[str, Any]]:
    """What training told, line by line; a torn last line is dropped, and a step that was done twice counts once."""
    path = folder / HISTORY
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found[(one["event"], one["step"])] = one
    return sorted(found.values(), key=lambda one: (one["step"], one["event"] == "look"))
