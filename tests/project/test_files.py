from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hone.domain.base import Frozen
from hone.domain.evidence import Comparison
from hone.domain.rubric import Rubric
from hone.domain.settings import Settings
from hone.domain.task import Item
from hone.errors import FileFormatError, HoneError, ProjectError
from hone.files import write_whole
from hone.project.files import read_lines, read_yaml, update_yaml, write_lines, write_yaml

TASK = "task:\n  subject: plan\n  role: r\n  instruction: i\n"
CRITERIA = "criteria:\n  - Be Kind: x\n  - Be Clear: y\n"


def refusal(path: Path, text: str | bytes, kind: type[BaseModel]) -> FileFormatError:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FileFormatError) as caught:
        read_yaml(path, kind) if path.suffix == ".yaml" else list(read_lines(path, kind))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "key", "problem"),
    [
        (TASK + "modells: {}\n", 5, "modells", "unknown key; did you mean 'models'?"),
        (TASK + "xyz: {}\n", 5, "xyz", "unknown key; known keys: task, models, "),
        (TASK.replace("role", "rolle") + "models: {}\n", 3, "task.rolle", "did you mean 'role'? (and 1 more)"),
        (TASK + "models:\n  judge:\n    modle: x\n", 7, "models.judge.modle", "did you mean 'model'? (and 1 more)"),
        (TASK + "models:\n  judge: {model: m, seeed: 1}\n", 6, "models.judge.seeed", "did you mean 'seed'?"),
        (TASK.replace("plan", "3"), 2, "task.subject", "write text here"),
        (TASK.replace("plan", "2024-10-05"), 2, "task.subject", "write text here"),
        ("task: 5\n", 1, "task", "write `key: value` pairs here, not 5"),
        (TASK + "models:\n  judge:\n    model: m\n    seed: often\n", 8, "models.judge.seed", "not 'often'"),
        ("", None, "", "the file is empty"),
        ("# only a comment\n", None, "", "the file is empty"),
        ("- a\n- b\n", 1, "", "write `key: value` pairs at the top level"),
        ("just words\n", 1, "", "write `key: value` pairs at the top level"),
        ("task:\n  role: 'open\n", 3, "", "not valid YAML"),
        ("\ttask: x\n", 1, "", "not valid YAML"),
        ("task: *nobody\n", 1, "", "not valid YAML"),
        ("task: a\x00b\n", None, "", "not valid YAML"),
        ("a: b\n---\nc: d\n", 2, "", "not valid YAML"),
        ("task: 2024-13-45\n", None, "", "not valid YAML: month"),
        ("task: !!int many\n", None, "", "not valid YAML"),
        ("? {a: b}\n: c\n", None, "", "not valid YAML"),
        ("task: " + "[" * 600, None, "", "not valid YAML"),
        ("task: " + "1" * 5000, None, "", "not valid YAML"),
        (TASK + "task: again\n", 5, "", 'duplicate key "task"'),
        ("task:\n  role: Be kind: always\n", 2, "", "put text with a colon or a quotation mark in it into quotes"),
        (b"task:\n  role: caf\xe9\n", 2, "", "not UTF-8 text; save the file as UTF-8"),
        ('task:\n  subject: "\\ud800"\n  role: r\n  instruction: i\n', 2, "task.subject", "unicode"),
        (
            "base: &base {subject: 1}\ntask:\n  <<: *base\n  role: r\n  instruction: i\n",
            1,
            "base",
            "unknown key",
        ),
    ],
)
def test_a_wrong_settings_file_names_file_line_and_key(
    tmp_path: Path, text: str | bytes, line: int | None, key: str, problem: str
) -> None:
    error = refusal(tmp_path / "hone.yaml", text, Settings)
    assert problem in error.problem
    assert (error.line, error.key) == (line, key)


@pytest.mark.parametrize(
    ("text", "line", "key", "problem"),
    [
        (CRITERIA + "scale: 1..7\n", 4, "scale", "unknown scale '1..7'; write one of -1..1, 1..5, 0..1"),
        (CRITERIA + "scale: 5\n", 4, "scale", "write `key: value` pairs here, not 5"),
        (CRITERIA + "scale: []\n", 4, "scale.levels", "at least 2"),
        ("criteria:\n  - Kind: x\n", 2, "criteria.0.name", "write 'Be' and an adjective"),
        ("criteria:\n  - Be Kind: x\n  - Be kind: y\n", 3, "criteria.1", "two criteria are called 'Be kind'"),
        ("criteria:\n  - Be Kind: x\n  - Be Clear\n", 3, "criteria.1", "has no sentence; write 'Be Adjective: "),
        ("criteria:\n  - Be Kind: x: y\n", 2, "", "put text with a colon"),
        ("criteria: Be Kind\n", 1, "criteria", "write a list here"),
        ("criteria:\n  - name: Be Kind\n    sentence: x\n    anchor: {}\n", 4, "criteria.0.anchor", "'anchors'"),
        (
            "criteria:\n  - name: Be Kind\n    sentence: x\n    anchors: {9: a}\n",
            4,
            "criteria.0.anchors",
            "9 is not on the scale (-1, 0, 1)",
        ),
        (
            CRITERIA + "examples:\n  - prompt: p\n    reply: r\n    scores:\n      Be Kind: 1\n      Be Brief: 1\n",
            9,
            "examples.0.scores.Be Brief",
            "no criterion is called 'Be Brief'; there are Be Kind, Be Clear",
        ),
        (
            CRITERIA + "examples:\n  - prompt: p\n    reply: r\n    scores: {Be Kind: 4}\n",
            7,
            "examples.0.scores.Be Kind",
            "4 is not on the scale (-1, 0, 1)",
        ),
    ],
)
def test_a_wrong_rubric_file_names_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, problem: str
) -> None:
    error = refusal(tmp_path / "rubric.yaml", text, Rubric)
    assert problem in error.problem
    assert (error.line, error.key) == (line, key)


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        ('{"id": "b"}', "prompt", "this key is missing"),
        ('{"id": "b", "prompt": "p", "promt": "q"}', "promt", "did you mean 'prompt'?"),
        ('{"id": "i1", "prompt": 7}', "prompt", "write text here, in quotation marks"),
        ('{"id": "b", "prompt": ', "", "not valid JSON"),
        ("words", "", "not valid JSON"),
        ('["b"]', "", "write one JSON object a line"),
        ('{"id": "b", "prompt": "\\ud800"}', "prompt", "unicode"),
        ("[" * 100_000, "", "not valid JSON"),
        ("1" * 5000, "", "not valid JSON"),
    ],
)
def test_a_wrong_line_of_json_names_file_line_and_key(tmp_path: Path, line: str, key: str, problem: str) -> None:
    text = '{"id": "a", "prompt": "p"}\n\n' + line + '\n{"id": "c", "prompt": "p"}\n'
    error = refusal(tmp_path / "items.jsonl", text, Item)
    assert problem in error.problem
    assert (error.line, error.key) == (3, key)


