"""Who may enter, and what forms must carry: links, sessions, hosts, origins, tokens, limits, headers."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from hone.errors import ProjectError
from hone.people.store import open_store
from hone.project import Project
from hone.web import server
from hone.web.app import create_app
from hone.web.limits import Limit
from hone.web.opening import browser_opened
from hone.web.server import only_from_here
from hone.web.sessions import Sessions, session_secret
from hone.web.site import Site
from tests.web.conftest import KEY, Browser, Come

PAGES = ("/", "/rate", "/compare", "/mine", "/workshop", "/results", "/playground")


def outside(site: Site) -> TestClient:
    return TestClient(create_app(replace(site, open=False)), base_url="https://rate.example")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_comes_in_from_outside_without_a_link(site: Site, page: str) -> None:
    answer = outside(site).get(page)
    assert answer.status_code == 401
    assert "personal link" in answer.text


@pytest.mark.parametrize("page", ["/workshop", "/results", "/playground"])
def test_pages_of_the_owner_are_closed_to_raters(come: Come, page: str) -> None:
    ann = come()
    ann.get(page)
    assert ann.code == 403
    assert "owner" in ann.html


def test_an_invited_owner_may_see_everything(come: Come) -> None:
    boss = come("Boss", "owner")
    for page in PAGES:
        boss.get(page)
        assert boss.code == 200


def test_a_link_that_is_unknown_or_withdrawn_lets_nobody_in(site: Site, come: Come) -> None:
    ann = come()
    token = site.store.invite("Ann")
    site.store.revoke("Ann")
    ann.get("/rate")
    assert ann.code == 401
    for link in (token, "x" * 43, "x" * 5000, "%00", "..%2f.."):
        answer = outside(site).get(f"/enter/{link}")
        assert answer.status_code in (403, 404)
        assert "set-cookie" not in answer.headers


def test_guessing_links_is_slowed_down(site: Site) -> None:
    client = outside(site)
    codes = [client.get(f"/enter/guess{n}").status_code for n in range(12)]
    assert codes == [403] * 10 + [429] * 2
    assert "Retry-After" in client.get("/enter/guess").headers


def test_a_valid_link_works_however_many_bad_ones_came_from_the_same_school(site: Site) -> None:
    client = outside(site)
    for n in range(12):
        client.get(f"/enter/guess{n}")
    assert client.get(f"/enter/{site.store.invite('Ann')}", follow_redirects=False).status_code == 303
    assert client.get("/enter/guess").status_code == 429


def test_the_limit_forgets_with_time_and_stays_small() -> None:
    now = [0.0]
    limit = Limit(2, 10.0, lambda: now[0])
    for _ in range(2):
        limit.failed("a")
    assert limit.wait("a") == 10.0
    assert limit.wait("b") == 0.0
    now[0] = 11.0
    assert limit.wait("a") == 0.0
    for number in range(20_000):
        limit.failed(str(number))
    assert len(limit._failed) <= 10_000


def test_the_cookie_is_for_our_eyes_only(site: Site) -> None:
    answer = outside(site).get(f"/enter/{site.store.invite('Ann')}", follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert word in cookie
    assert answer.headers["location"] == "/"


def test_a_forged_or_foreign_cookie_is_nobody(site: Site) -> None:
    _, foreign = Sessions(b"x" * 32).begin((ann := site.store.add_rater("Ann")).id, ann.epoch)
    for value in (foreign, "", "a.b.c", "é"):
        client = outside(site)
        headers = {b"Cookie": f"{site.sessions.cookie}={value}".encode()}
        assert client.get("/rate", headers=headers).status_code == 401


def test_a_session_of_the_machine_itself_is_worth_nothing_outside(site: Site) -> None:
    _, cookie = site.sessions.begin(None, site.owner.epoch)
    answer = outside(site).get("/results", headers={"Cookie": f"{site.sessions.cookie}={cookie}"})
    assert answer.status_code == 401


def test_two_projects_on_one_machine_do_not_share_a_cookie() -> None:
    assert Sessions(KEY).cookie != Sessions(b"j" * 32).cookie


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "localhost.evil.example", "169.254.169.254", ""]
)
def test_a_name_that_was_made_to_point_here_is_refused(site: Site, host: str) -> None:
    client = TestClient(create_app(site), base_url="http://localhost:8420")
    assert client.get("/rate", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1:8420", "[::1]:8420", "localhost"])
def test_this_machine_is_let_in_by_each_of_its_names(site: Site, host: str) -> None:
    client = TestClient(create_app(site), base_url=f"http://{host}")
    assert client.get(f"/enter/{site.token}").status_code == 200
    assert "Olga" in client.get("/").text


def test_an_open_server_refuses_to_stand_behind_a_proxy(site: Site) -> None:
    client = TestClient(create_app(site), base_url="http://localhost:8420")
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert client.get("/", headers={name: "203.0.113.9"}).status_code == 421


def test_a_form_without_its_token_is_refused(come: Come, site: Site) -> None:
    ann, ben = come("Ann"), come("Ben")
    for token in ("", "0" * 32, ben.token):
        answer = ann.client.post(ann.path, data={"token": token, "score-0": "1", "rubric": ann.field("rubric")})
        assert answer.status_code == 403
    assert site.store.ratings(site.rubric) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://rate.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(come: Come, headers: dict[str, str]) -> None:
    ann = come()
    fields = {"token": ann.token, "rubric": ann.field("rubric"), "score-0": "1"}
    assert ann.client.post(ann.path, data=fields, headers=headers).status_code == 403
    same = {"Origin": "https://rate.example", "Sec-Fetch-Site": "same-origin"}
    assert ann.client.post(ann.path, data=fields, headers=same).status_code == 200


def test_a_proxy_may_hide_the_name_that_it_was_called_by(site: Site) -> None:
    app = create_app(replace(site, open=False), origin="https://rate.example")
    client = TestClient(app, base_url="http://127.0.0.1:8420")
    entered = client.get(f"/enter/{site.store.invite('Ann')}", follow_redirects=False)
    assert "Secure" in entered.headers["set-cookie"]
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    html = client.get("/mine", headers=cookie).text
    fields = {"token": html.partition('name="token" value="')[2][:32], "at": "/mine"}
    own = cookie | {"Origin": "https://rate.example"}
    assert client.post("/undo", data=fields, headers=own, follow_redirects=False).status_code == 303
    assert client.post("/undo", data=fields, headers=cookie | {"Origin": "https://evil.example"}).status_code == 403


def test_every_answer_carries_the_headers(site: Site, owner: Browser) -> None:
    for path in (*PAGES, "/static/style.css", "/none", "/enter/none"):
        answer = owner.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert "permissions-policy" in answer.headers
        if not path.startswith("/static"):
            assert answer.headers["cache-control"] == "no-store"


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(owner: Browser) -> None:
    for path in PAGES:
        html = owner.get(path)
        assert owner.code == 200
        for word in ("<style", " style=", " onclick", " onload", "javascript:", "http://", "https://"):
            assert word not in html.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert html.count("<script") == 1


def test_a_body_that_is_too_large_is_refused(come: Come) -> None:
    ann = come()
    answer = ann.client.post(ann.path, data={"token": ann.token, "note": "x" * 300_000})
    assert answer.status_code == 413
    assert ann.client.post(ann.path, content=(b"x" for _ in range(3))).status_code == 411


def test_too_many_fields_are_refused(come: Come) -> None:
    ann = come()
    fields = {"token": ann.token} | {f"f{n}": "" for n in range(500)}
    assert ann.client.post(ann.path, data=fields).status_code == 400


def test_no_names_of_pages_that_are_not_there_are_told(owner: Browser) -> None:
    for path in ("/docs", "/openapi.json", "/redoc", "/static/../app.py", "/static/%2e%2e/app.py", "/rate/none"):
        owner.get(path)
        assert owner.code == 404


def test_a_message_cannot_be_put_into_a_link(owner: Browser) -> None:
    assert "evil" not in owner.get("/mine?said=evil%20words")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "feedback.db.key"
    key = session_secret(path)
    assert session_secret(path) == key
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(ProjectError, match="damaged"):
        session_secret(path)


def test_only_loopback_addresses_are_loopback() -> None:
    assert all(map(only_from_here, ("127.0.0.1", "::1", "localhost", "127.3.2.1")))
    assert not any(map(only_from_here, ("0.0.0.0", "::", "192.168.1.2", "example.org", "")))  # noqa: S104


def test_a_rater_signs_out(come: Come) -> None:
    ann = come()
    ann.send("/leave")
    ann.get("/rate")
    assert ann.code == 401


def stolen(site: Site, browser: Browser) -> TestClient:
    """Another browser with a copy of the cookie."""
    thief = outside(site)
    thief.cookies.update(browser.client.cookies)
    return thief


def test_signing_out_ends_every_copy_of_the_cookie_and_the_link_still_lets_in(site: Site, come: Come) -> None:
    ann, ben = come("Ann"), come("Ben")
    thief = stolen(site, ann)
    assert thief.get("/rate").status_code == 200
    ann.send("/leave")
    assert "You are signed out, on all your devices." in ann.html
    assert thief.get("/rate").status_code == 401
    ann.get(f"/enter/{site.store.invite('Ann')}")
    assert ann.code == 200
    assert thief.get("/rate").status_code == 401
    assert ben.get("/rate")
    assert ben.code == 200, "others stay signed in"


def test_a_cookie_of_somebody_who_was_withdrawn_stays_dead_after_a_new_invitation(site: Site, come: Come) -> None:
    ann = come("Ann")
    thief = stolen(site, ann)
    site.store.revoke("Ann")
    again = site.store.invite("Ann")
    for client in (thief, ann.client):
        assert client.get("/rate").status_code == 401
    assert ann.get(f"/enter/{again}")
    assert ann.code == 200
    assert thief.get("/rate").status_code == 401


def test_a_new_invitation_signs_nobody_out(site: Site, come: Come) -> None:
    ann, phone = come("Ann"), come("Ann")
    site.store.invite("Ann")
    for browser in (ann, phone):
        browser.get("/rate")
        assert browser.code == 200


def test_a_cookie_of_an_earlier_version_is_good_for_a_rater_of_that_version_alone(site: Site) -> None:
    ann = site.store.add_rater("Ann")
    old = site.sessions._serialiser.dumps([ann.id, "nonce"])
    client = outside(site)
    client.cookies.set(site.sessions.cookie, old)
    assert client.get("/rate").status_code == 401
    change = text("UPDATE raters SET epoch = '' WHERE name = 'Ann'")
    site.store.database.write(lambda connection: connection.execute(change))
    assert client.get("/rate").status_code == 200


def test_a_cookie_does_not_outlive_the_store_that_it_was_made_with(project: Project, site: Site, come: Come) -> None:
    thief = stolen(site, come("Ann"))
    with open_store(project.folder / "new.db") as fresh:
        fresh.invite("Ann")
        app = create_app(replace(site, store=fresh, open=False))
        client = TestClient(app, base_url="https://rate.example", cookies=dict(thief.cookies))
        assert client.get("/rate").status_code == 401


@pytest.mark.parametrize("value", [[], ["ann"], ["ann", "n", "e", "more"], {"rater": "ann"}, "ann", None, 3])
def test_a_signed_cookie_of_another_form_is_nobody(site: Site, value: object) -> None:
    cookie = site.sessions._serialiser.dumps(value)
    assert outside(site).get("/rate", headers={"Cookie": f"{site.sessions.cookie}={cookie}"}).status_code == 401


@pytest.fixture
def here(site: Site) -> TestClient:
    """Somebody on the owner's machine, under whatever account."""
    return TestClient(create_app(site), base_url="http://localhost:8420")


