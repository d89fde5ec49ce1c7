"""The one door to Ray: the jobs of a run in many processes, on this machine or on a cluster.

Where `RAY_ADDRESS` names no cluster, a Ray is started for the run and ended with it. It listens on loopback alone,
does nothing without a secret of this process, has no dashboard, and keeps its files in a temporary folder. Ray's
usage reports are off in any case.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from hone.errors import HoneError, RunError
from hone.extras import library
from hone.files import temporary_folder

Work = Callable[[str], Mapping[str, Any]]
"""Does one job, and tells in JSON-serialisable data what came of it."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns of a default that will change
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Whatever its name says: without clusters, Ray listens on 127.0.0.1 alone, on Linux too."""
_TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""A secret of this process: without it, other accounts of this machine could have its Ray do work as this user."""
_STORE = 128 * 2**20
"""Bytes for Ray's object store, which by default takes a third of the memory; jobs and what they tell are small."""


def ray() -> Any:
    """The package `ray`, with its data library.

    Raises:
        MissingExtraError: It is not installed.
    """
    os.environ.update(
        _QUIET | ({} if os.environ.get("RAY_ADDRESS") else _LOOPBACK | _TOKEN)
    )  # read when Ray is imported
    library("ray.data", "ray", use="shards on Ray")
    return library("ray", "ray")


def run_jobs(start: Callable[[], Work], jobs: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Do every job, in as many processes as there are processors.

    Args:
        start: Called once in each process; gives what does a job there. Both must be importable there, and travel by
            pickle.
        jobs: What the processes are handed, one at a time.

    Yields:
        What came of each job, as they end.

    Raises:
        MissingExtraError: Ray is not installed.
        RunError: A process stopped with an error of Hone, or Ray cannot be started or reached.
    """
    with _running() as ray:
        workers = min(len(jobs), max(1, int(ray.cluster_resources().get("CPU", 1))))
        rows = ray.data.from_items(list(jobs), override_num_blocks=len(jobs)).map_batches(
            _do, fn_kwargs={"start": pickle.dumps(start)}, batch_size=1, concurrency=workers
        )
        for row in rows.iter_rows():
            done = json.loads(row["done"])
            if "error" in done:
                raise RunError(done["error"])
            yield done["result"]


def _do(batch: Mapping[str, Any], start: bytes) -> dict[str, list[str]]:
    """Do a batch of one job; an error of Hone comes back as data, because Ray would wrap it into its tracebacks."""
    try:
        done: dict[str, Any] = {"result": _started(start)(str(batch["item"][0]))}
    except HoneError as error:
        done = {"error": str(error)}
    return {"done": [json.dumps(done)]}


@lru_cache(maxsize=1)
def _started(start: bytes) -> Work:
    """What does jobs in this process, which stays for many of them: a model that it holds is loaded once."""
    work: Callable[[], Work] = pickle.loads(start)  # noqa: S301 - from the driver, as all that Ray hands over
    return work()


@contextmanager
def _running() -> Iterator[Any]:
    """Ray, until the block ends; one that runs already in this process, as in a notebook, is left running."""
    package = ray()
    context = package.data.DataContext.get_current()
    context.enable_progress_bars, context.print_on_execution_start = False, False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if package.is_initialized():
        yield package
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS")
    if address:
        _knock(address)
    # The path of a socket may have a hundred characters, which leaves no room for a temporary folder of macOS.
    short = Path("/tmp") if Path("/tmp").is_dir() else None  # noqa: S108 - a folder with a random name is made in it
    with temporary_folder("hone-ray-", short, kind=RunError) as folder:
        own = {"include_dashboard": False, "object_store_memory": _STORE, "_temp_dir": str(folder)}
        try:
            package.init(address or "local", **quiet, **({} if address else own))
        except (ConnectionError, RuntimeError, TimeoutError, ValueError, OSError) as error:
            what = f"no Ray answers at RAY_ADDRESS={address}" if address else "Ray cannot be started"
            raise RunError(f"{what} ({' '.join(str(error).split())[:200]})") from error
        try:
            yield package
        finally:
            package.shutdown()


def _knock(address: str) -> None:
    """Make sure that somebody listens at an address such as ``HOST:PORT``: Ray itself tries for many minutes.

    Raises:
        RunError: Nobody does.
    """
    host, colon, port = address.rpartition("//")[2].rpartition(":")
    if not colon or not port.isdigit():
        return  # a name that Ray itself resolves
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise RunError(f"no Ray answers at RAY_ADDRESS={address} ({error})") from error
