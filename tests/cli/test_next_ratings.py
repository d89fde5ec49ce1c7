"""`hone rate --next`: draws, keeps chances, hands out drawn replies alone; `hone agree` and `estimate` weigh them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hone.domain.evidence import Judgement, Score
from hone.domain.task import Reply
from hone.people.store import NewSubject, open_store
from hone.people.store.store import Store
from hone.project import Project

from .conftest import Hone

pytest.importorskip("fastapi")
from hone.journey.next_ratings import draw_next

COUNT, DRAWN = 200, 60
NAME = "Be Brief"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hone.yaml").write_text("task: {subject: plan, role: r, instruction: i}\n")
    (tmp_path / "rubric.yaml").write_text(f"criteria:\n  - {NAME}: It is short.\nscale: 0..1\n")
    (tmp_path / "items.jsonl").write_text('{"id": "i0", "prompt": "Plan 0."}\n')
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with open_store(folder / "feedback.db") as opened:
        opened.add_subjects([NewSubject(one.item, one.prompt, one.text, one.model) for one in REPLIES])
        yield opened


REPLIES = [Reply(item=f"i{n}", prompt=f"Plan {n}.", text=f"Reply {n}.", model="m") for n in range(COUNT)]
UNSURE = np.arange(COUNT) % 10 == 0
"""The replies of which the judge is unsure; it is wrong about each of them."""


def label(project: Project, *, told: bool = True) -> None:
    rubric, judged = project.rubric, []
    for reply, unsure in zip(REPLIES, UNSURE, strict=True):
        sure = {"probability": 0.5 if unsure else 0.99} if told else {}
        score = Score(criterion=NAME, value=1, reason="r", **sure)
        judged.append(
            Judgement(item=reply.item, reply=reply.digest, judge="j", rubric=rubric.digest, scores=(score,))
        )
    config = {"rubric": rubric.model_dump(mode="json"), "data": "d"}
    project.open_run("label", config, fresh=True).finish(judged)


def rate_all(store: Store, project: Project) -> set[str]:
    """Everybody says what is true: the judge's yes is wrong where it is unsure."""
    ann, given = store.add_rater("ann").id, set[str]()
    while (subject := store.next_subject(ann, project.rubric, per_item=1)) is not None:
        store.rate(ann, subject.id, project.rubric, {NAME: float(not UNSURE[int(subject.item[1:])])})
        given.add(subject.item)
    return given


def test_unsure_replies_are_drawn_more_often_and_figures_stay_true(folder: Path, store: Store, bare: Hone) -> None:
    project = Project(folder)
    label(project)
    said = list(draw_next(project, store, project.rubric, DRAWN))
    assert said[0] == (
        "60 replies were drawn, so that 60 wait for their first rating; only drawn replies are handed out, and 140 "
        "others are left"
    )
    assert said[1].startswith("half of each chance is even, half follows how unsure ")
    assert said[1].endswith(" is of 200 replies")
    given = rate_all(store, project)
    assert len(given) == DRAWN
    unsure = sum(bool(UNSURE[int(item[1:])]) for item in given)
    assert unsure / DRAWN > 0.15, "twice as many as there are"
    agreed = bare("agree", "-p", folder, "--json", "--resamples", "500")
    assert "the rated items stand for unequally many" in agreed.err
    accuracy = agreed.data["criteria"][NAME]["judges"]["j"]["consensus"]["accuracy"]
    assert accuracy["low"] < 0.9 < accuracy["high"]
    assert accuracy["value"] > 1 - unsure / DRAWN + 0.03, "without weights the judge would look worse"
    mean = bare("estimate", "-p", folder, "--json").data
    assert mean["weighted"]
    corrected = mean["criteria"][NAME]["corrected"]
    assert corrected["low"] < 0.9 < corrected["high"]


def test_without_probabilities_each_reply_has_the_same_chance_and_that_is_said(folder: Path, store: Store) -> None:
    project = Project(folder)
    label(project, told=False)
    said = list(draw_next(project, store, project.rubric, 50))
    assert said[1] == ("no judgement under this rubric says how sure it is, so that each reply had the same chance")
    rate_all(store, project)
    assert [row.weight for row in store.ratings(project.rubric)] == pytest.approx([4.0] * 50)


def test_asked_again_nothing_more_is_drawn_until_some_are_rated(folder: Path, store: Store) -> None:
    project = Project(folder)
    list(draw_next(project, store, project.rubric, 50))
    assert list(draw_next(project, store, project.rubric, 50)) == [
        "50 drawn replies wait for their first rating; none more was drawn"
    ]
    rate_all(store, project)
    assert next(iter(draw_next(project, store, project.rubric, 500))).startswith("150 replies were drawn")
    assert list(draw_next(project, store, project.rubric, 500)) == [
        "150 drawn replies wait for their first rating; all replies are drawn or rated"
    ]


def test_the_command_draws_before_the_pages_open_and_a_weighted_export_agrees(
    folder: Path, store: Store, bare: Hone
) -> None:
    done = bare("rate", "-p", folder, "--port", "0", "--no-open", "--stop-after", "0.2", "--next", "20")
    assert done.code == 0, done.err
    assert "20 replies were drawn" in done.err
    project = Project(folder)
    assert len(rate_all(store, project)) == 20
    label(project)
    out = folder / "ratings.csv"
    assert bare("feedback", "export", out, "-p", folder).code == 0
    head, first = out.read_text().replace('"', "").splitlines()[:2]
    assert head == "item,criterion,rater,score,kind,group,time,weight"
    assert float(first.rpartition(",")[2]) == pytest.approx(10)
    other = bare("feedback", "export", folder / "tasks.json", "--form", "argilla", "-p", folder)
    assert "the weights of 20 drawn replies have no place in this form" in other.err
    back = bare("feedback", "import", out, "-p", folder)
    assert "the column weight is not kept" in back.err
    assert bare("rate", "-p", folder, "--next", "0").code == 2
