"""Kills commands with SIGKILL at random moments and counts what is lost, doubled and left behind.

python benchmarks/kills.py [--kills 20] [--seed 0] [label reply compare import import-postgres tune export]

Each command is started, killed after a random part of its own time, and typed again; what is finished is started
anew. After the last kill it runs to its end. Then the rows are counted that have no result (lost) or more than one
(doubled), the calls that were made again although their answer had been written down (asked again), and processes and
hidden files that are still there (left). Linux only: processes are found by a mark in their environment.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

ROWS, STEPS, CALL = 300, 24, 0.02
_SERVERS = ExitStack()
MARK = "LC_HONE_KILLS"
"""A variable that the converter's process is given too."""
NAMES = ("Be Detailed", "Be Adaptable")
VERDICT = json.dumps({name: {"reason": "It says so.", "score": 1} for name in NAMES})
_MEASURE = {"name": "Be Detailed", "first_quote": "plan", "second_quote": "plan", "better": "first"}
CHOICE = json.dumps({"measures": [_MEASURE], "reason": "The first names minutes.", "winner": "first"})


class Endpoint(ThreadingHTTPServer):
    """Answers every call after 20 ms, and remembers what was answered."""

    daemon_threads, request_queue_size = True, 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who was killed closes its connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        time.sleep(CALL)
        text = VERDICT if "You score replies" in asked else CHOICE if "Two writers answered" in asked else "A plan."
        answer = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command to kill."""

    words: list[str]
    count: Callable[[], Counter[str]]
    """How often each row has a result."""
    rows: int
    anew: list[str] = field(default_factory=list)
    """Added where the command is finished."""


@dataclass(slots=True)
class Found:
    """One line of the table."""

    killed: int = 0
    lost: int = 0
    doubled: int = 0
    asked_again: int = 0
    processes: int = 0
    files: int = 0


def main() -> None:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", default=[])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print("| command | killed | lost | doubled | asked again | processes left | files left |", flush=True)
    print("|---|---|---|---|---|---|---|", flush=True)
    with _endpoint() as url:
        for name in asked.commands or list(CASES):
            with tempfile.TemporaryDirectory(prefix="kills-") as place:
                draw = random.Random(asked.seed)  # noqa: S311 - moments, no secrets
                found = _try(CASES[name](Path(place), url), Path(place), asked.kills, draw)
            print(
                f"| {name} | {found.killed} | {found.lost} | {found.doubled} | {found.asked_again} "
                f"| {found.processes} | {found.files} |",
                flush=True,
            )


@contextmanager
def _endpoint() -> Iterator[str]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1#m"
    server.shutdown()
    server.server_close()
    thread.join()


def _try(case: Case, place: Path, kills: int, draw: random.Random) -> Found:
    found, mark = Found(), f"{os.getpid()}-{draw.random()}"
    temporary = place / "tmp"
    temporary.mkdir()
    environment = os.environ | {MARK: mark, "TMPDIR": str(temporary)}
    start = time.monotonic()
    _start([*case.words], place, environment).wait()
    whole, anew = time.monotonic() - start, True
    usual = set(temporary.iterdir())  # caches of libraries, such as torch's, stay after any run
    while found.killed < kills:
        process = _start([*case.words, *(case.anew if anew else [])], place, environment)
        try:
            process.wait(timeout=draw.uniform(0.1, 1.0) * whole)
            anew = True
            continue
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            found.killed += 1
            anew = anew and not _began(place)
        time.sleep(1.5)
        found.processes += _running(mark)
    if _start([*case.words, *(case.anew if anew else [])], place, environment).wait():
        raise SystemExit(f"{case.words}: it did not end well after the kills")
    counts = case.count()
    found.lost = case.rows - len(counts)
    found.doubled = sum(count - 1 for count in counts.values())
    found.asked_again = _asked_again(place)
    found.files = sum(1 for path in place.rglob(".*.part")) + len(set(temporary.iterdir()) - usual)
    return found


def _start(words: list[str], place: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "hone.cli.main", *words]
    log = (place / "log.txt").open("ab")
    with log:
        return subprocess.Popen(line, cwd=place, env=environment, stdout=log, stderr=log)


def _began(place: Path) -> bool:
    """Whether an unfinished run is there to go on with."""
    return any(not (path.parent / "results.jsonl").exists() for path in place.glob("runs/*/config.yaml"))


def _running(mark: str) -> int:
    """How many processes with this mark still run."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0")
        except OSError:
            continue
    return found


def _asked_again(place: Path) -> int:
    """Answers that stand twice in the journal of one run: a question that was answered was asked again."""
    again = 0
    for journal in place.glob("runs/*/journal.jsonl"):
        keys = Counter(re.findall(rb'^\{"key": ?"([^"]+)"', journal.read_bytes(), re.MULTILINE))
        again += sum(count - 1 for count in keys.values())
    return again


