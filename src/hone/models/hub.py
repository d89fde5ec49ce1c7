"""Fetches one GGUF file from a model hub: with progress, going on where it stopped, checked by its SHA-256.

Only the hub's resolve URLs are used, so that the core needs no client of the hub. A file gets its name in the cache
once its checksum is right; a token goes to the hub itself and never along a redirect.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import aiohttp

from hone.errors import SpecError, UnavailableError, UnreachableError
from hone.files import cache, disk_errors, locked, make_folder, open_to_append
from hone.models.proxies import proxy_for

HUB = "https://huggingface.co"
"""The hub; ``HF_ENDPOINT`` names another."""
FORM = "gguf:hf://OWNER/REPO/FILE.gguf"

Show = Callable[[int, int | None], None]
"""Told the bytes that are there, and the bytes in all where the hub says them."""

_NAME = re.compile(r"[\w.-]+/[\w.-]+/(?:[\w.+-]+/)*[\w.+-]+\.gguf", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 2**20
_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class _Offer:
    """What the hub says about a file."""

    url: str
    """Where its bytes are, after redirects."""
    headers: Mapping[str, str]
    """What to send there: the token only where that is the hub itself."""
    revision: str
    sha256: str | None
    size: int | None


def _hub_file(address: str) -> Path:
    """Where the file of ``hf://OWNER/REPO/FILE`` lies in the cache, there or not.

    Raises:
        SpecError: The address has another form.
    """
    name = address.removeprefix("hf://")
    if not _NAME.fullmatch(name) or ".." in name.split("/"):
        raise SpecError(f"gguf:{address} names no file of the hub; write {FORM}")
    return cache() / "hub" / name


def fetch(address: str, show: Show = lambda *_: None) -> Path:
    """The file of ``hf://OWNER/REPO/FILE``, fetched where it is missing.

    Args:
        address: What to fetch.
        show: Told how far it is.

    Returns:
        The file in the cache.

    Raises:
        SpecError: The address has another form.
        UnavailableError: The hub has no such file, wants a token, or the bytes are not those that it names.
        UnreachableError: The hub cannot be reached, or broke off; the next call goes on there.
    """
    target = _hub_file(address)
    if target.is_file():
        return target
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_fetch(address, target, show))
    with ThreadPoolExecutor(1) as pool:  # a notebook, where a loop runs already
        return pool.submit(asyncio.run, _fetch(address, target, show)).result()


async def _fetch(address: str, target: Path, show: Show) -> Path:
    owner, repository, file = address.removeprefix("hf://").split("/", 2)
    hub = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    url = f"{hub}/{owner}/{repository}/resolve/main/{quote(file)}"
    limit = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)
    try:
        async with aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session:
            offer = await _ask(session, url, address)
            make_folder(target.parent, kind=UnavailableError)
            # The revision is in the name: bytes of another version are never gone on with.
            part = target.with_name(f".{target.name}.{(offer.sha256 or offer.revision)[:16]}.part")
            with locked(target.with_name(f".{target.name}.lock"), kind=UnavailableError):
                if target.is_file():  # another process was quicker
                    return target
                with disk_errors(target, UnavailableError, "free some space"):
                    await _download(session, offer, part, show)
                _check(part, offer, address)
                with disk_errors(part, UnavailableError):
                    part.replace(target)
                return target
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UnreachableError(
            f"{hub} cannot be reached or broke off ({str(error)[:120] or type(error).__name__}); "
            "type the same command to go on where it stopped"
        ) from error


async def _ask(session: aiohttp.ClientSession, url: str, address: str) -> _Offer:
    """Follow the hub to the bytes, and read on the way what it says about them."""
    home, token = urlsplit(url).netloc, os.environ.get("HF_TOKEN", "").strip()
    sha256, size, revision = None, None, "unknown"
    for _ in range(_REDIRECTS + 1):
        parts = urlsplit(url)
        headers = {"Accept-Encoding": "identity"}
        if token and parts.netloc == home:
            headers["Authorization"] = f"Bearer {token}"
        async with session.head(url, headers=headers, proxy=proxy_for(url), allow_redirects=False) as seen:
            found = seen.headers
            etag = found.get("X-Linked-Etag", "").strip('"').removeprefix("W/").strip('"')
            sha256 = sha256 or (etag if _SHA256.fullmatch(etag) else None)
            size = size or _number(found.get("X-Linked-Size"))
            revision = found.get("X-Repo-Commit", revision)
            if seen.status in {301, 302, 303, 307, 308} and "Location" in found:
                url = urljoin(url, found["Location"])
                if parts.scheme == "https" and not url.startswith("https:"):
                    raise UnavailableError(f"gguf:{address}: the hub redirects to an address that is not encrypted")
                continue
            if seen.status != 200:
                raise UnavailableError(_refusal(seen.status, address))
            return _Offer(url, headers, revision, sha256, size or _number(found.get("Content-Length")))
    raise UnavailableError(f"gguf:{address}: the hub redirects without end")


def _refusal(status: int, address: str) -> str:
    if status in {401, 403}:
        return f"gguf:{address}: the hub wants a token ({status}); accept the model's terms there and set HF_TOKEN"
    if status == 404:
        return f"gguf:{address}: the hub has no such file; check owner, repository and file"
    return f"gguf:{address}: the hub answers {status}; try later"


async def _download(session: aiohttp.ClientSession, offer: _Offer, part: Path, show: Show) -> None:
    if part.is_symlink():  # nobody's bytes are added to
        part.unlink()
    there = part.stat().st_size if part.exists() else 0
    if offer.size is not None and there == offer.size:
        return
    headers = {**offer.headers, **({"Range": f"bytes={there}-"} if there else {})}
    proxy = proxy_for(offer.url)
    async with session.get(offer.url, headers=headers, proxy=proxy, allow_redirects=False) as answer:
        if answer.status not in {200, 206}:
            if answer.status == 416:  # what is there is longer than the file
                part.unlink(missing_ok=True)
            raise UnavailableError(f"the hub answers {answer.status} in place of the file; try again")
        if answer.status == 200:
            there = 0  # it does not go on in the middle, so it is fetched anew
        with os.fdopen(open_to_append(part, fresh=not there, kind=UnavailableError), "ab") as stream:
            async for piece in answer.content.iter_chunked(_PIECE):
                stream.write(piece)
                there += len(piece)
                show(there, offer.size)


def _check(part: Path, offer: _Offer, address: str) -> None:
    size = part.stat().st_size
    if offer.size is not None and size < offer.size:
        raise UnreachableError(
            f"gguf:{address}: the hub broke off after {size:,} of {offer.size:,} bytes; ask again to go on"
        )
    if offer.sha256 is not None:
        with part.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != offer.sha256:
            part.unlink()
            raise UnavailableError(f"gguf:{address}: the bytes are not those that the hub names; fetch it again")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
