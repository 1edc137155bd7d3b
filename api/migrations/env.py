"""What Alembic runs: the steps, on the connection that the doors hand in, counted apart from the catalogue's."""

from __future__ import annotations

from alembic import context

from api.doors_tables import VERSION_TABLE, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
