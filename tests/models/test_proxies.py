"""Calls take the proxy that the environment names, and this machine is never asked through one."""

from __future__ import annotations

import asyncio

import pytest

from hone.errors import UnavailableError, UnreachableError
from hone.models import Message, Request
from hone.models.endpoint import EndpointModel, Patience
from hone.models.proxies import proxy_for
from hone.trust import is_loopback

from .loopback import Loopback

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "http://llm.corp.example/v1", None),
        ({"HTTP_PROXY": "http://p:3128"}, "http://llm.corp.example/v1", "http://p:3128"),
        ({"HTTP_PROXY": "http://p:3128"}, "https://llm.corp.example/v1", None),
        ({"HTTPS_PROXY": "p:3128"}, "https://llm.corp.example/v1", "http://p:3128"),
        ({"ALL_PROXY": "http://p"}, "https://llm.corp.example/v1", "http://p"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": ".corp.example"}, "https://llm.corp.example/v1", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, "https://llm.corp.example/v1", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3/v1", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, "http://11.1.2.3/v1", "http://p"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "*.example"}, "http://llm.corp.example/v1", None),
        ({"HTTP_PROXY": " 'http://p' "}, "http://llm.corp.example/v1", "http://p"),
        ({"HTTP_PROXY": "http://p"}, "http://0.0.0.0:8000/v1", None),
        ({"HTTP_PROXY": "http://p"}, "http://localhost:8000/v1", None),
        ({"HTTP_PROXY": "http://p"}, "http://127.0.0.1:8000/v1", None),
        ({"HTTP_PROXY": "http://p"}, "http://[::1]:8000/v1", None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


def test_a_proxy_of_another_kind_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1080")
    with pytest.raises(UnavailableError, match=r"socks5 proxy for far\.example.*NO_PROXY"):
        proxy_for("http://far.example/v1")


def test_a_proxy_whose_address_does_not_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://[::1")
    with pytest.raises(UnavailableError, match="does not read; write HTTP_PROXY"):
        proxy_for("http://far.example/v1")


def test_an_endpoint_elsewhere_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch, server: Loopback) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    asked = EndpointModel("http://far.invalid/v1#m", "http://far.invalid/v1", "m")

    async def run() -> str:
        async with asked:
            return (await asked.ask(Request((Message("user", "Hello."),)))).text

    assert asyncio.run(run()) == "fine"
    assert len(server.seen) == 1


def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@127.0.0.1:9")
    patience = Patience(connect=1.0, retries=0)
    asked = EndpointModel("http://far.invalid/v1#m", "http://far.invalid/v1", "m", patience=patience)

    async def run() -> None:
        async with asked:
            await asked.ask(Request((Message("user", "Hello."),)))

    with pytest.raises(UnreachableError, match=r"through the proxy 127\.0\.0\.1:9") as caught:
        asyncio.run(run())
    assert "secret" not in str(caught.value)


def test_addresses_of_this_machine_are_known() -> None:
    assert all(is_loopback(host) for host in ("localhost", "LOCALHOST.", "a.localhost", "127.8.9.1", "::1", "[::1]"))
    assert not any(is_loopback(host) for host in ("localhost.example", "10.0.0.1", "127.0.0.1.example"))
