"""A hub on loopback: resolve URLs that redirect to where the bytes are, as the real one has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.models.loopback import hosting


@dataclass
class Hub:
    """Holds files, and says how it is asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By ``OWNER/REPO/FILE``."""
    url: str = ""
    elsewhere: str = ""
    """Where the bytes are; on the hub itself where nothing is said."""
    asked: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    """Method, path, the range asked for, the key."""
    break_after: int | None = None
    """Close the connection after so many bytes, once."""
    lie: bool = False
    """Send other bytes than those that were named."""
    whole: bool = False
    """Know no ranges."""
    gated: bool = False

    async def resolve(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        owner, repository, name = (request.match_info[part] for part in ("owner", "repository", "file"))
        content = self.files.get(f"{owner}/{repository}/{name}")
        if self.gated and request.headers.get("Authorization") != "Bearer secret":
            return web.Response(status=401)
        if content is None:
            return web.Response(status=404)
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content)), "X-Repo-Commit": "a" * 40,
                   "Location": f"{self.elsewhere}/bytes/{owner}/{repository}/{name}"}  # fmt: skip
        return web.Response(status=302, headers=headers)

    async def content(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        content = self.files[request.match_info["name"]]
        if self.lie:
            content = bytes(len(content))
        start, status = 0, 200
        asked = request.headers.get("Range")
        if asked and not self.whole:
            start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
        response = web.StreamResponse(status=status, headers={"Content-Length": str(len(content) - start)})
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        if self.break_after is not None:
            await response.write(content[start : start + self.break_after])
            self.break_after = None
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(content[start:])
        return response

    def _note(self, request: web.Request) -> None:
        headers = request.headers
        self.asked.append((request.method, request.path, headers.get("Range"), headers.get("Authorization")))


@contextmanager
def hub_serving() -> Iterator[Hub]:
    """The hub, while the block runs."""
    hub, app = Hub(), web.Application()
    app.router.add_route("*", "/{owner}/{repository}/resolve/main/{file:.*}", hub.resolve)
    app.router.add_route("*", "/bytes/{name:.*}", hub.content)
    with hosting(app) as hub.url:
        yield hub
