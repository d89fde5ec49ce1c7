"""`hone tune --gpus 2`, with weights split or whole, on two processes that speak gloo."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from hone.extras import library
from hone.training.adapting import open_model
from hone.training.job import read_history
from hone.training.packing import pack
from hone.training.rows import held_out_loss
from hone.training.settings import TuneSettings
from tests.cli.conftest import Hone
from tests.test_children import is_running, within
from tests.training.small import chats_file, encoded, small_base

FAST = ("--max-length", "96", "--set", "row=96", "--set", "step_tokens=192", "--rank", "4", "--backend", "trl",
        "--set", "scales=[0, 1]", "--set", "patience=none", "--json")  # fmt: skip
TWO = ("--gpus", "2", "--shard")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return chats_file(tmp_path)


def _command(data: Path, base: Path, runs: Path, *more: str) -> list[str]:
    return ["tune", str(data), "--base", f"hf:{base}", "--runs", str(runs), *FAST, *more]


def _events(run: Path, kind: str) -> list[float]:
    return [one["loss"] for one in read_history(run) if one["event"] == kind]


def _tuned(run: Path, base: Path, method: str) -> Any:
    if method == "full":
        return open_model(run / "model", TuneSettings(precision="fp32"), "cpu")
    opened = open_model(base, TuneSettings(precision="fp32"), "cpu")
    return library("peft").PeftModel.from_pretrained(opened, run / "adapter")


@pytest.mark.parametrize(
    ("method", "how", "near"),
    [
        ("lora", ("--max-steps=5", "--learning-rate=0.01", "--set=precision=fp32", "--set=checkpointing=on"), 1e-3),
        ("full", ("--max-steps=5", "--learning-rate=0.003", "--set=precision=bf16"), 5e-3),
        # It gets worse after its first step, so that the best weights are put back.
        ("full", ("--max-steps=3", "--learning-rate=0.3", "--set=precision=fp32"), 1e-3),
    ],
)
def test_split_weights_train_to_the_losses_and_the_model_of_one_process(
    bare: Hone, data: Path, base: Path, tmp_path: Path, method: str, how: tuple[str, ...], near: float
) -> None:
    more = ("--method", method, *how)
    one = bare(*_command(data, base, tmp_path / "one", *more))
    two = bare(*_command(data, base, tmp_path / "two", *more, *TWO))
    assert one.code == two.code == 0, one.err + two.err
    alone, split = tmp_path / "one" / one.data["run"], tmp_path / "two" / two.data["run"]
    assert len(_events(split, "step")) == two.data["steps"]
    for kind in ("step", "look"):
        assert _events(split, kind) == pytest.approx(_events(alone, kind), abs=near)
    assert two.data["best_step"] == one.data["best_step"]
    for scaled, other in zip(two.data["scales"], one.data["scales"], strict=True):
        assert scaled["loss"] == pytest.approx(other["loss"], abs=near)
    assert two.data["scales"][-1]["loss"] == pytest.approx(min(_events(split, "look")), abs=near)
    folder = "model" if method == "full" else "adapter"
    assert {path.name for path in (split / folder).iterdir()} == {path.name for path in (alone / folder).iterdir()}
    assert not list(split.glob("*.safetensors"))
    rows = pack(encoded(20), 400, seed=0)
    losses = [held_out_loss(_tuned(run, base, method), rows) for run in (alone, split)]
    assert losses[1] == pytest.approx(losses[0], abs=near)
    assert losses[1] != pytest.approx(held_out_loss(open_model(base, TuneSettings(precision="fp32"), "cpu"), rows))


@pytest.mark.parametrize("devices", [("--method", "full", *TWO), ("--method", "lora", "--gpus", "2")])
def test_a_tune_on_two_devices_that_was_killed_goes_on_to_the_same_loss(
    bare: Hone, data: Path, base: Path, tmp_path: Path, devices: tuple[str, ...]
) -> None:
    more = ("--learning-rate", "0.003", "--set", "precision=bf16", "--max-steps", "24", "--epochs", "50", *devices)
    whole = bare(*_command(data, base, tmp_path / "whole", *more))
    assert whole.code == 0, whole.err
    killed = subprocess.Popen(
        [sys.executable, "-m", "hone.cli.main", *_command(data, base, tmp_path / "killed", *more)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    run = _kill_at_half(killed, tmp_path / "killed")
    assert len(_events(run, "step")) < 24
    if "--shard" in devices:
        assert _split(run / "checkpoint-12")
    resumed = bare(*_command(data, base, tmp_path / "killed", *more))
    assert resumed.code == 0, resumed.err
    assert resumed.data["run"] == run.name
    assert resumed.data["resumed"] >= 12
    assert _events(run, "step") == pytest.approx(_events(tmp_path / "whole" / whole.data["run"], "step"), abs=1e-3)
    assert resumed.data["held_out"][-1]["loss"] == pytest.approx(whole.data["held_out"][-1]["loss"], abs=1e-3)


def _split(checkpoint: Path) -> bool:
    """Whether each process kept about half of what is trained, and nothing was kept twice."""
    parts = [torch.load(checkpoint / f"optimizer-{rank}.pt", weights_only=True) for rank in range(2)]
    held = [sum(copy.numel() for copy in part["copies"]) for part in parts]
    weights = library("safetensors.torch").load_file(checkpoint / "trained.safetensors")
    return bool(sum(held) == sum(weight.numel() for weight in weights.values()) and max(held) < 0.6 * sum(held))


def _kill_at_half(process: subprocess.Popen[bytes], runs: Path) -> Path:
    """Kill the command as soon as the checkpoint of step 12 is whole."""
    for _ in range(4000):
        states = list(runs.glob("*/checkpoint-12/trainer_state.json"))
        if states and states[0].read_text().rstrip().endswith("}"):
            break
        assert process.poll() is None, "it ended before half time"
        time.sleep(0.02)
    below = _below(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(below) >= 3
    assert within(20, lambda: not any(map(is_running, below)))
    return next(path.parent for path in runs.glob("*/config.yaml"))


def _below(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [one for child in map(int, found) for one in (*_below(child), child)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--shard",), "add --gpus 2 or more"),
        (("--method", "qlora", *TWO), "does not split 4-bit weights"),
        (("--set", "compiled=on", *TWO), "does not go with compiled=on"),
    ],
)
def test_what_cannot_be_split_is_refused_before_any_work(
    bare: Hone, data: Path, base: Path, tmp_path: Path, more: tuple[str, ...], words: str
) -> None:
    result = bare(*_command(data, base, tmp_path / "runs", *more))
    assert result.code == 1
    assert words in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()
