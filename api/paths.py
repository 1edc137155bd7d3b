"""How a document's number stands in a path: with its slashes, but not with what stands behind it in longer paths."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class WholeNumber(Convertor[str]):
    """`{number:number}`: the rest of a path as a number. Without this, PATCH and DELETE of `.../original` would be of a
    document "…/original"."""

    regex = r"(?!.*/(?:original|references|changes|provisions/[^/]+)$).+"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("number", WholeNumber())
