"""People: links made in the page, who is let in no more, how far each is, and the owner's own name."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from hone.journey.signature import kept_signature
from hone.web.app import create_app
from hone.web.site import Site
from tests.web.conftest import Browser, Come


def _link(html: str) -> str:
    found = re.search(r'id="link" readonly value="http://localhost:8420(/enter/[\w-]{43})"', html)
    assert found, "no link on the page"
    return found[1]


def test_an_owner_invites_in_the_page_sees_how_far_and_withdraws(site: Site, owner: Browser) -> None:
    owner.get("/people")
    owner.send("/people/invite", name="  Ann ", days="3", role="rater")
    link = _link(owner.html)
    assert link not in owner.get("/people"), "it is shown once"
    with TestClient(create_app(site), base_url="http://localhost:8420") as client:
        ann = Browser(client)
        ann.get(link)
        assert "Olga asks you" in ann.html
        ann.rate(1, 0)
        assert "<b>1</b> rated" in owner.get("/people")
        owner.send("/people/withdraw", name="Ann")
        assert "let in no more" in owner.html
        ann.get("/rate")
        assert ann.code == 401
    owner.send("/people/invite", name="Ann")
    assert _link(owner.html) != link


def test_what_cannot_be_an_invitation_is_said(owner: Browser) -> None:
    for fields, said in (
        ({"name": ""}, "is not a name"),
        ({"name": "Ann", "days": "0"}, "from 1 on"),
        ({"name": "Ann", "days": "nan"}, "from 1 on"),
        ({"name": "Ann", "days": "soon"}, "as a number"),
        ({"name": "Ann", "role": "judge"}, "from the list"),
    ):
        owner.get("/people")
        owner.send("/people/invite", **fields)
        assert owner.code == 400
        assert said in owner.html
    owner.get("/people")
    owner.send("/people/withdraw", name="Olga")
    assert "cannot withdraw yourself" in owner.html


def test_the_owner_is_asked_for_a_name_once(site: Site, owner: Browser, come: Come) -> None:
    assert "Who are you?" in owner.get("/")
    owner.send("/people/name", name="Maria Weiss")
    assert "Who are you?" not in owner.html
    assert kept_signature() == "Maria Weiss"
    assert site.owner.name == "Maria Weiss"
    assert "Maria Weiss" in owner.get("/people")
    owner.send("/people/name", name=" ")
    assert "is not a name" in owner.html
    assert kept_signature() == "Maria Weiss"


def test_a_rater_can_neither_invite_nor_rename(come: Come) -> None:
    ann = come("Ann")
    for path in ("/people/invite", "/people/withdraw", "/people/name"):
        ann.get("/rate")
        ann.send(path, name="Eve")
        assert ann.code == 403
    ann.get("/people")
    assert ann.code == 403
    olga = come("Ola", "owner")
    olga.get("/people")
    olga.send("/people/name", name="Eve")
    assert olga.code == 403, "only who is at this machine"
