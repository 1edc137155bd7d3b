"""Relations between documents, and the status that follows from them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "relations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("target_key", sa.String(length=300), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("eids", sa.JSON(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("target_issued", sa.Date(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("partly", sa.Boolean(), nullable=False),
        sa.Column("excepted", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["documents.key"], name="fk_relations_key", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_relations"),
    )
    op.create_index("ix_relations_key", "relations", ["key"])
    op.create_index("ix_relations_target_key", "relations", ["target_key"])
    op.create_table(
        "standings",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=36), nullable=False),
        sa.Column("own_from", sa.Date(), nullable=True),
        sa.Column("own_to", sa.Date(), nullable=True),
        sa.Column("derived_to", sa.Date(), nullable=True),
        sa.Column("derived_status", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["documents.key"], name="fk_standings_key", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name="pk_standings"),
    )
