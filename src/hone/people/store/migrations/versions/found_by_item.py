"""Replies and pairs are found by their item, as files name them."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the two indexes."""
    for table in ("subjects", "pairs"):
        op.create_index(op.f(f"ix_{table}_item"), table, ["item"])
