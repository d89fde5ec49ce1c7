"""How the training process is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hone.errors import TuneError
from hone.training.job import TrainingJob
from hone.training.settings import TuneSettings
from hone.tuning import launching
from hone.tuning.launching import environment


@pytest.mark.parametrize(
    ("given", "gpus", "wanted"),
    [(None, 1, "0"), ("3,1", 1, "3"), ("", 1, ""), ("3,1", 2, "3,1"), (None, 2, None)],
)
def test_one_process_sees_one_gpu(
    monkeypatch: pytest.MonkeyPatch, given: str | None, gpus: int, wanted: str | None
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert environment(_job(gpus)).get("CUDA_VISIBLE_DEVICES") == wanted


def _job(gpus: int) -> TrainingJob:
    settings = TuneSettings(gpus=gpus)
    return TrainingJob(
        base="small", weights="", weights_digest="", backend="trl", settings=settings, data="", source=""
    )


@pytest.mark.parametrize(
    ("reported", "words"),
    [
        (
            "  rank : 1\n  exitcode  : -9 (pid: 3)\n  traceback : Signal 9\n",
            "one of the training processes was killed",
        ),
        ("  exitcode : 1 (pid: 3)\nValueError: no\n", r"stopped with code 1 \(ValueError: no\)"),
    ],
)
def test_what_is_reported_of_several_processes_goes_to_the_log_and_one_line_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str], reported: str, words: str
) -> None:
    code = f"import sys; sys.stderr.write({reported!r}); sys.exit(1)"
    monkeypatch.setattr(launching, "_command", lambda _: [sys.executable, "-c", code])
    (tmp_path / "log.txt").write_text("exitcode : -9 of a run before it\n")
    with pytest.raises(TuneError, match=words) as refused:
        launching.launch(_job(2), tmp_path, lambda _: None)
    assert "\n" not in str(refused.value)
    assert capfd.readouterr().err == ""
    assert reported in (tmp_path / "log.txt").read_text()
