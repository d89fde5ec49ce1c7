from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.domain.task import Item
from hone.errors import FileFormatError, ProjectError, RunBusyError
from hone.files import locked
from hone.project import Project
from hone.project.runs import latest_run, open_run

CONFIG: dict[str, Any] = {"judge": {"model": "m", "sampling": {"temperature": 0.0, "seed": 0}}, "items": ["a", "b"]}


def other(temperature: float) -> dict[str, Any]:
    return CONFIG | {"judge": {"model": "m", "sampling": {"temperature": temperature, "seed": 0}}, "added": 1}


def test_a_run_folder_says_when_what_and_with_which_config(tmp_path: Path) -> None:
    run = open_run(tmp_path, "label", CONFIG)
    assert not run.resumed
    assert not run.finished
    time, verb, digest = run.folder.name.split("-")
    assert verb == "label"
    assert len(time) == len("20260102T030405678")
    assert len(digest) == 8
    assert "temperature: 0.0" in (run.folder / "config.yaml").read_text()
    assert run.journal.name == "journal.jsonl"


def test_an_unfinished_run_goes_on_while_its_config_is_the_same(tmp_path: Path) -> None:
    first, second = open_run(tmp_path, "label", CONFIG), open_run(tmp_path, "label", CONFIG)
    assert second.resumed
    assert second.folder == first.folder
    assert second.config == CONFIG


def test_a_changed_config_is_a_new_run_that_knows_the_keys_that_changed(tmp_path: Path) -> None:
    first = open_run(tmp_path, "label", CONFIG)
    second = open_run(tmp_path, "label", other(0.7))
    assert second.folder != first.folder
    assert (second.instead_of, second.changed) == (first.folder.name, ("judge.sampling.temperature", "added"))
    third = open_run(tmp_path, "label", {"judge": CONFIG["judge"]})
    assert set(third.changed) == {"judge.sampling.temperature", "items", "added"}
    assert first.folder.exists()
    assert open_run(tmp_path, "label", CONFIG, fresh=True).changed == ()


def test_a_finished_run_of_the_same_config_is_used_again(tmp_path: Path) -> None:
    first = open_run(tmp_path, "label", CONFIG)
    items = [Item(id="a", prompt="p")]
    first.finish(items)
    again = open_run(tmp_path, "label", CONFIG)
    assert again.folder == first.folder
    assert again.finished
    assert again.read(Item) == items


def test_a_finished_run_of_another_config_is_left_and_a_new_one_starts(tmp_path: Path) -> None:
    first = open_run(tmp_path, "label", CONFIG)
    first.finish([])
    second = open_run(tmp_path, "label", other(1.0))
    assert second.folder != first.folder
    assert first.finished
    latest = latest_run(tmp_path, "label")
    assert latest is not None
    assert latest.folder == second.folder
    finished = latest_run(tmp_path, "label", finished=True)
    assert finished is not None
    assert finished.folder == first.folder


def test_fresh_starts_anew_whatever_is_there(tmp_path: Path) -> None:
    folders = {open_run(tmp_path, "label", CONFIG, fresh=True).folder for _ in range(3)}
    assert len(folders) == 3
    assert open_run(tmp_path, "label", other(1.0), fresh=True).folder not in folders


def test_runs_of_another_verb_do_not_count(tmp_path: Path) -> None:
    open_run(tmp_path, "compare", CONFIG)
    assert latest_run(tmp_path, "label") is None
    assert not open_run(tmp_path, "label", other(0.1)).resumed


def test_a_folder_without_a_config_was_never_started(tmp_path: Path) -> None:
    (tmp_path / "29990101T000000000-label-00000000").mkdir()
    assert latest_run(tmp_path, "label") is None


def test_a_damaged_config_is_refused_by_name(tmp_path: Path) -> None:
    run = open_run(tmp_path, "label", CONFIG)
    (run.folder / "config.yaml").write_text("config: [")
    with pytest.raises(FileFormatError, match=r"config\.yaml"):
        open_run(tmp_path, "label", CONFIG)


def test_results_that_do_not_read_name_their_line(tmp_path: Path) -> None:
    run = open_run(tmp_path, "label", CONFIG)
    run.results.write_text('{"id": "a", "prompt": "p"}\n{"id": "b"}\n')
    with pytest.raises(FileFormatError, match=r"results\.jsonl:2: prompt: this key is missing"):
        run.read(Item)


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(ProjectError, match="cannot be written"):
        open_run(tmp_path / "runs", "label", CONFIG)


def test_a_run_that_another_process_writes_is_busy_and_not_of_other_settings(tmp_path: Path) -> None:
    run = open_run(tmp_path, "label", CONFIG)
    run.journal.write_text("{}\n")
    with locked(run.lock), pytest.raises(RunBusyError, match=r"is being written by process \d+ on .*; wait for it"):
        open_run(tmp_path, "label", CONFIG | {"other": 1})
    assert open_run(tmp_path, "label", CONFIG | {"other": 1}).changed == ("other",)


def test_a_project_gives_its_latest_finished_run(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "plan")
    assert project.latest_run("compare") is None
    run = project.open_run("compare", CONFIG)
    assert project.latest_run("compare") is None
    run.finish([])
    latest = project.latest_run("compare")
    assert latest is not None
    assert latest.folder == run.folder


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_:#- é", max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["judge", "items", "prompts", "yes", "1"]), values))
def test_any_config_is_recognised_again(tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]) -> None:
    runs = tmp_path_factory.mktemp("runs")
    assert open_run(runs, "label", config).folder == open_run(runs, "label", config).folder


def test_a_run_after_the_clock_was_put_back_is_the_latest(tmp_path: Path) -> None:
    (tmp_path / "mine-label-x").mkdir()
    ahead = open_run(tmp_path, "label", CONFIG)
    later = ahead.folder.rename(tmp_path / f"2199{ahead.folder.name[4:]}")
    (later / "results.jsonl").write_text("")
    now = open_run(tmp_path, "label", other(0.7))
    assert now.folder.name > later.name
    found = latest_run(tmp_path, "label")
    assert found is not None
    assert found.folder == now.folder


def test_of_many_that_start_the_same_at_once_all_find_one_run(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def open_one(_: int) -> Path:
        start.wait()
        return open_run(tmp_path, "label", CONFIG).folder

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_one, range(8)))) == 1


def test_a_run_that_another_process_has_only_just_made_is_not_taken_from_it(tmp_path: Path) -> None:
    first = open_run(tmp_path, "label", CONFIG)
    first.journal.write_text("")
    second = open_run(tmp_path, "label", other(0.7))
    assert first.folder.exists()
    assert second.folder != first.folder
