"""Twenty SIGKILLs over one labelling run: every row once at the end, and nothing asked again that was answered."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROWS, KILLS = 420, 20
NAMES = ("Be Measured", "Be Short")
VERDICT = json.dumps({name: {"reason": "It names the minutes.", "score": 1} for name in NAMES})


class Endpoint(ThreadingHTTPServer):
    """Answers every call after 10 ms, and remembers which row each was about."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        self.asked: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found = re.search(r"Row (\d+)!", body)
        assert found
        self.server.asked.append(int(found[1]))
        time.sleep(0.01)
        answer = {"choices": [{"message": {"role": "assistant", "content": VERDICT}, "finish_reason": "stop"}]}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def project(tmp_path: Path, endpoint: Endpoint) -> Path:
    (tmp_path / "hone.yaml").write_text(
        "task: {subject: study plan, role: You are a tutor., instruction: Write a plan.}\n"
        f"models: {{judge: {{model: 'http://127.0.0.1:{endpoint.server_address[1]}/v1#mock', concurrency: 4}}}}\n"
    )
    criteria = "".join(f"  - {name}: Each step names its minutes.\n" for name in NAMES)
    (tmp_path / "rubric.yaml").write_text(f"criteria:\n{criteria}scale: 0..1\n")
    rows = [
        {"id": f"r{number}", "prompt": "Plan.", "reply": f"Row {number}! Twenty minutes."} for number in range(ROWS)
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def start(project: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hone.cli.main", "label", "data.jsonl", "--out", "out.jsonl"]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def journalled(project: Path) -> set[int]:
    """The rows whose answers are whole lines of the journal."""
    journals = list(project.glob("runs/*-label-*/journal.jsonl"))
    assert len(journals) <= 1, "every start goes on with the same run"
    lines = journals[0].read_bytes().split(b"\n")[:-1] if journals else []
    return {int(re.sub(r"\D", "", json.loads(line)["call"].split("/")[0])) for line in lines}


def test_twenty_kills_repeat_and_lose_nothing(project: Path, endpoint: Endpoint) -> None:
    draw = random.Random(20)
    repeated: list[int] = []
    for _ in range(KILLS):
        known, before = journalled(project), len(endpoint.asked)
        process = start(project)
        wanted = len(known) + draw.randint(1, ROWS // (KILLS + 5))
        deadline = time.monotonic() + 60
        while len(journalled(project)) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(draw.uniform(0.001, 0.02))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was killed in the middle, not at its end"
        repeated += [row for row in endpoint.asked[before:] if row in known]
        assert not (project / "out.jsonl").exists(), "half a file never stands under the final name"

    known, before = journalled(project), len(endpoint.asked)
    assert 0 < len(known) < ROWS
    process = start(project)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    repeated += [row for row in endpoint.asked[before:] if row in known]

    assert repeated == []
    written = [json.loads(line) for line in (project / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in written] == [f"r{number}" for number in range(ROWS)]
    assert all(row[name] == 1 for row in written for name in NAMES)
    assert len(journalled(project)) == ROWS
