"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "decisions",
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rubric", "advice", name=op.f("pk_decisions")),
    )
    op.create_table(
        "pairs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("a_writer", sa.Text(), nullable=False),
        sa.Column("b_writer", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("draw", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
    )
    op.create_table(
        "raters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raters")),
    )
    op.create_table(
        "rubrics",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rubrics")),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("draw", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
    )
    op.create_table(
        "adjudications",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rubric"], ["rubrics.digest"], name=op.f("fk_adjudications_rubric")),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_adjudications_subject")),
        sa.PrimaryKeyConstraint("subject", "definition", name=op.f("pk_adjudications")),
    )
    op.create_table(
        "assignments",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started", sa.Text(), nullable=True),
        sa.Column("expires", sa.Text(), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_assignments_rater")),
        sa.ForeignKeyConstraint(["rubric"], ["rubrics.digest"], name=op.f("fk_assignments_rubric")),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_assignments_subject")),
        sa.PrimaryKeyConstraint("subject", "rater", "rubric", name=op.f("pk_assignments")),
    )
    op.create_index(
        op.f("ix_assignments_rater_rubric_state"), "assignments", ["rater", "rubric", "state"], unique=False
    )
    op.create_index(
        op.f("ix_assignments_rubric_subject_state_expires_rater"),
        "assignments",
        ["rubric", "subject", "state", "expires", "rater"],
        unique=False,
    )
    op.create_table(
        "choices",
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("started", sa.Text(), nullable=True),
        sa.Column("expires", sa.Text(), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_choices_pair")),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_choices_rater")),
        sa.PrimaryKeyConstraint("pair", "rater", name=op.f("pk_choices")),
    )
    op.create_index(op.f("ix_choices_rater_state"), "choices", ["rater", "state"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("expires", sa.Text(), nullable=False),
        sa.Column("used", sa.Text(), nullable=True),
        sa.Column("revoked", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_invitations_rater")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_invitations")),
    )
    op.create_table(
        "notes",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_notes_rater")),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_notes_subject")),
        sa.PrimaryKeyConstraint("subject", "rater", name=op.f("pk_notes")),
    )
    op.create_table(
        "ratings",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_ratings_rater")),
        sa.ForeignKeyConstraint(["rubric"], ["rubrics.digest"], name=op.f("fk_ratings_rubric")),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_ratings_subject")),
        sa.PrimaryKeyConstraint("subject", "rater", "definition", name=op.f("pk_ratings")),
    )
    op.create_index(op.f("ix_ratings_rater_subject"), "ratings", ["rater", "subject"], unique=False)
    op.create_table(
        "saves",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rater", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["rater"], ["raters.id"], name=op.f("fk_saves_rater")),
        sa.ForeignKeyConstraint(["undoes"], ["saves.id"], name=op.f("fk_saves_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saves")),
        sa.UniqueConstraint("rater", "key", name=op.f("uq_saves_rater_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_saves_undoes"), "saves", ["undoes"], unique=False)
    op.create_table(
        "writers",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name=op.f("fk_writers_subject")),
        sa.PrimaryKeyConstraint("subject", "writer", name=op.f("pk_writers")),
    )
    op.create_table(
        "changes",
        sa.Column("save", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["save"], ["saves.id"], name=op.f("fk_changes_save")),
        sa.PrimaryKeyConstraint("save", "step", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_about"), "changes", ["about"], unique=False)
