"""Long lists are narrowed by the address alone: no script, and a choice that is not offered changes nothing."""

from __future__ import annotations

import html as markup
import re

import pytest

from hone.people.store import NewSubject
from hone.web.filters import LONG
from hone.web.site import Site
from tests.web.conftest import Browser, Come


def rated(site: Site, person: str, *levels: float, whole: int = 4) -> None:
    """Somebody who gives these levels to the first replies, and to the last of them on one criterion only."""
    rater = site.store.add_rater(person)
    for place in range(len(levels)):
        subject = site.store.next_subject(rater.id, site.rubric, per_item=99)
        assert subject is not None
        names = site.rubric.names if place < whole else site.rubric.names[:1]
        site.store.rate(rater.id, subject.id, site.rubric, dict.fromkeys(names, levels[place]))


def replies(html: str) -> int:
    return html.partition('id="replies"')[2].count('<li class="card">')


def test_replies_are_listed_by_person_criterion_and_whether_they_are_rated(site: Site, owner: Browser) -> None:
    rated(site, "Ann", 1, 1)
    rated(site, "Ben", -1, 0, whole=1)  # two others, the second of them on one criterion only
    detailed = site.rubric.names[0].replace(" ", "+")
    for query, left in (
        ("", 4),
        ("?rated=rated&person=Ann", 2),
        ("?rated=none&person=Ann", 2),
        ("?rated=rated&person=Ben", 1),
        (f"?rated=rated&person=Ben&criterion={detailed}", 2),
        ("?rated=none", 1),
        ("?person=Nobody&rated=often&criterion=%22%3E%3Cscript%3E", 4),
    ):
        html = owner.get(f"/data{query}")
        assert owner.code == 200
        assert replies(html) == left, query
        assert "<script>" not in html
    assert " of 4 fit." not in owner.get("/data")
    assert "2 of 4 fit." in owner.get("/data?rated=rated&person=Ann")
    assert "Ben" not in owner.html.partition('id="replies"')[2].partition("</form>")[2], (
        "what others said is left out"
    )
    assert 'href="/data#replies">Show all' in owner.html


def test_fewer_than_wanted_is_no_choice_of_one_person(site: Site, owner: Browser) -> None:
    rated(site, "Ann", 1, 1, 1, 1)
    assert replies(owner.get("/data?rated=few")) == 4, "one has rated each, two are wanted"
    rated(site, "Ben", 1, 1, 1, 1)
    assert replies(owner.get("/data?rated=few")) == 0
    assert "0 of 4 fit." in owner.html
    assert 'value="few"' not in owner.get("/data?person=Ann")


def test_a_page_of_replies_stays_light_however_many_people_there_are(site: Site, owner: Browser) -> None:
    site.store.add_subjects(NewSubject(f"x{n}", "Plan it. " * 40, "Day 1. " * 200, "m") for n in range(46))
    for n in range(12):
        rated(site, f"Person {n}", *[1.0] * 50, whole=50)
    html = owner.get("/data")
    assert replies(html) == 20
    assert html.count("4 more people") == 20
    assert len(html) < 60_000
    assert replies(owner.get("/data?page=3&rated=rated")) == 10
    assert 'href="/data?rated=rated&amp;page=2"' in owner.html


def test_disagreements_are_narrowed_and_stay_so_when_one_is_settled(site: Site, owner: Browser) -> None:
    rated(site, "Ann", 1, 1, 1, 1)
    rated(site, "Ben", -1, -1, -1, -1)
    criterion = site.rubric.names[1].replace(" ", "+")

    def shown(query: str) -> int:
        return owner.get(f"/results{query}").count('<article class="card dispute"')

    assert (shown(""), shown(f"?criterion={criterion}"), shown("?settled=yes")) == (8, 4, 0)
    assert shown(f"?criterion={criterion}&person=Ann&settled=no&said=<b>") == 4
    assert "4 of 8 fit." in owner.html
    action = re.search(r'action="(/results/settle[^"]*)"', owner.html)
    assert action
    fields = {name: owner.field(name) for name in ("subject", "criterion")}
    owner.send(markup.unescape(action[1]), value="0", reason="It has minutes.", **fields)
    assert "Your decision is kept" in owner.html
    assert "3 of 8 fit." in owner.html
    assert (shown("?settled=yes"), shown("?settled=no"), shown("?person=Cid")) == (1, 7, 8)


def test_people_are_narrowed_by_how_far_they_are(site: Site, owner: Browser) -> None:
    site.store.invite("Cid")
    rated(site, "Ann", 1)
    rated(site, "Ben", 1, 1, 1, 1)
    site.store.invite("Dot")
    site.store.revoke("Dot")
    for state, name in (("waiting", "Cid"), ("begun", "Ann"), ("finished", "Ben"), ("out", "Dot")):
        found = re.findall(r'<li class="card person"><h3>(\w+)', owner.get(f"/people?progress={state}"))
        assert found == [name], state
        assert "1 of 4 fits." in owner.html
    assert owner.get("/people?progress=else").count('<li class="card person">') == 4


def test_comparisons_are_narrowed_by_their_verdict(owner: Browser) -> None:
    assert owner.get("/workshop").count('<details class="card comparison"') == 3
    assert owner.get("/workshop?verdict=with").count('<details class="card comparison"') == 3
    html = owner.get("/workshop?verdict=tie")
    assert html.count('<details class="card comparison"') == 0
    assert "0 of 3 fit." in html
    assert "won <b>3</b> of 3" in html, "what all of them come to is said all the same"
    assert 'href="/workshop#compared-i1"' in html, "advice leads to what it rests on, which is not shown here"


def test_a_rater_narrows_their_own_answers(site: Site, come: Come) -> None:
    ann = come()
    ann.get("/rate")
    ann.rate(1, 1)
    ann.send(f"{ann.path}/skip", key=ann.field("key"), reason="It is empty.")
    for state, left in (("done", 1), ("skipped", 1), ("stale", 0), ("", 3)):
        assert ann.get(f"/mine?answer={state}").count('<li class="card"><h3>') == left, state
    assert "Nothing yet" not in ann.get("/mine?answer=stale")


@pytest.mark.parametrize("path", ["/data", "/people", "/results", "/workshop", "/mine"])
def test_a_short_list_is_shown_without_filters(site: Site, owner: Browser, path: str) -> None:
    assert LONG > 4
    assert 'class="filters"' not in owner.get(path)
