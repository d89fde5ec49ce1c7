"""Requests and ratings from a table that the owner sends, by the columns that they choose."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from hone.web.site import Site
from tests.web.conftest import Browser, Come

REQUESTS = "nr,frage,thema\n7,Plan week nine.,a\n8,Plan week ten.,b\n"


def send(browser: Browser, kind: str, content: bytes | str, name: str = "mine.csv") -> str:
    browser.get("/data")
    data = content.encode() if isinstance(content, str) else content
    fields = {"token": browser.token, "kind": kind}
    return browser._read(browser.client.post("/data", data=fields, files={"file": (name, data)}))


def take(browser: Browser, kind: str, **fields: str | list[str]) -> str:
    sent = {"token": browser.token, "kind": kind, "upload": browser.field("upload")}
    return browser._read(browser.client.post("/data/take", data=sent | fields))


def test_requests_of_a_table_come_behind_those_that_are_there(site: Site, owner: Browser) -> None:
    before = site.project.items
    html = send(owner, "requests", REQUESTS)
    assert "Plan week nine." in html
    assert site.project.items == before, "nothing is taken before the columns are chosen"
    html = take(owner, "requests", **{"column-prompt": "frage", "column-id": "nr", "column-group": "thema"})
    assert "2 requests were added" in html
    assert [(one.id, one.prompt, one.group) for one in site.project.items[-2:]] == [
        ("7", "Plan week nine.", "a"),
        ("8", "Plan week ten.", "b"),
    ]
    assert site.project.items[:-2] == before
    send(owner, "requests", REQUESTS)
    assert "0 requests were added" in take(owner, "requests", **{"column-prompt": "frage", "column-id": "nr"})
    send(owner, "requests", REQUESTS.replace("nine", "one"))
    assert "is in items.jsonl already" in take(owner, "requests", **{"column-prompt": "frage", "column-id": "nr"})
    assert len(site.project.items) == len(before) + 2


def test_ratings_of_a_workbook_with_one_column_a_rater_are_taken(site: Site, owner: Browser) -> None:
    book, stream = Workbook(), io.BytesIO()
    for row in (["Reply", "What", "Ann", "Ben"], ["i1", "Be Detailed", 1, -1], ["i2", "Be Detailed", 0, 0]):
        book.active.append(row)
    book.save(stream)
    html = send(owner, "ratings", stream.getvalue(), "ratings.xlsx")
    assert 'value="Ben"' in html
    columns = {"column-item": "Reply", "column-criterion": "What"}
    html = take(owner, "ratings", **columns, raters=["Ann", "Ben"])
    assert "4 ratings were taken." in html
    found = {(row.rater, row.item): row.score for row in site.store.ratings(site.rubric)}
    assert found == {("Ann", "i1"): 1, ("Ben", "i1"): -1, ("Ann", "i2"): 0, ("Ben", "i2"): 0}


@pytest.mark.parametrize(
    ("kind", "content", "name", "said"),
    [
        ("requests", REQUESTS, "mine.exe", "is no table that is read here"),
        ("requests", b"\xff\xfe\x00", "mine.csv", "mine.csv"),
        ("requests", "", "mine.csv", "mine.csv"),
        ("nonsense", REQUESTS, "mine.csv", "choose what the file holds"),
        ("requests", b"PK\x03\x04 not a workbook", "mine.xlsx", "mine.xlsx"),
    ],
)
def test_a_file_that_is_no_table_is_one_line(
    site: Site, owner: Browser, kind: str, content: bytes | str, name: str, said: str
) -> None:
    html = send(owner, kind, content, name)
    assert owner.code in (400, 409)
    assert said in html
    assert "hone-" not in html.partition("<main")[2]
    assert site.uploads == {}


def test_what_is_missing_is_asked_for_and_the_file_stays(site: Site, owner: Browser) -> None:
    send(owner, "ratings", "item,criterion,rater,score\ni1,Be Detailed,Ann,5\n")
    upload = owner.field("upload")
    assert "which column holds the item" in take(owner, "ratings", **{"column-criterion": "criterion"})
    assert upload in site.uploads
    assert site.store.ratings(site.rubric) == []


def test_the_page_is_for_the_owner_with_a_form_of_theirs(site: Site, owner: Browser, come: Come) -> None:
    ann = come()
    token = ann.token
    for path in ("/data", "/data/take"):
        assert ann.client.post(path, data={"token": token, "kind": "requests"}).status_code == 403
    owner.get("/data")
    files = {"file": ("a.csv", b"prompt\nx\n")}
    assert owner.client.post("/data", data={"token": "0", "kind": "requests"}, files=files).status_code == 403
    large = {"file": ("a.csv", b"x" * 300_000)}
    assert owner.client.post("/data", data={"token": owner.token, "kind": "requests"}, files=large).status_code == 413


def test_few_files_wait_at_once(site: Site, owner: Browser) -> None:
    for _ in range(6):
        send(owner, "requests", REQUESTS)
    assert len(site.uploads) == 4
