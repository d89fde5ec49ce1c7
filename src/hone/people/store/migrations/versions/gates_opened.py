"""Second looks at a judge's reasons are kept, and how often ratings have decided on a change of the rubric."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "second_looks",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "rater", "definition")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("criterion", "judge")),
        sa.Column("judged", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("shown", "answer", "text")),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_second_looks_subject")),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_second_looks_rater")),
        sa.PrimaryKeyConstraint("subject", "rater", "definition", name=op.f("pk_second_looks")),
    )
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
