"""The application: every page's routes, the guard around them, and errors as pages that say what to do."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from hone.errors import FeedbackError, HoneError, StoreError
from hone.report.terminal import clean
from hone.web.headers import LOOPBACK, Guard, RequestGate
from hone.web.pages import compare, data, home, invited, playground, rate, results, second, signin, workshop
from hone.web.people import known
from hone.web.site import HERE, Site, site_of, wants_json


def create_app(site: Site, *, origin: str | None = None) -> FastAPI:
    """The application of a site.

    Args:
        site: What the pages work with.
        origin: Scheme, name and port that raters call us by, where a proxy stands before us.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    for page in (home, signin, rate, second, compare, workshop, invited, data, results, playground):
        app.include_router(page.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_middleware(Guard, gate=RequestGate(site.open, LOOPBACK, origin))
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(HoneError, _explained)
    return app


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException | StarletteHTTPException)  # noqa: S101 - registered for these alone
    default = error.status_code == 403 and error.detail == "Forbidden"
    site = site_of(request)
    given = error.detail if error.detail and error.status_code in (400, 403, 429) and not default else ""
    said, code = site.texts(request), error.status_code
    usual = said.plain(f"problem.says_{code}" if code in (401, 403, 404, 405) else "problem.says")
    words = given or (said.plain("problem.printed") if site.open and code == 401 else usual)
    return _page(request, words, error.status_code, getattr(error, "headers", None))


def _explained(request: Request, error: Exception) -> Response:
    code = 503 if isinstance(error, StoreError) else 400 if isinstance(error, FeedbackError) else 409
    return _page(request, clean(str(error)), code)


def _page(request: Request, words: str, code: int, headers: dict[str, str] | None = None) -> Response:
    if wants_json(request):
        return JSONResponse({"error": words}, code, headers)
    site = site_of(request)
    person = None if code == 503 else known(request)
    response = site.page(request, "problem.html", person, code=code, words=words, number=code)
    response.headers.update(headers or {})
    return response
