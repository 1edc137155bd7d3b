"""Every error that phapquy raises on purpose: typed, with a reason that a person can act on.

Each class has a stable `code` (English, for machines) and its instances carry `reason` (Vietnamese, for people).
The HTTP door turns them into RFC 9457 problem JSON with `status`; the command line into `exit_code` and one line.
No reason ever quotes the text of a document or of a question.
"""

from __future__ import annotations

from typing import ClassVar


class PhapquyError(Exception):
    """Root of all typed errors. `reason`: one sentence for the person who has to act on it."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadRequest(PhapquyError):
    """A value that the caller gave cannot be used: a malformed date, an unknown filter, an empty question."""

    code = "bad_request"
    status = 422
    exit_code = 2


class NotFound(PhapquyError):
    """No such document or provision for this caller; also when it exists but may not be seen."""

    code = "not_found"
    status = 404


class Conflict(PhapquyError):
    """The state of the home does not allow it: an index made by another embedder, another process that writes."""

    code = "conflict"
    status = 409
    exit_code = 3


class DocumentError(PhapquyError):
    """A file that cannot become a document; the batch goes on without it."""

    code = "document_error"
    status = 422


class UnsupportedFormat(DocumentError):
    """The content is of a kind that is not read here, whatever the file's name says."""

    code = "unsupported_format"
    status = 415


class UnreadableDocument(DocumentError):
    """The kind is known, but the file is broken, empty, truncated or gives no text."""

    code = "unreadable_document"


class EncryptedDocument(DocumentError):
    """The file is locked by a password."""

    code = "encrypted_document"


class LimitExceeded(DocumentError):
    """Reading the file would take more memory, time, pages or unpacked bytes than the settings allow."""

    code = "limit_exceeded"
    status = 413


class SecretDocument(DocumentError):
    """The document bears a mark of secrecy, and the settings do not allow such documents here."""

    code = "secret_document"
    status = 403

    @classmethod
    def marked(cls, mark: str) -> SecretDocument:
        """For a document with this mark."""
        return cls(
            f"Văn bản đóng dấu {mark.upper()}: văn bản bí mật nhà nước không được nạp vào kho này, "
            "trừ khi người quản trị cho phép (PHAPQUY_INGEST__SECRET=true)."
        )


class ReaderDied(LimitExceeded):
    """The process that read the file crashed, hung or ran out of memory; another try may fare better."""


class BadSideCar(DocumentError):
    """The side-car beside the file, in which a person says what the document is, cannot be used."""

    code = "bad_side_car"


class OutOfReach(DocumentError):
    """Who brought the file may not see the document that it would change. One sentence for every case, so that it tells
    nothing of what is there."""

    code = "out_of_reach"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Khoá này không được nạp tệp này. Không có gì bị thay đổi; hãy nhờ người quản trị thấy mọi văn bản nạp tệp."
        )


class MissingProgram(DocumentError):
    """A system program that this format needs (LibreOffice, Tesseract) is not installed; the reason says how to get it."""

    code = "missing_program"
    status = 501
    exit_code = 3


class ServiceUnavailable(PhapquyError):
    """A service that is needed (Qdrant, the database, a model server) does not answer."""

    code = "service_unavailable"
    status = 503
    exit_code = 3


class DatabaseAway(ServiceUnavailable):
    """The database, which was there before, does not answer: nothing was changed, the same may be asked again."""


class ModelUnavailable(ServiceUnavailable):
    """A model endpoint is down, too slow, full, or serves another model than the one configured."""

    code = "model_unavailable"


class ModelRefused(PhapquyError):
    """The model server understood the request and turned it down: the prompt is too long, the schema is wrong."""

    code = "model_refused"
    status = 502
