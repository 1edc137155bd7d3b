"""What Alembic runs: the steps, on the connection that the catalogue hands in."""

from __future__ import annotations

from alembic import context

from ingest import (  # noqa: F401  (their tables belong to the same schema)
    citation_tables,
    job_tables,
    relation_tables,
)
from ingest.catalogue_tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
