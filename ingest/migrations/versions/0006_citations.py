"""Citations provision by provision, amending instructions as typed changes; what each version says of others"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "named_documents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("target_key", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["key"], ["documents.key"], name="fk_named_documents_key", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_named_documents"),
    )
    op.create_index("ix_named_documents_key", "named_documents", ["key"])
    op.create_index("ix_named_documents_target_key", "named_documents", ["target_key"])
    op.create_table(
        "citations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.Column("heading", sa.Boolean(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["documents.key"], name="fk_citations_key", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["named"], ["named_documents.id"], name="fk_citations_named", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_citations"),
    )
    op.create_index("ix_citations_key_eid", "citations", ["key", "eid"])
    op.create_index("ix_citations_named", "citations", ["named", "provision"])
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("named", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("provision", "after", "before", "text", "source")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("old", "new")),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("eid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["documents.key"], name="fk_changes_key", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["named"], ["named_documents.id"], name="fk_changes_named", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_key", "changes", ["key"])
    op.create_index("ix_changes_named", "changes", ["named"])
    op.add_column("versions", sa.Column("said", sa.LargeBinary(), nullable=True))
    op.add_column("standings", sa.Column("eids", sa.JSON(), nullable=False, server_default="[]"))
    # What is here is read anew from its trees at the next opening.
    op.execute("DELETE FROM standings")