def _project(place: Path, url: str) -> None:
    models = "".join(f"  {part}: {{model: '{url}', concurrency: 4}}\n" for part in ("writer", "expert", "judge"))
    task = "task: {subject: study plan, role: You are a tutor., instruction: Write a plan.}\n"
    (place / "hone.yaml").write_text(f"{task}models:\n{models}")
    criteria = "".join(f"  - {name}: Each step names its minutes.\n" for name in NAMES)
    (place / "rubric.yaml").write_text(f"criteria:\n{criteria}scale: -1..1\n")
    _lines(place / "items.jsonl", ({"id": f"r{n}", "prompt": f"Plan week {n}."} for n in range(ROWS)))
    rows = ({"id": f"r{n}", "prompt": f"Plan {n}.", "reply": f"Row {n}: twenty minutes."} for n in range(ROWS))
    _lines(place / "data.jsonl", rows)


def _lines(path: Path, rows: Iterator[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _results(place: Path, verb: str) -> Counter[str]:
    """How often each row stands in the latest results of a verb, with an answer."""
    latest = max(place.glob(f"runs/*-{verb}-*/results.jsonl"))
    found = (json.loads(line) for line in latest.read_text().splitlines())
    return Counter(row.get("item") or row["id"] for row in found if not row.get("unscored"))


def _label(place: Path, url: str) -> Case:
    _project(place, url)
    return Case(["label", "data.jsonl"], lambda: _results(place, "label"), ROWS, ["--fresh"])


def _reply(place: Path, url: str) -> Case:
    _project(place, url)
    return Case(["reply"], lambda: _results(place, "reply"), ROWS, ["--fresh"])


def _compare(place: Path, url: str) -> Case:
    _project(place, url)
    words = ["rubric", "compare", "--items", "100"]
    return Case(words, lambda: _results(place, "compare"), 100, ["--fresh"])


def _import(place: Path, url: str) -> Case:
    _project(place, url)
    lines = [f"r{n},Be Detailed,{who},{n % 2}" for n in range(1000) for who in ("Ann", "Ben")]
    (place / "ratings.csv").write_text("item,criterion,rater,score\n" + "\n".join(lines) + "\n")

    def count() -> Counter[str]:
        with closing(sqlite3.connect(place / "feedback.db")) as database:
            return Counter(f"{one}" for one in database.execute("SELECT subject, rater, criterion FROM ratings"))

    return Case(["feedback", "import", "ratings.csv"], count, 2000)


def _import_postgres(place: Path, url: str) -> Case:
    from tests.postgres import private_postgres  # noqa: PLC0415 - loads SQLAlchemy

    database = _SERVERS.enter_context(private_postgres())
    case = _import(place, url)

    def count() -> Counter[str]:
        from sqlalchemy import create_engine, text  # noqa: PLC0415 - the same

        with create_engine(database).connect() as connection:
            rows = connection.execute(text("SELECT subject, rater, criterion FROM ratings"))
            return Counter(f"{tuple(one)}" for one in rows)

    return Case([*case.words, "--database", database], count, case.rows)


def _tune(place: Path, url: str) -> Case:  # noqa: ARG001
    from tests.training.small import chats_file, small_base  # noqa: PLC0415 - loads torch

    data, base = chats_file(place), small_base(place / "base")
    words = [
        "tune",
        str(data),
        "--base",
        f"hf:{base}",
        "--runs",
        str(place / "runs"),
        "--max-length",
        "96",
        "--rank",
        "4",
        "--set",
        "row=96",
        "--set",
        "step_tokens=192",
        "--set",
        "precision=fp32",
        "--backend",
        "trl",
        "--max-steps",
        str(STEPS),
        "--epochs",
        "50",
        "--set",
        "checkpoints=4",
        "--set",
        "scales=[0, 1]",
    ]

    def count() -> Counter[str]:
        from hone.training.job import read_history  # noqa: PLC0415 - the same

        run = max(path.parent for path in place.glob("runs/*-tune-*/results.jsonl"))
        return Counter(f"{one['step']}" for one in read_history(run) if one["event"] == "step")

    return Case(words, count, STEPS, ["--fresh"])


def _export(place: Path, url: str) -> Case:  # noqa: ARG001
    from tests.export.tiny import tiny_adapter, tiny_model  # noqa: PLC0415 - loads torch

    base = tiny_model("Llama", place / "base")
    tiny_adapter(base, place / "adapter")
    words = ["export", f"{base}+{place / 'adapter'}", "--out", str(place / "a.gguf"), "--prompts", "2"]
    return Case(words, lambda: Counter(path.name for path in place.glob("*.gguf")), 1)


CASES: dict[str, Callable[[Path, str], Case]] = {
    "label": _label,
    "reply": _reply,
    "compare": _compare,
    "import": _import,
    "import-postgres": _import_postgres,
    "tune": _tune,
    "export": _export,
}

if __name__ == "__main__":
    with _SERVERS:
        main()