@pytest.mark.parametrize("page", PAGES)
def test_another_account_of_the_machine_is_nobody_and_is_told_where_the_owner_comes_in(
    here: TestClient, page: str
) -> None:
    answer = here.get(page, follow_redirects=False)
    assert answer.status_code == 401
    assert "the address that hone rate printed in the terminal" in answer.text
    assert "set-cookie" not in answer.headers
    said = here.get(page, headers={"Accept": "application/json"}).json()
    assert "printed in the terminal" in said["error"]


def test_the_printed_address_lets_in_the_owner_and_leads_to_one_without_the_key(site: Site, here: TestClient) -> None:
    answer = here.get(f"/enter/{site.token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in answer.headers["set-cookie"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    for page in PAGES:
        shown = here.get(page)
        assert shown.status_code == 200
        assert site.token not in shown.text
    assert site.token not in repr(site)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: "é" + t[1:]]
)
def test_a_key_that_is_nearly_right_lets_nobody_in(
    site: Site, here: TestClient, change: Callable[[str], str]
) -> None:
    answer = here.get(f"/enter/{change(site.token)}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_key_lets_nobody_in_where_others_can_reach_the_pages(site: Site) -> None:
    assert outside(site).get(f"/enter/{site.token}").status_code == 403


def test_a_run_has_a_key_of_its_own_and_a_cookie_goes_on(site: Site, here: TestClient) -> None:
    here.get(f"/enter/{site.token}")
    again = replace(site, token=secrets.token_urlsafe(32))
    later = TestClient(create_app(again), base_url="http://localhost:8420")
    assert later.get(f"/enter/{site.token}").status_code == 403
    later.cookies.update(here.cookies)
    assert later.get("/results").status_code == 200


def test_a_cookie_that_an_earlier_version_gave_to_anybody_on_the_machine_is_worth_nothing(site: Site) -> None:
    change = text("UPDATE raters SET epoch = ''")
    site.store.database.write(lambda connection: connection.execute(change))
    for value in ([None, "nonce"], [None, "nonce", ""]):
        client = TestClient(create_app(site), base_url="http://localhost:8420")
        client.cookies.set(site.sessions.cookie, site.sessions._serialiser.dumps(value))
        assert client.get("/results").status_code == 401
    owner = server._owner(site.store, "Olga")
    found = site.store.rater(owner.id)
    assert found
    assert found.epoch != "", "the owner can come in"


def test_the_owner_signs_out_and_comes_in_again_by_the_printed_address(site: Site, owner: Browser) -> None:
    owner.get("/mine")
    thief = TestClient(create_app(site), base_url="http://localhost:8420", cookies=dict(owner.client.cookies))
    assert thief.get("/results").status_code == 200
    owner.send("/leave")
    assert owner.code == 401
    assert thief.get("/results").status_code == 401
    owner.get(f"/enter/{site.token}")
    assert owner.code == 200


def test_a_rater_on_the_same_machine_stays_a_rater_and_never_becomes_the_owner(site: Site, here: TestClient) -> None:
    assert here.get(f"/enter/{site.store.invite('Ann')}").status_code == 200
    assert here.get("/results").status_code == 403
    site.store.revoke("Ann")
    assert here.get("/results").status_code == 401


def test_the_browser_is_opened_by_a_private_file_and_not_by_an_address_that_all_can_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    monkeypatch.setattr(webbrowser, "_browsers", {})
    webbrowser.register("ours", None, webbrowser.GenericBrowser([str(browser), "%s"]), preferred=True)
    with browser_opened("http://localhost:8420/enter/s3cret", tmp_path):
        opened = (tmp_path / "opened").read_text().strip()
        assert "s3cret" not in opened
        page = Path(opened.removeprefix("file://"))
        assert 'content="0; url=http://localhost:8420/enter/s3cret"' in page.read_text()
        assert page.parent.stat().st_mode & 0o777 == 0o700
        assert page.parent.name.startswith("feedback.db"), "kept out of version control"
    assert not page.exists()
