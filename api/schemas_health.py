"""What the doors say of the process and its parts."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether questions can be answered, part by part ("ok" or the reason why not).

    `degraded`: they can, without the model that is set: answers are extracts.
    """

    status: Literal["ready", "degraded", "not_ready"]
    parts: dict[str, str]
