"""Which hosts and databases a project may reach: those that the user named, or said yes to once.

A project folder may come from somebody else. What its ``hone.yaml`` names is therefore not reached until the user has
agreed; the answer is kept in a file of the user's, outside every project. What is typed on the command line, or given
in Python, is the user's own word. One key, ``HONE_API_KEY``, goes to one host.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hone.errors import ProjectError, TrustError
from hone.files import config_folder, whole_stream
from hone.spelling import option

KEY = "HONE_API_KEY"
SYSTEM_ONE = "systemone:"
"""What a spec begins with whose address is that of a System One server."""
_FILE = "trusted.json"


@dataclass(slots=True)
class _Known:
    """What the user agreed to."""

    hosts: set[str] = field(default_factory=set)
    """Origins of models: scheme, host, and port where it is named."""
    databases: set[str] = field(default_factory=set)
    """Databases, as their addresses stand without a password."""
    keyed: str | None = None
    """The origin that `HONE_API_KEY` goes to."""


@dataclass(slots=True)
class Consent:
    """What the user says in this process."""

    typed: str = ""
    """What was typed on the command line; a host that stands in it is the user's own word."""
    everything: bool = False
    """Whether the user agreed beforehand to what the project names (``--trust``)."""
    ask: Callable[[str], bool] | None = None
    """Asks the person at the terminal; none where nobody sits there."""
    tell: Callable[[str], object] = lambda _: None
    """Told what cannot be remembered."""
    _known: _Known = field(default_factory=_Known)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def forget(self) -> None:
        """What was agreed to in this process alone is agreed to no more."""
        self._known = _Known()


consent = Consent()
"""Of this process; the command line sets it."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def key_name(host: str) -> str:
    """The environment variable of the key for one host: ``HONE_API_KEY_`` and the host in capitals."""
    return f"{KEY}_{re.sub(r'[^A-Z0-9]', '_', host.strip('[]').upper())}"


def check_models(specs: Iterable[str], where: Path) -> None:
    """See that the user agreed to every host that these specs of a project name.

    Args:
        specs: Model specs out of ``hone.yaml``.
        where: That file, for messages.

    Raises:
        TrustError: The user did not agree, or could not be asked.
    """
    origins = {origin: host for origin, host in map(_origin, specs) if host}
    with consent._lock:
        for origin, host in origins.items():
            known = _known()
            new = origin not in known.hosts and not is_loopback(host) and not _typed(origin)
            with_key = _key_is_free(origin, host, known) and not _typed(origin)
            if with_key and sum(_key_is_free(one, there, known) for one, there in origins.items()) > 1:
                names = ", ".join(dict.fromkeys(key_name(one) for one in origins.values()))
                raise TrustError(f"{where} names several hosts, and {KEY} goes to one; set instead: {names}")
            if new or with_key:
                what = f"the texts of this project and the key in {KEY}" if with_key else "the texts of this project"
                _agree(f"{where} sends {what} to {origin}", where)
                known.hosts.add(origin)
                known.keyed = origin if with_key else known.keyed
                _keep(known)


def check_database(address: str, where: Path) -> None:
    """See that the user agreed to a database that a project names; to its address with all options, less a password.

    Args:
        address: The address, or a file from the root.
        where: The file that names it, for messages.

    Raises:
        TrustError: The user did not agree, or could not be asked.
    """
    shown = _without_password(address)
    with consent._lock:
        known = _known()
        if shown in known.databases or _typed(address):
            return
        _agree(f"{where} keeps its feedback in {shown}, outside the project", where)
        known.databases.add(shown)
        _keep(known)


def allow(*addresses: str) -> None:
    """Agree to hosts or databases in this process, as if they had been typed: for scripts and notebooks."""
    consent.typed = "\n".join([consent.typed, *addresses])


def sqlite_file(address: str) -> str | None:
    """The file that an SQLAlchemy URL of SQLite names; none for another database, or for one in memory."""
    kind, mark, rest = address.partition("://")
    if not mark or kind.split("+")[0] != "sqlite" or not rest.startswith("/") or "?" in rest or "file:" in rest:
        return None  # options can name another file
    return unquote(rest[1:]) or None


def _without_password(address: str) -> str:
    """An address as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1@", address)


def key_goes_to(url: str) -> str:
    """The origin that `HONE_API_KEY` goes to: the one that the user agreed to, else the first that is asked.

    Args:
        url: The address that is about to be asked.
    """
    with consent._lock:
        known = _known()
        if known.keyed is None:
            known.keyed = consent._known.keyed = _origin(url)[0]
        return known.keyed


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; empty where it names none."""
    return _origin(url)[0]


def _origin(spec: str) -> tuple[str, str]:
    """Scheme, host and port of a spec, and the host alone; empty texts where it names no address."""
    spec = spec.removeprefix(SYSTEM_ONE)
    if not spec.startswith(("http://", "https://")):
        return "", ""
    try:
        parts = urlsplit(spec)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", ""  # what opens it says what is wrong with it
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}", host


def _key_is_free(origin: str, host: str, known: _Known) -> bool:
    """Whether the one key would go to this host, though no host has it yet."""
    if not os.environ.get(KEY, "").strip() or os.environ.get(key_name(host), "").strip():
        return False
    return known.keyed is None and (origin.startswith("https:") or is_loopback(host))


def _typed(address: str) -> bool:
    """Whether an address was typed on the command line, whole: not as the beginning of another host's name."""
    return re.search(rf"(?<![\w.-]){re.escape(address)}(?![\w.:@-])", consent.typed, re.IGNORECASE) is not None


def _agree(what: str, where: Path) -> None:
    at_terminal = consent.ask is not None and threading.current_thread() is threading.main_thread()
    if consent.everything or (at_terminal and consent.ask is not None and consent.ask(f"{what}. Do you agree?")):
        return
    raise TrustError(
        f"{what}, and you have not agreed to that yet; if you trust this project, run this once with "
        f"{option('trust', True, argument='hone.trust.consent.everything = True')} (it is remembered), "
        f"or change {where.name}"
    )


def _known() -> _Known:
    """What was agreed to before, and in this process.

    Raises:
        ProjectError: The file cannot be read.
    """
    now = consent._known
    try:
        path = config_folder() / _FILE
        data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        hosts, databases, owner = set(data.get("hosts", [])), set(data.get("databases", [])), data.get("keyed")
    except ProjectError:
        return now
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ProjectError(f"{path}: cannot be read ({error}); remove it to be asked again") from error
    return _Known(now.hosts | hosts, now.databases | databases, owner or now.keyed)


def _keep(known: _Known) -> None:
    """Remember what was agreed to: in this process, and where there is a place for it, for later ones."""
    consent._known = known
    data = {"hosts": sorted(known.hosts), "databases": sorted(known.databases), "keyed": known.keyed}
    try:
        with whole_stream(config_folder(make=True) / _FILE, mode=0o600) as stream:
            stream.write((json.dumps(data, indent=1) + "\n").encode())
    except ProjectError as error:
        consent.tell(f"this is not remembered: {error}")
