"""Ratings with one column a rater or a criterion, read as long form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hone.domain.rubric import Rubric
from hone.errors import HoneError
from hone.tables import Table, is_blank, open_table
from hone.tables.wide import WideRatings, as_long, unread_told

RUBRIC = Rubric.model_validate({"criteria": ["Be Kind: It is.", "Be Clear: It is."], "scale": "-1..1"})


def table(folder: Path, *lines: str) -> Table:
    (folder / "r.csv").write_text("".join(line + "\n" for line in lines))
    return open_table(folder / "r.csv")


def rows(found: Table) -> list[tuple[Any, ...]]:
    names = ("item", "criterion", "rater", "score")
    return [tuple(row.get(name) for name in names) for _, row in found.rows() if isinstance(row, dict)]


def test_long_form_and_verdicts_stay_as_they_are(tmp_path: Path) -> None:
    for head in ("item,criterion,rater,score,Ann,Ben", "item,rater,order,winner", "a,b,c"):
        given = table(tmp_path, head, ",".join("1" for _ in head.split(",")))
        assert as_long(given) is given


@pytest.mark.parametrize(
    ("head", "raters"),
    [
        ("item,criterion,Ann,Ben Lee", ["Ann", "Ben Lee"]),
        ("id,Criterion,R1,R2", ["R1", "R2"]),
        ("item,criterion,rater 1,Rater B", ["rater 1", "Rater B"]),
        ("item,criterion,rated by Ann,Rated by: ben", ["Ann", "ben"]),
        ("item,criterion,José,O'Neil", ["José", "O'Neil"]),
    ],
)
def test_one_column_a_rater_is_found_by_its_heading(tmp_path: Path, head: str, raters: list[str]) -> None:
    found = as_long(table(tmp_path, head, "a,Be Kind,1,0", "b,Be Kind,,meets"))
    assert rows(found) == [
        ("a", "Be Kind", raters[0], "1"),
        ("a", "Be Kind", raters[1], "0"),
        ("b", "Be Kind", raters[0], None),
        ("b", "Be Kind", raters[1], "meets"),
    ]
    assert found.count() == 4
    assert isinstance(found, WideRatings)
    assert found.told["item"] == head.split(",", maxsplit=1)[0]


def test_figures_texts_and_what_is_known_are_no_raters(tmp_path: Path) -> None:
    head = "item,prompt,reply,criterion,Ann,Ben,Mean,Words,Remark,group"
    found = as_long(table(tmp_path, head, "a,Ask,Say,Be Kind,1,0,0.5,7,good work,g"))
    assert [row[2] for row in rows(found)] == ["Ann", "Ben"]
    first = next(row for _, row in found.rows() if isinstance(row, dict))
    assert (first["prompt"], first["reply"], first["group"]) == ("Ask", "Say", "g")


def test_without_a_criterion_people_are_asked_for_and_never_guessed(tmp_path: Path) -> None:
    given = table(tmp_path, "item,Clarity,Accuracy", "a,1,0")
    with pytest.raises(HoneError, match="are the columns 'Clarity', 'Accuracy' raters"):
        as_long(given)
    assert rows(as_long(given, raters=("Clarity",))) == [("a", "overall", "Clarity", "1")]


def test_one_score_a_reply_is_of_the_only_criterion(tmp_path: Path) -> None:
    given = table(tmp_path, "item,rater 1,rater 2", "a,1,0")
    one = RUBRIC.with_criteria(RUBRIC.criteria[:1])
    assert [row[1] for row in rows(as_long(given, rubric=one))] == ["Be Kind", "Be Kind"]
    with pytest.raises(HoneError, match="the rubric has 2 criteria; add a column criterion"):
        as_long(given, rubric=RUBRIC)


def test_one_column_a_criterion_beside_the_rater(tmp_path: Path) -> None:
    given = table(tmp_path, "item,rater,Be Kind,be clear,Remark", "a,ann,1,0,1")
    wanted = [("a", "Be Kind", "ann", "1"), ("a", "Be Clear", "ann", "0")]
    assert rows(as_long(given, rubric=RUBRIC)) == wanted


@pytest.mark.parametrize("form", ["Be Kind (Ann)", "Ann: Be Kind", "Be Kind / Ann", "Ann - Be Kind", "be kind | Ann"])
def test_criterion_and_rater_in_one_heading(tmp_path: Path, form: str) -> None:
    found = as_long(table(tmp_path, f"item,{form},{form.replace('Ann', 'Ben')}", "a,1,0"), rubric=RUBRIC)
    assert rows(found) == [("a", "Be Kind", "Ann", "1"), ("a", "Be Kind", "Ben", "0")]


def test_a_named_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match="did you mean 'Ann'"):
        as_long(table(tmp_path, "item,Ann,Ben", "a,1,0"), raters=("Anne",))


def test_an_empty_row_gives_one_row_without_any_value(tmp_path: Path) -> None:
    found = as_long(table(tmp_path, "item,rater 1,rater 2", "a,1,0", ",,", "b,0,1"))
    assert [is_blank(row) for _, row in found.rows() if isinstance(row, dict)] == [False, False, True, False, False]
    assert [number for number, _ in found.rows()] == [2, 2, 3, 4, 4]


@pytest.mark.parametrize("head", ["KI", "ia", "AI", "LLM", "my-judge", "judge", "Judge (v2)", "GPT-4o score"])
def test_a_column_headed_as_a_judge_is_one(tmp_path: Path, head: str) -> None:
    found = as_long(table(tmp_path, f"item,criterion,Ann,Ben,{head}", "a,Be Kind,1,0,1", "b,Be Kind,0,0,1"))
    kinds = {row["rater"]: row.get("kind") for _, row in found.rows() if isinstance(row, dict)}
    assert kinds == {"Ann": None, "Ben": None, head: "judge"}


@pytest.mark.parametrize("head", ["Kim", "Aida", "Judgement", "Skill"])
def test_a_part_of_a_word_makes_no_judge(tmp_path: Path, head: str) -> None:
    found = as_long(table(tmp_path, f"item,criterion,Ann,Ben,{head}", "a,Be Kind,1,0,1"))
    assert not any(row.get("kind") for _, row in found.rows() if isinstance(row, dict))


def test_a_name_with_what_the_person_is_stands_for_a_rater(tmp_path: Path) -> None:
    found = as_long(table(tmp_path, "item,criterion,Ann,Ben (teacher)", "a,Be Kind,1,0"))
    assert [row[2] for row in rows(found)] == ["Ann", "Ben (teacher)"]


def test_numbers_that_are_read_as_nothing_are_named(tmp_path: Path) -> None:
    lines = ("a,Be Kind,1,0,2,7,good", "b,Be Kind,1,0,x,8,bad", "c,Be Kind,1,0,1,9,bad")
    found = as_long(table(tmp_path, "item,criterion,Ann,Ben,Kim,mean,Remark", *lines))
    (line,) = unread_told(found)
    assert line.startswith("not read: 'Kim', which holds numbers; if it is a rater, name it beside the others: ")
    assert unread_told(as_long(open_table(tmp_path / "r.csv"), raters=["Ann", "Kim"])) == []


def test_an_error_of_a_spreadsheet_drops_no_rater(tmp_path: Path) -> None:
    found = as_long(table(tmp_path, "item,criterion,Ann,Ben", "a,Be Kind,1,#DIV/0!", "b,Be Kind,0,1"))
    assert ("a", "Be Kind", "Ben", "#DIV/0!") in rows(found)


def test_a_wide_table_of_which_no_row_reads_says_so(tmp_path: Path) -> None:
    with pytest.raises(HoneError, match=r"r.csv:2: 3 cells where the header has 4; 2 faults in all: line 3: 5 cells"):
        as_long(table(tmp_path, "item,criterion,Ann,Ben", "a,X,1", "b,X,1,0,1"))
