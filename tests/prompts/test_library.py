from __future__ import annotations

from pathlib import Path

import pytest

from hone.errors import PromptError
from hone.prompts import PROMPTS, load_prompts


def override(tmp_path: Path, name: str, text: str | bytes) -> Path:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def test_every_built_in_prompt_has_exactly_its_declared_fields() -> None:
    prompts = load_prompts()
    assert set(prompts) == set(PROMPTS)
    assert len(prompts) >= 7
    for name, prompt in prompts.items():
        assert set(prompt.fields) == PROMPTS[name], name
        text = prompt.render(**dict.fromkeys(prompt.fields, "value"))
        assert text
        assert "{{" not in text
        assert "<!--" not in text


def test_the_system_block_is_the_same_in_every_task() -> None:
    assert load_prompts()["system"].fields == ()


def test_a_folder_that_is_not_there_overrides_nothing(tmp_path: Path) -> None:
    assert load_prompts(tmp_path / "prompts") == load_prompts()


def test_a_projects_own_prompt_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    prompts = load_prompts(override(tmp_path, "task.md", "\ufeff{{instruction}}!"))
    assert prompts["task"].render(instruction="Write") == "Write!"
    assert prompts["system"] == load_prompts()["system"]


def test_fields_of_the_task_may_be_left_out(tmp_path: Path) -> None:
    assert load_prompts(override(tmp_path, "evaluation.md", "{{criteria}}"))["evaluation"].fields == ("criteria",)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("scores.md", "x", "there is no prompt 'scores'; there are system, task"),
        ("score.md", "{{criteria}} {{repply}}", r"unknown field \{\{repply\}\}; this prompt has \{\{criteria\}\}"),
        ("compare.md", "{{request}} {{first}}", r"the field \{\{second\}\} is missing"),
        ("system.md", "Hello {{name}}", r"unknown field \{\{name\}\}; this prompt has none"),
        ("system.md", "", "the file is empty"),
        ("system.md", " \n", "the file is empty"),
        ("system.md", "<!-- a note alone -->\n", "the file is empty"),
        ("score.md", "", "the file is empty"),
        ("score.md", "<!-- {{criteria}} -->{{reply}}", r"the field \{\{criteria\}\} is missing"),
        ("task.md", b"caf\xe9 {{role}}", "not UTF-8"),
    ],
)
def test_a_wrong_override_names_the_file_and_the_field(
    tmp_path: Path, name: str, text: str | bytes, problem: str
) -> None:
    with pytest.raises(PromptError, match=problem) as caught:
        load_prompts(override(tmp_path, name, text))
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_in_the_place_of_a_prompt_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "task.md").mkdir()
    with pytest.raises(PromptError, match="cannot be read"):
        load_prompts(tmp_path)
