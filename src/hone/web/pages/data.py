"""Data: requests and ratings out of a table that the owner sends, with the columns that they choose.

A file stays within the limit of any form, is kept in memory between the two steps, and is opened as a table alone.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect

from hone.errors import FeedbackError
from hone.journey.uploading import PURPOSES, UploadKind, preview, take_ratings, take_requests
from hone.web.filters import kept
from hone.web.headers import MOST_BODY
from hone.web.listed import listed_replies
from hone.web.pages.rate import page_of
from hone.web.people import Form, Owner, checked_form, form_field
from hone.web.site import Site, site_of
from hone.web.texts import PageTexts

router = APIRouter()
_KEPT = 4
"""Files that wait for their columns."""
LISTED, MOST_PEOPLE = 20, 8
"""Replies on a page, and people whose scores stand with each, so that a page stays light however many there are."""


async def _sent_file(request: Request, someone: Owner) -> AsyncIterator[FormData]:
    """A form with one file, of the owner's own, open while it is answered."""
    try:
        sent = await request.form(max_files=1, max_fields=20)
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    try:
        yield checked_form(request, someone, sent)
    finally:
        await sent.close()


@router.get("/data")
def show_data(request: Request, someone: Owner) -> Response:
    """What can be sent, and the replies that are up for rating with what was said of them."""
    site = site_of(request)
    listed = listed_replies(site, request)
    number, pages, here = page_of(request, len(listed.replies), LISTED)
    values = {
        "listed": listed,
        "replies": listed.replies[here],
        "number": number,
        "pages": pages,
        "most_people": MOST_PEOPLE,
    }
    values["kept"] = kept(listed.filters)
    return site.page(request, "data.html", someone, **_EMPTY | values, most=MOST_BODY // 1024)


@router.post("/data")
async def show_columns(request: Request, someone: Owner, sent: Annotated[FormData, Depends(_sent_file)]) -> Response:
    """Read a file's columns, and ask what they hold."""
    site, file = site_of(request), sent.get("file")
    said = site.texts(request)
    kind = _kind(sent, said)
    if not isinstance(file, UploadFile) or not file.filename:
        raise FeedbackError(said.plain("data.no_file"))
    name, content = file.filename[:200], await file.read()
    shown = preview(name, content, kind)
    token = secrets.token_urlsafe(12)
    site.uploads[token] = (name, content)
    while len(site.uploads) > _KEPT:
        site.uploads.pop(next(iter(site.uploads)))
    values = _EMPTY | {"kind": kind, "name": name, "shown": shown, "upload": token, "purposes": PURPOSES[kind]}
    return site.page(request, "data.html", someone, **values, most=MOST_BODY // 1024)


@router.post("/data/take")
def take(request: Request, someone: Owner, sent: Form) -> Response:
    """Take the table by the columns that were chosen: all of it or nothing."""
    site, said = site_of(request), site_of(request).texts(request)
    kind = _kind(sent, said)
    kept = site.uploads.get(form_field(sent, "upload"))
    if kept is None:
        raise FeedbackError(said.plain("data.gone"))
    name, content = kept
    columns = {one: column for one in PURPOSES[kind] if (column := form_field(sent, f"column-{one}"))}
    if missing := [one for one, needed in PURPOSES[kind].items() if needed and one not in columns]:
        raise FeedbackError(said.plain(f"data.missing.{missing[0]}"))
    done = _taken(site, kind, name, content, columns, [str(one) for one in sent.getlist("raters")])
    site.uploads.pop(form_field(sent, "upload"), None)
    return site.page(request, "data.html", someone, **(_EMPTY | {"done": done}), most=MOST_BODY // 1024)


def _taken(
    site: Site, kind: UploadKind, name: str, content: bytes, columns: dict[str, str], raters: list[str]
) -> list[str]:
    if kind == "requests":
        return [take_requests(site.project, name, content, columns)]
    return take_ratings(site.store, site.rubric, name, content, columns, raters)


def _kind(sent: FormData, said: PageTexts) -> UploadKind:
    kind = form_field(sent, "kind")
    if kind not in PURPOSES:
        raise FeedbackError(said.plain("data.no_kind"))
    return cast("UploadKind", kind)


_EMPTY: dict[str, Any] = {
    "done": [],
    "shown": None,
    "kind": "",
    "name": "",
    "upload": "",
    "purposes": {},
    "listed": None,
}
"""A page on which nothing was sent yet."""
