"""Stopped with Ctrl-C a command exits with 130; killed in the middle it goes on where it was."""

from __future__ import annotations

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

from .conftest import INTERRUPTIBLE

Hone = Callable[..., Any]


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_ctrl_c_at_a_question_exits_with_130_and_changes_nothing(advised: Path) -> None:
    before = (advised / "rubric.yaml").read_bytes()
    with started("rubric", "merge", "--project", advised) as process:
        assert process.stdout
        while "a1" not in process.stdout.readline():
            pass
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "hone: stopped; the same command goes on where it was" in err
    assert "Traceback" not in err
    assert (advised / "rubric.yaml").read_bytes() == before


def test_ctrl_c_while_a_model_is_asked_exits_with_130_and_the_run_can_go_on(hone: Hone, project: Path) -> None:
    settings = project / "hone.yaml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        spec = f"http://127.0.0.1:{server.getsockname()[1]}/v1#silent"
        settings.write_text(settings.read_text().replace("writer: scripted:script.jsonl", f"writer: {spec}"))
        with started("reply", "--project", project) as process:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(10)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "hone: stopped" in err
    assert "Traceback" not in err
    assert not list((project / "runs").glob("*-reply-*"))  # nothing was answered, so there is nothing to go on with
    settings.write_text(settings.read_text().replace(f"writer: {spec}", "writer: scripted:script.jsonl"))
    assert hone("reply").code == 0


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_a_killed_run_goes_on_with_every_item_once_and_asks_nothing_twice(bare: Hone, tmp_path: Path) -> None:
    folder, data, out = tmp_path / "plans", tmp_path / "data.jsonl", tmp_path / "scores.jsonl"
    assert bare("init", folder).code == 0
    # A short prompt: the embedded model reads it on whatever the machine has to spare.
    (folder / "rubric.yaml").write_text(
        "criteria: ['Be Brief: It is short.', 'Be Exact: It has a number.']\nscale: 0..1\n"
    )
    rows = [{"prompt": f"Plan day {n}.", "reply": f"Do {n + 2} sums at {n + 7} o'clock."} for n in range(8)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ("label", data, "--out", out, "--project", folder)
    with started(*arguments) as process:
        deadline = time.monotonic() + 280
        journal: list[Path] = []
        while not journal or journal[0].read_bytes().count(b"\n") < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            journal = list(folder.glob("runs/*-label-*/journal.jsonl"))
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = journal[0].read_bytes().splitlines(keepends=True)
    kept = [line for line in kept if line.endswith(b"\n")]
    assert 2 <= len(kept) < 8

    with started(*arguments) as process:
        _, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    final = journal[0].read_bytes().splitlines(keepends=True)
    assert final[: len(kept)] == kept
    keys = [json.loads(line)["key"] for line in final]
    assert len(keys) == len(set(keys)) == 8
    assert len(list(folder.glob("runs/*-label-*"))) == 1
    results = [json.loads(line) for line in journal[0].with_name("results.jsonl").read_text().splitlines()]
    assert len(results) == len({one["item"] for one in results}) == 8
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["prompt"] for one in written] == [row["prompt"] for row in rows]
