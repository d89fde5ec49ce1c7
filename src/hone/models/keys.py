"""Which key goes to which endpoint: one of the host's own, else the one key that goes to one host."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from hone.errors import UnavailableError
from hone.trust import KEY, is_loopback, key_goes_to, key_name, origin_of


def key_from(name: str) -> str:
    """The key in an environment variable; empty where there is none.

    Raises:
        UnavailableError: It has characters that a key cannot have.
    """
    key = os.environ.get(name, "").strip()
    if not key.isprintable() or not key.isascii():
        raise UnavailableError(f"the key in {name} has characters that a key cannot have; set it again")
    return key


def key_for(url: str) -> tuple[str | None, str, str]:
    """The key for an endpoint, the variable that holds it or would hold it, and what the user should know.

    A key never goes over plain http to another machine.

    Args:
        url: The endpoint's address; its host reads.

    Raises:
        UnavailableError: The host has a key of its own and an address that is not encrypted, or a key is unreadable.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    own = key_name(host)
    encrypted = parts.scheme == "https" or is_loopback(host)
    if key := key_from(own):
        if not encrypted:
            raise UnavailableError(f"the key in {own} would go to {host} unencrypted; write https://… in the address")
        return key, own, ""
    key = key_from(KEY)
    if not key:
        return None, KEY, ""
    if not encrypted:
        return None, own, f"{KEY} is not sent to {host}: its address is not encrypted (http, not https)"
    other = key_goes_to(url)
    if other == origin_of(url):
        return key, KEY, ""
    return None, own, f"{KEY} is not sent to {host}: it goes to {other}; a key for {host} goes into {own}"
