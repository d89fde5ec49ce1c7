"""The tables. What is current stands in tables of its own; `saves` and `changes` only ever grow.

Times are text, UTC to the microsecond, of one width: they sort as they read, and mean the same on every database.
Ids are text made from content, so that an export can be read into another store without renumbering.
"""

from __future__ import annotations

import secrets

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0006"
"""The schema that this version of Hone reads and writes; a test holds it to the newest migration."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _key(name: str, target: str = "", *, primary: bool = True) -> Column[str]:
    if target:
        return Column(name, Text, ForeignKey(target), primary_key=primary, nullable=False)
    return Column(name, Text, primary_key=primary, nullable=False)


def new_epoch() -> str:
    """An epoch that no session carries. Random rather than counted: a new store must not take up old cookies."""
    return secrets.token_urlsafe(12)


raters = Table(
    "raters",
    metadata,
    _key("id"),
    _text("name"),
    _text("role"),
    Column("active", Boolean, nullable=False),
    _text("created"),
    Column("epoch", Text, nullable=False, default=new_epoch, server_default=""),  # a session of another one is over
)

invitations = Table(
    "invitations",
    metadata,
    _key("token"),  # SHA-256 of the token; the token itself is nowhere
    _key("rater", "raters.id", primary=False),
    _text("created"),
    _text("expires"),
    _text("used", null=True),
    _text("revoked", null=True),
)

subjects = Table(
    "subjects",
    metadata,
    _key("id"),
    _text("item"),
    _text("prompt"),
    _text("reply"),
    _text("group", null=True),
    Column("draw", BigInteger, nullable=False),  # decides between replies of equal need
    Column("active", Boolean, nullable=False),
    _text("added"),
    Index(None, "item"),
)

writers = Table("writers", metadata, _key("subject", "subjects.id"), _key("writer"))

rubrics = Table("rubrics", metadata, _key("digest"), _text("data"), _text("seen"))

assignments = Table(
    "assignments",
    metadata,
    _key("subject", "subjects.id"),
    _key("rater", "raters.id"),
    _key("rubric", "rubrics.digest"),
    _text("state"),
    _text("reason"),
    _text("started", null=True),
    _text("expires", null=True),
    _text("ended", null=True),
    Index(None, "rubric", "subject", "state", "expires", "rater"),
    Index(None, "rater", "rubric", "state"),
)

ratings = Table(
    "ratings",
    metadata,
    _key("subject", "subjects.id"),
    _key("rater", "raters.id"),
    _key("definition"),  # the digest of the criterion's words, anchors and scale
    _text("criterion"),
    _key("rubric", "rubrics.digest", primary=False),
    Column("value", Float, nullable=False),
    _text("at"),
    Index(None, "rater", "subject"),
)

notes = Table(
    "notes", metadata, _key("subject", "subjects.id"), _key("rater", "raters.id"), _text("text"), _text("at")
)

pairs = Table(
    "pairs",
    metadata,
    _key("id"),
    _text("item"),
    _text("prompt"),
    _text("a"),
    _text("b"),
    _text("a_writer"),
    _text("b_writer"),
    _text("group", null=True),
    Column("draw", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    _text("added"),
    Index(None, "item"),
)

choices = Table(
    "choices",
    metadata,
    _key("pair", "pairs.id"),
    _key("rater", "raters.id"),
    _text("order"),  # AB: A stood left
    _text("winner", null=True),
    _text("state"),
    _text("reason"),
    _text("note"),
    _text("started", null=True),
    _text("expires", null=True),
    _text("ended", null=True),
    Index(None, "rater", "state"),
)

decisions = Table(
    "decisions",
    metadata,
    _key("rubric"),  # the digest that was decided on
    _key("advice"),
    _text("data"),
    _text("by"),
    _text("at"),
)

adjudications = Table(
    "adjudications",
    metadata,
    _key("subject", "subjects.id"),
    _key("definition"),
    _text("criterion"),
    _key("rubric", "rubrics.digest", primary=False),
    Column("value", Float, nullable=False),
    _text("by"),
    _text("reason"),
    _text("at"),
)

second_looks = Table(
    "second_looks",
    metadata,
    _key("subject", "subjects.id"),
    _key("rater", "raters.id"),
    _key("definition"),  # of the criterion, as it was rated
    _text("criterion"),
    _text("judge"),
    Column("judged", Float, nullable=False),  # the judge's score that was shown
    _text("shown"),  # the judge's reason that was shown
    _text("answer"),  # what the rater says of it; empty where nothing yet
    _text("text"),
    Column("value", Float, nullable=True),  # what the rater would give now; the rating itself stays
    _text("at"),
)

openings = Table(
    "openings",
    metadata,
    _key("run"),  # which run of refining it was: the same run opens once
    _text("rubric"),  # the digest of the rubric in use
    _text("judge"),
    _text("way"),
    _text("verdict"),
    _text("at"),
)

opened = Table("opened", metadata, _key("run", "openings.run"), _key("reply"))  # replies need not be in the store

draws = Table(
    "draws",
    metadata,
    _key("id"),
    Column("place", Integer, nullable=False),  # the first is 0
    Column("reach", Integer, nullable=False),  # how many replies there were, drawn before or not
    _text("source"),  # the labelling whose uncertainty the chances rest on
    _text("at"),
)

chances = Table(
    "chances",
    metadata,
    _key("draw", "draws.id"),
    _key("subject", "subjects.id"),
    Column("chance", Float, nullable=False),  # to be drawn, of a reply that was
    Index(None, "subject"),
)

saves = Table(
    "saves",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("rater", Text, ForeignKey("raters.id"), nullable=True),
    _text("by"),
    _text("key", null=True),
    _text("kind"),
    _text("at"),
    Column("undoes", Integer, ForeignKey("saves.id"), nullable=True),
    UniqueConstraint("rater", "key"),
    Index(None, "undoes"),
    sqlite_autoincrement=True,
)

changes = Table(
    "changes",
    metadata,
    Column("save", Integer, ForeignKey("saves.id"), primary_key=True),
    Column("step", Integer, primary_key=True),
    _text("place"),
    _text("about"),
    _text("definition"),
    _text("old", null=True),
    _text("new", null=True),
    Index(None, "about"),
)
