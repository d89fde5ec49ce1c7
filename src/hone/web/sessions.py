"""Who is at the page: a signed cookie that names the person, and a token that each form must carry.

A cookie holds no rights: what a person may do is looked up at each request, so that a revoked link ends at once. It
carries the rater's epoch, so that signing out and revoking end every copy of it for good.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from hone.errors import ProjectError
from hone.files import make_private

DAYS = 30
"""How long a browser stays signed in; a revoked rater is out at once all the same."""
SIGNED_IN = "hone.signed_in"
"""The key in a request's scope that says that somebody known asks; strangers' connections are capped."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie says."""

    rater: str | None
    """The rater's id; none for the owner at this machine, who is nobody when others can reach the pages."""
    nonce: str
    epoch: str = ""
    """The rater's when the session began; the session is over once the rater has another."""


class Sessions:
    """Signs and reads cookies and form tokens.

    Args:
        key: The secret, at least 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Browsers share cookies between the ports of a machine: two projects must not overwrite each other's.
        self.cookie = f"hone-{hashlib.sha256(key).hexdigest()[:8]}"
        self._serialiser = URLSafeTimedSerializer(key, salt="hone session")

    def begin(self, rater: str | None, epoch: str) -> tuple[Session, str]:
        """A new session and its cookie's value.

        Args:
            rater: The rater's id; none for the owner at this machine.
            epoch: The epoch that the store has for who it is.
        """
        session = Session(rater, secrets.token_urlsafe(12), epoch)
        return session, self._serialiser.dumps([session.rater, session.nonce, session.epoch])

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; none where it is missing, forged or too old."""
        if not cookie:
            return None
        try:
            rater, nonce, *epoch = self._serialiser.loads(cookie, max_age=DAYS * 86_400)
            # Cookies of earlier versions have no epoch: they stand for the empty one, which new raters never have.
            return Session(None if rater is None else str(rater), str(nonce), str(epoch[0]) if epoch else "")
        except (BadData, TypeError, ValueError):
            return None

    def token(self, session: Session) -> str:
        """The token that the session's forms carry."""
        return hmac.new(self._key, f"form {session.nonce}".encode(), hashlib.sha256).hexdigest()[:32]

    def matches(self, session: Session, token: str) -> bool:
        """Whether a form's token is the session's."""
        return hmac.compare_digest(self.token(session).encode(), token.encode())


def session_secret(path: Path) -> bytes:
    """The secret beside a project's database, made where there is none; for its owner's eyes only.

    Raises:
        ProjectError: It can be neither read nor written, or is damaged.
    """
    try:
        make_private(path, secrets.token_bytes(_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path}: the key of the sessions cannot be read ({error.strerror})") from error
    if len(key) != _BYTES:
        raise ProjectError(
            f"{path}: the key of the sessions is damaged; delete the file, everybody then signs in again"
        )
    return key
