"""Each rater has an epoch, which every session of theirs carries: another epoch ends them all."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the epoch; who was ever withdrawn gets a new one, so that no cookie from before that works again."""
    # Who never was keeps the empty epoch, which cookies of earlier versions stand for: nobody else is signed out.
    op.add_column("raters", sa.Column("epoch", sa.Text(), nullable=False, server_default=""))
    raters = sa.table("raters", sa.column("id"), sa.column("active", sa.Boolean()), sa.column("epoch"))
    invitations = sa.table("invitations", sa.column("rater"), sa.column("revoked"))
    withdrawn = sa.select(invitations.c.rater).where(invitations.c.revoked.is_not(None))
    ever = sa.or_(raters.c.active.is_(sa.false()), raters.c.id.in_(withdrawn))
    op.get_bind().execute(sa.update(raters).where(ever).values(epoch=secrets.token_urlsafe(12)))
