"""How commands end: a script sees from the exit code that something has no result, and a storm of refusals passes."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hone.cli import codes
from hone.models.endpoint import EndpointModel, Patience

from ..models.loopback import Answer, Loopback, chat, refuse
from .conftest import Hone
from .test_retry import label

VERDICT = json.dumps({name: {"reason": "It says so.", "score": 1} for name in ("Be Detailed", "Be Adaptable")})
Script = Callable[..., None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": f"r{n}", "prompt": f"Plan {n}?", "reply": f"Ten minutes, {n}."} for n in range(300)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_page_and_the_code_have_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
    table = {int(code): text for code, text in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)}
    assert table == codes.MEANINGS


@pytest.mark.parametrize("after", [None, "0.2"])
def test_a_storm_of_refusals_costs_no_row(hone: Hone, server: Loopback, data: Path, after: str | None) -> None:
    start, calls = time.monotonic(), itertools.count()
    headers = {"Retry-After": after} if after else None

    def react(_: dict[str, Any]) -> Answer:
        stormy = time.monotonic() - start < 6
        return refuse(429, "slow down", headers) if next(calls) % 5 and stormy else chat(VERDICT)

    server.react = react
    result = label(hone, server, data)
    assert (result.code, result.data["scored"], result.data["unscored"]) == (0, 300, {})
    assert len(server.seen) > 320


def test_an_endpoint_that_never_recovers_ends_with_4_and_the_same_command_goes_on(
    hone: Hone, server: Loopback, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults: Any = EndpointModel.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "patience", Patience(busy=0.5, first_wait=0.05, longest_wait=0.2))
    calls = itertools.count()
    server.react = lambda _: chat(VERDICT) if next(calls) < 100 else refuse(429, "slow down")
    first = label(hone, server, data)
    assert (first.code, first.data["scored"]) == (codes.INCOMPLETE, 100)
    assert "incomplete: 200 rows have no score; the same command asks again" in first.err
    assert label(hone, server, data).code == codes.INCOMPLETE
    server.seen.clear()
    server.react = lambda _: chat(VERDICT)
    second = label(hone, server, data)
    assert (second.code, second.data["scored"], second.data["run"]) == (0, 300, first.data["run"])
    assert len(server.seen) == 200


def test_comparisons_without_a_verdict_end_with_4(hone: Hone, project: Path, script: Script) -> None:
    script(project, **{"Please plan week 2.": "No verdict."})
    (project / "script.jsonl").write_text(
        json.dumps({"contains": "week 2.\n", "text": "No verdict."}) + "\n" + (project / "script.jsonl").read_text()
    )
    result = hone("rubric", "compare")
    unread = hone("rubric", "compare", "--json")
    assert unread.data["summary"]["unread"] > 0
    assert (result.code, unread.code) == (codes.INCOMPLETE, codes.INCOMPLETE)


def test_an_audit_without_every_score_ends_with_4(hone: Hone, project: Path, script: Script, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    rows = [{"id": f"r{n}", "prompt": f"Plan {n}?", "reply": f"Ten minutes, {n}."} for n in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert hone("audit", path).code == 0
    script(project, **{"Ten minutes, 2.": "No scores."})
    result = hone("audit", path, "--fresh")
    assert result.code == codes.INCOMPLETE
    assert "1 of the replies have no score" in result.err


def test_a_row_without_a_reply_is_no_lack_of_an_answer(hone: Hone, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "prompt": "p", "reply": "fine"}\n{"id": "b", "prompt": "p", "reply": null}\n')
    result = hone("label", path, "--json")
    assert (result.code, result.data["scored"], sum(result.data["unscored"].values())) == (0, 1, 1)
