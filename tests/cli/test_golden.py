"""`hone rubric test`: golden replies through the present judge, and golden replies made from ratings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hone as library
from hone.domain.golden import GoldenReplies
from hone.people.store import NewSubject, open_store
from hone.project import Project
from hone.project.files import read_yaml

from .conftest import RUBRIC, Hone

Script = Callable[..., None]


def verdict(detailed: int, adaptable: int) -> str:
    return json.dumps(
        {
            "Be Detailed": {"reason": "No minutes are named.", "score": detailed},
            "Be Adaptable": {"reason": "It says so.", "score": adaptable},
        }
    )


def golden(project: Path, **levels: dict[str, Any]) -> Path:
    """Golden replies, each with its name in request and reply."""
    entries = [
        {"id": name, "prompt": f"Please plan {name}.", "reply": f"A plan for {name}.", "levels": level}
        for name, level in levels.items()
    ]
    path = project / "rubric-tests.yaml"
    path.write_text(json.dumps({"replies": entries}))  # JSON is YAML, too
    return path


@pytest.fixture
def mixed(project: Path, script: Script) -> Path:
    """One golden reply that passes, one that fails on a criterion, and one whose judge cannot be read."""
    script(project, **{"plan for poor": verdict(-1, 1), "plan for mute": "I would rather not say."})
    golden(
        project,
        rich={"Be Detailed": 1, "Be Adaptable": "at least 0"},
        poor={"Be Detailed": "at least 0", "Be Adaptable": 1},
        mute={"Be Detailed": 1},
    )
    return project


def test_golden_replies_that_all_pass_end_with_nought_and_say_how_little_it_shows(hone: Hone, project: Path) -> None:
    golden(project, **{f"g{n}": {"Be Detailed": 1, "Be Adaptable": "at least 0"} for n in range(12)})
    found = hone("rubric", "test")
    assert found.code == 0, found.err
    assert found.out.splitlines()[0] == "12 of 12 golden replies passed."
    assert (
        "With no failure among 12, the share that would fail among others like these may still be up to 22.1% (95%)"
        in found.out
    )
    assert "no measure of the judge" in found.out


def test_what_failed_is_one_line_each_and_a_reply_without_a_score_never_passes(hone: Hone, mixed: Path) -> None:
    found = hone("rubric", "test")
    assert found.code == 3
    lines = found.out.splitlines()
    assert lines[0] == (
        "failed  poor · Be Detailed: expected at least 0, got -1 (does not meet): “No minutes are named.”"
    )
    assert lines[1].startswith("unscored  mute: expected Be Detailed 1 (meets); ")
    assert lines[2] == "1 of 3 golden replies passed; 1 failed; 1 unscored, which is a failure, too."
    assert lines[3].startswith("With 2 not passed among 3, the share")
    assert len(lines) == 4
    data = hone("rubric", "test", "--json")
    assert data.code == 3
    assert (data.data["failed"], data.data["unscored"], data.data["passed"]) == (["poor"], ["mute"], 1)
    checks = {(one["golden"], one["criterion"]): one for one in data.data["checks"]}
    assert checks["mute", "Be Detailed"]["got"] is None
    assert not checks["mute", "Be Detailed"]["passed"]
    assert checks["poor", "Be Detailed"] == {
        "golden": "poor",
        "criterion": "Be Detailed",
        "expected": "at least 0",
        "got": -1,
        "passed": False,
        "reason": "No minutes are named.",
        "note": "",
    }


def test_nothing_is_asked_twice_not_even_where_other_levels_are_expected(
    hone: Hone, project: Path, script: Script
) -> None:
    golden(project, a={"Be Detailed": 1}, b={"Be Detailed": 1})
    assert hone("rubric", "test").code == 0
    (project / "script.jsonl").write_text("")  # whoever is asked now cannot answer
    again = hone("rubric", "test")
    assert again.code == 0
    assert "nothing was asked again" in again.err
    golden(project, a={"Be Detailed": "at most 0"}, b={"Be Detailed": 1})
    assert hone("rubric", "test").code == 3
    golden(project, b={"Be Detailed": 1})
    assert hone("rubric", "test").code == 0, "a run of its own, with the answer from the journal of the one before"
    assert "unscored  b" in hone("rubric", "test", "--fresh").out


def test_a_call_that_failed_is_asked_again_and_what_was_answered_is_not(
    hone: Hone, project: Path, script: Script
) -> None:
    golden(project, a={"Be Detailed": 1}, b={"Be Detailed": 1})
    (project / "script.jsonl").write_text(json.dumps({"contains": "plan for a", "text": verdict(1, 1)}) + "\n")
    first = hone("rubric", "test")
    assert first.code == 3
    assert first.out.startswith("unscored  b: expected Be Detailed 1 (meets); ")
    (project / "script.jsonl").write_text(json.dumps({"contains": "plan for b", "text": verdict(1, 1)}) + "\n")
    assert hone("rubric", "test").code == 0


def test_another_judge_is_tried_and_two_in_a_row_as_with_label(hone: Hone, mixed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"contains": "You score replies", "text": verdict(1, 1)}) + "\n")
    spec = f"scripted:{other}"
    assert hone("rubric", "test", "--judge", spec).code == 0
    row = hone("rubric", "test", "--samples", 2, "--then", spec, "--below", 0.7, "--json").data
    assert row["judge"] == f"scripted:script.jsonl then {spec} below 0.7"
    assert (row["failed"], row["unscored"]) == (["poor"], []), "the second judge scores what the first cannot"
    panel = hone("rubric", "test", "--judge", spec, "--judge", "scripted:script.jsonl", "--json").data
    assert panel["checks"][2]["got"] == 0, "the mean of 1 and -1"
    missing = hone("rubric", "test", "--then", spec)
    assert (missing.code, "--then needs --below too" in missing.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            None,
            "no golden replies yet; write some, or make them from ratings with: hone rubric test, and --make 10",
        ),
        ("replies: []\n", "there are no golden replies yet"),
        ("replies: [\n", "not valid YAML"),
        (
            "replies:\n  - {id: a, prompt: p, reply: r, levels: {Be Bold: 1}}\n",
            "rubric-tests.yaml:2: replies.0.levels.Be Bold: the rubric that is tested has no criterion 'Be Bold'",
        ),
        ("replies:\n  - {id: a, prompt: p, reply: r, levels: {Be Detailed: at least -1}}\n", "nothing is tested"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_no_run(
    hone: Hone, project: Path, text: str | None, words: str
) -> None:
    if text is not None:
        (project / "rubric-tests.yaml").write_text(text)
    found = hone("rubric", "test")
    assert found.code == 1
    assert len(found.err.splitlines()) == 1
    assert words in found.err
    assert not (project / "runs").exists()


def test_a_file_that_somebody_sent_cannot_move_the_cursor(hone: Hone, project: Path) -> None:
    golden(project, **{"a\x1b[2J": {"Be Detailed": "at most 0"}})
    found = hone("rubric", "test")
    assert found.code == 3
    assert "\x1b" not in found.out + found.err
    (project / "rubric-tests.yaml").unlink()
    (project / "rubric-tests.yaml").symlink_to("/etc/hostname")
    assert "this link leads out of the project" in hone("rubric", "test").err


def test_rules_need_no_judge_and_a_folder_needs_no_project(bare: Hone, tmp_path: Path) -> None:
    rubric = tmp_path / "short.yaml"
    rubric.write_text(
        "criteria:\n  - name: Be Short\n    sentence: It has at most three words.\n    rule: {max_words: 3}\n"
        "scale: 0..1\n"
    )
    tests = tmp_path / "tests.yaml"
    tests.write_text(
        "replies:\n  - {id: long, prompt: p, reply: one two three four, levels: {Be Short: 1}, note: It is short}\n"
    )
    found = bare("rubric", "test", "--rubric", rubric, "--golden", tests, "-p", tmp_path)
    assert found.code == 3, found.err
    assert found.out.startswith("failed  long · Be Short: expected 1 (yes), got 0 (no): “")
    assert "(It is short)" in found.out


def test_python_and_pytest_have_the_same(mixed: Path) -> None:
    outcome = library.check_golden_replies(mixed)
    assert not outcome.passed
    assert next(str(check) for check in outcome.failures) == (
        "poor, Be Detailed: expected at least 0, got -1: No minutes are named."
    )
    assert [check.passed for check in outcome.checks] == [True, True, False, True, False]
    assert outcome.may_fail == pytest.approx(0.9830, abs=1e-4)  # the root of (1-q)^3 + 3q(1-q)^2 + 3q^2(1-q) = 0.05
    with pytest.raises(library.HoneError, match="there is no rubric 'v9'"):
        library.check_golden_replies(mixed, options=library.RubricTestOptions(rubric="v9"))


def rate(project: Path, scores: dict[str, list[tuple[int, int]]], replies: dict[str, str] | None = None) -> None:
    """What each person gave each reply, on both criteria."""
    rubric = Project(project).rubric
    texts = replies or {f"i{n + 1}": f"Plan {n + 1}.\nWith lines." for n in range(len(next(iter(scores.values()))))}
    with open_store(Project(project).database) as store:
        ids = store.add_subjects(
            NewSubject(item.partition("/")[0], f"Please plan week {item[1]}.", text) for item, text in texts.items()
        )
        for name, given in scores.items():
            rater = store.add_rater(name).id
            for subject, (detailed, adaptable) in zip(ids, given, strict=True):
                store.rate(rater, subject, rubric, {"Be Detailed": detailed, "Be Adaptable": adaptable})


def test_golden_replies_are_made_from_what_all_people_agree_on_and_spread_over_levels(
    hone: Hone, project: Path
) -> None:
    ann = [(1, 1), (1, 1), (1, 1), (0, 1), (-1, 0), (1, 0)]
    ben = [(1, 1), (1, 1), (1, 1), (0, 1), (-1, 1), (0, 1)]
    rate(project, {"Ann": ann, "Ben": ben})
    found = hone("rubric", "test", "--make", 3)
    assert found.code == 0, found.err
    assert (
        "24 ratings by people, of 12 criteria of replies; two people or more scored 12 of those, and gave"
        in found.err
    )
    assert "the same level to 9." in found.err
    assert "do not import them as ratings" in found.err
    assert "rubric-tests.yaml: 3 golden replies" in found.err
    made = read_yaml(project / "rubric-tests.yaml", GoldenReplies).replies
    assert {one.levels["Be Detailed"].written for one in made} == {-1, 0, 1}, (
        "every level is shown before one is twice"
    )
    assert {one.people for one in made} == {2}
    left_out = next(one for one in made if one.levels["Be Detailed"].written == -1)
    assert "Be Adaptable" not in left_out.levels, "people differ there"
    assert "Ann" not in (project / "rubric-tests.yaml").read_text()


def test_made_golden_replies_stand_behind_those_that_are_there_and_none_twice(hone: Hone, project: Path) -> None:
    rate(project, {name: [(1, 1), (0, 0), (-1, -1)] for name in ("Ann", "Ben", "Cid")})
    own = (
        "# ours\nreplies:\n  - id: i1  # by hand\n    prompt: Hello.\n    reply: Hi.\n    levels: {Be Detailed: -1}\n"
    )
    path = project / "rubric-tests.yaml"
    path.write_text(own)
    assert hone("rubric", "test", "--make", 1).code == 0
    once = path.read_text()
    assert once.startswith(own)
    data = hone("rubric", "test", "--make", 9, "--json")
    assert (len(data.data["made"]), data.data["there"], data.data["unanimous"]) == (2, 1, 6)
    assert "Golden replies that were asked for: 9; there were 2 more to be had." in data.err
    assert path.read_text().startswith(once)
    whole = path.read_text()
    last = hone("rubric", "test", "--make", 9)
    assert last.code == 0
    assert path.read_text() == whole
    ids = [one.id for one in read_yaml(path, GoldenReplies).replies]
    assert len(set(ids)) == len(ids) == 4
    assert hone("rubric", "test").code == 3, "the scripted judge gives 1 to everything"


def test_several_replies_to_one_item_are_each_golden(hone: Hone, project: Path) -> None:
    both = {"i1/a": "One plan.", "i1/b": "Another plan."}
    rate(project, {name: [(1, 1), (0, 0)] for name in ("Ann", "Ben")}, both)
    assert hone("rubric", "test", "--make", 2).code == 0
    made = read_yaml(project / "rubric-tests.yaml", GoldenReplies).replies
    assert {one.as_reply.item for one in made} == {"i1"}
    assert len({one.id for one in made}) == 2


def test_the_reference_of_the_item_goes_along(hone: Hone, project: Path) -> None:
    item = {"id": "i1", "prompt": "Please plan week 1.", "reference": "Twenty minutes a day."}
    (project / "items.jsonl").write_text(json.dumps(item) + "\n")
    rate(project, {name: [(1, 1)] for name in ("Ann", "Ben")})
    assert hone("rubric", "test", "--make", 1).code == 0
    assert read_yaml(project / "rubric-tests.yaml", GoldenReplies).replies[0].reference == "Twenty minutes a day."


def test_where_there_is_nothing_to_make_them_from_one_line_says_why(
    hone: Hone, project: Path, tmp_path: Path
) -> None:
    none = hone("rubric", "test", "--make", 3)
    assert (none.code, "there is no feedback yet" in none.err) == (1, True)
    rate(project, {"Ann": [(1, 1), (0, 0)]})
    alone = hone("rubric", "test", "--make", 3)
    assert (alone.code, "no reply was scored by two people" in alone.err) == (1, True)
    rate(project, {"Ben": [(0, 0), (1, 1)]})
    apart = hone("rubric", "test", "--make", 3)
    assert (apart.code, "people do not agree on any of 4 criteria" in apart.err) == (1, True)
    assert not (project / "rubric-tests.yaml").exists()
    both = hone("rubric", "test", "--make", 3, "--judge", "smollm2")
    assert (both.code, "--make asks no judge" in both.err) == (2, True)


def test_ratings_without_texts_make_none_and_that_is_said(hone: Hone, project: Path, tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(
        "item,criterion,rater,score\n" + "".join(f"r{n},Be Detailed,{who},1\n" for n in range(3) for who in "AB")
    )
    assert hone("feedback", "import", ratings).code == 0
    found = hone("rubric", "test", "--make", 2)
    assert found.code == 0, found.err
    assert "their ratings are known and not their texts: 3." in found.err
    assert not (project / "rubric-tests.yaml").exists()


def test_ratings_of_words_that_changed_since_do_not_count(hone: Hone, project: Path) -> None:
    rate(project, {name: [(1, 1), (0, 0)] for name in ("Ann", "Ben")})
    (project / "rubric.yaml").write_text(RUBRIC.replace("minutes", "hours"))
    assert hone("rubric", "test", "--make", 2).code == 0
    made = read_yaml(project / "rubric-tests.yaml", GoldenReplies).replies
    assert {name for one in made for name in one.levels} == {"Be Adaptable"}
