"""What of a table is taken for the request."""

import json
from pathlib import Path

import pytest

from hone.errors import ProjectError
from hone.judging.dataset import Columns, entries, survey
from hone.tables import Table, open_table


def _table(path: Path, **row: object) -> Table:
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return open_table(path)


def _asked(table: Table, columns: Columns) -> str:
    reply = next(entries(table, columns)).reply
    assert reply is not None
    return reply.prompt


def test_input_completes_the_instruction(tmp_path: Path) -> None:
    table = _table(tmp_path / "a.jsonl", instruction="Count the words.", input="One two.", output="2")
    columns = Columns.of(table)
    assert _asked(table, columns) == "Count the words.\n\nOne two."
    assert columns.taken == {"request": "instruction+input", "reply": "output"}


def test_a_part_of_the_request_that_no_rule_takes_stops_the_run_and_names_the_option(tmp_path: Path) -> None:
    table = _table(tmp_path / "a.jsonl", system="Be terse.", instruction="Count.", input="", output="2")
    with pytest.raises(
        ProjectError, match=r"'system'.*--whole system\+instruction\+input, --part instruction\+input"
    ):
        Columns.of(table, remedy="--whole {whole}, --part {taken}")
    named = Columns.of(table, prompt="system+instruction")
    assert _asked(table, named) == "Be terse.\n\nCount."


def test_an_empty_part_stops_nothing(tmp_path: Path) -> None:
    table = _table(tmp_path / "a.jsonl", system="", history=[], instruction="Count.", input="", output="2")
    assert _asked(table, Columns.of(table)) == "Count."


def test_retrieved_texts_are_joined_where_they_are_named(tmp_path: Path) -> None:
    table = _table(tmp_path / "a.jsonl", user_input="Who?", retrieved_contexts=["A.", "B."], response="C.")
    with pytest.raises(ProjectError, match="retrieved_contexts"):
        Columns.of(table)
    named = Columns.of(table, prompt="user_input+retrieved_contexts")
    assert _asked(table, named) == "Who?\n\nA.\n\nB."


def test_rows_without_any_value_are_passed_over_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,prompt,reply\n1,Ask.,Say.\n,,\n , ,\n2,Ask.,Say.\n", encoding="utf-8")
    table = open_table(file)
    columns = Columns.of(table)
    found = survey(table, columns)
    assert (found.rows, found.blank) == (2, 2)
    assert [entry.item for entry in entries(table, columns)] == ["1", "2"]


def test_messages_with_a_reply_beside_them_are_the_request(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "Who?"}]
    table = _table(tmp_path / "a.jsonl", messages=asked, completion="Ann.")
    columns = Columns.of(table)
    assert columns.taken == {"request": "messages", "reply": "completion"}
    assert _asked(table, columns) == "Who?"
    more = [{"role": "system", "content": "Be terse."}, *asked, {"role": "assistant", "content": "Ann."},
            {"role": "user", "content": [{"type": "text", "text": "When?"}]}]  # fmt: skip
    table = _table(tmp_path / "b.jsonl", messages=more, reply=[{"role": "assistant", "content": "Now."}])
    (entry,) = entries(table, Columns.of(table))
    assert entry.reply is not None
    assert entry.reply.prompt == "System: Be terse.\n\nUser: Who?\n\nAssistant: Ann.\n\nUser: When?"
    assert entry.reply.text == "Now."


def test_turns_without_a_reply_or_that_end_in_one_are_refused_in_one_line(tmp_path: Path) -> None:
    said = [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Ann."}]
    table = _table(tmp_path / "a.jsonl", conversations=said)
    with pytest.raises(ProjectError, match="of 'conversations' the last turn is not a reply by itself"):
        Columns.of(table)
    table = _table(tmp_path / "b.jsonl", conversations=said, reply="Ann.")
    (entry,) = entries(table, Columns.of(table))
    assert entry.problem == "the request ends with a turn of the assistant; remove that turn"


def test_pictures_among_the_turns_leave_the_row_unscored(tmp_path: Path) -> None:
    said = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    table = _table(tmp_path / "a.jsonl", messages=said, reply="Ann.")
    (entry,) = entries(table, Columns.of(table))
    assert entry.problem == "the prompt is not text but a list"


@pytest.mark.parametrize(
    ("row", "tool"),
    [
        ({"id": "1", "fields": {"prompt": "Who?", "reply": "Ann."}, "responses": {}}, "Argilla"),
        ({"id": 1, "data": {"prompt": "Who?"}, "annotations": []}, "Label Studio"),
    ],
)
def test_records_of_annotation_tools_are_refused_with_what_to_do(
    tmp_path: Path, row: dict[str, object], tool: str
) -> None:
    with pytest.raises(ProjectError, match=f"these look like records of {tool}.*hone feedback import"):
        Columns.of(_table(tmp_path / "a.jsonl", **row))
