"""Forms of data at large that examples are read from."""

import json
from pathlib import Path

import pytest

from hone.errors import FileFormatError, ProjectError
from hone.examples.reading import read_examples
from hone.problems import prompting
from hone.tables import Taken


def _turns(path: Path, **row: object) -> tuple[tuple[str, str], ...]:
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return read_examples(str(path), prompting())[0].turns


def test_sharegpt_turns_are_read(tmp_path: Path) -> None:
    said = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    found = _turns(tmp_path / "a.jsonl", conversations=said, system="Be kind.")
    assert found == (("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"))


def test_alpaca_input_is_part_of_what_is_asked(tmp_path: Path) -> None:
    found = _turns(tmp_path / "a.jsonl", instruction="Count the words.", input="One two.", output="2")
    assert found == (("user", "Count the words.\n\nOne two."), ("assistant", "2"))


def test_a_system_text_and_earlier_turns_come_before_what_is_asked(tmp_path: Path) -> None:
    row = {
        "system": "Be terse.",
        "history": [["Hi", "Hello"]],
        "instruction": "Count.",
        "input": "a b",
        "output": "2",
    }
    before = (("system", "Be terse."), ("user", "Hi"), ("assistant", "Hello"))
    assert _turns(tmp_path / "a.jsonl", **row) == (*before, ("user", "Count.\n\na b"), ("assistant", "2"))
    said = [{"role": "user", "content": "Count."}, {"role": "assistant", "content": "2"}]
    assert _turns(tmp_path / "b.jsonl", system="Be terse.", messages=said)[0] == ("system", "Be terse.")
    assert _turns(tmp_path / "c.jsonl", system="", history=[], prompt="Count.", completion="2")[0][0] == "user"


def test_a_history_of_another_form_and_a_second_system_text_are_refused_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"a.jsonl:1: history: write a list of \[question, answer\] pairs"):
        _turns(tmp_path / "a.jsonl", history="Hi, hello", prompt="Count.", completion="2")
    said = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"}]  # fmt: skip
    with pytest.raises(FileFormatError, match="keep one of the two"):
        _turns(tmp_path / "b.jsonl", system="Be terse.", messages=said)


@pytest.mark.parametrize(
    "row",
    [
        {"context": "A text.", "question": "Who?", "answer": "Ann"},
        {"retrieved_contexts": ["A."], "user_input": "Who?", "response": "Ann"},
        {"context": "A text.", "prompt": "Who?", "completion": "Ann"},
    ],
)
def test_a_part_of_the_request_that_would_be_left_out_stops_the_run_with_what_to_do(
    tmp_path: Path, row: dict[str, object]
) -> None:
    with pytest.raises(ProjectError, match=r"context.* looks like a part of the request; join the columns"):
        _turns(tmp_path / "a.jsonl", **row)


def test_the_columns_that_are_read_are_noted_and_blank_rows_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("question,answer,group\nWho?,Ann,x\n,,\nWhen?,Now,x\n", encoding="utf-8")
    taken = Taken()
    assert len(read_examples(str(file), prompting(), taken=taken)) == 2
    assert taken.columns == {"question": "question", "answer": "answer", "group": "group"}
    assert taken.blank == 1
    file.write_text("Instruction,input,output\nCount.,a b,2\n,,\n", encoding="utf-8")
    taken = Taken()
    assert len(read_examples(str(file), prompting(), taken=taken)) == 1
    assert (taken.columns, taken.blank) == ({"prompt": "Instruction+input", "reply": "output"}, 1)
