"""What a route is given: the workshop of this process."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.parts import Workshop


def _workshop(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    return workshop


PartsOf = Annotated[Workshop, Depends(_workshop)]
