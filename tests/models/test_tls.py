"""Endpoints whose encryption is not what the address says: one line at once, and no key is sent."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hone.errors import UnavailableError
from hone.models import Message, Model, Request
from hone.models.endpoint import EndpointModel

ASKED = Request((Message("user", "Hello."),))


class Handler(BaseHTTPRequestHandler):
    heard = 0

    def do_POST(self) -> None:
        type(self).heard += 1
        self.send_response(500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that nobody vouches for, with its key in one file."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed")
    file = tmp_path / "own.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{file}.key", "-out", str(file)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.key").read_text())
    return file


@pytest.fixture
def port() -> Iterator[Callable[[Path | None], int]]:
    """Starts a server, encrypted with a certificate or plain, and gives its port."""
    running = []

    def start(certificate: Path | None) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return int(server.server_address[1])

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


async def _streamed(model: Model) -> None:
    async with model:
        async for _ in model.stream(ASKED):
            pass


async def _asked(model: Model) -> None:
    async with model:
        await model.ask(ASKED)


@pytest.mark.parametrize("ask", [_asked, _streamed])
def test_a_certificate_that_nobody_vouches_for_is_one_line(
    ask: Callable[[Model], Coroutine[Any, Any, None]], certificate: Path, port: Callable[[Path | None], int]
) -> None:
    Handler.heard = 0
    model = EndpointModel("s", f"https://localhost:{port(certificate)}/v1", "m", key="sk-secret")
    with pytest.raises(UnavailableError, match=r"certificate is not trusted .* SSL_CERT_FILE"):
        asyncio.run(ask(model))
    assert Handler.heard == 0


@pytest.mark.parametrize("ask", [_asked, _streamed])
def test_a_server_that_speaks_no_tls_is_one_line_at_once(
    ask: Callable[[Model], Coroutine[Any, Any, None]], port: Callable[[Path | None], int]
) -> None:
    Handler.heard = 0
    model = EndpointModel("s", f"https://localhost:{port(None)}/v1", "m", key="sk-secret")
    with pytest.raises(UnavailableError, match=r"no encrypted connection .* does it speak http instead"):
        asyncio.run(ask(model))
    assert Handler.heard == 0
