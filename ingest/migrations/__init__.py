"""Alembic migrations of the catalogue; run by `ingest.catalogue_open` when a home is opened."""
