from __future__ import annotations

import pytest
from pydantic import ValidationError

from hone.domain.settings import ModelSettings, Sampling, Settings

TASK = {"subject": "study plan", "role": "You are a tutor.", "instruction": "Write a plan."}


def test_a_spec_alone_names_a_model() -> None:
    settings = Settings.model_validate({"task": TASK, "models": {"writer": "gguf:a.gguf"}})
    assert settings.models.writer == ModelSettings(model="gguf:a.gguf")
    assert settings.models.judge.model == "smollm2"


def test_settings_change_the_sampling_of_a_step_only_where_they_say_so() -> None:
    default = Sampling(temperature=0.7, max_tokens=99, seed=5, break_loops=True)
    assert ModelSettings(model="m").sampling(default) == default
    changed = ModelSettings(model="m", temperature=0.0, seed=0).sampling(default)
    assert changed == Sampling(temperature=0.0, max_tokens=99, seed=0, break_loops=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1},
        {"temperature": float("nan")},
        {"max_tokens": 0},
        {"seed": -1},
        {"seed": 2**32},
        {"top_p": 0},
        {"context": 16},
        {"concurrency": 0},
        {"model": ""},
        {"spec": "x"},
    ],
)
def test_a_value_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelSettings.model_validate({"model": "m"} | wrong)


@pytest.mark.parametrize("wrong", [{"subject": " "}, {"subject": "x" * 81}, {"role": ""}, {"words": 3}])
def test_a_task_without_its_words_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"task": TASK | wrong})
