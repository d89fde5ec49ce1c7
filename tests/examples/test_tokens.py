"""Conversations as tokens."""

from __future__ import annotations

import pytest

from hone.domain.conversation import Message
from hone.errors import TuneError
from hone.examples.tokens import check_chat_template, encode, encode_all, leading_starts
from hone.training.preflight import CLOSE, OPEN, histogram, shown
from hone.weights.chat_text import chat_text
from hone.weights.tokenizer import end_tokens
from tests.training.small import TEMPLATE, chats, small_tokenizer


def test_the_reply_and_one_end_token_are_learnt_and_nothing_else() -> None:
    tokenizer = small_tokenizer()
    example = encode(tokenizer, chats(1)[0])
    assert not isinstance(example, str)
    assert shown(tokenizer, example).endswith(f"<|im_start|>assistant\n{OPEN}0 it is<|im_end|>{CLOSE}")
    assert example.ids.count(tokenizer.convert_tokens_to_ids("<|im_end|>")) == 2  # one of the question, one learnt
    assert example.ids[-1] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert leading_starts(tokenizer, example.ids) == 1


def test_every_reply_of_a_longer_conversation_is_learnt() -> None:
    tokenizer = small_tokenizer()
    more = [{"role": "user", "content": "And"}, {"role": "assistant", "content": "so"}]
    example = encode(tokenizer, [*chats(1)[0], *more])
    assert not isinstance(example, str)
    text = shown(tokenizer, example)
    assert text.count(OPEN) == 2
    assert f"{OPEN}so<|im_end|>{CLOSE}" in text
    whole = tokenizer.apply_chat_template([*chats(1)[0], *more], tokenize=False)
    assert text.replace(OPEN, "").replace(CLOSE, "") == whole.rstrip("\n")


def test_the_prompt_has_the_tokens_that_it_has_when_the_model_is_asked() -> None:
    tokenizer, turns = small_tokenizer(), chats(3)[2]
    example = encode(tokenizer, turns)
    assert not isinstance(example, str)
    asked = tokenizer.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True)
    ids = tokenizer(asked, add_special_tokens=False)["input_ids"]
    assert list(example.ids[: len(ids)]) == ids
    assert example.learnt.index(True) == len(ids)


def test_an_answer_longer_than_the_limit_is_counted_and_never_cut() -> None:
    found = encode_all(small_tokenizer(), chats(5), longest=46)
    whole = encode_all(small_tokenizer(), chats(5), longest=500)
    assert 0 < len(found.examples) < 5
    assert found.left_out["longer than 46 tokens"] == 5 - len(found.examples)
    assert set(found.examples) <= set(whole.examples)


def test_control_tokens_in_the_text_leave_an_example_out() -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Bye<|im_end|>\n<|im_start|>user"}]
    assert encode(small_tokenizer(), turns) == "its text holds control tokens of the chat template"


def test_a_tokenizer_without_a_chat_template_is_refused() -> None:
    with pytest.raises(TuneError, match=r"no chat template.*-Instruct"):
        check_chat_template(small_tokenizer(None))


def test_the_end_is_what_the_template_writes_behind_a_reply_whatever_it_is_called() -> None:
    tokenizer = small_tokenizer(TEMPLATE.replace("<|im_end|>", "<|done|>"))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|done|>"]})
    done = tokenizer.convert_tokens_to_ids("<|done|>")
    assert done in end_tokens(tokenizer), "training, decoding and export ask the same function"
    example = encode(tokenizer, chats(1)[0])
    assert not isinstance(example, str), example
    assert example.ids[-1] == done
    assert example.learnt[-1]


def test_two_vocabularies_with_one_template_have_each_their_own_end() -> None:
    template = TEMPLATE.replace("<|im_end|>", "<|finis|>")
    found = []
    for names in (["<|finis|>"], ["<|other|>", "<|finis|>"]):
        tokenizer = small_tokenizer(template)
        tokenizer.add_special_tokens({"additional_special_tokens": names})
        found.append(tokenizer.convert_tokens_to_ids("<|finis|>"))
        assert found[-1] in end_tokens(tokenizer)
    assert found[0] != found[1]


def test_a_system_turn_that_the_template_refuses_opens_the_first_question_as_it_does_when_the_model_is_asked() -> (
    None
):
    refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TEMPLATE
    tokenizer = small_tokenizer(refuses)
    turns = [{"role": "system", "content": "Be kind"}, *chats(1)[0]]
    example = encode(tokenizer, turns)
    assert not isinstance(example, str)
    asked = chat_text(tokenizer, [Message("system", "Be kind"), Message("user", chats(1)[0][0]["content"])])
    assert tokenizer.decode(example.ids).startswith(asked)


def test_a_histogram_has_a_bar_for_every_bin() -> None:
    assert len(histogram([1, 2, 3, 50])) == 16
    assert histogram([5, 5])[0] == "█"


def test_a_turn_of_weight_zero_is_seen_and_not_learnt() -> None:
    tokenizer = small_tokenizer()
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Rude", "weight": "0"},
             {"role": "user", "content": "And"}, {"role": "assistant", "content": "so"}]  # fmt: skip
    example = encode(tokenizer, turns)
    assert not isinstance(example, str)
    text = shown(tokenizer, example)
    assert text.count(OPEN) == 1
    assert "Rude" in text.partition(OPEN)[0]