def test_a_key_that_is_a_reserved_word_is_named_as_it_is_written(tmp_path: Path) -> None:
    line = '{"id": "a", "without": {"text": "t", "model": "m"}, "with": {"text": "t", "model": "m", "cutt": true}}'
    error = refusal(tmp_path / "results.jsonl", line, Comparison)
    assert error.key == "with.cutt"
    assert "did you mean 'cut'?" in error.problem


def test_a_missing_file_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no such file"):
        read_yaml(tmp_path / "hone.yaml", Settings)
    with pytest.raises(ProjectError, match="cannot be read"):
        read_yaml(tmp_path, Settings)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "hone.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TASK.replace("\n", "\r\n").encode())
    assert read_yaml(path, Settings).task.subject == "plan"
    lines = tmp_path / "items.jsonl"
    lines.write_bytes(b'\xef\xbb\xbf{"id": "a", "prompt": "p"}\r\n\r\n')
    assert [number for number, _ in read_lines(lines, Item)] == [1]


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    items = [Item(id="a", prompt="one\u2028two\x85three\x0cfour\nfive")]
    write_lines(tmp_path / "items.jsonl", items)
    assert [item for _, item in read_lines(tmp_path / "items.jsonl", Item)] == items


@given(st.text(max_size=60) | st.text("{}[]:-'\"&*!|>%@`?,# \n\tab1.~", max_size=40))
def test_whatever_a_file_holds_it_reads_or_is_refused_as_ours(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    for kind in (Settings, Rubric):
        try:
            read_yaml(path, kind)
        except HoneError as error:
            assert "\n" not in str(error)  # noqa: PT017 - any other exception is the failure


class Note(Frozen):
    text: str


@given(st.lists(st.text().map(lambda text: Note(text=text)), max_size=4))
def test_lines_are_read_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Note]
) -> None:
    path = tmp_path_factory.getbasetemp() / "notes.jsonl"
    write_lines(path, notes)
    assert [note for _, note in read_lines(path, Note)] == notes


def test_a_failed_write_leaves_the_old_file_and_no_part_of_the_new(tmp_path: Path) -> None:
    path = tmp_path / "hone.yaml"
    write_whole(path, "old")

    class BrokenError(Exception):
        pass

    def entries() -> object:
        yield Note(text="a")
        raise BrokenError

    with pytest.raises(BrokenError):
        write_lines(path, entries())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["hone.yaml"]


def test_a_path_through_a_file_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_whole(tmp_path / "file" / "hone.yaml", "x")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ProjectError, match="cannot be written"):
            write_whole(tmp_path / "hone.yaml", "x")
    finally:
        tmp_path.chmod(0o700)


def test_new_values_leave_comments_and_other_keys_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# top\n\none: 1  # first\n\n# about two\ntwo:\n  - a   # inner\n  - b\n# end\n")
    update_yaml(path, {"one": 3, "new": ["x"]})
    assert path.read_text() == "# top\n\none: 3\n\n# about two\ntwo:\n  - a   # inner\n  - b\n# end\nnew:\n  - x\n"


@pytest.mark.parametrize(
    "text", ["{one: 1, two: [a]}\n", "one: &x [a]\ntwo: *x\n", "%YAML 1.2\n---\none: 1\ntwo: 2\n", "one: 1\ntwo: 2"]
)
def test_new_values_are_written_whatever_the_file_looked_like(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    old = load(path)
    update_yaml(path, {"one": "new", "three": 3})
    assert load(path) == old | {"one": "new", "three": 3}


def test_a_comment_can_stand_at_the_top(tmp_path: Path) -> None:
    write_yaml(tmp_path / "a.yaml", {"a": "ü"}, comment="one\ntwo")
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "# one\n# two\na: ü\n"


class Anything(BaseModel, extra="allow"):
    pass


def load(path: Path) -> dict[str, object]:
    return read_yaml(path, Anything).model_dump()
