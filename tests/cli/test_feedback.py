from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hone.domain.rubric import Rubric
from hone.people.store import NewSubject, open_store
from hone.project import Project

from .conftest import Hone


@pytest.fixture
def rated(project: Path) -> Path:
    """A project in which two people rated the four items."""
    rubric: Rubric = Project(project).rubric
    with open_store(Project(project).database) as store:
        ids = store.add_subjects(
            NewSubject(f"i{n}", f"Please plan week {n}.", "Rich plan: 20 minutes a day.") for n in range(1, 5)
        )
        for name, flip in (("Ann", 0), ("Ben", 1)):
            rater = store.add_rater(name).id
            for place, subject in enumerate(ids):
                value = place % 2 if place else flip
                store.rate(rater, subject, rubric, {"Be Detailed": value, "Be Adaptable": 1 - value})
    return project


def test_agree_and_estimate_read_straight_from_the_store(hone: Hone, rated: Path) -> None:
    assert hone("reply").code == 0
    assert hone("label").code == 0
    agreed = hone("agree", "--json", "--resamples", 200)
    assert agreed.code == 0, agreed.err
    criterion = agreed.data["criteria"]["Be Detailed"]
    assert criterion["raters"] == ["Ann", "Ben"]
    assert criterion["people"]["percent_agreement"]["value"] == 0.75
    assert list(criterion["judges"]) == ["scripted:script.jsonl"]
    assert "judgements: " in agreed.err
    estimated = hone("estimate", "--json", "--level", "ordinal")
    assert estimated.code == 0, estimated.err
    assert set(estimated.data["criteria"]) == {"Be Detailed", "Be Adaptable"}
    assert estimated.data["criteria"]["Be Detailed"]["rated"] == 4


def test_judgements_under_another_rubric_are_left_out_and_that_is_said(hone: Hone, rated: Path) -> None:
    assert hone("reply").code == 0
    assert hone("label").code == 0
    text = (rated / "rubric.yaml").read_text().replace("remedy", "cure")
    (rated / "rubric.yaml").write_text(text)
    found = hone("agree", "--json", "--resamples", 200)
    assert found.code == 0, found.err
    assert "are of another rubric and left out" in found.err
    assert list(found.data["criteria"]) == ["Be Detailed"], "the reworded criterion has no current ratings"


def test_without_feedback_one_line_says_what_to_do(hone: Hone, project: Path) -> None:
    for words in (("agree",), ("estimate",), ("feedback", "status"), ("feedback", "export", project / "r.csv")):
        found = hone(*words)
        assert (found.code, found.err.count("\n")) == (1, 1)
        assert "there is no feedback yet; rate with `hone rate`, or bring some in" in found.err
    assert not (project / "feedback.db").exists(), "looking makes no store"


def test_status_says_who_did_what_and_how_many_more_it_takes(hone: Hone, rated: Path) -> None:
    found = hone("feedback", "status", "--json", "--per-item", 3).data
    assert [(one["name"], one["done"], one["left"]) for one in found["raters"]] == [("Ann", 4, 0), ("Ben", 4, 0)]
    assert (found["ratings"], found["stale"], found["left"], found["disagreements"]) == (16, 0, 4, 2)
    rule = found["stop_rule"][0]
    assert rule["criterion"] == "Be Detailed"
    assert rule["more_ratings"] == 3 * rule["more_items"] > 0
    shown = hone("feedback", "status").out
    assert "Ann" in shown
    assert "more ratings give an interval of ±0.05" in shown


@pytest.mark.parametrize("name", ["r.csv", "r.jsonl", "r.parquet"])
def test_ratings_travel_from_project_to_project(
    hone: Hone, bare: Hone, rated: Path, tmp_path: Path, name: str
) -> None:
    written = hone("feedback", "export", tmp_path / name, "--json")
    assert (written.code, written.data["counts"]) == (0, {"ratings": 16})
    other = f"{tmp_path / 'other.db'}"
    read = hone("feedback", "import", tmp_path / name, "--database", other, "--json")
    assert (read.code, read.data["form"], read.data["counts"]) == (0, "ratings", {"rows": 16})
    again = hone("feedback", "export", tmp_path / f"again-{name}", "--database", other)
    assert again.code == 0
    assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()
    agreed = bare("agree", tmp_path / name, "--rubric", rated / "rubric.yaml", "--json", "--resamples", 200).data
    own = hone("agree", "--json", "--resamples", 200).data
    for criterion, found in own["criteria"].items():
        alike = agreed["criteria"][criterion]["people"]["krippendorff_alpha"]
        assert alike["value"] == pytest.approx(found["people"]["krippendorff_alpha"]["value"])


