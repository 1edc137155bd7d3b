"""From when to when documents are suspended, by others and by themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("relations", sa.Column("until", sa.Date(), nullable=True))
    op.add_column("standings", sa.Column("suspended_from", sa.Date(), nullable=True))
    op.add_column("standings", sa.Column("suspended_to", sa.Date(), nullable=True))
