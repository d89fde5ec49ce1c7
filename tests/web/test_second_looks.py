"""Second looks: after the own rating and never before, beside it and never in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from hone.cli.main import main
from hone.domain.evidence import Judgement, Score
from hone.domain.task import reply_digest
from hone.errors import FeedbackError
from hone.people.store.second_looks import JudgeSaid
from hone.web.app import create_app
from hone.web.second_looks import to_look_at
from hone.web.site import Site
from tests.web.conftest import Browser

WHY = "It names <b>no</b> minutes."


@pytest.fixture
def looking(site: Site) -> Site:
    """The site with second looks, and a judge that gives everything the lowest level."""
    return replace(site, second_look=True)


def judged(site: Site) -> None:
    """A labelling of every reply that is to be rated, all with the lowest level."""
    rubric = site.rubric
    scores = tuple(Score(criterion=name, value=-1, reason=WHY) for name in rubric.names)
    replies = site.project.latest_run("reply")
    assert replies is not None
    rows = [json.loads(line) for line in replies.results.read_text().splitlines()]
    site.project.open_run("label", {"rubric": rubric.model_dump(mode="json")}).finish(
        Judgement(
            item=row["item"],
            reply=reply_digest(row["item"], row["prompt"], row["text"]),
            judge="m",
            rubric=rubric.digest,
            scores=scores,
        )
        for row in rows
    )


@pytest.fixture
def rater(looking: Site) -> Iterator[Browser]:
    judged(looking)
    with TestClient(create_app(looking), base_url="http://localhost:8420") as client:
        client.get(f"/enter/{looking.token}")
        yield Browser(client)


def rate_the_rest(rater: Browser) -> None:
    """Rate what is left as the judge does."""
    while "/rate/" in (rater.get("/rate") and rater.path):
        rater.rate(-1, -1)


def show(rater: Browser) -> str:
    """Press the button that shows the judge's reasons on the first reply."""
    html = rater.get("/second")
    found = re.search(r'action="(/second/[^"]+/show)"', html)
    assert found, html
    rater.send(found[1], rubric=rater.field("rubric"))
    return rater.html


def test_a_reason_is_seen_after_the_rating_and_never_before(looking: Site, rater: Browser) -> None:
    assert "nothing to look at again" in rater.get("/second")
    page = rater.get("/rate")
    assert "no</b> minutes" not in page
    assert WHY not in page
    rater.rate(1, -1, note="good")
    assert "nothing to look at again" in rater.get("/second"), "other replies are not rated yet"
    rate_the_rest(rater)
    html = rater.get("/second")
    assert "minutes." not in html.partition('action="/second/')[2]
    assert looking.store.second_looks(looking.rubric) == [], "looking at the page alone changes nothing"
    html = show(rater)
    assert "It names &lt;b&gt;no&lt;/b&gt; minutes." in html
    assert html.count('<fieldset class="criterion"') == 1, "on the other the judge agrees"
    assert "You: <b>meets</b>. The judge: <b>does not meet</b>." in html


def test_the_first_rating_stays_and_both_are_kept(looking: Site, rater: Browser) -> None:
    rater.get("/rate")
    first = rater.path
    rater.rate(1, -1)
    rate_the_rest(rater)
    show(rater)
    (answer, _), *_ = to_look_at(looking, looking.owner.id, looking.rubric)
    rater.send(f"/second/{answer.subject.id}", rubric=rater.field("rubric"), key=rater.field("key"))
    assert rater.code == 400
    rater.get("/second")
    fields = {"answer-0": "wrong", "why-0": "It says 20 minutes.", "now-0": "0"}
    rater.send(f"/second/{answer.subject.id}", rubric=rater.field("rubric"), key=rater.field("key"), **fields)
    assert rater.code == 200
    (look,) = looking.store.second_looks(looking.rubric)
    assert (look.answer, look.text, look.value, look.shown.score) == ("wrong", "It says 20 minutes.", 0, -1)
    rater.get(first)
    rater.rate(0, 0)
    assert rater.code == 400
    assert "your rating stays as it was" in rater.html
    for _ in range(9):  # back through what was saved later
        rater.get("/mine")
        rater.send("/undo", key=f"z{_}")
        if rater.code == 400:
            break
    assert "your rating stays as it was" in rater.html
    rows = looking.store.ratings(looking.rubric)
    scores = {row.criterion: row.score for row in rows if row.subject == answer.subject.id}
    assert scores == {"Be Detailed": 1, "Be Adaptable": -1}
    rate_the_rest(rater)
    assert "nothing to look at again" in rater.get("/second")


