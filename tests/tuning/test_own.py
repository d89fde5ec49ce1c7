"""Examples in the model's own words, from a model of two layers that has learnt some answers by heart."""

from __future__ import annotations

import pytest

from hone.examples.reading import Example
from hone.examples.tokens import encode_all
from hone.training.adapting import adapt
from hone.training.own import Drawing, learnable_reply, own_examples
from hone.training.settings import TuneSettings
from hone.training.solving import solver
from hone.training.training import train
from tests.training.small import small_model, small_tokenizer


def _example(question: str, answer: str) -> Example:
    return Example(question, (("user", question), ("assistant", f"#### {answer}")), question, question, answer)


def test_right_replies_are_kept_once_each_and_the_rest_is_told() -> None:
    known = [_example("aaaa", "5"), _example("bbbb", "7")]
    unknown = _example("cccc", "123456")
    tokenizer, settings = small_tokenizer(), TuneSettings(
        method="full", row=128, max_length=128, step_tokens=128, max_steps=60, epochs=60, learning_rate=0.01,
        precision="fp32",
    )  # fmt: skip
    model = adapt(small_model(), settings)
    train(model, tokenizer, encode_all(tokenizer, [one.chat for one in known], longest=128).examples, settings)
    drawing = Drawing(samples=3, temperature=0.01, max_tokens=12)
    made, shares = own_examples(model, tokenizer, [*known, unknown], drawing)
    assert [one.reply for one in made] == ["#### 5", "#### 7"]  # three times the same reply is one reply
    assert [one.group for one in made] == ["aaaa", "bbbb"]
    assert (shares.questions, shares.samples, shares.right, shares.solved) == (3, 9, 6, 2)
    assert (shares.kept, shares.rewritten, shares.left) == (2, 0, 1)
    solve = solver(tokenizer, [*known, unknown], "cpu")
    assert solve is not None
    assert solve(model) == 2 / 3


def test_where_an_answer_is_no_number_nothing_is_solved() -> None:
    assert solver(small_tokenizer(), [_example("aaaa", "blue")], "cpu") is None


@pytest.mark.parametrize(
    ("reply", "learnt"),
    [
        ("3 + 4 = 7\n#### 7", "3 + 4 = 7\n#### 7"),
        ("  3 + 4 = 7\n#### 7 apples\n\nThe answer is: 7. 1 + 1 = 3", "3 + 4 = 7\n#### 7 apples"),
        ("3 + 4 = 7, so the answer is 7.", "3 + 4 = 7, so the answer is 7.\n#### 7"),
        ("The answer is 7.", None),
        ("#### 7", None),
        ("3 + 3 = 7\n#### 7", None),
        ("3 + 4 = 7\n#### 8", None),
        (
            "#### 1. Find the total\n3 + 4 = 7\n#### Step 2\nSay it.\n#### 7\nDone.",
            "#### 1. Find the total\n3 + 4 = 7\n#### Step 2\nSay it.\n#### 7",
        ),
        ("#### Step 1\n3 + 4 = 7\nThe answer is 7.", "#### Step 1\n3 + 4 = 7\nThe answer is 7.\n#### 7"),
    ],
)
def test_a_reply_is_learnt_in_the_form_of_the_gold_one_or_not_at_all(reply: str, learnt: str | None) -> None:
    gold = Example("1", (("user", "How many?"), ("assistant", "There are 3 + 4 = 7.\n#### 7")), "1", "How many?", "7")
    assert learnable_reply(gold, reply) == learnt


@pytest.mark.parametrize(
    ("reply", "learnt"),
    [
        (r"So it is \boxed{7}.", r"So it is \boxed{7}."),
        (r"\boxed{3} and 4 more. The answer is \boxed{7}.", r"\boxed{3} and 4 more. The answer is \boxed{7}."),
        (r"The answer is 7. Check: \boxed{13}", None),
        (r"The answer is 7. \boxed{seven}", None),
        ("#### Step 1\nAdd.\n#### 7", "#### Step 1\nAdd.\nSo the answer is \\boxed{7}."),
        ("The answer is 7.", "The answer is 7.\nSo the answer is \\boxed{7}."),
    ],
)
def test_where_the_gold_answer_stands_in_a_box_so_does_what_is_learnt(reply: str, learnt: str | None) -> None:
    gold = Example("1", (("user", "How many?"), ("assistant", r"So it is \boxed{7}.")), "1", "How many?", "7")
    assert learnable_reply(gold, reply) == learnt


def test_where_the_gold_reply_shows_no_steps_and_no_mark_none_are_asked_for() -> None:
    gold = Example("1", (("user", "How many?"), ("assistant", "Seven: 7")), "1", "How many?", "7")
    assert learnable_reply(gold, "The answer is 7.") == "The answer is 7."
