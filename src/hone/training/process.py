"""The training process: ``python -m hone.training.process RUN_FOLDER [finish]``.

It is a process of its own so that running out of memory ends it alone, and so that Unsloth can be imported before
transformers. It tells what happens as JSON lines on standard output; all else that is printed goes to ``log.txt``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from hone.children import end_with_parent
from hone.errors import HoneError, TuneError
from hone.extras import library
from hone.files import open_to_append
from hone.training.job import FINISH, HELD_OUT, HISTORY, LOG, TRAIN, TrainingJob, read_rows


def train_from_folder() -> None:
    """Train what the run folder's job says; exit 1 with an ``error`` event where that cannot be done."""
    end_with_parent()  # of several processes, each is started by one that may be killed
    folder = Path(sys.argv[1])
    first = int(os.environ.get("RANK", "0")) == 0
    with _told(folder, first=first) as tell:
        try:
            job = TrainingJob.read(folder)
            if sys.argv[2:] == [FINISH]:
                from hone.training.finishing import take_over  # noqa: PLC0415 - imports torch and transformers

                take_over(job, folder, read_rows(folder / HELD_OUT), tell)
                return
            if job.backend == "unsloth":
                import unsloth  # noqa: F401, PLC0415 - it must come before transformers
            library("peft")  # TRL would import it too, but not through the door that fetches nothing
            from hone.training.work import work  # noqa: PLC0415 - imports torch and transformers

            work(job, folder, read_rows(folder / TRAIN), read_rows(folder / HELD_OUT), tell)
        except HoneError as error:
            tell({"event": "error", "kind": type(error).__name__, "message": str(error)})
            raise SystemExit(1) from error


@contextmanager
def _told(folder: Path, *, first: bool) -> Iterator[Any]:
    """A function that tells events; libraries' own printing goes to the log."""
    out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = open_to_append(folder / LOG, kind=TuneError)
    os.dup2(log, 1)
    os.dup2(log, 2)
    with os.fdopen(open_to_append(folder / HISTORY, kind=TuneError), "a", encoding="utf-8") as history:

        def tell(event: dict[str, Any]) -> None:
            if not first and event["event"] != "error":  # memory may run out in any process
                return
            line = json.dumps(event, ensure_ascii=False)
            if event["event"] in {"step", "look"}:
                history.write(line + "\n")
                history.flush()
            out.write(line + "\n")
            out.flush()

        yield tell


if __name__ == "__main__":
    train_from_folder()
