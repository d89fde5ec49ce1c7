"""How often ratings have decided on a change of the rubric is counted, in two tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make both."""
    op.create_table(
        "openings",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("run", "rubric", "judge", "way", "verdict", "at")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_openings")),
    )
    op.create_table(
        "opened",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["openings.run"], name=op.f("fk_opened_run")),
        sa.PrimaryKeyConstraint("run", "reply", name=op.f("pk_opened")),
    )
