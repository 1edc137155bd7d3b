"""Alembic migrations of the doors' own tables; run by `api.doors_database` when they are first needed."""
