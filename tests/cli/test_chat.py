"""`hone chat` as a process that reads lines, and what `hone export` and `hone serve` refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Hone


def talk(folder: Path, lines: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hone.cli.main", "chat", *arguments]
    return subprocess.run(
        command, cwd=folder, input=lines, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip


def script(folder: Path, *texts: str) -> None:
    (folder / "script.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


def test_what_a_model_writes_cannot_move_the_terminal(tmp_path: Path) -> None:
    script(tmp_path, "Red \x1b[31mtext\x1b]0;title\x07 \x9b2J\u202e end.")
    done = talk(tmp_path, "Hello\n/history\n", "scripted:script.jsonl")
    assert done.returncode == 0, done.stderr
    assert "Red text 2J end." in done.stdout
    assert not set("\x1b\x07\x9b\u202e") & set(done.stdout + done.stderr)
    assert "user: Hello" in done.stdout


def test_commands_that_cannot_be_are_one_line_and_the_talk_goes_on(tmp_path: Path) -> None:
    script(tmp_path, "Still here.")
    lines = "/score\n/rubric on\n/rubric perhaps\n/compare base\n/compare other\n/nonsense\nHello\n/quit\nnever\n"
    done = talk(tmp_path, lines, "scripted:script.jsonl", "--base", "scripted:script.jsonl")
    assert done.returncode == 0
    for words in (
        "there is no rubric to score by", "there is no project with a rubric here", "write /rubric on or /rubric off",
        "there is no reply to compare yet", "write /compare base", "there is no /nonsense",
    ):  # fmt: skip
        assert words in done.stderr
    assert done.stdout.strip() == "Still here."


def test_in_a_project_the_rubric_is_told_and_its_judge_scores(project: Path) -> None:
    done = talk(project, "Please plan week 3.\n/score\n/rubric off\nPlease plan week 3.\n")
    assert done.returncode == 0, done.stderr
    assert "Rich plan: 20 minutes a day." in done.stdout
    assert "Plain plan." in done.stdout
    assert "Be Detailed: 1, because: It says so." in done.stderr
    assert "the rubric is not in what the model is told" in done.stderr


def test_a_model_that_fails_leaves_the_talk_open(tmp_path: Path) -> None:
    script(tmp_path, "One.")
    done = talk(tmp_path, "First\nSecond\n/history\n", "scripted:script.jsonl")
    assert done.returncode == 0
    assert "has no answer left" in done.stderr
    assert "Second" not in done.stdout


@pytest.mark.parametrize("model", ["gguf:x.gguf", "openai:gpt", "http://127.0.0.1:1/v1#m"])
def test_what_has_no_weights_is_not_exported(bare: Hone, tmp_path: Path, model: str) -> None:
    done = bare("export", model, "--out", tmp_path / "x.gguf")
    assert done.code == 1
    assert "cannot be exported; write smollm2, hf:REPO or a folder" in done.err


def test_an_endpoint_outside_a_project_has_no_certificate_and_is_refused_where_one_is_required(
    bare: Hone, tmp_path: Path
) -> None:
    (tmp_path / "rubric.yaml").write_text("criteria: ['Be Kind: It is.']\n")
    words = ("--rubric", tmp_path / "rubric.yaml", "--project", tmp_path, "--port", "0")
    done = bare("serve", "smollm2", *words, "--require-certificate")
    assert done.code == 1
    assert "there is no certificate to look for" in done.err


def test_a_server_that_others_reach_wants_a_key(bare: Hone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONE_SERVE_KEY", raising=False)
    done = bare("serve", "smollm2", "--host", "0.0.0.0")  # noqa: S104 - that it is refused is the point
    assert done.code == 1
    assert "set a key in HONE_SERVE_KEY" in done.err


def test_what_is_no_gguf_is_not_served(bare: Hone, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"<html>")
    done = bare("serve", f"gguf:{tmp_path / 'x.gguf'}", "--port", "0")
    assert done.code == 1
    assert "not a GGUF model file" in done.err
