"""One id and one name stay one, whichever way a file spells them."""

import json
from pathlib import Path

import numpy as np
import pytest

from hone.domain.rubric import Rubric
from hone.domain.task import Item
from hone.errors import FileFormatError
from hone.measuring.judged import read_judged
from hone.measuring.ratings import Reading, read_ratings


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_ids_that_came_as_floats_stay_apart(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"item": 7000001.0 + place, "criterion": "Be Plain", "rater": rater, "score": place % 2}
        for place in range(6)
        for rater in ("ann", "ben")
    ]
    found = read_ratings(_write(tmp_path / "r.jsonl", rows))
    assert found.items == tuple(str(7000001 + place) for place in range(6))
    assert found.duplicates == 0


def test_ids_of_people_and_of_a_judged_set_are_the_same(tmp_path: Path) -> None:
    judged = _write(tmp_path / "j.jsonl", [{"id": place + 1.0, "Be Plain": 1} for place in range(3)])
    assert read_judged(judged, ["Be Plain"], None, Reading()).items == ("1", "2", "3")


def test_one_name_in_two_forms_of_unicode_or_with_a_hidden_character_is_one_rater(tmp_path: Path) -> None:
    names = ("Zo\u00eb", "Zoe\u0308", "Zo\u00eb\u200b")
    rows: list[dict[str, object]] = [
        {"item": str(place), "criterion": "Be Plain", "rater": name, "score": 1} for place, name in enumerate(names)
    ]
    assert tuple(read_ratings(_write(tmp_path / "r.jsonl", rows)).ratings.raters) == ("Zo\u00eb",)


def test_blank_rows_are_passed_over_and_counted_and_later_lines_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("item,criterion,rater,score\na,c,x,1\n,,,\na,c,y,n/a\n , ,,\n", encoding="utf-8")
    found = read_ratings(file)
    assert (found.rows, found.taken.blank, found.missing) == (2, 2, 1)
    assert "2 rows without any value were passed over" in found.notes()
    file.write_text("item,criterion,rater,score\na,c,x,1\n,,,\n,c,y,1\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=":4: "):
        read_ratings(file)


def test_an_item_of_a_project_is_named_as_everywhere() -> None:
    assert Item.model_validate({"id": 12.0, "prompt": "p", "group": "a\u200b"}).id == "12"
    assert Item.model_validate({"id": "x\ufeff", "prompt": "p"}).id == "x"


def test_a_label_of_the_scale_is_that_level_and_no_missing_score(tmp_path: Path) -> None:
    rubric = Rubric.model_validate({
        "criteria": [{"name": "Be Plain", "sentence": "It has few words."},
                     {"name": "Be Kind", "sentence": "It thanks the reader."}],
        "scale": [
            {"value": 0, "label": ".", "anchor": "No trace."}, {"value": 1, "label": "None", "anchor": "A trace."},
            {"value": 2, "label": "Much", "anchor": "A lot."},
        ],
    })  # fmt: skip
    file = tmp_path / "r.csv"
    scores = ("none", ".", "much", "", "-", "2")
    rows = "".join(f"i{place},Be Plain,ann,{score}\n" for place, score in enumerate(scores))
    file.write_text(f"item,criterion,rater,score\n{rows}", encoding="utf-8")
    found = read_ratings(file, Reading(rubric=rubric))
    np.testing.assert_array_equal(np.asarray(found.ratings.people["Be Plain"])[:, 0], [1, 0, 2, np.nan, np.nan, 2])
    assert found.missing == 2
    judged = _write(tmp_path / "j.jsonl", [{"id": "a", "Be Plain": "None"}, {"id": "b", "Be Plain": None}])
    np.testing.assert_array_equal(
        read_judged(judged, ["Be Plain"], None, Reading(rubric=rubric)).scores["Be Plain"], [1, np.nan]
    )
