"""Conversations as tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hone.domain.conversation import Message
from hone.errors import TuneError
from hone.examples.tokens import Encoded, Turn, check_chat_template, encode, encode_all, leading_starts
from hone.training.preflight import CLOSE, OPEN, histogram, shown
from hone.weights.chat_text import chat_text
from hone.weights.opening import weights
from hone.weights.tokenizer import end_tokens, open_tokenizer
from tests.training.small import TEMPLATE, chats, small_tokenizer


def only(tokenizer: Any, turns: Sequence[Turn]) -> Encoded:
    made = encode(tokenizer, turns)
    assert not isinstance(made, str), made
    (example,) = made
    return example


def test_the_reply_and_one_end_token_are_learnt_and_nothing_else() -> None:
    tokenizer = small_tokenizer()
    example = only(tokenizer, chats(1)[0])
    assert shown(tokenizer, example).endswith(f"<|im_start|>assistant\n{OPEN}0 it is<|im_end|>{CLOSE}")
    assert example.ids.count(tokenizer.convert_tokens_to_ids("<|im_end|>")) == 2  # one of the question, one learnt
    assert example.ids[-1] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert leading_starts(tokenizer, example.ids) == 1


def test_every_reply_of_a_longer_conversation_is_learnt() -> None:
    tokenizer = small_tokenizer()
    more = [{"role": "user", "content": "And"}, {"role": "assistant", "content": "so"}]
    example = only(tokenizer, [*chats(1)[0], *more])
    text = shown(tokenizer, example)
    assert text.count(OPEN) == 2
    assert f"{OPEN}so<|im_end|>{CLOSE}" in text
    whole = tokenizer.apply_chat_template([*chats(1)[0], *more], tokenize=False)
    assert text.replace(OPEN, "").replace(CLOSE, "") == whole.rstrip("\n")


def test_the_prompt_has_the_tokens_that_it_has_when_the_model_is_asked() -> None:
    tokenizer, turns = small_tokenizer(), chats(3)[2]
    example = only(tokenizer, turns)
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
    example = only(tokenizer, chats(1)[0])
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
    example = only(tokenizer, turns)
    asked = chat_text(tokenizer, [Message("system", "Be kind"), Message("user", chats(1)[0][0]["content"])])
    assert tokenizer.decode(example.ids).startswith(asked)


def test_a_histogram_has_a_bar_for_every_bin() -> None:
    assert len(histogram([1, 2, 3, 50])) == 16
    assert histogram([5, 5])[0] == "█"


def test_a_turn_of_weight_zero_is_seen_and_not_learnt() -> None:
    tokenizer = small_tokenizer()
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Rude", "weight": "0"},
             {"role": "user", "content": "And"}, {"role": "assistant", "content": "so"}]  # fmt: skip
    example = only(tokenizer, turns)
    text = shown(tokenizer, example)
    assert text.count(OPEN) == 1
    assert "Rude" in text.partition(OPEN)[0]


def _templates() -> list[Path]:
    """The chat templates of real models that TRL brings along."""
    trl = find_spec("trl")
    folder = Path(trl.origin or "").parent / "chat_templates" if trl else Path()
    return sorted(folder.glob("*.jinja"))


ASKED = [{"role": "user", "content": "What is 2+2?"}]
SAID = [*ASKED, {"role": "assistant", "content": "It is 4."}]
LONGER = [*SAID, {"role": "user", "content": "And 3+3?"}, {"role": "assistant", "content": "It is 6."}]
KIND = [{"role": "system", "content": "Be kind."}, *SAID]


@pytest.fixture(scope="module")
def smollm2() -> Any:
    return open_tokenizer(weights("smollm2"))


@pytest.mark.parametrize("template", _templates(), ids=lambda path: path.stem)
def test_the_templates_of_real_models_are_learnt_as_they_are_asked(smollm2: Any, template: Path) -> None:
    smollm2.chat_template = template.read_text(encoding="utf-8")
    for turns in (SAID, KIND, LONGER):
        made = encode(smollm2, turns)
        assert not isinstance(made, str), made
        learnt = [
            smollm2.decode([token for token, counts in zip(one.ids, one.learnt, strict=True) if counts])
            for one in made
        ]
        replies = [turn["content"] for turn in turns if turn["role"] == "assistant"]
        assert [text for text in replies if text not in "".join(learnt)] == []
        assert all(one.ids[-1] in end_tokens(smollm2) for one in made)
        assert "user" not in "".join(learnt).replace("to=user", "")  # what a question is opened with is not learnt
        last = chat_text(smollm2, [Message(turn["role"], turn["content"]) for turn in turns[:-1]])  # type: ignore[arg-type]
        before = made[-1].ids[: -sum(1 for _ in _ends_in_learnt(made[-1]))]
        assert smollm2.decode(before) == last


def _ends_in_learnt(example: Encoded) -> Iterator[int]:
    """The tokens of the last reply."""
    for token, counts in zip(reversed(example.ids), reversed(example.learnt), strict=True):
        if not counts:
            return
        yield token


def test_a_thought_that_the_template_opens_is_closed_before_the_reply(smollm2: Any) -> None:
    smollm2.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'].split('</think>')[-1] }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
    )
    made = encode(smollm2, LONGER)
    assert not isinstance(made, str)
    first, second = made
    assert smollm2.decode(first.ids).endswith("assistant\n<think>\n\n</think>\n\nIt is 4.<|im_end|>")
    assert "assistant\nIt is 4.<|im_end|>\n" in smollm2.decode(second.ids), "a turn that is past has no thought"
    assert smollm2.decode(second.ids).endswith("assistant\n<think>\n\n</think>\n\nIt is 6.<|im_end|>")


def test_an_end_token_behind_the_turn_is_no_fault_of_the_text(smollm2: Any) -> None:
    smollm2.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% else %}<|endoftext|>{% endif %}"
    )
    assert smollm2.decode(only(smollm2, SAID).ids).endswith("It is 4.<|im_end|>")
