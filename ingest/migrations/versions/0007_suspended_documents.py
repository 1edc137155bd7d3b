"""From when to when documents, and provisions of them, are suspended"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("documents", sa.Column("suspended_from", sa.Date(), nullable=True))
    op.add_column("documents", sa.Column("suspended_to", sa.Date(), nullable=True))
    op.add_column("documents", sa.Column("suspended_parts", sa.JSON(), nullable=False, server_default="[]"))
