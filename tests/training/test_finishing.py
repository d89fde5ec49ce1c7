"""A model that one process trained and another finishes, as it is with Unsloth, which no test machine has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hone.errors import TuneError
from hone.examples.reading import Example
from hone.extras import library
from hone.training.adapting import adapt, open_model
from hone.training.finishing import TRAINED, hand_over, resolved, take_over
from hone.training.job import FINISH, RESULTS, TrainingJob
from hone.training.packing import pack
from hone.training.rows import held_out_loss
from hone.training.settings import Method, TuneSettings
from hone.training.training import train
from hone.weights.content import content_of
from tests.training.small import chats, encoded, small_base, small_tokenizer

SETTINGS = TuneSettings(
    rank=4, row=96, max_length=96, step_tokens=192, max_steps=8, epochs=10, learning_rate=0.01, precision="fp32",
    scales=(0.0, 1.0),
)  # fmt: skip
HELD_OUT = [
    Example(str(place), tuple((turn["role"], turn["content"]) for turn in turns), group=str(place))
    for place, turns in enumerate(chats(6))
]


def handed_over(folder: Path, base: Path, method: Method) -> tuple[TrainingJob, float]:
    """A job for Unsloth whose training is done, and the held-out loss of what it made."""
    settings = SETTINGS.model_copy(update={"method": method})
    job = TrainingJob(
        base="small", weights=str(base), weights_digest=content_of(base), backend="unsloth", settings=settings,
        data="", source="chats",
    )  # fmt: skip
    folder.mkdir()
    job.write(folder, HELD_OUT, HELD_OUT)
    model = adapt(open_model(base, settings, "cpu"), settings)
    history = train(model, small_tokenizer(), encoded(40), settings, held_out=encoded(6))
    hand_over(model, history, folder)
    return job, held_out_loss(model, pack(encoded(6), 96, seed=0))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_process_without_unsloth_goes_on_with_the_very_weights(tmp_path: Path, method: Method) -> None:
    base = small_base(tmp_path / "base")
    _, loss = handed_over(tmp_path / "run", base, method)
    command = [sys.executable, "-m", "hone.training.process", str(tmp_path / "run"), FINISH]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["event"] for one in events] == ["scale", "scale", "done"]
    assert events[1]["loss"] == pytest.approx(loss, abs=1e-4)
    assert events[0]["loss"] > loss + 0.02
    result = json.loads((tmp_path / "run" / RESULTS).read_text())
    assert result["backend"] == "unsloth"
    assert result["steps"] == 8
    assert len(result["held_out"]) > 1
    assert not (tmp_path / "run" / TRAINED).exists()


def test_weights_that_were_trained_as_another_model_are_told_of(tmp_path: Path) -> None:
    base, told = small_base(tmp_path / "base"), list[dict[str, Any]]()
    job, loss = handed_over(tmp_path / "run", base, "lora")
    file = tmp_path / "run" / TRAINED / "history.json"
    history = json.loads(file.read_text())
    history["best"]["loss"] += 0.3
    file.write_text(json.dumps(history))
    take_over(job, tmp_path / "run", HELD_OUT, told.append)
    assert [one["event"] for one in told] == ["note", "scale", "scale", "done"]
    assert f"was {loss + 0.3:.3f} while training and is {loss:.3f}" in told[0]["text"]
    assert "backend='trl'" in told[0]["text"]


def test_an_adapter_that_lacks_a_part_is_refused_and_kept(tmp_path: Path) -> None:
    base, told = small_base(tmp_path / "base"), list[dict[str, Any]]()
    job, _ = handed_over(tmp_path / "run", base, "lora")
    file = tmp_path / "run" / TRAINED / "adapter_model.safetensors"
    weights = library("safetensors.torch").load_file(file)
    weights.pop(next(name for name in weights if "v_proj" in name))
    library("safetensors.torch").save_file(weights, file)
    with pytest.raises(TuneError, match=r"not for this base .*v_proj"):
        take_over(job, tmp_path / "run", HELD_OUT, told.append)
    assert file.exists()
    assert not told


@pytest.mark.parametrize(
    ("method", "given", "layers", "rate"),
    [
        ("full", None, 2, 1e-4),
        ("full", None, 400, 2e-5),
        ("full", 3e-4, 400, 3e-4),
        ("lora", None, 400, 1e-3),
    ],
)
def test_every_weight_of_a_large_base_moves_more_slowly(
    tmp_path: Path, method: str, given: float | None, layers: int, rate: float
) -> None:
    config = library("transformers").LlamaConfig(
        hidden_size=512, intermediate_size=2048, num_hidden_layers=layers, num_attention_heads=4, vocab_size=1000
    )
    config.save_pretrained(tmp_path)
    settings = TuneSettings.model_validate({"method": method, "learning_rate": given})
    assert resolved(settings, tmp_path, "cpu").learning_rate == rate
