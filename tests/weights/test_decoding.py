"""Many answers at once: the same as one at a time, and the same as transformers' own `generate`."""

from __future__ import annotations

from typing import Any

import pytest

from hone.errors import ContextError, UnavailableError
from hone.extras import library
from hone.models import Message
from hone.problems import choose_shots, prompting, sums
from hone.weights.decoding import Decoding, GeneratedText, generate

from .tiny import Letters, tiny

PROMPTS = [problem.question for problem in sums(9, "test")] + ["a", "ab"]
TOKENIZER = Letters()


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny()


def reference(model: Any, prompts: list[str], most: int) -> list[str]:
    """Greedy answers by transformers, one prompt at a time."""
    torch = library("torch")
    texts = []
    for prompt in prompts:
        ids = torch.tensor([TOKENIZER(prompt)["input_ids"]])
        mask = torch.ones_like(ids)
        out = model.generate(ids, attention_mask=mask, max_new_tokens=most, do_sample=False, pad_token_id=1)
        texts.append(TOKENIZER.decode(out[0, ids.shape[1] :].tolist()))
    return texts


def texts(answers: list[list[GeneratedText]]) -> list[str]:
    return [answer.text for (answer,) in answers]


def test_a_batch_gives_what_transformers_gives_one_at_a_time(model: Any) -> None:
    made = generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=40))
    assert texts(made) == reference(model, PROMPTS, 40)
    assert len(set(texts(made))) == len(PROMPTS)
    assert any(not answer.cut for (answer,) in made), "no answer ended by itself, so ending is not tested"
    short = generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=3))
    assert any(answer.cut and answer.tokens == 3 for (answer,) in short)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
def test_rows_that_end_make_room_for_others(model: Any, rows: int) -> None:
    told = []
    made = generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=24, rows=rows), told=lambda *one: told.append(one))
    assert texts(made) == reference(model, PROMPTS, 24)
    assert sorted(place for place, _, _ in told) == list(range(len(PROMPTS)))
    assert all(made[place][sample] == text for place, sample, text in told)


@pytest.mark.parametrize("kind", ["llama", "mistral"])
def test_what_was_cut_goes_on_as_if_it_had_not_been(kind: str) -> None:
    other = tiny(model_type=kind, **({"sliding_window": 16} if kind == "mistral" else {}))
    whole = generate(other, TOKENIZER, PROMPTS, Decoding(max_tokens=40))
    short = [text for (text,) in generate(other, TOKENIZER, PROMPTS, Decoding(max_tokens=5))]
    cut = [place for place, text in enumerate(short) if text.cut]
    assert len(cut) > 3
    asked, begun = [PROMPTS[place] for place in cut], [short[place].made for place in cut]
    told: list[int] = []
    made = generate(
        other, TOKENIZER, asked, Decoding(max_tokens=40), begun=begun, told=lambda place, *_: told.append(place)
    )
    assert made == [whole[place] for place in cut]
    assert [text.made for (text,) in made] == [whole[place][0].made for place in cut]
    assert sorted(told) == list(range(len(cut)))
    again = generate(other, TOKENIZER, asked, Decoding(max_tokens=5), begun=begun)
    assert again == [[short[place]] for place in cut]


def test_a_shared_beginning_changes_nothing(model: Any) -> None:
    way = prompting(choose_shots(sums(50), 2))
    shown = [way.ask(problem.question) for problem in sums(4, "test")]
    model.config.max_position_embeddings = 4096
    try:
        made = generate(model, TOKENIZER, shown, Decoding(max_tokens=12))
        single = [generate(model, TOKENIZER, [one], Decoding(max_tokens=12))[0] for one in shown]
        assert made == single
    finally:
        model.config.max_position_embeddings = 512


def test_samples_differ_and_come_back_with_their_seed(model: Any) -> None:
    ask = Decoding(max_tokens=12, samples=4, temperature=1.0, seed=3)
    first = generate(model, TOKENIZER, PROMPTS[:3], ask)
    assert [len(several) for several in first] == [4, 4, 4]
    assert len({text.text for text in first[0]}) > 1
    assert generate(model, TOKENIZER, PROMPTS[:3], ask) == first
    again = generate(model, TOKENIZER, PROMPTS[:3], Decoding(max_tokens=12, samples=4, temperature=1.0, seed=4))
    assert again != first


