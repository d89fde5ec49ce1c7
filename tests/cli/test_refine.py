"""`hone rubric refine`, from ratings to a decision, with a judge and an expert at a real endpoint."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hone.errors import ProjectError
from hone.journey.journey import Journey
from hone.journey.refining import RefineOptions
from hone.people.store import NewSubject, open_store
from hone.people.store.second_looks import JudgeSaid
from hone.project import Project
from hone.trust import consent
from tests.models.loopback import Answer, Loopback, chat

from .conftest import Hone

SETTINGS = """\
task: {{subject: answer, role: You are a pupil., instruction: Answer with a number and its unit.}}
models:
  writer: {{model: "scripted:none"}}
  expert: "{url}#expert"
  judge: "{url}#judge"
"""
RUBRIC = """\
criteria:
  - Be Exact: The answer is right.
  - Be Kind: The answer is friendly.
scale: 0..1
"""
MENDED = "The answer is right and has a unit of length."


class Two:
    """A judge that overlooks units until its rubric names them, and an expert that may find that out."""

    def __init__(self) -> None:
        self.proposed = MENDED
        self.shown: list[str] = []

    def __call__(self, body: dict[str, Any]) -> Answer:
        text = str(body["messages"][-1]["content"])
        if "You mend the words" in text:
            self.shown.append(text)
            levels = {"0": "The number is wrong or stands bare.", "1": "The number is right and has its unit."}
            said = {"why": "People want units.", "sentence": self.proposed, "levels": levels}
            return chat(json.dumps(said))
        reply = text.split("The reply to be scored:")[1]
        exact = "12" in reply and (" cm" in reply or "unit of length" not in text)
        scores = {"Be Exact": exact, "Be Kind": "dear" in reply}
        said = {name: {"reason": f"It says {name}.", "score": int(value)} for name, value in scores.items()}
        return chat(json.dumps(said))


@pytest.fixture
def two(server: Loopback, project: Path, monkeypatch: pytest.MonkeyPatch) -> Two:
    both = Two()
    server.react = both
    (project / "hone.yaml").write_text(SETTINGS.format(url=server.url))
    (project / "rubric.yaml").write_text(RUBRIC)
    monkeypatch.setenv("HONE_API_KEY", "k")
    return both


def write_ratings(path: Path, count: int = 120, *, camps: bool = False) -> Path:
    draw = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item", "criterion", "rater", "score", "prompt", "reply"])
        for at in range(count):
            right, unit, kind = (bool(draw.random() < share) for share in (0.7, 0.5, 0.5))
            reply = f"{'12' if right else '13'}{' cm' if unit else ''}{', dear' if kind else ''} ({at})"
            for rater in ("Ann", "Ben", "Cem", "Dan"):
                exact = right and (unit or (camps and rater in ("Cem", "Dan")))
                for name, value in (("Be Exact", exact), ("Be Kind", kind)):
                    said = int(value) if draw.random() < 0.95 else 1 - int(value)
                    rows.writerow([f"i{at}", name, rater, said, f"How long is rope {at}?", reply])
    return path


def test_from_ratings_to_a_rubric_that_a_person_takes_over(
    hone: Hone, two: Two, project: Path, tmp_path: Path
) -> None:
    file = write_ratings(tmp_path / "ratings.csv")
    found = hone("rubric", "refine", file, "--trust", "--resamples", "1000")
    assert found.code == 0, found.err
    assert "on " in found.out.splitlines()[0]
    assert "Better: the judge agrees more with people, on 96 rated replies that had not chosen it" in found.out
    assert MENDED in found.out
    assert "decide on the page" in found.err
    assert len(two.shown) == 2, "two wordings of the one criterion, and nothing of the other, which is well"
    assert "Ann" not in two.shown[0], "nobody is named"
    assert Project(project).rubric.criteria[0].sentence == "The answer is right."

    again = hone("rubric", "refine", file, "--trust", "--resamples", "1000", "--accept", "yes", "--json")
    assert again.code == 0, again.err
    assert "nothing was asked again" in again.err
    assert len(two.shown) == 2
    assert again.data["gate"]["opening"] == 1, "the same run again spends nothing"
    new = Project(project)
    assert new.rubric.criteria[0].sentence == MENDED
    assert [one.advice.id for one in new.decisions] == ["refined-1"]
    with open_store(new.database) as store:
        (opening,) = store.gate_openings()
    assert opening.verdict == "better"
    assert len(opening.replies) == 120, "those that only chose are not fresh any more either"

    assert hone("rubric", "finalise").code == 0
    assert Project(project).versions[-1].decisions[0].advice.reason == "People want units."

    later = hone("rubric", "refine", file, "--trust", "--resamples", "1000", "--json")
    assert later.code == 3, "what is mended is not mended again"
    assert later.data["gate"] is None or later.data["gate"]["opening"] == 2


def test_what_is_not_shown_changes_nothing_and_ends_with_3(
    hone: Hone, two: Two, project: Path, tmp_path: Path
) -> None:
    two.proposed = "The answer is as an answer should be here."
    before = (project / "rubric.yaml").read_text()
    found = hone("rubric", "refine", write_ratings(tmp_path / "ratings.csv"), "--trust", "--resamples", "1000")
    assert found.code == 3, found.out
    assert "rubric.yaml stays as it is" in found.out
    assert (project / "rubric.yaml").read_text() == before
    refused = hone("rubric", "refine", tmp_path / "ratings.csv", "--trust", "--resamples", "1000", "--accept", "yes")
    assert refused.code == 3
    assert (project / "rubric.yaml").read_text() == before


def test_camps_are_named_with_what_to_look_at(hone: Hone, two: Two, tmp_path: Path) -> None:
    found = hone("rubric", "refine", write_ratings(tmp_path / "r.csv", camps=True), "--trust", "--resamples", "1000")
    assert found.code == 3
    assert "The people are in two camps here: Ann, Ben and Cem, Dan." in found.out
    assert not two.shown


def test_fewer_than_thirty_try_scored_examples_alone_and_too_few_are_refused(
    hone: Hone, two: Two, tmp_path: Path
) -> None:
    found = hone(
        "rubric", "refine", write_ratings(tmp_path / "a.csv", 24), "--trust", "--resamples", "1000", "--json"
    )
    assert "24 rated replies are fewer than 30: only scored examples are tried" in found.err
    assert {one["kind"] for one in found.data["proposals"]} <= {"present", "examples"}
    assert not two.shown
    few = hone("rubric", "refine", write_ratings(tmp_path / "b.csv", 8), "--trust")
    assert few.code == 1
    assert "8 rated replies or groups are too few" in few.err


def test_ratings_without_texts_and_a_judge_that_reads_no_rubric_are_one_line(
    hone: Hone, two: Two, tmp_path: Path
) -> None:
    file = tmp_path / "bare.csv"
    file.write_text("item,criterion,rater,score\n" + "".join(f"i{at},Be Exact,Ann,1\n" for at in range(40)))
    bare = hone("rubric", "refine", file)
    assert bare.code == 1
    assert "no file has the texts of the rated replies" in bare.err
    own = hone("rubric", "refine", file, "--judge", "own:mine")
    assert own.code == 1
    assert "reads no other words" in own.err
    assert len(own.err.splitlines()) == 1


def test_the_same_in_python(two: Two, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "everything", True)
    with Journey(project) as journey:
        options = RefineOptions(file=write_ratings(tmp_path / "ratings.csv"), resamples=1000)
        found = journey.refine(options)
        assert found.passed
        assert journey.decide(found, accept=False, by="Ann").criteria[0].sentence == "The answer is right."
        with pytest.raises(ProjectError, match="nothing is offered"):
            journey.decide(found.model_copy(update={"offered": "p0"}), accept=True, by="Ann")
        assert journey.decide(found, accept=True, by="Ann").criteria[0].sentence == MENDED
        with pytest.raises(ProjectError, match="has changed since"):
            journey.decide(found, accept=True, by="Ann")


def test_who_is_forgotten_stands_in_no_camp_and_what_they_wrote_is_not_kept_of_the_asking(
    hone: Hone, two: Two, project: Path, tmp_path: Path
) -> None:
    assert hone("feedback", "import", write_ratings(tmp_path / "r.csv", camps=True)).code == 0
    assert hone("rubric", "refine", "--trust", "--resamples", "1000").code == 3
    (results,) = project.glob("runs/*refine*/results.jsonl")
    assert '"Ann"' in results.read_text()
    done = hone("feedback", "forget", "Ann")
    assert "still holds the name" not in done.err
    assert '"Ann"' not in results.read_text()
    alias = done.out.split(" is ")[1].split(" now")[0]
    split = json.loads(results.read_text())["differences"][0]["people_split"]
    assert split["first"] == [alias, "Ben"]


def test_words_of_who_is_forgotten_leave_the_runs_of_refining(
    hone: Hone, two: Two, project: Path, tmp_path: Path
) -> None:
    assert hone("feedback", "import", write_ratings(tmp_path / "r.csv")).code == 0
    rubric = Project(project).rubric
    with open_store(Project(project).database) as store:
        rater = store.add_rater("Ben").id
        for row in store.ratings(rubric):
            if (row.rater, row.criterion) == ("Ben", "Be Exact"):
                store.rate(rater, row.subject, rubric, {"Be Exact": row.score}, note="I miss my units.")
    assert hone("rubric", "refine", "--trust", "--resamples", "1000").code == 0
    assert "I miss my units." in two.shown[0]
    assert hone("feedback", "forget", "Ben").code == 0
    held = [path for path in project.rglob("*") if path.is_file() and b"I miss my units." in path.read_bytes()]
    assert held == []


@pytest.mark.parametrize("change", ["no proposals", "a criterion lacks", "another scale"])
def test_results_that_somebody_changed_are_one_line(
    hone: Hone, two: Two, project: Path, tmp_path: Path, change: str
) -> None:
    file = write_ratings(tmp_path / "ratings.csv")
    assert hone("rubric", "refine", file, "--trust", "--resamples", "1000").code == 0
    (results,) = project.glob("runs/*refine*/results.jsonl")
    said = json.loads(results.read_text())
    if change == "no proposals":
        said["proposals"] = []
    elif change == "a criterion lacks":
        said["proposals"][1]["rubric"]["criteria"].pop()
    else:
        said["proposals"][1]["rubric"] = said["rubric"] | {"scale": "1..5"}
    results.write_text(json.dumps(said) + "\n")
    found = hone("rubric", "refine", file, "--trust", "--resamples", "1000", "--accept", "yes")
    assert found.code == 1
    assert "results.jsonl:1: " in found.err
    assert Project(project).rubric.criteria[0].sentence == "The answer is right."


def test_a_reply_that_is_spelt_otherwise_and_an_older_copy_of_the_store_give_back_nothing(
    hone: Hone, two: Two, project: Path, tmp_path: Path
) -> None:
    file = write_ratings(tmp_path / "ratings.csv")
    assert hone("feedback", "import", file).code == 0
    assert hone("feedback", "backup", tmp_path / "before.jsonl").code == 0
    assert hone("rubric", "refine", file, "--trust", "--resamples", "1000").code == 0
    assert hone("feedback", "restore", tmp_path / "before.jsonl").code == 0
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(file.read_text().replace("\ni", "\nx").replace("How long", "HOW  long"))
    again = hone("rubric", "refine", renamed, "--trust", "--resamples", "1000", "--json")
    assert again.data["gate"]["opening"] == 2, again.err


def test_ratings_of_the_projects_own_people_with_their_notes_and_second_looks(
    hone: Hone, two: Two, project: Path
) -> None:
    items = [{"id": f"i{at}", "prompt": f"How long is rope {at}?"} for at in range(60)]
    (project / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    rubric, draw = Project(project).rubric, np.random.default_rng(1)
    with open_store(Project(project).database) as store:
        raters = [store.add_rater(name) for name in ("Ann", "Ben", "Cem")]
        for item in items:
            right, unit = (bool(draw.random() < share) for share in (0.8, 0.5))
            text = f"{'12' if right else '13'}{' cm' if unit else ''}"
            (subject,) = store.add_subjects([NewSubject(item["id"], item["prompt"], f"{text} ({item['id']})")])
            for rater in raters:
                scores = {"Be Exact": float(right and unit), "Be Kind": 0.0}
                store.rate(rater.id, subject, rubric, scores, note="" if unit else "12 of what?")
            if right and not unit:
                shown = {"Be Exact": JudgeSaid("judge", 1, "The number is right.")}
                store.show_reasons(raters[0].id, subject, rubric, shown)
                store.look_again(raters[0].id, subject, rubric, "Be Exact", "wrong", text="It has no unit.")
    found = hone("rubric", "refine", "--trust", "--resamples", "1000", "--accept", "yes", "--json")
    assert found.code == 0, found.err
    assert any("a person wrote: 12 of what?" in text for text in two.shown)
    reason = "of a judge's reason on Be Exact, “The number is right.”: it is wrong: It has no unit."
    assert any(reason in text for text in two.shown)
    assert Project(project).rubric.criteria[0].sentence == MENDED
    again = hone("rubric", "refine", "--trust", "--resamples", "1000", "--json")
    assert again.code == 3, again.err
    assert "180 ratings were given under the words that these were refined from" in again.err
    assert again.data["items"] == 60
    assert again.data["differences"][0]["differ"] == 0
