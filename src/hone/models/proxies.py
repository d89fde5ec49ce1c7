"""Which proxy a call takes: what ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` say.

This machine itself is never asked through a proxy. The user's ``.netrc`` is not read: keys come from where the user
put them for Hone.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from hone.errors import UnavailableError


def proxy_for(url: str) -> str | None:
    """The address of the proxy for this URL, or none.

    Raises:
        UnavailableError: The environment names a proxy that is not spoken to by HTTP.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or is_loopback(host) or proxy_bypass(parts.netloc.rsplit("@", 1)[-1]):
        return None
    named = getproxies()
    proxy = named.get(parts.scheme) or named.get("all")
    if not proxy:
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in {"http", "https"}:
        kind = urlsplit(proxy).scheme
        raise UnavailableError(
            f"the environment names a {kind} proxy for {host}; Hone speaks to HTTP proxies only: set "
            f"{parts.scheme.upper()}_PROXY to one, or add {host} to NO_PROXY"
        )
    return proxy


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
