"""Who may rate: raters, and the invitations that let them in."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Connection, insert, select, update

from hone.domain.base import digest
from hone.errors import FeedbackError
from hone.people.names import person_name
from hone.people.store.database import Database
from hone.people.store.log import Author, ValueChange, record, stamp
from hone.people.store.schema import invitations, new_epoch, raters
from hone.people.store.values import Rater, Role
from hone.text import name as named

_USERS = uuid.UUID("6d1f8a3e-52f0-4c4b-9a39-0c3b7f1e7a55")
ASK = "ask the owner for a new one"


class RatersPart:
    """The part of the store that knows who rates."""

    database: Database
    clock: Callable[[], datetime]

    def add_rater(self, name: str, role: Role = "rater") -> Rater:
        """Enter somebody, or find who is entered already under this name, in any case.

        Raises:
            FeedbackError: The name is empty or too long, or is entered with another role.
        """
        return self.database.write(lambda connection: entered_rater(connection, name, role, stamp(self.clock())))

    def raters(self) -> list[Rater]:
        """Everybody, by name."""
        rows = self.database.read(lambda c: c.execute(select(raters).order_by(raters.c.name)).all())
        return [_rater(row) for row in rows]

    def rater(self, rater: str) -> Rater | None:
        """The rater with an id, or none; a session asks whether its rater is still active."""
        row = self.database.read(lambda c: c.execute(select(raters).where(raters.c.id == rater)).first())
        return None if row is None else _rater(row)

    def invite(self, name: str, role: Role = "rater", days: float = 14) -> str:
        """A personal token, to be put into a link. It is shown this once: the store keeps only its SHA-256.

        It lets its rater in as often as needed until it expires, because mail programs open links before people do.

        Raises:
            FeedbackError: The name cannot be entered, the role is `judge`, or the days are not above 0.
        """
        if role == "judge":
            raise FeedbackError("a judge is a model and cannot be invited")
        if not days > 0:
            raise FeedbackError(f"an invitation for {days:g} days would let nobody in; write more than 0")
        token, now = secrets.token_urlsafe(32), self.clock()

        def work(connection: Connection) -> None:
            rater = entered_rater(connection, name, role, stamp(now), back=True)
            row = {
                "token": _hashed(token),
                "rater": rater.id,
                "created": stamp(now),
                "expires": stamp(now + timedelta(days=days)),
            }
            connection.execute(insert(invitations), row)

        self.database.write(work)
        return token

    def redeem(self, token: str) -> Rater:
        """The rater whom a token lets in.

        Raises:
            FeedbackError: It is unknown, expired or withdrawn.
        """
        now, here = stamp(self.clock()), invitations.c.token == _hashed(token)
        joined = select(invitations, raters).join(raters).where(here).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        # Only looked at: somebody who tries links must not keep people who save their ratings waiting.
        row = self.database.read(lambda connection: connection.execute(joined).mappings().first())
        if row is None:
            raise FeedbackError(f"this link is not known; {ASK}")
        if row["invitations_revoked"] is not None or not row["raters_active"]:
            raise FeedbackError(f"this link was withdrawn; {ASK}")
        if row["invitations_expires"] <= now:
            raise FeedbackError(f"this link expired on {row['invitations_expires'][:10]}; {ASK}")
        if row["invitations_used"] is None:
            first = update(invitations).where(here, invitations.c.used.is_(None)).values(used=now)
            self.database.write(lambda connection: connection.execute(first))
        return Rater(*(row[f"raters_{name}"] for name in ("id", "name", "role", "active", "epoch")))

    def revoke(self, name: str, by: str = "") -> None:
        """Withdraw somebody: no link and no session of theirs lets them in any more; what they said stays.

        Raises:
            FeedbackError: There is nobody of that name.
        """
        now, rater = stamp(self.clock()), id_of(name)

        def work(connection: Connection) -> None:
            row = connection.execute(select(raters).where(raters.c.id == rater)).first()
            if row is None:
                raise FeedbackError(f"there is no rater {name!r}")
            connection.execute(update(raters).where(raters.c.id == rater).values(active=False, epoch=new_epoch()))
            still = (invitations.c.rater == rater) & invitations.c.revoked.is_(None)
            connection.execute(update(invitations).where(still).values(revoked=now))
            step = ValueChange("raters", rater, "", {"active": row.active}, {"active": False})
            record(connection, Author(None, by, now), "revoke", [step])

        self.database.write(work)

    def end_sessions(self, rater: str) -> None:
        """Sign a rater out everywhere; links still let them in. It is no feedback, so the history does not tell it.

        Args:
            rater: The rater's id; nothing is done where it is unknown.
        """
        change = update(raters).where(raters.c.id == rater)
        self.database.write(lambda connection: connection.execute(change.values(epoch=new_epoch())))


def entered_rater(
    connection: Connection, name: str, role: Role, at: str, *, back: bool = False, any_person: bool = False
) -> Rater:
    """The rater of a name within a transaction, entered where new.

    Args:
        connection: The transaction.
        name: The name.
        role: The role of somebody new.
        at: The time.
        back: Let in again who was withdrawn.
        any_person: Take a rater for an owner, or the other way round, as files know only people and judges.

    Raises:
        FeedbackError: The name is empty or too long, or is entered with another role.
    """
    name = person_name(name)
    rater = id_of(name, role)
    row = connection.execute(select(raters).where(raters.c.id == rater)).first()
    if row is None:
        epoch = new_epoch()
        new = {"id": rater, "name": name, "role": role, "active": True, "created": at, "epoch": epoch}
        connection.execute(insert(raters), new)
        step = ValueChange("raters", rater, "", None, {"name": name, "role": role, "active": True})
        record(connection, Author(None, "", at), "enter", [step])
        return Rater(rater, name, role, epoch=epoch)
    if row.role != role and not any_person:
        raise FeedbackError(f"{row.name} is entered as {row.role}, not as {role}; use another name")
    if back and not row.active:
        connection.execute(update(raters).where(raters.c.id == rater).values(active=True))
        step = ValueChange("raters", rater, "", {"active": False}, {"active": True})
        record(connection, Author(None, "", at), "enter", [step])
    return Rater(rater, row.name, row.role, row.active or back, row.epoch)


def id_of(name: str, role: Role = "rater") -> str:
    """The id of a name, in any case and spacing. A person and a judge may share a name."""
    plain = named(named(name).casefold())
    return digest(["judge", plain] if role == "judge" else plain)


def user_id(name: str) -> str:
    """The UUID of a name, for tools that know their users by one."""
    return str(uuid.uuid5(_USERS, name))


def _hashed(token: str) -> str:
    """What the store keeps of a token: enough, as tokens are 256 random bits, and useless to who steals the file."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _rater(row: Any) -> Rater:
    return Rater(row.id, row.name, row.role, row.active, row.epoch)
