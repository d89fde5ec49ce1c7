from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hone.domain.rubric import Rubric
from hone.errors import FileFormatError, HoneError
from hone.measuring import Reading, read_ratings
from hone.tables import open_writer

Written = Callable[..., Path]
HEAD = "item,criterion,rater,score,kind"
NAN = float("nan")


def test_people_and_judges_come_apart_and_missing_ratings_are_padded(written: Written) -> None:
    path = written(HEAD, "a,c,ann,1,human", "b,c,ann,2,", "b,c,ben,3,human", "a,c,bot,1,judge", "a,d,ann,5,human")
    found = read_ratings(path)
    assert found.items == ("a", "b")
    assert (found.ratings.raters, found.ratings.judge_names) == (("ann", "ben"), ("bot",))
    np.testing.assert_array_equal(found.ratings.people["c"], [[1, NAN], [2, 3]])
    np.testing.assert_array_equal(found.ratings.people["d"], [[5, NAN], [NAN, NAN]])
    assert found.ratings.judges
    np.testing.assert_array_equal(found.ratings.judges["c"], [[1], [NAN]])
    assert found.ratings.clusters is None


def test_the_last_of_duplicate_rows_wins_and_the_count_is_said(written: Written) -> None:
    found = read_ratings(written(HEAD, "a,c,r,1,", "a,c,r,2,", "a,c,r,3,", "b,c,r,1,", "b,c,r,,"))
    np.testing.assert_array_equal(found.ratings.people["c"], [[3], [NAN]])
    assert (found.duplicates, found.missing) == (3, 1)
    notes = "\n".join(found.notes())
    assert "3 rows were replaced" in notes
    assert "1 rows have no score: counted as missing, not as 0" in notes