def test_without_the_owners_word_there_are_no_second_looks(site: Site, owner: Browser) -> None:
    judged(site)
    owner.get("/rate")
    owner.rate(1, 1)
    owner.get("/second")
    assert owner.code == 404
    assert site.store.second_looks(site.rubric) == []


def test_the_store_shows_no_reason_of_what_is_not_scored(site: Site) -> None:
    rater, rubric = site.store.add_rater("Ann"), site.rubric
    subject = site.store.next_subject(rater.id, rubric, per_item=2)
    assert subject is not None
    said = {"Be Detailed": JudgeSaid("m", -1, WHY)}
    with pytest.raises(FeedbackError, match="score Be Detailed first"):
        site.store.show_reasons(rater.id, subject.id, rubric, said)
    with pytest.raises(FeedbackError, match="no reason on Be Detailed was shown"):
        site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "wrong")
    site.store.rate(rater.id, subject.id, rubric, {"Be Detailed": 1})
    site.store.show_reasons(rater.id, subject.id, rubric, said)
    with pytest.raises(FeedbackError, match="not on the scale"):
        site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "wrong", value=7)
    with pytest.raises(FeedbackError, match="none of wrong, right, taste"):
        site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "perhaps")  # type: ignore[arg-type]
    site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "taste", key="k")
    site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "wrong", key="k")
    (look,) = site.store.second_looks(rubric, rater.id)
    assert look.answer == "taste", "the same request again saves nothing"


def test_who_is_forgotten_leaves_no_words(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    rater, rubric = site.store.add_rater("Ann"), site.rubric
    subject = site.store.next_subject(rater.id, rubric, per_item=2)
    assert subject is not None
    site.store.rate(rater.id, subject.id, rubric, {"Be Detailed": 1})
    site.store.show_reasons(rater.id, subject.id, rubric, {"Be Detailed": JudgeSaid("m", -1, WHY)})
    site.store.look_again(rater.id, subject.id, rubric, "Be Detailed", "wrong", text="I, Ann, think so.")
    site.store.close()
    with pytest.raises(SystemExit) as ended:
        main(["feedback", "forget", "Ann", "--project", str(site.project.folder)])
    assert ended.value.code in (0, None), capsys.readouterr().err
    for path in Path(site.project.folder).rglob("*"):
        if path.is_file():
            assert b"I, Ann, think so." not in path.read_bytes(), path


def test_who_has_seen_a_reason_is_not_asked_for_the_reply_in_other_words(looking: Site, rater: Browser) -> None:
    rater.get("/rate")
    rater.rate(1, -1)
    rate_the_rest(rater)
    show(rater)
    rubric, store, owner = looking.rubric, looking.store, looking.owner.id
    (seen,) = {look.subject for look in store.second_looks(rubric)}
    first = rubric.criteria[0].model_copy(update={"sentence": "The plan says how long each step takes."})
    anew = rubric.model_copy(update={"criteria": (first, *rubric.criteria[1:])})
    handed = []
    while (subject := store.next_subject(owner, anew, per_item=2)) is not None:
        store.rate(owner, subject.id, anew, dict.fromkeys(anew.names, 1))
        handed.append(subject.id)
    assert len(handed) == 3
    assert seen not in handed
    assert store.progress(anew, owner, per_item=2).left == 0


def test_no_file_changes_a_rating_after_a_second_look(
    looking: Site, rater: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rater.get("/rate")
    rater.rate(1, -1)
    rate_the_rest(rater)
    show(rater)
    (look,) = looking.store.second_looks(looking.rubric)
    before = looking.store.ratings(looking.rubric)
    row = next(one for one in before if one.subject == look.subject)
    file = tmp_path / "ratings.csv"
    for score, code in ((row.score, 0), (-row.score, 1)):
        file.write_text(f"item,criterion,rater,score\n{row.item},{row.criterion},{row.rater},{score:g}\n")
        with pytest.raises(SystemExit) as ended:
            main(["feedback", "import", str(file), "--project", str(looking.project.folder)])
        assert ended.value.code in ((0, None) if code == 0 else (1,)), capsys.readouterr().err
    assert "has seen the judge's reasons" in capsys.readouterr().err
    assert [(one.criterion, one.score) for one in looking.store.ratings(looking.rubric)] == [
        (one.criterion, one.score) for one in before
    ]
