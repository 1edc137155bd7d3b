"""What is raised when somebody is not let in."""

from __future__ import annotations

from legal.errors import PhapquyError


class Unauthorized(PhapquyError):
    """No key or token, or one that does not open the door."""

    code = "unauthorized"
    status = 401


class Forbidden(PhapquyError):
    """Known, but not let in here."""

    code = "forbidden"
    status = 403
