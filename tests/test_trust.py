"""A project folder from somebody else: which hosts, databases and files it reaches, and where keys go."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hone import trust
from hone.errors import TrustError, UnavailableError
from hone.models import connect
from hone.models.keys import key_for
from tests.models.loopback import Loopback, chat, serving

SETTINGS = """\
task:
  subject: study plan
  role: You are a tutor.
  instruction: Write a plan.
models:
  writer: {writer}
  expert: {expert}
  judge: {expert}
"""
KEYS = "HONE_API_KEY"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what the user told Hone: nothing yet, and nothing in this process."""
    for name in [name for name in os.environ if name.startswith(KEYS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HONE_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        loopback.react = lambda _: chat("A plan.")
        yield loopback


def project(folder: Path, writer: str, expert: str = "smollm2", more: str = "") -> Path:
    folder.mkdir()
    (folder / "hone.yaml").write_text(SETTINGS.format(writer=writer, expert=expert) + more)
    (folder / "rubric.yaml").write_text(
        "criteria:\n  - Be Brief: It is short.\n  - Be Kind: It is kind.\nscale: -1..1\n"
    )
    (folder / "items.jsonl").write_text('{"id": "a", "prompt": "Plan my week."}\n')
    return folder


def hone(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hone.cli.main", *map(str, words)], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, env=os.environ | more, timeout=120,
    )  # fmt: skip


def test_a_new_host_is_reached_by_nobody_who_did_not_agree(
    tmp_path: Path, user: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)  # whoever asks it asks this server
    folder = project(tmp_path / "sent", "http://models.invalid/v1#m")
    refused = hone("reply", "-p", folder)
    assert refused.returncode == 1
    assert "hone.yaml sends the texts of this project to http://models.invalid" in refused.stderr
    assert "--trust" in refused.stderr
    assert len([line for line in refused.stderr.splitlines() if line.startswith("hone:")]) == 1
    assert not user.exists()
    assert server.seen == []
    assert hone("reply", "-p", folder, "--trust").returncode == 0
    assert json.loads((user / "trusted.json").read_text())["hosts"] == ["http://models.invalid"]
    assert (user / "trusted.json").stat().st_mode & 0o077 == 0
    assert hone("reply", "-p", folder, "--fresh").returncode == 0  # it is remembered
    assert len(server.seen) == 2


def test_a_host_that_is_typed_is_the_user_s_own_word(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.react = lambda _: chat('{"Be Brief": {"reason": "r", "score": 1}, "Be Kind": {"reason": "r", "score": 1}}')
    folder = project(tmp_path / "sent", "smollm2", "http://models.invalid/v1#m")
    table = tmp_path / "t.jsonl"
    table.write_text('{"id": "a", "prompt": "Plan.", "reply": "A plan."}\n')
    assert "agreed" in hone("label", table, "-p", folder).stderr
    assert server.seen == []
    typed = hone("label", table, "-p", folder, "--judge", "http://models.invalid/v1#m")
    assert typed.returncode == 0, typed.stderr
    assert len(server.seen) == 1
    table.unlink()
    table.write_text('{"id": "a", "prompt": "Plan.", "reply": "A plan."}\n')
    shown = hone("label", table, "-p", folder)  # what is only shown reaches nobody
    assert shown.returncode == 0, shown.stderr
    assert "nothing was asked again" in shown.stderr


def test_a_system_one_server_is_a_host_like_any_other(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    spec = "systemone:http://models.invalid/v1#m"
    folder = project(tmp_path / "sent", "smollm2", spec)
    table = tmp_path / "t.jsonl"
    table.write_text('{"id": "a", "prompt": "Plan.", "reply": "A plan."}\n')
    refused = hone("label", table, "-p", folder)
    assert "sends the texts of this project to http://models.invalid, and you have not agreed" in refused.stderr
    assert server.seen == []
    typed = hone("label", table, "-p", folder, "--judge", spec)
    assert len(server.seen) == 1
    assert server.seen[0].path.endswith("/v1/systemone")
    assert "is not a System One answer" in typed.stdout + typed.stderr  # it answers as a chat model does


@pytest.mark.parametrize(
    "typed", ["https://good.example.evil/v1#m", "https://good.example@evil/v1#m", "xhttps://good.example"]
)
def test_what_only_begins_like_a_typed_host_is_another(typed: str, tmp_path: Path) -> None:
    trust.allow(typed)
    with pytest.raises(TrustError):
        trust.check_models(["https://good.example/v1#m"], tmp_path / "hone.yaml")


def test_the_one_key_goes_to_no_host_without_a_word(tmp_path: Path, server: Loopback) -> None:
    folder = project(tmp_path / "sent", f"{server.url}#m")
    refused = hone("reply", "-p", folder, HONE_API_KEY="sk-secret")
    assert "and the key in HONE_API_KEY" in refused.stderr
    assert refused.returncode == 1
    assert server.seen == []
    assert hone("reply", "-p", folder, HONE_API_KEY="sk-secret", HONE_X="--trust").returncode == 1
    agreed = hone("reply", "-p", folder, "--trust", HONE_API_KEY="sk-secret")
    assert agreed.returncode == 0, agreed.stderr
    assert [one.key for one in server.seen] == ["Bearer sk-secret"]


def test_the_key_of_one_host_is_not_sent_to_the_next_folder_s(tmp_path: Path, server: Loopback) -> None:
    mine = project(tmp_path / "mine", f"{server.url}#m")
    assert hone("reply", "-p", mine, "--trust", HONE_API_KEY="sk-secret").returncode == 0
    with serving() as other:
        other.react = lambda _: chat("Thanks.")
        sent = project(tmp_path / "sent", f"{other.url}#m")
        done = hone("reply", "-p", sent, "--trust", HONE_API_KEY="sk-secret")
        assert done.returncode == 0, done.stderr
        assert [one.key for one in other.seen] == [None]
        assert "HONE_API_KEY is not sent to 127.0.0.1: it goes to" in done.stderr
        again = hone("reply", "-p", sent, "--fresh", HONE_API_KEY="sk-secret", HONE_API_KEY_127_0_0_1="sk-own")
        assert again.returncode == 0, again.stderr
        assert other.seen[-1].key == "Bearer sk-own"


def test_two_hosts_cannot_share_the_one_key(tmp_path: Path, server: Loopback) -> None:
    with serving() as other:
        folder = project(tmp_path / "sent", f"{server.url}#m", f"{other.url}#m")
        refused = hone("rubric", "compare", "-p", folder, "--trust", HONE_API_KEY="sk-secret")
    assert refused.returncode == 1
    assert "names several hosts, and HONE_API_KEY goes to one; set instead: HONE_API_KEY_127_0_0_1" in refused.stderr
    assert server.seen == other.seen == []


def test_no_key_goes_unencrypted_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONE_API_KEY", "sk-secret")
    key, name, remark = key_for("http://models.example/v1")
    assert (key, name) == (None, "HONE_API_KEY_MODELS_EXAMPLE")
    assert "is not encrypted" in remark
    assert connect("http://models.example/v1#m").notes == [remark]
    assert key_for("https://models.example/v1")[0] == "sk-secret"
    assert key_for("https://others.example/v1")[0] is None
    monkeypatch.setenv("HONE_API_KEY_MODELS_EXAMPLE", "sk-own")
    assert key_for("https://models.example/v1")[:2] == ("sk-own", "HONE_API_KEY_MODELS_EXAMPLE")
    with pytest.raises(UnavailableError, match=r"would go to models\.example unencrypted"):
        key_for("http://models.example/v1")


def test_a_person_at_the_terminal_is_asked_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(question: str) -> bool:
        asked.append(question)
        return len(asked) > 1

    trust.consent.ask = answer
    with pytest.raises(TrustError):
        trust.check_models(["https://a.example/v1#m"], tmp_path / "hone.yaml")
    for _ in range(2):
        trust.check_models(["https://a.example/v1#m", "openai:gpt"], tmp_path / "hone.yaml")
    assert len(asked) == 2
    assert asked[0] == f"{tmp_path}/hone.yaml sends the texts of this project to https://a.example. Do you agree?"


def test_a_server_in_a_thread_asks_nobody(tmp_path: Path) -> None:
    trust.consent.ask = lambda _: True
    caught: list[BaseException] = []

    def check() -> None:
        try:
            trust.check_models(["https://a.example/v1#m"], tmp_path / "hone.yaml")
        except TrustError as error:
            caught.append(error)

    thread = threading.Thread(target=check)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_what_cannot_be_remembered_is_told(tmp_path: Path, user: Path, server: Loopback) -> None:
    user.write_text("a file where the folder would be")
    folder = project(tmp_path / "sent", f"{server.url}#m")
    done = hone("reply", "-p", folder, "--trust", HONE_API_KEY="sk-secret")
    assert done.returncode == 0, done.stderr
    assert "note: this is not remembered: " in done.stderr


def test_a_damaged_file_of_the_user_s_is_one_line(tmp_path: Path, user: Path) -> None:
    user.mkdir()
    for content in ("{", "[]", '{"hosts": 3}'):
        (user / "trusted.json").write_text(content)
        done = hone("reply", "-p", project(tmp_path / f"p{len(content)}", "https://a.invalid/v1#m"))
        assert re.fullmatch(r"hone: .*trusted\.json: cannot be read .*\n", done.stderr), done.stderr


class Listener:
    """A stand-in for a database server of somebody who wants the password; it keeps what it is sent."""

    def __init__(self) -> None:
        self.heard = b""
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            with connection:
                connection.settimeout(5)
                start = connection.recv(4096)
                if start[4:8] == b"\x04\xd2\x16\x2f":  # TLS is asked for first
                    connection.sendall(b"N")
                    start = connection.recv(4096)
                connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x03")  # the password, please, in clear
                self.heard += start + connection.recv(4096)


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.socket.close()


@pytest.mark.parametrize("command", [("report",), ("agree",), ("feedback", "status"), ("rate", "raters")])
def test_no_password_goes_where_a_folder_says(command: tuple[str, ...], tmp_path: Path, listener: Listener) -> None:
    pytest.importorskip("psycopg")
    where = f"postgresql://u@127.0.0.1:{listener.port}/x"
    folder = project(tmp_path / "sent", "smollm2", more=f"database: {where}\n")
    done = hone(*command, "-p", folder, PGPASSWORD="pg-secret")
    assert listener.calls == 0
    assert f"keeps its feedback in {where}, outside the project" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    asked = hone(*command, "-p", folder, "--trust", PGPASSWORD="pg-secret")
    assert listener.calls > 0
    assert b"pg-secret" not in listener.heard
    assert "Traceback" not in asked.stderr
    assert "scram-sha-256" in asked.stderr + asked.stdout


@pytest.mark.parametrize("form", ["sqlite:///{}", "{}", "sqlite:///file:{}?mode=rwc&uri=true"])
def test_no_file_is_made_outside_the_project(form: str, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.db"
    folder = project(tmp_path / "sent", "smollm2", more=f"database: '{form.format(outside)}'\n")
    done = hone("feedback", "status", "-p", folder)
    assert done.returncode == 1
    assert "outside the project, and you have not agreed" in done.stderr
    assert not outside.exists()


def test_a_file_inside_the_project_needs_no_word(tmp_path: Path) -> None:
    folder = project(tmp_path / "mine", "smollm2", more=f"database: sqlite:///{tmp_path}/mine/people.db\n")
    assert hone("rate", "invite", "Ann", "-p", folder).returncode == 0
    assert (folder / "people.db").exists()
