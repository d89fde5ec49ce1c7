"""`hone rate`: links, who may come in, and a server that refuses, ends by itself and ends with Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from hone.people.store import open_store
from hone.project import Project
from tests.cli.conftest import Hone

from .conftest import INTERRUPTIBLE

pytest.importorskip("fastapi")


def test_an_invitation_prints_a_link_that_lets_in(hone: Hone, project: Path) -> None:
    made = hone("rate", "invite", "Ann", "--base-url", "https://rate.example/")
    assert made.code == 0
    assert re.fullmatch(r"https://rate\.example/enter/[\w-]{43}\n", made.out)
    with open_store(Project(project).database) as store:
        assert store.redeem(made.out.strip().rpartition("/")[2]).name == "Ann"
    listed = hone("rate", "raters", "--json")
    assert listed.data == [{"name": "Ann", "role": "rater", "active": True, "done": 0, "skipped": 0, "left": 0}]


def test_a_name_typed_in_another_form_of_unicode_or_with_a_hidden_character_is_the_same_rater(hone: Hone) -> None:
    assert hone("rate", "invite", "Zo\u00eb", "--json").data["name"] == "Zo\u00eb"
    assert hone("rate", "invite", "Zoe\u0308", "--json").data["name"] == "Zo\u00eb"
    assert "For Zo\u00eb alone" in hone("rate", "invite", "Zo\u00eb\u200b").err
    assert [one["name"] for one in hone("rate", "raters", "--json").data] == ["Zo\u00eb"]
    assert hone("rate", "revoke", "\ufeffZoe\u0308").code == 0
    assert [one["active"] for one in hone("rate", "raters", "--json").data] == [False]


def test_a_persian_name_keeps_its_non_joiner(hone: Hone) -> None:
    typed = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    assert hone("rate", "invite", typed).code == 0
    assert [one["name"] for one in hone("rate", "raters", "--json").data] == [typed]


def test_a_rater_who_is_revoked_is_listed_as_out(hone: Hone) -> None:
    hone("rate", "invite", "Ann", "--role", "owner", "--days", "1")
    assert hone("rate", "revoke", "ann").code == 0
    assert "no" in hone("rate", "raters").out
    assert hone("rate", "revoke", "Nobody").code == 1


def test_bad_invitations_are_refused_in_one_line(hone: Hone) -> None:
    assert "is not a name" in hone("rate", "invite", " ").err
    assert hone("rate", "invite", "Ann", "--days", "0").code == 2


def test_a_server_that_others_can_reach_wants_somebody_invited(hone: Hone) -> None:
    refused = hone("rate", "--host", "0.0.0.0", "--port", "0", "--no-open")  # noqa: S104 - it is refused
    assert refused.code == 1
    assert "hone rate invite NAME" in refused.err
    refused = hone("rate", "--base-url", "rate.example", "--port", "0", "--no-open")
    assert "is not an address" in refused.err


def test_an_address_in_use_is_named(hone: Hone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = hone("rate", "--port", taken.getsockname()[1], "--no-open")
    assert refused.code == 1
    assert "name another" in refused.err
    assert "no finished run" in hone("rate", "--port", "0", "--run", "none", "--no-open").err


def started(project: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    command = [
        sys.executable,
        "-c",
        INTERRUPTIBLE,
        "rate",
        "-p",
        str(project),
        "--port",
        "0",
        "--no-open",
        *options,
    ]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in server.stderr or ():
        if found := re.search(r"http://[\w.]+:\d+(/enter/[\w-]{43})?", line):
            return server, found[0]
    raise AssertionError("the server did not start")


def test_the_server_ends_by_itself_when_nobody_comes(project: Path) -> None:
    server, address = started(project, "--stop-after", "1")
    with server:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address.partition("/enter/")[0])  # noqa: S310 - our own
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address) as answer:
            assert "/enter/" not in answer.url
            assert answer.status == 200
        assert server.wait(30) == 0


def test_ctrl_c_ends_the_server(project: Path) -> None:
    server, _ = started(project, "--stop-after", "60")
    with server:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 130
        assert "Traceback" not in (server.stderr.read() if server.stderr else "")


def test_beyond_this_machine_only_links_let_in(hone: Hone, project: Path) -> None:
    link = hone("rate", "invite", "Ann").out.strip()
    server, address = started(project, "--host", "0.0.0.0", "--stop-after", "5")  # noqa: S104 - ends by itself
    address = address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    with server:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address)  # noqa: S310 - our own
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{address}/enter/{link.rpartition('/')[2]}") as answer:
            assert b"Ann" in answer.read()
        server.wait(30)
