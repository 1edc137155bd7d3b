"""Assistants: the official MCP client against a real server."""

from __future__ import annotations

from typing import Any

from mcp import Client


async def test_an_assistant_searches_quotes_resolves_and_answers(server: Any) -> None:
    async with Client(f"{server.url}/mcp") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "get_provision", "resolve_citation", "answer"}
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        assert "caller" not in str(tools["search"].input_schema)

        found = await client.call_tool("search", {"query": "thoi han giai quyet ho so mo ben do", "limit": 3})
        hit = found.structured_content["results"][0]
        assert hit["document"]["number"] == "12/2024/QĐ-UBND" and hit["provision"]["article"] == "3"

        one = await client.call_tool("get_provision", {"number": "12/2024/QĐ-UBND", "eid": "art_3"})
        assert "07 ngày làm việc" in one.structured_content["text"]

        named = await client.call_tool("resolve_citation", {"citation": "khoản 2 Điều 2 Quyết định 12/2024/QĐ-UBND"})
        assert named.structured_content["results"][0]["provision"]["eid"].endswith("art_2__para_2")
        missing = await client.call_tool("resolve_citation", {"citation": "Điều 99 Quyết định 12/2024/QĐ-UBND"})
        assert missing.structured_content["found"] is False

        answered = await client.call_tool("answer", {"query": "Mức thu phí tham quan vườn chim là bao nhiêu?"})
        (citation, *_) = answered.structured_content["citations"]
        assert "20.000 đồng" in citation["quote"] and answered.structured_content["mode"] == "extractive"


async def test_errors_are_told_with_their_reason(server: Any) -> None:
    async with Client(f"{server.url}/mcp") as client:
        for arguments in (
            {"number": "99/2099/QĐ-UBND", "eid": "art_1"},
            {"number": "12/2024/QĐ-UBND", "eid": "art_77"},
        ):
            refused = await client.call_tool("get_provision", arguments)
            assert refused.is_error and "not_found" in refused.content[0].text
        assert (await client.call_tool("search", {"query": ""})).is_error
