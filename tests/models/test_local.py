"""`hf:` models: a folder, with an adapter or without, asked many things at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hone.domain.settings import ModelSettings, Sampling
from hone.errors import ContextError, SpecError, UnavailableError
from hone.extras import library
from hone.jobs import ask_all
from hone.models import Call, Completion, Message, Model, Request, connect
from hone.weights.opening import fast_type
from tests.weights.tiny import saved_tiny, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights with a tokenizer of bytes, saved as transformers saves them."""
    return saved_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def adapter(folder: Path) -> Path:
    peft = library("peft")
    model = tiny(vocab_size=258)
    config = peft.LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    peft.get_peft_model(model, config).save_pretrained(folder.parent / "adapter")
    return folder.parent / "adapter"


def asking(text: str, sample: int = 0, **sampling: float) -> Request:
    chosen = Sampling.model_validate({"max_tokens": 8, **sampling})
    return Request((Message("user", text),), chosen, call=Call(text[:20], sample=sample))


def test_many_calls_at_once_get_what_each_gets_alone(folder: Path) -> None:
    requests = [asking(f"What is {number} plus {number * 7}?") for number in range(9)]
    with connect(f"hf:{folder}") as model:
        together = [outcome.completion for outcome in ask_all(model, requests)]
        alone = [ask_all(model, [request])[0].completion for request in requests]
    assert together == alone
    assert all(one is not None and one.usage.prompt > 10 and 0 < one.usage.completion <= 8 for one in together)


def test_a_folder_is_looked_up_in_the_project(folder: Path) -> None:
    with connect("hf:tiny", folder=folder.parent) as model:
        assert model.spec == "hf:tiny"
        assert model.identity.startswith("files ")


@pytest.mark.parametrize(("precision", "named"), [("bf16", "bfloat16"), ("fp32", "float32")])
def test_weights_have_the_precision_that_is_asked_for(folder: Path, precision: str, named: str) -> None:
    with connect(ModelSettings.model_validate({"model": f"hf:{folder}", "precision": precision})) as model:
        assert model.identity.endswith(named)  # answers of one precision are not taken for those of the other
        assert ask_all(model, [asking("What?")])[0].completion is not None


def test_without_a_wish_weights_have_what_the_device_multiplies_fastest(folder: Path) -> None:
    kind = "cuda" if library("torch").cuda.is_available() else "cpu"
    with connect(f"hf:{folder}") as model:
        assert model.identity.endswith(str(fast_type(kind)).removeprefix("torch."))


def test_samples_of_one_request_differ_and_come_back(folder: Path) -> None:
    requests = [asking("Tell me.", sample, temperature=1.5) for sample in range(4)]
    with connect(f"hf:{folder}") as model:
        first = [outcome.completion for outcome in ask_all(model, requests)]
        assert [outcome.completion for outcome in ask_all(model, requests)] == first
    assert len({one.text for one in first if one}) > 1


def test_a_greedy_answer_that_was_cut_goes_on_from_there(folder: Path) -> None:
    def asked(limit: int) -> list[Request]:
        return [replace(asking(f"What is {number}?", max_tokens=limit), stop_loops=True) for number in range(6)]

    def answers(model: Model, limit: int) -> list[Completion]:
        return [one.completion for one in ask_all(model, asked(limit)) if one.completion]

    settings = ModelSettings(model=f"hf:{folder}", precision="fp32")  # in 16 bits random weights are full of ties
    with connect(settings) as model:
        straight = answers(model, 40)
    with connect(settings) as model:
        short, made = answers(model, 8), answers(model, 40)
        again = answers(model, 8)
    assert made == straight
    assert again == short
    assert any(one.cut for one in short)
    assert [one.begun for one in short] == [0] * 6
    assert [one.begun for one in made] == [8 * one.cut for one in short]
    assert [one.begun for one in again] == [0] * 6, "a lower limit begins anew"


def test_loops_are_ended_where_that_is_asked_for_and_only_there(tmp_path: Path, folder: Path) -> None:
    rambling = tiny(vocab_size=258, initializer_range=0.1)
    rambling.lm_head.weight.data[0] = 0
    rambling.save_pretrained(tmp_path)
    for file in (*folder.glob("token*"), *folder.glob("chat_template*")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    whole = [asking(f"What is {number}?", max_tokens=300) for number in range(9)]
    with connect(f"hf:{tmp_path}") as model:
        full = [one.completion for one in ask_all(model, whole)]
        ended = [one.completion for one in ask_all(model, [replace(one, stop_loops=True) for one in whole])]
    assert {one.finish for one in full if one} == {"length"}
    assert any(one and one.looped and not one.cut for one in ended)
    assert all(one and two and two.text.startswith(one.text) for one, two in zip(ended, full, strict=True))


def test_what_is_asked_with_loops_ended_is_another_call_and_all_others_keep_their_keys() -> None:
    request = asking("What?")
    assert request.key("m") == "a956698d3196ccf7"
    assert replace(request, stop_loops=True).key("m") != request.key("m")


def test_an_adapter_changes_the_answers_and_the_identity(folder: Path, adapter: Path) -> None:
    request = asking("What is 2 plus 3?", max_tokens=20)
    with connect(f"hf:{folder}") as plain, connect(f"hf:{folder}+{adapter}") as adapted:
        assert plain.identity != adapted.identity
        assert ask_all(plain, [request])[0].completion != ask_all(adapted, [request])[0].completion


def test_a_prompt_that_is_too_long_fails_alone(folder: Path) -> None:
    with connect(f"hf:{folder}") as model:
        long, short = ask_all(model, [asking("word " * 200), asking("Hi")])
    assert isinstance(long.error, ContextError)
    assert "1010 tokens" in str(long.error)
    assert "is 512" in str(long.error)
    assert short.completion


def test_after_its_end_it_says_so(folder: Path) -> None:
    with connect(ModelSettings(model=f"hf:{folder}", concurrency=2)) as model:
        assert model.concurrency == 2
    with pytest.raises(UnavailableError, match="was closed; connect to it again"):
        ask_all(model, [asking("Hi")])


def test_what_is_no_model_or_no_adapter_is_one_line(folder: Path, adapter: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    settings = json.loads((adapter / "adapter_config.json").read_text())
    (wrong / "adapter_config.json").write_text(json.dumps(settings))
    other = tmp_path / "other"
    tiny(vocab_size=258, hidden_size=64).save_pretrained(other)
    cases = [
        (f"hf:{tmp_path}/none", "there is no such folder"),
        (f"hf:{tmp_path}", "no config.json"),
        (f"hf:{folder}+{tmp_path}", "no adapter_config.json, so it holds no adapter"),
        (f"hf:{folder}+{wrong}", "no adapter_model.safetensors"),
        (f"hf:{other}+{adapter}", "is an adapter the one for this model?"),
        (f"hf:{other}", "its tokenizer cannot be opened"),
    ]
    for spec, problem in cases:
        with pytest.raises(UnavailableError) as caught:
            connect(spec)
        assert problem in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(SpecError, match="names no model"):
        connect("hf:")
