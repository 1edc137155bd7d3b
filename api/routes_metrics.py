"""`/metrics`: for Prometheus, from this machine or the networks that are set, or with an administrator's key."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import CONTENT_TYPE_LATEST

from api.auth import BEARER, caller
from api.dependencies import PartsOf
from api.guard import Guard, address_of
from api.refusals import Forbidden

router = APIRouter(include_in_schema=False)


async def _may_see(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]) -> None:
    guard: Guard = request.app.state.guard
    # A proxy on this machine that is not among the trusted ones would make everybody look like this machine.
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded"))
    if given is None and not forwarded and _within(address_of(request), guard.server.metrics_from):
        return
    if (await caller(request, given)).role != "admin":
        raise Forbidden("Khoá này không có quyền xem số đo.")


def _within(address: str, networks: str) -> bool:
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(one.strip(), strict=False) for one in networks.split(",") if one.strip())


@router.get("/metrics", dependencies=[Depends(_may_see)])
def metrics(parts: PartsOf) -> Response:
    """Everything counted, in Prometheus's text format."""
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST)
