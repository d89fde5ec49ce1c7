"""Which proxy a call takes: what ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` say.

This machine itself is never asked through a proxy. The user's ``.netrc`` is not read: keys come from where the user
put them for Hone.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from hone.errors import UnavailableError
from hone.trust import is_loopback


def proxy_for(url: str) -> str | None:
    """The address of the proxy for this URL, or none.

    Raises:
        UnavailableError: The environment names a proxy that is not spoken to by HTTP.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = getproxies()
    proxy = (named.get(parts.scheme) or named.get("all") or "").strip().strip("\"'")
    if not proxy or not host or is_loopback(host):
        return None
    if proxy_bypass(parts.netloc.rsplit("@", 1)[-1]) or _excepted(host, named.get("no", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        kind, there = urlsplit(proxy).scheme, urlsplit(proxy).hostname
    except ValueError:
        kind, there = "", None
    if not there:
        raise UnavailableError(
            f"the environment names a proxy for {host} whose address does not read; write "
            f"{parts.scheme.upper()}_PROXY as http://HOST:PORT"
        )
    if kind not in {"http", "https"}:
        raise UnavailableError(
            f"the environment names a {kind} proxy for {host}; Hone speaks to HTTP proxies only: set "
            f"{parts.scheme.upper()}_PROXY to one, or add {host} to NO_PROXY"
        )
    return proxy


def _excepted(host: str, listed: str) -> bool:
    """Whether NO_PROXY lists a host in a form that Python does not read: a network, or a star before a domain."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    for entry in (one.strip().lower() for one in listed.split(",")):
        if entry.startswith("*.") and host.lower().endswith(entry[1:]):
            return True
        try:
            if address is not None and address in ipaddress.ip_network(entry.strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False
