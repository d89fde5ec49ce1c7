"""How the training process is started."""

from __future__ import annotations

import pytest

from hone.training.job import TrainingJob
from hone.training.settings import TuneSettings
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
    settings = TuneSettings(gpus=gpus)
    job = TrainingJob(
        base="small", weights="", weights_digest="", backend="trl", settings=settings, data="", source=""
    )
    assert environment(job).get("CUDA_VISIBLE_DEVICES") == wanted
