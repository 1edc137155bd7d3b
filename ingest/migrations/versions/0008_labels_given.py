"""Which documents have labels that a person gave"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("documents", sa.Column("labels_given", sa.Boolean(), nullable=False, server_default=sa.false()))
