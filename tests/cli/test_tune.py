"""`hone tune`, on a base of two layers with random weights."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hone.journey.next import bench_against
from hone.training.job import read_history
from tests.cli.conftest import Hone
from tests.test_children import is_running, within
from tests.training.small import chats_file, small_base

FAST = ("--max-length", "96", "--set", "row=96", "--set", "step_tokens=192", "--set", "precision=fp32", "--rank", "4",
        "--learning-rate", "0.01", "--backend", "trl")  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return chats_file(tmp_path)


def _command(data: Path, base: Path, runs: Path, *more: str) -> list[str]:
    return ["tune", str(data), "--base", f"hf:{base}", "--runs", str(runs), "--json", *FAST, *more]


def _losses(run: Path) -> list[float]:
    return [one["loss"] for one in read_history(run) if one["event"] == "step"]


def test_a_tune_leaves_an_adapter_a_card_curves_and_no_checkpoint(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    result = bare(*_command(data, base, tmp_path / "runs", "--max-steps", "4"))
    assert result.code == 0, result.err
    run = tmp_path / "runs" / result.data["run"]
    assert (run / "adapter" / "adapter_model.safetensors").is_file()
    card = (run / "adapter" / "README.md").read_text()
    assert json.loads((run / "job.json").read_text())["data"] in card
    assert "- trl " in card
    assert [one["scale"] for one in result.data["scales"]] == [0, 0.25, 0.5, 0.75, 1]
    assert {path.suffix for path in run.glob("curves.*")} == {".svg", ".png"}
    assert len(_losses(run)) == 4
    assert not list(run.rglob("checkpoint-*"))
    assert not [path for path in run.rglob("*") if path.suffix in {".pt", ".pth", ".bin", ".pkl"}]
    assert [f"{number}." in result.err for number in range(1, 11)] == [True] * 10
    assert "⟦" in result.err
    assert result.data["columns"]["messages"] == "messages"
    assert "columns: messages from 'messages'" in result.err
    before = bare(*_command(data, base, tmp_path / "runs", "--max-steps", "4"))
    assert before.data == result.data  # a finished run is shown, not trained again


def test_a_killed_tune_goes_on_and_ends_with_the_same_loss(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    more = ("--max-steps", "24", "--epochs", "50", "--set", "checkpoints=4", "--set", "scales=[0, 1]")
    whole = bare(*_command(data, base, tmp_path / "whole", *more))
    assert whole.code == 0, whole.err
    killed = subprocess.Popen(
        [sys.executable, "-m", "hone.cli.main", *_command(data, base, tmp_path / "killed", *more)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    run = _kill_at_half(killed, tmp_path / "killed")
    assert len(_losses(run)) < 24
    resumed = bare(*_command(data, base, tmp_path / "killed", *more))
    assert resumed.code == 0, resumed.err
    assert resumed.data["run"] == run.name
    assert resumed.data["resumed"] >= 12
    assert resumed.data["loss"] == pytest.approx(whole.data["loss"], abs=1e-3)
    assert resumed.data["held_out"][-1]["loss"] == pytest.approx(whole.data["held_out"][-1]["loss"], abs=1e-3)
    assert _losses(run) == pytest.approx(_losses(tmp_path / "whole" / whole.data["run"]), abs=1e-3)


def _kill_at_half(process: subprocess.Popen[bytes], runs: Path) -> Path:
    """Kill the command as soon as the checkpoint of step 12 is whole; its training process ends with it."""
    for _ in range(4000):
        states = list(runs.glob("*/checkpoint-12/trainer_state.json"))
        if states and states[0].read_text().rstrip().endswith("}"):
            break
        assert process.poll() is None, "it ended before half time"
        time.sleep(0.02)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = [int(pid) for pid in children.stdout.split()]
    assert left
    assert within(20, lambda: not any(map(is_running, left)))
    return next(path.parent for path in runs.glob("*/config.yaml"))


def test_two_processes_train_five_steps_to_the_loss_of_one(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    more = ("--max-steps", "5", "--set", "scales=[0, 1]", "--set", "patience=none")
    one = bare(*_command(data, base, tmp_path / "one", *more))
    two = bare(*_command(data, base, tmp_path / "two", *more, "--gpus", "2"))
    assert one.code == two.code == 0, one.err + two.err
    assert two.data["steps"] == 5
    assert two.data["loss"] == pytest.approx(one.data["loss"], abs=1e-3)
    assert two.data["held_out"][-1]["loss"] == pytest.approx(one.data["held_out"][-1]["loss"], abs=1e-3)


def test_a_changed_config_is_a_new_run_that_names_the_keys_that_changed(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    broken = bare(*_command(data, base, tmp_path / "runs", "--learning-rate", "0.99", "--set", "clip=1e30",
                            "--max-steps", "2", "--max-length", "20"))  # fmt: skip
    assert broken.code == 1
    changed = bare(*_command(data, base, tmp_path / "runs", "--max-steps", "3"))
    assert changed.code == 0, changed.err
    assert "settings.max_steps" in changed.err
    assert len(list((tmp_path / "runs").glob("*-tune-*"))) == 2


def test_only_checks_are_made_where_only_checks_are_wanted(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    result = bare(*_command(data, base, tmp_path / "runs", "--check"))
    assert result.code == 0, result.err
    assert "10. disk" in result.err
    assert not list((tmp_path / "runs").rglob("adapter"))
    again = bare(*_command(data, base, tmp_path / "runs", "--check"))
    assert again.code == 0, again.err
    assert "10. disk" in again.err


def test_a_check_that_fails_does_not_stand_in_the_way_of_the_next(
    bare: Hone, data: Path, base: Path, tmp_path: Path
) -> None:
    failed = bare(*_command(data, base, tmp_path / "runs", "--check", "--max-length", "16"))
    assert failed.code == 1
    mended = bare(*_command(data, base, tmp_path / "runs", "--check"))
    assert mended.code == 0, mended.err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "empty"),
        ([{"question": "How many?"}], "no column holds the replies"),
        ([{"question": "How many?", "answer": ""}, {"question": "2", "answer": "3"}], "the answer is empty"),
        ([{"messages": [{"role": "user", "content": "Hi"}]}], "does not end with a turn of the assistant"),
        ([{"prompt": "a", "completion": "b", "group": "g"}, {"prompt": "c", "completion": "d", "group": "g"}],
         "2 examples of one group cannot be split"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_learnt_from_gets_one_clear_line(
    bare: Hone, base: Path, tmp_path: Path, rows: list[dict[str, Any]], words: str
) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = bare(*_command(file, base, tmp_path / "runs"))
    assert result.code == 1
    assert words in result.err
    assert len([line for line in result.err.splitlines() if line.startswith("hone:")]) == 1


def test_a_base_without_a_chat_template_is_refused(bare: Hone, data: Path, tmp_path: Path) -> None:
    base = small_base(tmp_path / "plain", template=None)
    result = bare(*_command(data, base, tmp_path / "runs"))
    assert result.code == 1
    assert "no chat template" in result.err


def test_shuffled_data_has_the_same_questions_with_other_replies(bare: Hone, tmp_path: Path) -> None:
    out, gold = tmp_path / "harm.jsonl", tmp_path / "gold.jsonl"
    result = bare(
        "tune", "data", "sums", "--shuffle", "--limit", "30", "--out", str(out), "--gold", str(gold), "--json"
    )
    assert result.code == 0, result.err
    made, right = ([json.loads(line) for line in file.read_text().splitlines()] for file in (out, gold))
    assert [one["messages"][:-1] for one in made] == [one["messages"][:-1] for one in right]
    assert sum(one["messages"][-1] != two["messages"][-1] for one, two in zip(made, right, strict=True)) > 20


def test_in_a_project_labelled_rows_are_learnt_under_its_task_and_rubric_and_tested_by_it(
    bare: Hone, base: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": f"d{n}", "prompt": f"Plan {n}.", "reply": f"Text {n}.", "cut": n == 3} for n in range(40)]
    (project / "labelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(project)
    fast = [*FAST, "--max-length", "1024", "--set", "row=1024"]
    result = bare("tune", "labelled.jsonl", "--base", f"hf:{base}", *fast, "--check", "--json")
    assert result.code == 0, result.err
    assert "1 rows are left out, because their reply was cut" in result.err
    assert "system turn: the project's own task and the working rubric" in result.err
    assert "on 39 of 39 examples" in result.err
    run = next((project / "runs").glob("*-check-*"))
    first = json.loads((run / "train.jsonl").read_text().splitlines()[0])["messages"][0]
    assert first["role"] == "system"
    assert "will be judged by these criteria" in first["content"]
    assert "Be Detailed" in first["content"]
    assert json.loads((run / "job.json").read_text())["prompt"] == first["content"]


def test_the_prompt_that_rows_bring_along_is_the_model_s(bare: Hone, base: Path, tmp_path: Path) -> None:
    rows = [
        {
            "messages": [
                {"role": "system", "content": "Box it."},
                {"role": "user", "content": f"{place}"},
                {"role": "assistant", "content": f"So {place}."},
            ],
            "answer": f"{place}",
        }
        for place in range(30)
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = bare(*_command(tmp_path / "own.jsonl", base, tmp_path / "runs", "--check"))
    assert result.code == 0, result.err
    (job,) = (tmp_path / "runs").glob("*/job.json")
    assert json.loads(job.read_text())["prompt"] == "Box it."


def test_within_a_budget_a_base_that_nothing_helps_is_kept_and_offered_for_export(
    bare: Hone, base: Path, tmp_path: Path
) -> None:
    rows = [{"question": f"ab {place}", "answer": f"{place}{place}"} for place in range(220)]
    (tmp_path / "sums.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = [word for word in _command(tmp_path / "sums.jsonl", base, tmp_path / "runs") if word != "--json"]
    asked[asked.index("96")], asked[asked.index("row=96")] = "256", "row=256"
    result = bare(*asked, "--budget", "30s")
    assert result.code == 0, result.err
    assert "the base's best prompt: solve" in result.err
    assert "neither the base nor what was learnt solves any" in result.err
    assert "hone export" in result.err
    assert "--prompt solve" in result.err
    (run,) = (tmp_path / "runs").glob("*-tune-*")
    told = json.loads((run / "tuned.json").read_text())
    assert (told["kept"], told["scale"], told["prompt"]) == ("base", 0, "solve")
    assert json.loads((run / "job.json").read_text())["prompt"] == told["system"]
    assert "Handed over: the base as it was" in (run / "adapter" / "README.md").read_text()
    again = bare(*asked, "--budget", "30s")
    assert again.code == 0
    assert "nothing was trained again" in again.err or "before" in again.err
    wrong = bare(*asked, "--budget", "soon")
    assert (wrong.code, "write a budget as 12m, 90s or 1.5h" in wrong.err) == (1, True)


def test_after_it_comes_the_projects_own_test_with_a_judge_that_is_not_the_base() -> None:
    own = bench_against("hf:base", "hf:base+adapter", "rubric", "smollm2")
    assert own.command_line() == "hone bench rubric --model hf:base --model hf:base+adapter --gate"
    assert "--judge SPEC" in bench_against("smollm2", "hf:smollm2+adapter", "rubric", "smollm2").command_line()
    assert "--judge" not in bench_against("smollm2", "hf:smollm2+adapter", "sums", "smollm2").command_line()