def test_the_whole_store_goes_into_an_empty_one_only(hone: Hone, rated: Path, tmp_path: Path) -> None:
    assert hone("feedback", "export", tmp_path / "all.jsonl", "--form", "store").code == 0
    refused = hone("feedback", "import", tmp_path / "all.jsonl")
    assert refused.code == 1
    assert "this store holds feedback already" in refused.err
    assert hone("feedback", "import", tmp_path / "all.jsonl", "--database", tmp_path / "new.db").code == 0
    assert (
        hone("feedback", "export", tmp_path / "b.jsonl", "--form", "store", "--database", tmp_path / "new.db").code
        == 0
    )
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()


def test_a_score_off_the_scale_names_file_and_line_and_nothing_is_read(
    hone: Hone, project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "r.csv"
    file.write_text("item,criterion,rater,score\ni1,Be Detailed,Ann,1\ni1,Be Detailed,Ben,9\n")
    found = hone("feedback", "import", file)
    assert found.code == 1
    assert f"{file}: line 3: Be Detailed: 9.0 is not on the scale (-1, 0, 1)" in found.err
    assert hone("feedback", "status", "--json").data["ratings"] == 0


def test_labels_stand_for_their_levels_and_unknown_criteria_are_named(
    hone: Hone, project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "r.csv"
    file.write_text("item,criterion,rater,score\ni1,Be Detailed,Ann,does not meet\ni2,Be Detailed,Ann,\n")
    found = hone("feedback", "import", file)
    assert found.code == 0, found.err
    assert "1 rows have no score: counted as missing, not as 0" in found.err
    out = tmp_path / "o.jsonl"
    assert hone("feedback", "export", out).code == 0
    assert [json.loads(line)["score"] for line in out.read_text().splitlines()] == [-1.0]
    file.write_text("item,criterion,rater,score\ni1,Be Loud,Ann,1\n")
    assert "there are Be Detailed, Be Adaptable" in hone("feedback", "import", file).err


def test_verdicts_on_pairs_are_read_and_agreed_upon(hone: Hone, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    lines = [f"i{n},{rater},AB,{'A' if n % 2 else 'tie'}" for n in range(1, 7) for rater in ("Ann", "Ben")]
    file.write_text("item,rater,order,winner\n" + "\n".join(lines) + "\n")
    assert hone("feedback", "import", file).code == 0
    found = hone("agree", "--pairs", "--json", "--resamples", 200)
    assert found.code == 0, found.err
    assert found.data["criteria"]["preference"]["people"]["percent_agreement"]["value"] == 1.0
    assert hone("agree").err.endswith("there are no ratings under this rubric; see: hone feedback status\n")


Write = Callable[[Path], None]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _scramble(path: Path) -> None:
    path.write_text(path.read_text().replace('"table": "raters"', '"table": "riders"', 1))


def _other(path: Path) -> None:
    path.write_text('{"hone feedback": 1, "schema": "9999", "rows": {}}\n')


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_cut, "not a row of one of the store's tables"),
        (_scramble, "not a row of one of the store's tables"),
        (_other, "its schema 9999 is newer than this version of Hone"),
    ],
)
def test_a_spoilt_export_is_refused_in_one_line_and_leaves_the_store_empty(
    hone: Hone, rated: Path, tmp_path: Path, spoil: Write, says: str
) -> None:
    file, other = tmp_path / "all.jsonl", tmp_path / "new.db"
    assert hone("feedback", "export", file, "--form", "store").code == 0
    spoil(file)
    found = hone("feedback", "import", file, "--database", other)
    assert (found.code, found.err.count("\n")) == (1, 1)
    assert says in found.err
    assert hone("feedback", "status", "--json", "--database", other).data["raters"] == []
