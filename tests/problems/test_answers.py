"""What stands behind `####`, behind "answer is", in a box, or last; numbers compared as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.problems import Problem, boxed_number, gold_number, marked_place, marked_text, read_answer


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ("She has 2,125 left.", "2125", "last"),
        ("7 * 3 = 21\n#### 21", "21", "mark"),
        ("#### $2,125.00", "2125", "mark"),
        ("#### 42 apples", "42", "mark"),
        ("####18", "18", "mark"),
        ("#### **18**", "18", "mark"),
        ("#### -3", "-3", "mark"),
        ("#### −3", "-3", "mark"),
        ("#### -$3.50", "-3.5", "mark"),
        ("#### 50%", "50", "mark"),
        ("#### 007", "7", "mark"),
        ("#### -0", "0", "mark"),
        ("#### 5\n\nQuestion: next one?\n#### 9", "5", "mark"),
        ("#### 1. First step\nAdd.\n#### 2) Second\n#### 12", "12", "mark"),
        ("#### Answer\nIt is 4.", "4", "last"),
        ("The final answer is 18. There were 3 people.", "18", "words"),
        ("answer: **18**", "18", "words"),
        ("The answer is $4 and not $5", "4", "words"),
        (r"The final answer is $\boxed{\frac{1}{2}}$.", "1/2", "boxed"),
        (r"So the answer is \boxed{42}.", "42", "boxed"),
        (r"The final answer is: \boxed{42}", "42", "boxed"),
        (r"The answer is 7. Check: \boxed{13}", "7", "words"),
        (r"\boxed{\text{42 dollars}}", "42", "boxed"),
        (r"The answer is \boxed{\text{42 dollars}}.", "42", "boxed"),
        (r"\boxed{3\frac{1}{2}}", "7/2", "boxed"),
        (r"\boxed{-1,003\frac12}", "-2007/2", "boxed"),
        (r"\boxed{\frac12}", "1/2", "boxed"),
        (r"\boxed{\frac{1}{-2}}", "-1/2", "boxed"),
        (r"\boxed{\mathbf{42}}", "42", "boxed"),
        (r"So \boxed{2{,}125} or 3", "2125", "boxed"),
        (r"\boxed{12\text{ cm}}", "12", "boxed"),
        ("so the total is 5-3 = 2.", "2", "last"),
        ("5 - 3", "3", "last"),
        ("5-3", "3", "last"),
        ("it is -4 degrees", "-4", "last"),
        ("half of it is .5", "0.5", "last"),
        ("It costs 1,000,000.50 dollars.", "1000000.5", "last"),
        ("I do not know.", None, "none"),
        ("", None, "none"),
    ],
)
def test_the_answer_is_read_from_its_place(text: str, value: str | None, place: str) -> None:
    answer = read_answer(text)
    assert (answer.value, answer.place) == (value, place)
    assert answer.strict == (place == "mark")


@pytest.mark.parametrize("gold", ["2125", "2,125", "$2,125", "2125.00", "2,125.0", " 2125 dollars", "+2125", "02125"])
def test_every_spelling_of_a_number_is_the_same_number(gold: str) -> None:
    assert gold_number(gold) == "2125"


@pytest.mark.parametrize("text", ["", "none", "3 or 4", "1 2"])
def test_a_gold_answer_without_exactly_one_number_is_no_number(text: str) -> None:
    assert gold_number(text) is None


@given(st.integers(-(10**15), 10**15), st.sampled_from(["", "$", "€ "]), st.booleans())
def test_any_whole_number_is_read_back_however_it_is_written(value: int, currency: str, commas: bool) -> None:
    digits = f"{abs(value):,}" if commas else str(abs(value))
    written = f"{'-' if value < 0 else ''}{currency}{digits}"
    assert read_answer(f"3 + 4 = 7\n#### {written}").value == str(value)
    assert read_answer(f"That makes {written}").value == str(value)


@pytest.mark.parametrize(
    "text", ["1" * 20_000 + r"\frac12", r"\frac{" + "1" * 20_000 + "}{2}", "1,000," * 4000 + r"\frac12"]
)
def test_numbers_of_any_length_are_no_error(text: str) -> None:
    assert read_answer(text).value


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    read_answer(text)
    gold_number(text)
    marked_text(text)
    marked_place(f"####{text}")
    boxed_number(f"\\boxed{{{text}}}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Because it is wet.\n#### B", ("B", "mark")),
        ("The answer is Paris.", ("Paris", "words")),
        (r"\boxed{C}", ("C", "boxed")),
        (r"So the answer is \boxed{C}.", ("C", "boxed")),
        (r"\boxed{\text{Mount Everest}}", ("Mount Everest", "boxed")),
        (r"The answer is $\boxed{\textbf{(C)}}$.", ("(C)", "boxed")),
        (r"#### \boxed{C}", ("C", "mark")),
        ("First\nblue\n", ("blue", "last")),
        ("", ("", "none")),
    ],
)
def test_answers_in_words_are_read_in_the_same_order(text: str, found: tuple[str, str]) -> None:
    assert marked_text(text) == found


def test_the_line_of_the_answer_is_found_behind_headings() -> None:
    text = "#### 1. Find the total\nAdd.\n#### Step 2\n####\n$2{,}125 in all\nDone."
    start, end = marked_place(text.replace("$", "\\$")) or (0, 0)
    assert text.replace("$", "\\$")[start:end] == "####\n\\$2{,}125 in all"
    assert marked_place("#### Step 2\nIt is 7.") is None


def test_the_number_in_the_last_box_is_read_whatever_the_answer_is() -> None:
    assert boxed_number(r"\boxed{3}, then 7. The answer is 7. \boxed{13}") == "13"
    assert boxed_number("The answer is 7.") is None


@pytest.mark.data
def test_all_gold_answers_of_gsm8k_are_numbers_and_are_read_back(gsm8k: tuple[list[Problem], list[Problem]]) -> None:
    for problems, count in zip(gsm8k, (7473, 1319), strict=True):
        assert len(problems) == count
        for problem in problems:
            gold = gold_number(problem.answer)
            assert gold is not None
            assert float(gold) == float(problem.answer.replace(",", ""))
            read = read_answer(problem.reply)
            assert (read.value, read.place) == (gold, "mark")
            assert "<<" not in problem.reply
    commas = sum("," in problem.answer for problem in gsm8k[1])
    negative = sum(problem.answer.startswith("-") for problem in gsm8k[1])
    assert (commas, negative) == (14, 2)
