"""Examples out of tables, and the two sides of a split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hone.errors import FileFormatError, MissingExtraError, ProjectError, TuneError
from hone.examples.choosing import Keep
from hone.examples.reading import Example, of_problem, read_examples, shuffled_answers, under_system
from hone.examples.splitting import split_examples
from hone.problems import Problem, prompting, sums
from hone.tables import Taken
from hone.tuning.choice import LARGE, Machine, choose_backend, choose_base


def _file(folder: Path, rows: list[dict[str, Any]]) -> str:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


LABELLED = [
    {"id": item, "prompt": f"Plan {item}", "reply": f"Plan {item}, version {place}", "Be Detailed": score,
     "Be Detailed reason": "so", "unscored": None}
    for item, place, score in [("a", 1, 0), ("a", 2, 1), ("b", 1, -1), ("b", 2, None), ("c", 1, 1), ("c", 2, 1)]
]  # fmt: skip


def test_rows_that_do_not_pass_the_rubric_are_left_out(tmp_path: Path) -> None:
    found = read_examples(_file(tmp_path, LABELLED), prompting(), keep=[Keep.parse("Be Detailed >= 0")])
    assert [one.reply for one in found] == [
        "Plan a, version 1", "Plan a, version 2", "Plan c, version 1", "Plan c, version 2"]  # fmt: skip


@pytest.mark.parametrize("best", ["mean", "Be Detailed"])
def test_of_each_item_the_best_row_is_kept_and_the_first_of_equals(tmp_path: Path, best: str) -> None:
    found = read_examples(_file(tmp_path, LABELLED), prompting(), best=best)
    assert [one.reply for one in found] == ["Plan a, version 2", "Plan b, version 1", "Plan c, version 1"]


def test_a_rule_over_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no column 'Be Kind'.*Be Detailed"):
        read_examples(_file(tmp_path, LABELLED), prompting(), keep=[Keep.parse("Be Kind > 0")])
    with pytest.raises(TuneError, match="not a rule"):
        Keep.parse("Be Kind")
    with pytest.raises(TuneError, match="no row passes Be Detailed > 5"):
        read_examples(_file(tmp_path, LABELLED), prompting(), keep=[Keep.parse("Be Detailed > 5")])


def test_questions_are_put_as_the_benchmark_puts_them(tmp_path: Path) -> None:
    row = {"question": "What is 2 + 3?", "answer": "2 + 3 = <<2+3=5>>5\n#### 5"}
    (found,) = read_examples(_file(tmp_path, [row]), prompting())
    assert found.turns[:-1] == tuple((turn.role, turn.content) for turn in prompting().ask("What is 2 + 3?"))
    assert found.reply == "2 + 3 = 5\n#### 5"
    assert found.answer == "5"


def test_prompts_and_completions_may_be_texts_or_turns(tmp_path: Path) -> None:
    hi, ho = [{"role": "user", "content": "Hi"}], [{"role": "assistant", "content": "Ho"}]
    (found,) = read_examples(_file(tmp_path, [{"prompt": hi, "completion": ho}]), prompting())
    assert found.turns == (("user", "Hi"), ("assistant", "Ho"))
    (plain,) = read_examples(_file(tmp_path, [{"prompt": "Hi", "completion": "Ho"}]), prompting())
    assert plain.turns == found.turns


def test_a_row_without_a_reply_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"data\.jsonl:2: completion: the completion is empty"):
        read_examples(_file(tmp_path, [{"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": " "}]),
                      prompting())  # fmt: skip


def test_a_group_is_never_cut_and_more_data_moves_no_group() -> None:
    examples = [Example(str(place), (("user", "q"), ("assistant", "r")), f"g{place % 50}") for place in range(300)]
    halves = split_examples(examples, 0.2, seed=1)
    out = {one.group for one in halves.held_out}
    assert len(out) == 10
    assert not out & {one.group for one in halves.train}
    assert len(halves.train) + len(halves.held_out) == 300
    assert out == {one.group for one in split_examples(examples[:150], 0.2, seed=1).held_out}


def test_test_problems_in_the_data_are_taken_out() -> None:
    problems = sums(40, "train")
    stolen = sums(3, "test")
    examples = [of_problem(one, prompting(), grouped=False) for one in [*problems, *stolen]]
    halves = split_examples(examples, 0.1, seed=0, test=stolen)
    assert {leak.kind for leak in halves.leaks} == {"exact"}
    left = {one.question for one in [*halves.train, *halves.held_out]}
    assert not left & {one.question for one in stolen}
    assert len(left) == 40


def test_one_example_cannot_be_split() -> None:
    only = of_problem(Problem("1", "q", "2"), prompting())
    with pytest.raises(TuneError, match="one example cannot be split"):
        split_examples([only], 0.1, seed=0)


def test_shuffled_answers_keep_questions_and_replies() -> None:
    examples = [of_problem(one, prompting()) for one in sums(20, "train")]
    harmful = shuffled_answers(examples, 0)
    assert [one.turns[:-1] for one in harmful] == [one.turns[:-1] for one in examples]
    assert sorted(one.reply for one in harmful) == sorted(one.reply for one in examples)
    assert [one.reply for one in harmful] != [one.reply for one in examples]


def test_the_base_is_what_the_machine_holds_and_the_other_is_named() -> None:
    large, why = choose_base(None, "lora", Machine("H100", 80e9, 9.0))
    assert large == LARGE
    assert "`base='smollm2'`" in why
    small, why = choose_base(None, "full", Machine("T4", 16e9, 7.5))
    assert small == "smollm2"
    assert f"`base='hf:{LARGE}'`" in why
    assert choose_base(None, "lora", Machine(None))[0] == "smollm2"
    assert choose_base("hf:a/b", "lora", Machine(None))[0] == "a/b"


def test_unsloth_without_a_gpu_is_refused_and_trl_says_why() -> None:
    assert choose_backend("auto", Machine(None))[0] == "trl"
    with pytest.raises(MissingExtraError, match="Unsloth"):
        choose_backend("unsloth", Machine(None))


@pytest.mark.parametrize("cut", [True, "true", "True"])
def test_a_row_whose_reply_was_cut_is_not_learnt_and_is_counted(tmp_path: Path, cut: object) -> None:
    rows = [{"prompt": f"Plan {n}", "reply": f"Text {n}", "cut": cut if n == 1 else False} for n in range(3)]
    taken = Taken()
    found = read_examples(_file(tmp_path, rows), prompting(), taken=taken)
    assert [one.reply for one in found] == ["Text 0", "Text 2"]
    assert taken.cut == 1
    assert any("1 rows are left out, because their reply was cut" in line for line in taken.lines())


@pytest.mark.parametrize("other", ["Ideal", 1, None, "false", ""])
def test_a_column_of_that_name_that_says_something_else_leaves_nothing_out(tmp_path: Path, other: object) -> None:
    rows = [{"prompt": "Plan", "reply": "Text", "cut": other}]
    assert len(read_examples(_file(tmp_path, rows), prompting())) == 1


def test_where_all_rows_are_cut_the_message_says_so(tmp_path: Path) -> None:
    with pytest.raises(TuneError, match="1 rows are left out because their reply was cut"):
        read_examples(_file(tmp_path, [{"prompt": "Plan", "reply": "Text", "cut": True}]), prompting())


def test_a_system_turn_is_put_first_and_places_move_with_it() -> None:
    one = Example(
        "a", (("user", "Hi"), ("assistant", "Yes"), ("user", "So?"), ("assistant", "No")), "a", context=(1,)
    )
    put = under_system(one, "You teach.")
    assert put.turns[0] == ("system", "You teach.")
    assert put.context == (2,)
    assert under_system(put, "Other.") is put
    problem = of_problem(Problem("p", "1+1?", "2", "#### 2"), prompting(system=""))
    assert under_system(problem, "You teach.") is problem


@pytest.mark.parametrize(
    ("answers", "reply"),
    [
        (("William Shakespeare", "In Denmark", "1601"), "William Shakespeare"),
        (("7", "12", "none of them"), "#### 7"),
        (("3 + 4 = 7\n#### 7", "#### none", "nobody"), "3 + 4 = 7\n#### 7"),
    ],
)
def test_answers_that_are_no_numbers_are_learnt_as_they_stand(
    answers: tuple[str, ...], reply: str, tmp_path: Path
) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text("".join(json.dumps({"question": f"Q{n}", "answer": one}) + "\n" for n, one in enumerate(answers)))
    first = read_examples(str(file), prompting())[0]
    assert first.turns[-1] == ("assistant", reply)
    plain = "####" not in reply
    assert (first.turns[0][0] == "user") is plain
    assert (first.answer is None) is plain


@pytest.mark.parametrize(
    "given", ["gguf:models/q.gguf", "hf:models/q.gguf", "models/q.gguf", "hf:gguf:models/q.gguf"]
)
def test_a_gguf_file_is_a_base_however_it_is_named(given: str) -> None:
    assert choose_base(given, "lora", Machine(None)) == ("models/q.gguf", "as chosen")
    assert choose_base("gguf:blob", "lora", Machine(None))[0] == "gguf:blob"
