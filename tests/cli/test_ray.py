"""`hone label --engine ray`: the rows of a local run. What needs Ray is skipped where it is missing, and says so."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.models.loopback import refuse, serving

Hone = Callable[..., Any]
ENDPOINT = Path(__file__).parents[2] / "benchmarks" / "endpoint.py"

with_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason='needs Ray: pip install -c constraints.txt "ray[data]"'
)


def data_set(folder: Path, rows: int) -> Path:
    """Rows with and without an id, some without a reply."""
    path = folder / "data.jsonl"
    with path.open("w") as stream:
        for number in range(rows):
            row = {"prompt": f"Plan week {number}.", "reply": f"Day one: {number} tasks." if number % 97 else ""}
            stream.write(json.dumps(row | ({"id": f"d{number}"} if number % 3 else {})) + "\n")
    return path


@contextmanager
def endpoint(wait: float = 0.0) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(ENDPOINT), str(port), "--wait", str(wait), "--seconds", "280"])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1#mock"
    finally:
        process.kill()
        process.wait()


def copied(project: Path, name: str, judge: str) -> Path:
    """A project whose judge is the mock endpoint, with the endpoint's criteria."""
    folder = project.with_name(name)
    folder.mkdir()
    settings = (project / "hone.yaml").read_text()
    (folder / "hone.yaml").write_text(settings.replace("judge: scripted:script.jsonl", f"judge: {judge}"))
    criteria = "".join(f"  - Be Measured {letter}: It states its figures.\n" for letter in "ABC")
    (folder / "rubric.yaml").write_text(f"criteria:\n{criteria}scale: -1..1\n")
    return folder


def command(data: Path, folder: Path, *more: str) -> list[str]:
    files = ["--out", str(folder / "out.jsonl"), "--people", str(folder / "people.csv")]
    return [sys.executable, "-m", "hone.cli.main", "label", str(data), *files, "--project", str(folder), *more]


def run(data: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return subprocess.run(
        command(data, folder, *more), env=environment, capture_output=True, text=True, check=False, timeout=250
    )


def written(folder: Path) -> list[bytes]:
    (results,) = folder.glob("runs/*-label-*/results.jsonl")
    return [path.read_bytes() for path in (folder / "out.jsonl", folder / "people.csv", results)]


def keys(folder: Path) -> list[str]:
    """The keys of all answers that are in whole lines of the run's journals, the shards' among them."""
    found = sorted({*folder.glob("runs/*/journal.jsonl"), *folder.glob("runs/*/shards/*/journal.jsonl")})
    lines = (line for path in found for line in path.read_bytes().splitlines(keepends=True))
    return [json.loads(line)["key"] for line in lines if line.endswith(b"\n")]


@with_ray
def test_ray_writes_the_rows_of_a_local_run_byte_for_byte(project: Path, tmp_path: Path) -> None:
    data = data_set(tmp_path, 5000)
    with endpoint() as judge:
        local, ray = (copied(project, name, judge) for name in ("local", "ray"))
        alone = run(data, local)
        shared = run(data, ray, "--engine", "ray")
    assert alone.returncode == shared.returncode == 0, alone.stderr + shared.stderr
    assert written(local) == written(ray)
    assert written(ray)[0].count(b"\n") == 5000
    assert sorted(keys(local)) == sorted(keys(ray))
    # Ray says nothing: the lines are those of a local run, times and names of folders apart.
    assert len(shared.stderr.splitlines()) == len(alone.stderr.splitlines())
    assert shared.stderr.splitlines()[3:5] == alone.stderr.splitlines()[3:5]


@with_ray
def test_a_killed_run_goes_on_without_asking_what_is_in_a_journal(project: Path, tmp_path: Path) -> None:
    data = data_set(tmp_path, 1500)
    with endpoint(wait=0.1) as judge:
        folder = copied(project, "killed", judge)
        process = subprocess.Popen(
            command(data, folder, "--engine", "ray"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 120
            while len(keys(folder)) < 300:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = run(data, folder, "--engine", "ray", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    final = keys(folder)
    asked = 1500 - len(range(0, 1500, 97))
    assert len(final) == len(set(final)) == asked
    assert report["reused"] >= 300
    assert report["calls"] + report["reused"] == asked
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert [row["prompt"] for row in rows] == [f"Plan week {number}." for number in range(1500)]


@with_ray
def test_a_problem_in_a_worker_is_one_line(project: Path, tmp_path: Path) -> None:
    data = data_set(tmp_path, 10)
    with serving() as server:
        server.react = lambda _: refuse(401, "who are you")
        done = run(data, project, "--judge", f"{server.url}#mock", "--engine", "ray")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"hone: {server.url} refuses entry (401: who are you")
    assert "Traceback" not in done.stderr
    assert not (project / "out.jsonl").exists()


def test_a_budget_is_refused_because_processes_do_not_share_it(hone: Hone, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("hone.cli.label.ray", lambda: None)
    result = hone("label", data_set(tmp_path, 2), "--engine", "ray", "--budget", "$1")
    assert result.code == 2
    assert "--budget needs --engine local" in result.err


def test_without_the_package_the_line_says_what_to_install(hone: Hone, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    result = hone("label", data_set(tmp_path, 2), "--engine", "ray")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert 'pip install "hone-llm[ray]"' in result.err