def test_samples_are_drawn_with_the_models_own_probabilities(model: Any) -> None:
    torch = library("torch")
    ids = torch.tensor([TOKENIZER("abc")["input_ids"]])
    with torch.no_grad():
        expected = (model(ids).logits[0, -1] / 2.0).softmax(-1)
    drawn = generate(model, TOKENIZER, ["abc"], Decoding(max_tokens=1, samples=4000, temperature=2.0, rows=4000))[0]
    for token in expected.topk(3).indices.tolist():
        share = sum(one.text == TOKENIZER.decode([token]) for one in drawn) / 4000
        assert share == pytest.approx(expected[token].item(), abs=0.04)


def test_a_nucleus_leaves_unlikely_tokens_out(model: Any) -> None:
    greedy = generate(model, TOKENIZER, ["abc"], Decoding(max_tokens=6))[0][0]
    drawn = generate(model, TOKENIZER, ["abc"], Decoding(max_tokens=6, samples=20, temperature=1.0, top_p=1e-6))[0]
    assert {one.text for one in drawn} == {greedy.text}


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mistral", "gpt_neox"])
def test_other_architectures_give_their_own_answers_too(kind: str) -> None:
    other = tiny(model_type=kind, **({"sliding_window": 16} if kind == "mistral" else {}))
    made = generate(other, TOKENIZER, PROMPTS[:4], Decoding(max_tokens=16))
    assert texts(made) == reference(other, PROMPTS[:4], 16)


@pytest.mark.parametrize(("kind", "own"), [("llama", True), ("qwen2", True), ("qwen3", True), ("mistral", False)])
def test_the_loop_knows_which_attention_it_can_stand_in_for(kind: str, own: bool) -> None:
    from hone.weights.decoding.loop import suited  # noqa: PLC0415 - loads torch

    other = tiny(model_type=kind, **({"sliding_window": 16} if kind == "mistral" else {}))
    with library("torch").no_grad():
        assert suited(other, TOKENIZER(PROMPTS[0])["input_ids"]) is own


def test_sixteen_bit_weights_give_the_same_alone_and_together() -> None:
    from hone.weights.decoding.loop import suited  # noqa: PLC0415 - loads torch

    small = tiny().to(library("torch").bfloat16)
    with library("torch").no_grad():
        assert suited(small, TOKENIZER(PROMPTS[0])["input_ids"])
    prompts = ["The same long beginning of all. " + prompt for prompt in PROMPTS]
    together = texts(generate(small, TOKENIZER, prompts, Decoding(max_tokens=6)))
    alone = [texts(generate(small, TOKENIZER, [prompt], Decoding(max_tokens=6)))[0] for prompt in prompts]
    # Products of 16-bit numbers are rounded in another order for another batch; most answers show nothing of it.
    assert sum(one == other for one, other in zip(together, alone, strict=True)) >= len(prompts) - 3


def test_the_model_is_left_as_it_was_found(model: Any) -> None:
    before = model.config._attn_implementation
    model.train()
    generate(model, TOKENIZER, ["ab"], Decoding(max_tokens=2))
    assert model.training
    model.eval()
    assert model.config._attn_implementation == before


def test_an_adapter_answers_too(model: Any) -> None:
    peft, torch = library("peft"), library("torch")
    config = peft.LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    adapted = peft.get_peft_model(tiny(), config)
    made = texts(generate(adapted, TOKENIZER, PROMPTS[:3], Decoding(max_tokens=8)))
    with torch.no_grad():
        merged = adapted.merge_and_unload()
    assert made == reference(merged, PROMPTS[:3], 8)
    assert made != texts(generate(model, TOKENIZER, PROMPTS[:3], Decoding(max_tokens=8)))


def test_an_answer_is_cut_at_the_end_of_the_context(model: Any) -> None:
    (answer,) = generate(model, TOKENIZER, ["ab" * 254], Decoding(max_tokens=40))[0]
    assert answer.tokens <= 4
    with pytest.raises(ContextError, match="prompt 2 has 512 tokens, and the model's context is 512"):
        generate(model, TOKENIZER, ["a", "ab" * 256])


def test_without_a_chat_template_a_conversation_is_refused(model: Any) -> None:
    bare = Letters()
    bare.chat_template = ""
    with pytest.raises(UnavailableError, match="the tokenizer of letters has no chat template"):
        generate(model, bare, [[Message("user", "Hi")]])
    assert generate(model, bare, []) == []
