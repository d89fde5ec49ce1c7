"""Draws of replies for people to rate, and the chance that each drawn reply had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "draws",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
    )
    op.create_table(
        "chances",
        sa.Column("draw", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draws.id"], name=op.f("fk_chances_draw")),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_chances_subject")),
        sa.PrimaryKeyConstraint("draw", "subject", name=op.f("pk_chances")),
    )
    op.create_index(op.f("ix_chances_subject"), "chances", ["subject"])
