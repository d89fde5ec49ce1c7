"""Starts the training process, and passes on what it tells. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hone.children import tied
from hone.errors import HoneError, MissingExtraError, TuneError, UnavailableError
from hone.files import open_to_append
from hone.spelling import option
from hone.training.job import FINISH, LOG, TrainingJob

_KINDS: dict[str, type[HoneError]] = {"MissingExtraError": MissingExtraError, "UnavailableError": UnavailableError}
_STATUS = re.compile(r"exitcode\s*:\s*(-?\d+)")
"""How torch reports the status of the process that ended first."""
_ENDING = 30.0
"""Seconds that the process gets to end by itself once it was asked to."""


def launch(job: TrainingJob, folder: Path, tell: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Train in a process of its own, or in one a device.

    Args:
        job: What is trained; its file and examples are in the folder already.
        folder: The run's folder.
        tell: Told of every event.

    Returns:
        The last event: ``done``, or the last check where only checks were wanted.

    Raises:
        TuneError: Training failed; the message says what to change. Checkpoints stay.
    """
    last = _run(_command(job.settings.gpus), job, folder, tell)
    if job.backend == "unsloth" and last.get("event") == "trained":
        # A process without Unsloth tries the scales and saves: see `finishing`.
        last = _run(_command(1), job, folder, tell, FINISH)
    return last


def _run(
    command: list[str], job: TrainingJob, folder: Path, tell: Callable[[dict[str, Any]], object], *more: str
) -> dict[str, Any]:
    """Run one process to its end: the last event that it told."""
    last: dict[str, Any] = {}
    with os.fdopen(open_to_append(folder / LOG, kind=TuneError), "ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            tied([*command, "hone.training.process", str(folder), *more]),
            stdout=subprocess.PIPE,
            # What starts several processes reports at length when one of them ends.
            stderr=log if job.settings.gpus > 1 else None,
            env=environment(job),
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        begun = log.tell()
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "error":
                process.wait()
                raise _KINDS.get(event["kind"], TuneError)(event["message"])
            last = event
            tell(event)
        code = process.wait()
    finally:
        _end(process)
        process.stdout.close()
    if code:
        raise TuneError(_died(code, folder, begun))
    return last


def _command(gpus: int) -> list[str]:
    if gpus == 1:
        return [sys.executable, "-m"]
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--local-addr",
        "127.0.0.1",
        "--nproc-per-node",
        str(gpus),
        "-m",
    ]


def environment(job: TrainingJob) -> dict[str, str]:
    """The environment of the training process: this one's, with what the job asks for."""
    made = dict(os.environ)
    source = str(Path(__file__).resolve().parents[2])
    made["PYTHONPATH"] = os.pathsep.join(part for part in (source, made.get("PYTHONPATH", "")) if part)
    # Threads that spin while they wait keep the very thread they wait for from running on a busy machine.
    made.setdefault("GOMP_SPINCOUNT", "1000")
    made.setdefault("TOKENIZERS_PARALLELISM", "false")
    made.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    made["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if job.settings.gpus == 1:
        # One process that sees several GPUs would be made to share each batch among them.
        made["CUDA_VISIBLE_DEVICES"] = made.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    else:
        made.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // job.settings.gpus)))
    return made


def _end(process: subprocess.Popen[str]) -> None:
    """See that nothing is left running; the process leads a group of its own."""
    if process.poll() is not None:
        return
    if os.name != "posix":  # no groups there, and no signal that a process could heed
        process.kill()
        process.wait()
        return
    for sign, patience in ((signal.SIGTERM, _ENDING), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
            return


def _died(code: int, folder: Path, begun: int = 0) -> str:
    """What to say of a process that ended without a word.

    Args:
        code: Its exit status.
        folder: The run's folder.
        begun: Bytes of the log that are older.
    """
    log = folder / LOG
    said = log.read_bytes()[begun:].decode("utf-8", "replace") if log.exists() else ""
    # One of several is ended with the others, and only the report of what started them has its status.
    one = _STATUS.search(said)
    if code in {-9, 137} or (one and one[1] == "-9"):
        return (
            f"{'one of the training processes' if one else 'the training process'} was killed, most likely because "
            "memory ran out; set a smaller row or max_length, checkpointing: on, or method: lora or qlora, and start "
            f"again with {option('fresh', True)}, or type the same command to go on from the last checkpoint"
        )
    lines = said.strip().splitlines()
    end = next((line for line in reversed(lines) if line.strip()), "it said nothing")
    return f"the training process stopped with code {code} ({end.strip()[:200]}); all of it is in {log}"