def test_zero_is_a_score_and_an_empty_cell_is_none(written: Written) -> None:
    found = read_ratings(written(HEAD, "a,c,r,0,", "b,c,r,,", "c,c,r,NA,", "d,c,r,1.0,", "e,c,r,nan,"))
    np.testing.assert_array_equal(found.ratings.people["c"], [[0], [NAN], [NAN], [1], [NAN]])


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_form_reads_the_same(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"ratings.{form}"
    columns: dict[str, type] = {"item": str, "criterion": str, "rater": str, "score": float, "group": str}
    with open_writer(path, columns) as writer:
        for item, score in (("1", 1.0), ("2", None), ("3", 2.0)):
            writer.write({"item": item, "criterion": "c", "rater": "r", "score": score, "group": "g"})
    found = read_ratings(path)
    np.testing.assert_array_equal(found.ratings.people["c"], [[1], [NAN], [2]])
    assert found.ratings.clusters == ["group g"] * 3
    assert (found.rows, found.missing) == (3, 1)


def test_numbers_and_texts_name_the_same_item(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    rows = [{"item": 1, "criterion": "c", "rater": "r", "score": 1}, {"Item": "1", "item": "1", "criterion": "c",
            "rater": "s", "score": "2"}]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    assert read_ratings(path).items == ("1",)


def test_an_item_without_a_group_is_its_own_cluster(written: Written) -> None:
    path = written("item,criterion,rater,score,group", "a,c,r,1,g", "b,c,r,1,", "c,c,r,1,g", "a,c,s,1,")
    assert read_ratings(path).ratings.clusters == ["group g", "item b", "group g"]


def test_lengths_and_weights_are_read_where_they_are(written: Written) -> None:
    path = written("item,criterion,rater,score,length,weight", "a,c,r,1,10,1", "b,c,r,1,,20")
    found = read_ratings(path)
    np.testing.assert_array_equal(found.ratings.lengths, [10, NAN])
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights, [1, 20])
    np.testing.assert_array_equal(found.ratings.weights, [1, 20])


def test_a_rated_item_without_a_weight_counts_1_in_agreement_and_that_is_said(written: Written) -> None:
    path = written(f"{HEAD},weight", "a,c,r,1,human,5", "b,c,r,1,human,", "c,c,j,1,judge,")
    found = read_ratings(path)
    np.testing.assert_array_equal(found.ratings.weights, [5, 1, 3])
    said = found.weighting()
    assert said[0].startswith("the rated items stand for unequally many (column weight), and agreement, verdicts")
    assert said[1] == "1 rated item has no weight and counts 1"


@pytest.mark.parametrize("rows", [("a,c,r,1,human,", "b,c,r,1,human,"), ("a,c,r,1,human,0", "b,c,r,1,human,0")])
def test_weights_that_say_nothing_are_none(written: Written, rows: tuple[str, str]) -> None:
    found = read_ratings(written(f"{HEAD},weight", *rows))
    assert found.ratings.weights is None
    assert found.weighting() == []


def test_a_person_and_a_judge_may_share_a_name(written: Written) -> None:
    found = read_ratings(written(HEAD, "a,c,x,1,human", "a,c,x,2,judge")).ratings
    assert (found.raters, found.judge_names) == (("x",), ("x",))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((HEAD, "a,c,r,1,", ",c,r,1,"), r"ratings.csv:3: .*'item' is empty"),
        ((HEAD, "a,c,r,1,robot"), r"ratings.csv:2: kind 'robot' is not known; write human or judge"),
        ((HEAD, "a,c,r,1,", "b,c,r,good,"), r"ratings.csv:3: score 'good' is not a number"),
        ((HEAD, "a,c,r,1,", "b,c,r,inf,"), r"ratings.csv:3: score 'inf' is not finite"),
        ((HEAD, "a,c,r,1"), r"ratings.csv:2: 4 cells where the header has 5"),
        (("item,rater,score", "a,r,1"), r"no column 'criterion'; ratings have the columns item, criterion"),
        (("item,criterion,rater,score,group", "a,c,r,1,g", "a,c,s,1,h"), r"csv:2: item .a. stands in two groups"),
        (("item,criterion,rater,score,length", "a,c,r,1,long"), r"ratings.csv:2: length 'long' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(written: Written, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_ratings(written(*lines))


def test_a_list_in_a_cell_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"item": "a", "criterion": "c", "rater": "r", "score": [1]}\n')
    with pytest.raises(FileFormatError, match=r"r.jsonl:1: the column 'score' holds a list"):
        read_ratings(path)


def test_more_raters_by_items_than_fit_into_memory_are_refused(written: Written) -> None:
    lines = [f"i{n},c,r{n},1," for n in range(15_000)]
    with pytest.raises(FileFormatError, match="15,000 raters x 15,000 items"):
        read_ratings(written(HEAD, *lines))


RUBRIC = Rubric.model_validate({"criteria": ["Be Clear: It is clear.", "Be Kind: It is kind."], "scale": "-1..1"})


def test_the_rubric_gives_labels_their_values_and_the_level(written: Written) -> None:
    path = written(HEAD, "a,Be Clear,r,meets,", "b,Be Clear,r,Neutral,", "c,Be Clear,r,-1,", "a,Be Clear,j,0.4,judge")
    found = read_ratings(path, Reading(rubric=RUBRIC))
    np.testing.assert_array_equal(found.ratings.people["Be Clear"], [[1], [0], [-1]])
    assert (found.ratings.level, found.ratings.levels) == ("ordinal", (-1.0, 0.0, 1.0))
    assert "from the rubric's scale" in found.level_note
    assert found.labels[1.0] == "meets"


def test_a_persons_score_off_the_rubrics_scale_is_refused(written: Written) -> None:
    with pytest.raises(
        FileFormatError, match=r"ratings.csv:2: score '3' is not on the rubric's scale: -1 \(does not"
    ):
        read_ratings(written(HEAD, "a,Be Clear,r,3,"), Reading(rubric=RUBRIC))


def test_a_criterion_that_the_rubric_lacks_is_said(written: Written) -> None:
    found = read_ratings(written(HEAD, "a,Be Odd,r,1,"), Reading(rubric=RUBRIC))
    assert "not in the rubric: Be Odd" in found.notes()


@pytest.mark.parametrize(
    ("scores", "level", "said"),
    [
        (("1", "2", "5"), "ordinal", "few whole numbers"),
        (("1.5", "2", "5"), "interval", "not few and whole"),
        (("yes", "No", "YES"), "ordinal", "from the labels of 0..1"),
        (("red", "blue", "red"), "nominal", "guessed from labels"),
    ],
)
def test_the_level_is_guessed_and_said(written: Written, scores: tuple[str, ...], level: str, said: str) -> None:
    found = read_ratings(written(HEAD, *(f"{n},c,r,{score}," for n, score in enumerate(scores))))
    assert found.ratings.level == level
    assert said in found.notes()[0]


def test_the_level_that_is_named_holds(written: Written) -> None:
    path = written(HEAD, "a,c,r,1,", "b,c,r,2,")
    assert read_ratings(path, Reading("nominal")).ratings.level == "nominal"
    assert read_ratings(path, Reading("interval")).ratings.level == "interval"


def test_labels_have_no_order_of_their_own(written: Written) -> None:
    path = written(HEAD, "a,c,r,red,", "b,c,r,blue,")
    with pytest.raises(HoneError, match="name the rubric whose scale puts it in order"):
        read_ratings(path, Reading("ordinal"))
    found = read_ratings(path)
    assert found.labels == {0.0: "blue", 1.0: "red"}


def test_a_judges_scores_do_not_decide_the_level(written: Written) -> None:
    assert read_ratings(written(HEAD, "a,c,r,1,", "a,c,j,0.37,judge")).ratings.level == "ordinal"


def test_a_wide_table_gives_the_same_ratings_as_the_long_one(written: Written, tmp_path: Path) -> None:
    long = read_ratings(written("item,criterion,rater,score", "a,c,Ann,1", "a,c,Ben,2", "b,c,Ann,3", "b,c,Ben,"))
    (tmp_path / "wide.csv").write_text("item,criterion,Ann,Ben\na,c,1,2\n,,,\nb,c,3,\n")
    wide = read_ratings(tmp_path / "wide.csv")
    np.testing.assert_array_equal(wide.ratings.people["c"], long.ratings.people["c"])
    assert wide.ratings.raters == long.ratings.raters
    assert "score from 'Ann+Ben'" in "\n".join(wide.notes())
    assert "1 rows without any value were passed over" in "\n".join(wide.notes())


def test_a_cell_of_a_wide_table_that_does_not_fit_is_named_by_its_row(tmp_path: Path) -> None:
    rubric = Rubric.model_validate({"criteria": ["Be Kind: It is."], "scale": "-1..1"})
    (tmp_path / "wide.csv").write_text("item,rater 1,rater 2\na,1,0\nb,1,7\n")
    with pytest.raises(FileFormatError, match=r"wide\.csv:3: score '7'"):
        read_ratings(tmp_path / "wide.csv", Reading(rubric=rubric))


def test_the_number_of_groups_is_said_as_an_interval_rests_on_it(written: Written) -> None:
    rows = [f"{n},c,{rater},{n % 2},{n % groups}" for groups in (3,) for n in range(12) for rater in ("a", "b")]
    few = read_ratings(written("item,criterion,rater,score,group", *rows)).notes()
    assert any("3 groups; items of one group count together" in line and "give no interval" in line for line in few)
    rows = [f"{n},c,{rater},{n % 2},{n % 8}" for n in range(16) for rater in ("a", "b")]
    rough = read_ratings(written("item,criterion,rater,score,group", *rows)).notes()
    assert any("8 groups" in line and "with fewer than 15 it is rough" in line for line in rough)
    alone = [f"{n},c,{rater},{n % 2},{n}" for n in range(12) for rater in ("a", "b")]
    lines = read_ratings(written("item,criterion,rater,score,group", *alone)).notes()
    assert not any("groups" in line for line in lines)


def test_the_error_of_a_formula_is_a_fault_and_not_a_label(written: Written) -> None:
    for scores in (("1", "0"), ("yes", "no")):
        lines = [f"a,c,r,{scores[0]}", f"b,c,r,{scores[1]}", "d,c,r,#DIV/0!", "e,c,r,#N/A"]
        with pytest.raises(
            HoneError, match=r":4: score '#DIV/0!' is the error of a formula; correct it, or leave[^;]*$"
        ):
            read_ratings(written("item,criterion,rater,score", *lines))


def test_a_weight_below_0_is_told_with_its_line(written: Written) -> None:
    path = written("item,criterion,rater,score,weight", "a,c,r,1,2", "b,c,r,0,-1")
    with pytest.raises(HoneError, match=r":3: weight '-1' is below 0"):
        read_ratings(path)
