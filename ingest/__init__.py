"""The way of a document: load, read its structure, chunk, embed, write; the catalogue and the originals."""
