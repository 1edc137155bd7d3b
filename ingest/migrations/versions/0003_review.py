"""Why a version waits for review; which side-car a file was read with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("versions", sa.Column("doubts", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("files", sa.Column("given", sa.String(length=64), nullable=False, server_default=""))
