"""A project that may only be read: what reads works, what must write is one line. A failed start leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hone.models.endpoint import EndpointModel, Patience
from hone.people.store import NewSubject, open_store
from hone.project import Project

from .conftest import Hone

_CAPABLE = hasattr(os, "geteuid") and os.geteuid() == 0
"""Root may write whatever the modes say, unless the capability is taken away."""

pytestmark = pytest.mark.skipif(
    os.name != "posix" or (_CAPABLE and not shutil.which("setpriv")), reason="modes do not hold here"
)


@pytest.fixture
def sealed(hone: Hone, project: Path) -> Iterator[Path]:
    """A project with finished runs and ratings, which may not be written."""
    for words in (("rubric", "compare"), ("rubric", "finalise"), ("reply",), ("label",), ("audit",)):
        assert hone(*words).code == 0
    with open_store(project / "feedback.db") as store:
        ids = store.add_subjects(NewSubject(f"i{n}", f"Please plan week {n}.", "Plain plan.") for n in range(1, 5))
        for name in ("Ann", "Ben"):
            rater = store.add_rater(name).id
            for place, subject in enumerate(ids):
                scores = {"Be Detailed": place % 2, "Be Adaptable": 1 - place % 2}
                store.rate(rater, subject, Project(project).rubric, scores)
    yield from closed(project)


def closed(folder: Path) -> Iterator[Path]:
    inside = [folder, *folder.rglob("*")]
    for path in inside:
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in inside:
        path.chmod(path.stat().st_mode | 0o200)


def run(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process that the modes hold for."""
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner") if _CAPABLE else ()
    line = [*drop, sys.executable, "-m", "hone.cli.main", *map(str, words), "--project", str(folder)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=folder.parent)


def test_what_reads_works_in_a_folder_that_may_not_be_written(sealed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sealed.rglob("*")}
    for words in (
        ("report", "--out", sealed.parent / "report.html"),
        ("agree", "--resamples", 200),
        ("feedback", "status"),
        ("feedback", "export", sealed.parent / "ratings.csv"),
        ("rate", "raters"),
        ("rubric", "show"),
        ("rubric", "diff"),
        ("rubric", "lint"),
        ("rubric", "compare"),
        ("reply",),
        ("label",),
        ("label", "--out", sealed.parent / "labels.csv"),
        ("audit",),
    ):
        done = run(*words, folder=sealed)
        assert done.returncode == 0, (words, done.stderr)
    assert len((sealed.parent / "labels.csv").read_text().splitlines()) == 5
    assert {path: path.stat().st_mtime_ns for path in sealed.rglob("*")} == before


def test_what_must_write_there_is_one_line(sealed: Path) -> None:
    for words in (
        ("report",),
        ("rate", "invite", "Dan"),
        ("rubric", "advise"),
        ("reply", "--fresh"),
        ("label", "--fresh"),
        ("label", "--retry"),
    ):
        done = run(*words, folder=sealed)
        lines = [line for line in done.stderr.splitlines() if line.startswith("hone: ")]
        assert (done.returncode, len(lines)) == (1, 1), (words, done.stderr)
        assert str(sealed) in lines[0]
        assert "Traceback" not in done.stderr


def test_rows_without_a_score_are_shown_as_they_are_there(hone: Hone, project: Path, tmp_path: Path) -> None:
    rows = [{"id": "a", "prompt": "p", "reply": "fine"}, {"id": "b", "prompt": "p", "reply": "odd"}]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    script = project / "script.jsonl"
    script.write_text(json.dumps({"contains": "odd", "text": "No scores."}) + "\n" + script.read_text())
    first = hone("label", data, "--json")
    assert first.code == 4
    for _ in closed(project):
        done = run("label", data, "--json", folder=project)
    assert (done.returncode, json.loads(done.stdout)["unscored"]) == (4, first.data["unscored"])


def test_a_store_with_a_log_and_without_its_index_is_read_with_what_the_log_holds(
    hone: Hone, project: Path, tmp_path: Path
) -> None:
    with open_store(project / "feedback.db") as store:
        store.add_rater("Zoe")
        for end in ("", "-wal"):  # as a backup of the files of an open store has them
            shutil.copy(project / f"feedback.db{end}", tmp_path)
    (project / "feedback.db").unlink()
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"feedback.db{end}", project)
    for _ in closed(project):
        done = run("rate", "raters", folder=project)
    assert (done.returncode, "Zoe" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("spec", ["gguf:none.gguf", "scripted:none.jsonl", "openai:gpt", "http://127.0.0.1:9/v1#m",
                                  "hf:none/none", "recorded:none.jsonl", "nonsense"])  # fmt: skip
def test_a_start_that_fails_leaves_no_run(
    bare: Hone, project: Path, monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    defaults: Any = EndpointModel.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "patience", Patience(retries=1, first_wait=0.01))
    data = project / "data.jsonl"
    data.write_text("".join(f'{{"id": "{n}", "prompt": "p", "reply": "r"}}\n' for n in range(3)))
    sums = project / "sums.jsonl"
    sums.write_text('{"question": "1 + 1?", "answer": "2"}\n')
    settings = (project / "hone.yaml").read_text()
    if spec != "nonsense":
        (project / "hone.yaml").write_text(settings.replace("scripted:script.jsonl", f'"{spec}"'))
    for words in (
        ("rubric", "compare"),
        ("reply",),
        ("label", data, "--judge", spec),
        ("audit", data, "--judge", spec),
        ("bench", sums, "--model", spec),
        ("bench", "rubric", "--model", spec, "--judge", "scripted:script.jsonl"),
        ("tune", sums, "--base", spec),
        ("tune", project / "none.jsonl"),
        ("export", spec, "--out", project / "model.gguf"),
    ):
        if spec == "nonsense" and words[0] in {"rubric", "reply"}:
            continue
        done = bare(*words)
        assert done.code in {1, 4}, (words, done.out, done.err)
        assert list((project / "runs").glob("*-*")) == [], (words, done.err)


def test_a_run_that_was_killed_before_its_first_answer_stands_in_nobody_s_way(hone: Hone, project: Path) -> None:
    run = Project(project).open_run("reply", {"rubric": "another"})
    run.journal.touch()
    os.utime(run.folder / "config.yaml", (1, 1))  # long ago: what began a moment ago may be about to answer
    assert hone("reply").code == 0
    assert not run.folder.exists()
