"""The file of golden replies: one clear line for what does not read, and what stands in it stays to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.domain.golden import GoldenReply
from hone.domain.rubric import Rubric
from hone.errors import FileFormatError, ProjectError
from hone.project.golden import add_golden_replies, read_golden_replies

RUBRIC = Rubric.model_validate({"criteria": ["Be Kind: It greets.", "Be Brief: It ends soon."]})
BY_HAND = """\
# Ours, from the first lesson.
replies:
  # the one that everybody knows
  - id: greets          # short
    prompt: "Say hello."
    reply: Hello!
    levels: {Be Kind: 1, Be Brief: at least 0}
"""


def golden(name: str, reply: str = "Good day.", **more: object) -> GoldenReply:
    data = {"id": name, "prompt": "Greet us.", "reply": reply, "levels": {"Be Kind": 1}} | more
    return GoldenReply.model_validate(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("- id: a\n", ":1: write `key: value` pairs at the top level"),
        ("replys: []\n", ":1: replys: unknown key; did you mean 'replies'? (and 1 more)"),
        ("replies:\n", ":1: replies: write a list here"),
        ("replies: [\n", "not valid YAML"),
        (BY_HAND.replace("Be Kind: 1", "Be Kind: good"), ":7: replies.0.levels.Be Kind: 'good' is no level; write"),
        (
            BY_HAND.replace("Be Kind: 1", "Be Bold: 1"),
            ":7: replies.0.levels.Be Bold: the rubric that is tested has no",
        ),
        (
            BY_HAND.replace("Be Kind: 1", "Be Kind: 7"),
            ":7: replies.0.levels.Be Kind: 7 is not on the scale (-1, 0, 1)",
        ),
        (BY_HAND.replace("    reply: Hello!\n", ""), "replies.0.reply: this key is missing"),
        (BY_HAND + "  - {id: greets, prompt: p, reply: r, levels: {Be Kind: 1}}\n", "the id 'greets' stands twice"),
        (BY_HAND.replace("levels: {", "levels: {1: 1, "), "replies.0.levels"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "rubric-tests.yaml"
    path.write_text(text)
    with pytest.raises(FileFormatError) as raised:
        read_golden_replies(path, RUBRIC)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_aliases_of_aliases_are_one_line_and_no_long_wait(tmp_path: Path) -> None:
    path = tmp_path / "rubric-tests.yaml"
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
    path.write_text("\n".join(["a0: &a0 [x, x, x, x, x, x, x, x]", *lines, "replies: *a11\n"]))
    with pytest.raises(FileFormatError, match="stand for too many values; write them out"):
        read_golden_replies(path, RUBRIC)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no such file"):
        read_golden_replies(tmp_path / "none.yaml", RUBRIC)


@pytest.mark.parametrize(
    "text", [BY_HAND, BY_HAND.rstrip("\n"), BY_HAND.replace("\n  ", "\n"), BY_HAND + "\n# end\n"]
)
def test_what_is_added_stands_behind_and_nothing_above_changes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rubric-tests.yaml"
    path.write_text(text)
    new = [golden("a", "One line.\n\nAnd: another, with 3 # signs."), golden("b", people=3)]
    add_golden_replies(path, new)
    assert path.read_text().startswith(text)
    found = read_golden_replies(path, RUBRIC)
    assert [one.id for one in found.replies] == ["greets", "a", "b"]
    assert list(found.replies[1:]) == new
    assert "reply: |-" in path.read_text(), "several lines are written as lines"


@pytest.mark.parametrize("text", ["replies: []\n", "replies:\n"])
def test_an_empty_list_is_filled(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rubric-tests.yaml"
    path.write_text("# ours\n" + text)
    add_golden_replies(path, [golden("a")])
    assert path.read_text().startswith("# ours\n")
    assert [one.id for one in read_golden_replies(path, RUBRIC).replies] == ["a"]


def test_where_nothing_can_be_put_behind_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rubric-tests.yaml"
    text = "replies: [{id: g, prompt: p, reply: r, levels: {Be Kind: 1}}]\n"
    path.write_text(text)
    with pytest.raises(FileFormatError, match="nothing can be put behind this list; make it the last key"):
        add_golden_replies(path, [golden("a")])
    assert path.read_text() == text


@given(st.lists(st.text(min_size=1).filter(lambda text: bool(text.strip())), min_size=1, max_size=3, unique=True))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("golden") / "rubric-tests.yaml"
    path.write_text(BY_HAND)
    made = [golden(f"n{place}", text) for place, text in enumerate(texts)]
    add_golden_replies(path, made)
    assert list(read_golden_replies(path, RUBRIC).replies[1:]) == made
