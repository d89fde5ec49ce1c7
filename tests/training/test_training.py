"""Training on a processor, on a model of two layers."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainingArguments

from hone.errors import TuneError
from hone.training.adapting import adapt, cuda_without_gpu, open_model, trainable
from hone.training.loss import summed_loss
from hone.training.packing import pack
from hone.training.rows import held_out_loss
from hone.training.scales import Scaled, WeightChange, best, try_scales
from hone.training.settings import TuneSettings
from hone.training.training import latest_checkpoint, lower_memory, train
from tests.training.small import encoded, small_base, small_model, small_tokenizer

SETTINGS = TuneSettings(
    rank=4, row=96, max_length=96, step_tokens=192, max_steps=5, epochs=10, learning_rate=0.01, precision="fp32"
)


def test_packed_and_unpacked_losses_of_the_same_examples_agree() -> None:
    model, examples = small_model(), encoded(12)
    packed = held_out_loss(model, pack(examples, 400, seed=0))
    alone = held_out_loss(model, pack(examples, 400, seed=0, packing=False))
    assert len(pack(examples, 400, seed=0)) < 4
    assert packed == pytest.approx(alone, abs=1e-5)


def test_the_loss_in_chunks_is_the_plain_loss_with_the_plain_gradients() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(1, 9, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    labels = torch.tensor([[-100, 3, 4, -100, 29, 0, 7, -100, 1]])
    summed_loss(hidden, weight, labels, chunk=60).backward()  # two tokens at a time
    got = [hidden.grad.clone(), weight.grad.clone()]
    hidden.grad = weight.grad = None
    plain = torch.nn.functional.cross_entropy((hidden[0, :-1] @ weight.T), labels[0, 1:], reduction="sum")
    plain.backward()
    for one, other in zip(got, (hidden.grad, weight.grad), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_training_lowers_the_loss_and_moves_only_what_is_trained(method: str) -> None:
    settings = SETTINGS.model_copy(update={"method": method, "max_steps": 12})
    model = adapt(small_model(), settings)
    frozen = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    told: list[dict[str, Any]] = []
    history = train(model, small_tokenizer(), encoded(40), settings, held_out=encoded(6), tell=told.append)
    assert history.looks[-1].loss < history.looks[0].loss - 0.05
    assert [one["step"] for one in told if one["event"] == "step"] == list(range(1, 13))
    assert history.tokens > 0
    assert all(torch.equal(weight, frozen[name]) for name, weight in model.named_parameters() if name in frozen)


def test_a_long_run_on_a_processor_compiles_nothing() -> None:
    settings = SETTINGS.model_copy(update={"method": "full", "max_steps": 120, "step_tokens": 96, "epochs": 100})
    model, seen = adapt(small_model(), settings), list[Any]()
    layer = model.get_decoder().layers[0]
    train(model, small_tokenizer(), encoded(20), settings, tell=lambda _: seen.append(layer._compiled_call_impl))
    assert len(seen) == 120  # more rows than make compiling worth while on CUDA
    assert set(seen) == {None}


def test_one_process_that_sees_two_devices_takes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = TrainingArguments._setup_devices.func

    def two(self: TrainingArguments) -> Any:
        device = found(self)
        self._n_gpu = 2
        return device

    cached = functools.cached_property(two)
    cached.__set_name__(TrainingArguments, "_setup_devices")
    monkeypatch.setattr(TrainingArguments, "_setup_devices", cached)
    history = train(adapt(small_model(), SETTINGS), small_tokenizer(), encoded(20), SETTINGS)
    assert len(history.steps) == 5


def test_training_in_16_bits_moves_weights_by_less_than_they_can_hold() -> None:
    settings = SETTINGS.model_copy(update={"learning_rate": 1e-5, "max_steps": 20, "method": "full"})
    model = adapt(small_model().to(torch.bfloat16), settings)
    start = held_out_loss(model, pack(encoded(6), 96, seed=0))
    train(model, small_tokenizer(), encoded(40), settings)
    # Each step alone is lost in 16 bits; the sum of twenty is not.
    assert held_out_loss(model, pack(encoded(6), 96, seed=0)) < start


def test_a_loss_that_is_no_number_stops_training_and_says_what_to_lower() -> None:
    model = adapt(small_model(), SETTINGS)
    with torch.no_grad():
        next(iter(trainable(model).values())).fill_(float("nan"))
    with pytest.raises(TuneError, match=r"not a number \(step 1\); lower the learning rate \(now 0\.01\)"):
        train(model, small_tokenizer(), encoded(20), SETTINGS)


def test_qlora_trains_five_steps_on_a_processor(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    settings = SETTINGS.model_copy(update={"method": "qlora", "precision": "bf16"})
    model = adapt(open_model(small_base(tmp_path / "base"), settings, "cpu"), settings)
    layer = model.get_base_model().model.layers[0].mlp.up_proj.base_layer.weight
    assert layer.dtype == torch.uint8
    history = train(model, small_tokenizer(), encoded(30), settings)
    assert len(history.steps) == 5
    assert history.steps[-1].loss < history.steps[0].loss


def test_scales_go_from_the_base_to_the_tuned_model(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"max_steps": 10})
    rows = pack(encoded(8), 96, seed=0)
    before = held_out_loss(small_model(), rows)
    model = adapt(small_model(), settings)
    train(model, small_tokenizer(), encoded(40), settings)
    after = held_out_loss(model, rows)
    tried = try_scales(WeightChange(model, tmp_path), model, rows, (0.0, 0.5, 1.0))
    assert tried[0].loss == pytest.approx(before, abs=1e-5)
    assert tried[2].loss == pytest.approx(after, abs=1e-5)
    assert min(before, after) - 1 < tried[1].loss < max(before, after)


def test_the_best_scale_is_the_one_that_solves_most_then_the_lowest_loss_then_the_base() -> None:
    assert best([Scaled(0, 1.0, 0.5), Scaled(0.5, 2.0, 0.6), Scaled(1, 0.5, 0.4)]).scale == 0.5
    assert best([Scaled(0, 1.0), Scaled(1, 0.5)]).scale == 1
    assert best([Scaled(0, 1.0), Scaled(1, 1.0)]).scale == 0


def test_when_memory_runs_out_the_message_names_what_to_lower() -> None:
    text = lower_memory(SETTINGS.model_copy(update={"row": 2048, "max_length": 512}))
    assert "checkpointing: on" in text
    assert "row: 1024 (now 2048)" in text
    assert "method: qlora" in text
    assert "`sharding=True`" not in text
    assert "checkpoint is kept" in text
    several = SETTINGS.model_copy(update={"gpus": 4})
    assert "`sharding=True`" in lower_memory(several)
    assert "`sharding=True`" not in lower_memory(several.model_copy(update={"sharding": True}))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(28, "No space left on device"),
            "the disk is full; free some space and type the same command to go on",
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory"), "memory ran out; lower it with checkpointing: on"),
        (torch.OutOfMemoryError("CUDA out of memory"), "the last checkpoint is kept"),
    ],
)
def test_what_a_machine_runs_out_of_is_one_line_and_keeps_the_checkpoint(
    error: Exception, words: str, tmp_path: Path
) -> None:
    def tell(event: dict[str, Any]) -> None:
        if event.get("step") == 4:
            raise error

    settings = SETTINGS.model_copy(update={"checkpoints": 5})
    model = adapt(small_model(), settings)
    with pytest.raises(TuneError, match=words) as refused:
        train(model, small_tokenizer(), encoded(40), settings, folder=tmp_path, tell=tell)
    assert "\n" not in str(refused.value)
    assert latest_checkpoint(tmp_path) == tmp_path / "checkpoint-3"
    history = train(adapt(small_model(), settings), small_tokenizer(), encoded(40), settings, folder=tmp_path)
    assert history.resumed == 3


def test_a_cuda_build_without_a_gpu_is_told() -> None:
    told = cuda_without_gpu()
    if torch.version.cuda and not torch.cuda.is_available():
        assert told
        assert "sees no GPU" in told
    else:
        assert told is None


@pytest.mark.parametrize("method", ["lora", "full"])
def test_what_goes_on_in_16_bits_makes_the_very_steps_that_it_would_have_made(tmp_path: Path, method: str) -> None:
    settings = SETTINGS.model_copy(update={"method": method, "precision": "bf16", "max_steps": 6, "checkpoints": 2})

    def run(folder: Path) -> list[float]:
        model = adapt(small_model().to(torch.bfloat16), settings)
        history = train(model, small_tokenizer(), encoded(40), settings, folder=folder)
        assert {weight.dtype for weight in trainable(model).values()} == {torch.bfloat16}
        return [step.loss for step in history.steps]

    whole = run(tmp_path / "whole")
    shutil.copytree(tmp_path / "whole" / "checkpoint-3", tmp_path / "ended" / "checkpoint-3")
    assert run(tmp_path / "ended") == whole[3:]
