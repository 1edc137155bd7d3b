"""`/mcp`: the Model Context Protocol, so that an agency's assistants search, quote and answer under the same keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import date
from importlib.metadata import version
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import ToolAnnotations
from pydantic import Field
from starlette.types import Receive, Scope, Send

from api.auth import Asking
from api.caller import Caller
from api.parts import Workshop
from api.present import provision_detail
from api.requests import answer_request, search_request
from api.schemas import AnswerFormat, AnswerResponse, ProvisionDetail, SearchResponse
from api.schemas_resolve import CitationText, ResolveResponse
from legal.errors import PhapquyError

T = TypeVar("T")

_INSTRUCTIONS = (
    "Kho văn bản pháp luật và quy định nội bộ của cơ quan. Chỉ dựa vào những gì các công cụ trả về; "
    "mỗi điều khoản dẫn ra phải có số hiệu văn bản và nhãn điều khoản như công cụ đã cho. "
    "Không tìm thấy thì nói là không tìm thấy căn cứ."
)
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Query = Annotated[str, Field(min_length=1, max_length=2000, description="Câu hỏi hoặc từ khoá, có dấu hay không")]
AsOf = Annotated[date | None, Field(description="Tính hiệu lực đến ngày này; mặc định là hôm nay")]


class Door:
    """The protocol's server over one workshop, and the route that guards it."""

    def __init__(self, workshop: Workshop) -> None:
        self._server = _server(workshop)
        self._manager = StreamableHTTPSessionManager(
            app=self._server._lowlevel_server, json_response=True, stateless=True
        )
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/mcp", self._pass, methods=["POST"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer while the context is open; once in a process' life."""
        async with self._manager.run():
            yield

    async def _pass(self, request: Request, caller: Asking) -> Response:
        """The caller is known before the protocol hears anything; its tools read who it is from the request."""
        request.state.mcp_caller = caller
        return _Passed(self._manager)


class _Passed(Response):
    """A response that the protocol's own server writes."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


def _server(workshop: Workshop) -> MCPServer:
    server = MCPServer(
        "phapquy", title="Kho pháp quy", instructions=_INSTRUCTIONS, version=version("phapquy"), log_level="ERROR"
    )

    @server.tool(title="Tìm điều khoản", annotations=_READS)
    async def search(
        query: Query, ctx: Context, limit: Annotated[int, Field(ge=1, le=50)] = 10, as_of: AsOf = None
    ) -> SearchResponse:
        """Các điều khoản phù hợp nhất, chỉ trong văn bản có hiệu lực vào ngày `as_of`."""
        found = await _typed(workshop.search(search_request(query, limit=limit, as_of=as_of), _caller(ctx)))
        return found.response

    @server.tool(title="Một điều khoản", annotations=_READS)
    async def get_provision(
        number: Annotated[str, Field(max_length=300, description="Số hiệu văn bản, ví dụ 52/2014/QH13")],
        eid: Annotated[str, Field(max_length=300, description="Địa chỉ điều khoản, ví dụ art_8__para_1")],
        ctx: Context,
    ) -> ProvisionDetail:
        """Nguyên văn một điều khoản."""
        labels = _caller(ctx).labels
        return await _typed(asyncio.to_thread(lambda: provision_detail(workshop.catalogue(), number, labels, eid)))

    @server.tool(title="Tìm đúng điều khoản theo viện dẫn", annotations=_READS)
    async def resolve_citation(citation: CitationText, ctx: Context, as_of: AsOf = None) -> ResolveResponse:
        """Đúng điều khoản mà viện dẫn nêu; không có thì `found` là false, không bao giờ là điều khoản gần giống."""
        return await _typed(workshop.resolve(citation, as_of, _caller(ctx)))

    @server.tool(title="Trả lời có trích dẫn", annotations=_READS)
    async def answer(query: Query, ctx: Context, as_of: AsOf = None, format: AnswerFormat = "answer") -> AnswerResponse:
        """Câu trả lời, mỗi câu có trích dẫn đã kiểm chứng; hoặc lời từ chối khi không có căn cứ."""
        asked = answer_request(query, as_of=as_of).model_copy(update={"format": format})
        return await _typed(workshop.answer(asked, _caller(ctx)))

    return server


def _caller(ctx: Context) -> Caller:
    request = ctx.request_context.request
    if request is None:
        raise ToolError("Không rõ ai đang hỏi.")
    caller: Caller = request.state.mcp_caller
    return caller


async def _typed(work: Awaitable[T]) -> T:
    """The work's result; our typed errors with their reason, nothing of the question."""
    try:
        return await work
    except PhapquyError as error:
        raise ToolError(f"{error.code}: {error.reason}") from None
