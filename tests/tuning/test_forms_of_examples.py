"""Forms of data at large that examples are read from."""

import json
from pathlib import Path

from hone.problems import prompting
from hone.tuning.examples import read_examples


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
