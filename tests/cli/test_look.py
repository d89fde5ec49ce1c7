from __future__ import annotations

from pathlib import Path

import pytest

from hone.journey.agreement import AgreeOptions
from hone.journey.looking import look
from hone.spelling import spell_as_arguments, spell_as_flags


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    path = tmp_path / "wide.csv"
    rows = [f"P{n},{n % 3},Q1,{n % 4},{n % 4 if n % 5 else 'absent'},{n % 3},good" for n in range(12)]
    path.write_text("\n".join(["Pupil,Class,Question,Ms Smith,Mr Jones,GPT-4,remark", *rows]))
    return path


def test_a_look_says_which_columns_are_what_and_which_command_comes_next(wide: Path) -> None:
    found = look(AgreeOptions(file=wide, look=True, margin=0.05))
    used = {one.name: one.use for one in found.look.columns}
    assert used == {"Pupil": "item", "Class": "group", "Question": "criterion", "Ms Smith": "score",
                    "Mr Jones": "score", "GPT-4": "score, judge", "remark": ""}  # fmt: skip
    assert found.look.people == {"Ms Smith": 12, "Mr Jones": 9}
    assert found.look.judges == {"GPT-4": 12}
    assert found.look.groups == 3
    assert found.next == (f"hone agree {wide} --margin 0.05",)
    assert any("fewer than 30 never show" in line for line in found.look.lacking)
    assert any("Mr Jones: 9 scores, 3 fewer" in line for line in found.look.lacking)


def test_a_file_that_does_not_read_is_looked_at_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("what,Clarity,Accuracy\n" + "".join(f"t{n},{n % 3},2\n" for n in range(5)))
    spell_as_flags()
    try:
        found = look(AgreeOptions(file=path))
    finally:
        spell_as_arguments()
    assert "are the columns 'Clarity', 'Accuracy' raters" in found.look.fault
    assert [one.holds for one in found.look.columns][1:] == ["3 different numbers from 0 to 2", "1 different: 2"]
    assert "--item" in found.next[0]


def test_a_judge_that_scored_many_more_items_leads_to_an_estimate(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    lines = [f"{n},c,bot,{n % 3},judge" for n in range(100)] + [f"{n},c,ann,{n % 3},human" for n in range(40)]
    path.write_text("\n".join(["item,criterion,rater,score,kind", *lines]))
    found = look(AgreeOptions(file=path))
    assert found.next == (f"hone agree {path}", f"hone estimate {path}")
    assert any("one person" in line for line in found.look.lacking)
