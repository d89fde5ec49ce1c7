"""The notebooks run from top to bottom, and what is kept in them is what their code gives.

Here they run in little: a scripted model writes, advises and judges, and a tiny random Llama is tuned, in the cell
that is marked for it. The kept outputs come from `scripts/notebooks.py`, which runs them in full on real models.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from notebook_pages import page
from notebooks import check, execute, notebooks, read

from tests.export.tiny import tiny_model

pytestmark = [pytest.mark.timeout(900)]
_BYTES = 700_000
STUDY = ("Be Detailed", "Be Hierarchical", "Be Adaptable")
MUSEUM = ("Be Concrete", "Be Brief", "Be Welcoming")


def _script(folder: Path, names: tuple[str, ...]) -> str:
    """A scripted model's spec: it finds the first reply better, keeps every criterion, and scores 1."""
    keep = {"reason": "It was met.", "measures": [names[0]], "action": "keep", "name": "", "sentence": ""}
    measure = {"name": names[0], "first_quote": "plan", "second_quote": "plan", "better": "first"}
    answers = {
        "Two writers answered": {"measures": [measure], "reason": "It is clearer.", "winner": "first"},
        "You advise a person": {"criteria": dict.fromkeys(names, keep), "missing": []},
        "You score replies": {name: {"reason": "It says so.", "score": 1} for name in names},
    }
    lines = [json.dumps({"contains": key, "text": json.dumps(answer)}) for key, answer in answers.items()]
    lines += [json.dumps({"contains": "rite a ", "text": "A plan: 20 minutes a day."})]
    path = folder / "script.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return f"scripted:{path}"


def _run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, cell: str | None = None) -> str:
    """What the notebook prints, with the marked cell in other words."""
    monkeypatch.setenv("HONE_NOTEBOOK_FAST", "1")
    monkeypatch.setenv("HONE_NOTEBOOK_MODEL", model)
    notebook = read(next(path for path in notebooks() if path.stem == name))
    if cell is not None:
        _marked(notebook).source = cell
    work = folder / "work"
    work.mkdir()
    execute(notebook, work, seconds=800)
    return "".join(
        output.get("text", "") for one in notebook.cells if one.cell_type == "code" for output in one.outputs
    )


def _marked(notebook: Any) -> Any:
    (cell,) = [cell for cell in notebook.cells if "model" in cell.metadata.get("tags", ())]
    return cell


def test_kept_outputs_are_of_the_code_that_stands_there() -> None:
    assert [path.stem for path in notebooks()] == ["judge-check", "own-task", "tutorial"]
    assert check() == []


@pytest.mark.parametrize("fast", [True, False])
def test_a_page_says_where_its_notebook_was_run_in_little(fast: bool) -> None:
    notebook = read(notebooks()[0])
    notebook.metadata["hone"]["fast"] = fast
    assert ("Run in little" in page(notebook, "judge-check")[0]) is fast


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_kept_outputs_are_small_whole_and_of_no_machine(path: Path) -> None:
    assert path.stat().st_size < _BYTES
    notebook = read(path)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    assert re.findall(r"(?:/tmp|/work|/home|/root)/\S+", json.dumps(outputs)) == []


def test_each_step_of_the_tutorial_says_why() -> None:
    texts = [cell.source for cell in read(next(p for p in notebooks() if p.stem == "tutorial")).cells]
    headings = [text for text in texts if re.match(r"## \d", text)]
    assert len(headings) == 9
    assert [text.splitlines()[0] for text in headings if "*Why:*" not in text] == []


def test_two_lines_make_it_llama_on_a_gpu() -> None:
    cell = _marked(read(next(path for path in notebooks() if path.stem == "tutorial")))
    names: dict[str, str] = {}
    exec(re.sub(r"^# ", "", cell.source, flags=re.MULTILINE), names)  # noqa: S102 - our own cell
    assert names["BASE"] == "hf:unsloth/Llama-3.2-3B-Instruct"
    assert names["BACKEND"] == "unsloth"
    assert len(re.findall(r"^# \w+ = ", cell.source, re.MULTILINE)) == 2


@pytest.mark.engine
def test_the_tutorial_runs_on_another_llama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tiny_model("Llama", tmp_path / "tiny")
    cell = f'BASE = "hf:{base}"\nBACKEND = "trl"'
    printed = _run("tutorial", tmp_path, monkeypatch, _script(tmp_path, STUDY), cell)
    assert "frozen as v1" in printed
    assert "pocket.gguf: " in printed
    assert "minutes from task to chat" in printed


def test_a_task_of_ones_own_comes_to_a_rubric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = _run("own-task", tmp_path, monkeypatch, _script(tmp_path, MUSEUM))
    assert re.search(r"v1 \w+ by Elsie\n- Be Concrete: ", printed)


def test_ratings_give_a_verdict_on_each_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = _run("judge-check", tmp_path, monkeypatch, "smollm2")
    assert "judge A agrees better with people" in printed
    assert "judge B: weighted kappa" in printed
