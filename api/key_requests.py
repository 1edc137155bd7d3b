"""From what an administrator typed to a key, and from keys to what the doors show."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import ValidationError

from api.keys import Key, KeyDraft
from api.schemas_keys import KeyMade, KeyOut, KeyRequest
from legal.errors import BadRequest
from legal.text import nfc


def draft_of(body: KeyRequest) -> KeyDraft:
    """The key that is asked for. Raises BadRequest for an end in the past."""
    if body.expires is not None and body.expires <= datetime.now(UTC):
        raise BadRequest("Thời điểm hết hạn của khoá đã qua.")
    if body.role == "auditor":
        labels: frozenset[str] | None = frozenset()
    elif body.labels is not None:
        labels = frozenset(nfc(label) for label in body.labels)
    else:
        labels = None if body.role == "admin" else frozenset({"public"})
    return KeyDraft(body.name, body.role, body.owner, labels, body.expires, body.per_minute, body.per_day)


def key_request(**values: object) -> KeyRequest:
    """A key as the HTTP door would have validated it; raises BadRequest."""
    try:
        return KeyRequest.model_validate(values)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadRequest(f"Giá trị của “{field}” không dùng được.") from None


def key_out(key: Key) -> KeyOut:
    """A key as shown in lists."""
    return KeyOut.model_validate(_shown(key))


def key_made(key: Key, whole: str) -> KeyMade:
    """A key as shown once."""
    return KeyMade.model_validate({**_shown(key), "key": whole})


def _shown(key: Key) -> dict[str, object]:
    return {
        **{name: getattr(key, name) for name in Key.__slots__ if name != "labels"},
        "labels": None if key.labels is None else sorted(key.labels),
        "works": key.works(datetime.now(UTC)),
    }
