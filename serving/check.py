"""Are the configured model servers what they should be: health, name, context, structure, vectors, speed, exposure.

Each check of a server gives `Finding`s: what was looked at, what was found, and for a fault what to do about it. Nothing
of the agency is sent, only fixed sentences.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from time import perf_counter
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from legal.errors import ModelRefused, ModelUnavailable
from serving.endpoint import Endpoint, EndpointClient, RouteMissing
from serving.openai_http import HttpEmbedder, HttpGenerator, HttpReranker
from serving.plan import is_inside
from serving.protocols import Message

State = Literal["ok", "warning", "failed"]

#: Tokens that rules, a few articles and an answer need.
ENOUGH_CONTEXT = 8192
#: Below it, a reader waits for the model; above it, the model waits for the reader.
ENOUGH_SPEED = 10.0
_PATIENCE_FIRST = 3.0
_PASSAGE = "Lệ phí cấp bản sao trích lục hộ tịch là 8.000 đồng một bản."
_OTHER = "Ban quản lý chợ sắp xếp điểm kinh doanh theo từng ngành hàng."
_QUESTION = "Cấp bản sao trích lục hộ tịch hết bao nhiêu tiền?"
_PROMPT = (
    Message("system", "Chỉ trả lời từ nguồn sau. " + _PASSAGE),
    Message("user", _QUESTION),
)
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"co_le_phi": {"type": "boolean"}, "so_tien": {"type": "integer", "minimum": 0, "maximum": 99999}},
    "required": ["co_le_phi", "so_tien"],
    "additionalProperties": False,
}
_RERANKED = 30
_KEEP_INSIDE = "Để vLLM nghe ở 127.0.0.1 hoặc mạng riêng mà chỉ máy chạy phapquy vào được (tường lửa)."


@dataclass(frozen=True, slots=True)
class Finding:
    """`server`: which, as people call it; `aspect`: what was looked at; `advice`: what to do, where something is wrong."""

    server: str
    url: str
    aspect: str
    state: State
    detail: str
    advice: str = ""


async def check_generator(endpoint: Endpoint, setting: str, context_length: int | None = None) -> list[Finding]:
    """A chat server. `setting`: the prefix of its variables ("PHAPQUY_GENERATOR"); `context_length`: as configured."""
    look = _Look(endpoint, setting)
    if not await look.served():
        return look.findings
    served = look.max_model_len
    if context_length and served and context_length > served:
        look.failed(
            "ngữ cảnh",
            f"cấu hình {context_length}, máy chủ chỉ nhận {served}",
            f"Bỏ {setting}__CONTEXT_LENGTH hoặc khởi động vLLM với --max-model-len {context_length}.",
        )
    elif not served:
        look.warn("ngữ cảnh", "máy chủ không cho biết", f"Đặt {setting}__CONTEXT_LENGTH.")
    elif served < ENOUGH_CONTEXT:
        look.warn(
            "ngữ cảnh", f"{served}, chỉ đủ cho ít nguồn", f"Khởi động với --max-model-len {ENOUGH_CONTEXT} trở lên."
        )
    else:
        look.ok("ngữ cảnh", f"{served}")
    generator = HttpGenerator(endpoint, context_length=context_length)
    try:
        await look.tokenizer()
        await look.attempt("tốc độ", _writing(look, generator))
        await look.attempt("đầu ra có cấu trúc", _structured(look, generator))
    finally:
        await generator.close()
    await look.exposure(("/metrics", "/tokenize"))
    return look.findings


async def check_embedder(
    endpoint: Endpoint, setting: str, embedder: HttpEmbedder, dimension: int | None
) -> list[Finding]:
    """An embeddings server, by the client that is wired to it. `dimension`: as configured or as the index has it."""
    look = _Look(endpoint, setting)
    if not await look.served():
        return look.findings
    if look.max_model_len and look.max_model_len < embedder.window:
        look.failed(
            "cửa sổ",
            f"cấu hình {embedder.window}, máy chủ chỉ nhận {look.max_model_len}",
            f"Đặt {setting}__WINDOW={look.max_model_len} rồi nạp lại kho (phapquy reindex).",
        )
    else:
        look.ok("cửa sổ", f"{embedder.window}")
    await look.attempt("véc-tơ", _vectors(look, embedder, dimension))
    await look.exposure(("/metrics", "/rerank"))
    return look.findings


async def check_reranker(endpoint: Endpoint, setting: str) -> list[Finding]:
    """A reranking server."""
    look = _Look(endpoint, setting)
    if not await look.served():
        return look.findings
    reranker = HttpReranker(endpoint)
    try:
        await look.attempt("xếp hạng", _ranking(look, reranker))
    finally:
        await reranker.close()
    await look.exposure(("/metrics", "/rerank"))
    return look.findings


class _Look:
    """The findings about one server, gathered."""

    def __init__(self, endpoint: Endpoint, setting: str) -> None:
        self.endpoint, self.setting = endpoint, setting
        self.findings: list[Finding] = []
        self.max_model_len = 0

    def ok(self, aspect: str, detail: str) -> None:
        """Nothing wrong."""
        self._add(aspect, "ok", detail)

    def warn(self, aspect: str, detail: str, advice: str) -> None:
        """It works, not as it should."""
        self._add(aspect, "warning", detail, advice)

    def failed(self, aspect: str, detail: str, advice: str) -> None:
        """It does not work."""
        self._add(aspect, "failed", detail, advice)

    def _add(self, aspect: str, state: State, detail: str, advice: str = "") -> None:
        self.findings.append(Finding(self.endpoint.role, self.endpoint.url, aspect, state, detail, advice))

    async def served(self) -> bool:
        """Whether the server is healthy and has the model; the rest is pointless otherwise."""
        if public := [address for address in await addresses_of(self.endpoint.root) if not is_inside(address)]:
            self.warn("địa chỉ", f"{public[0]} là địa chỉ công khai", _KEEP_INSIDE)
        health = await self._status("/health")
        if health is None:
            self.failed("sức khoẻ", "không kết nối được", f"Khởi động máy chủ, kiểm tra địa chỉ {self.setting}__URL.")
            return False
        if health >= 500:
            self.failed("sức khoẻ", f"máy chủ báo lỗi (mã {health})", "Xem nhật ký của vLLM; khởi động lại nó.")
            return False
        self.ok("sức khoẻ", "đang chạy" if health == httpx.codes.OK else "trả lời (máy chủ không có /health)")
        try:
            models = await self._models()
        except ModelUnavailable as error:
            advice = f"Kiểm tra {self.setting}__API_KEY và {self.setting}__URL."
            self.failed("tên mô hình", error.reason, advice)
            return False
        names = [str(row.get("id")) for row in models]
        if self.endpoint.model not in names:
            shown = ", ".join(names) or "không có mô hình nào"
            self.failed(
                "tên mô hình",
                f"cấu hình “{self.endpoint.model}”, máy chủ phục vụ: {shown}",
                f"Đặt {self.setting}__MODEL={names[0]}." if names else "Khởi động vLLM với một mô hình.",
            )
            return False
        self.ok("tên mô hình", self.endpoint.model)
        lengths = [row.get("max_model_len") for row in models if row.get("id") == self.endpoint.model]
        self.max_model_len = int(lengths[0] or 0)
        return True

    async def tokenizer(self) -> None:
        """Whether prompts are counted by the model itself."""
        client = EndpointClient(replace(self.endpoint, attempts=1))
        try:
            await client.post_async("/tokenize", {"model": self.endpoint.model, "prompt": _PASSAGE})
        except (ModelUnavailable, ModelRefused):
            self.warn(
                "đếm token",
                "không có /tokenize, độ dài câu hỏi chỉ ước lượng",
                "Trỏ thẳng vào vLLM, hoặc cho bộ định tuyến chuyển tiếp /tokenize.",
            )
        else:
            self.ok("đếm token", "theo bộ từ của mô hình")
        finally:
            await client.close()

    async def attempt(self, aspect: str, check: Awaitable[None]) -> None:
        """Run a check; a typed error of the server becomes its finding."""
        try:
            await check
        except RouteMissing as error:
            self.failed(aspect, error.reason, "Mỗi vLLM chỉ phục vụ một loại mô hình: kiểm tra --runner và cổng.")
        except (ModelUnavailable, ModelRefused) as error:
            self.failed(aspect, error.reason, "Xem nhật ký của vLLM.")

    async def exposure(self, paths: Sequence[str]) -> None:
        """Who can reach what: the server's key guards /v1 only."""
        opened = [path for path in paths if await self._answers_without_key(path)]
        if not opened:
            self.ok("lộ cổng", "không trả lời khi thiếu khoá")
        elif all(ip_address(address).is_loopback for address in await addresses_of(self.endpoint.root)):
            self.ok("lộ cổng", f"chỉ máy này vào được ({', '.join(opened)} không hỏi khoá)")
        else:
            self.warn("lộ cổng", f"{', '.join(opened)} trả lời mà không hỏi khoá", _KEEP_INSIDE)

    async def _answers_without_key(self, path: str) -> bool:
        method = "GET" if path == "/metrics" else "POST"
        status = await self._status(path, method, key=False)
        return status is not None and status not in {401, 403, 404, 405}

    async def _models(self) -> list[dict[str, Any]]:
        client = EndpointClient(replace(self.endpoint, attempts=1))
        try:
            rows = (await client.get_async("/v1/models")).get("data")
        finally:
            await client.close()
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    async def _status(self, path: str, method: str = "GET", *, key: bool = True) -> int | None:
        headers = {"Authorization": f"Bearer {self.endpoint.api_key}"} if key and self.endpoint.api_key else {}
        body: dict[str, str] | None = None if method == "GET" else {}
        try:
            async with httpx.AsyncClient(base_url=self.endpoint.root, trust_env=False, timeout=10) as client:
                return (await client.request(method, path, headers=headers, json=body)).status_code
        except httpx.HTTPError:
            return None


async def _writing(look: _Look, generator: HttpGenerator) -> None:
    begun, first, pieces, tokens, text = perf_counter(), 0.0, 0, 0, ""
    async for chunk in generator.stream(_PROMPT, max_tokens=64):
        if chunk.text:
            first = first or perf_counter()
            pieces, text = pieces + 1, text + chunk.text
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    if not pieces:
        look.failed("tốc độ", "mô hình không viết gì", "Kiểm tra mẫu hội thoại (chat template) của mô hình.")
        return
    rate = (max(tokens, pieces) - 1) / max(perf_counter() - first, 1e-6)
    shown = f"từ đầu tiên sau {first - begun:.2f} s, {rate:.0f} token/s"
    if first - begun > _PATIENCE_FIRST or rate < ENOUGH_SPEED:
        look.warn("tốc độ", shown, "Xem GPU có đang dùng cho việc khác; thử mô hình nhỏ hơn (phapquy models plan).")
    else:
        look.ok("tốc độ", shown)
    if "<think>" in text:
        look.warn(
            "suy luận",
            "mô hình viết cả phần suy luận vào câu trả lời",
            "Khởi động với --default-chat-template-kwargs '{\"enable_thinking\": false}'.",
        )


async def _structured(look: _Look, generator: HttpGenerator) -> None:
    text = ""
    async for chunk in generator.stream(_PROMPT, max_tokens=128, schema=_SCHEMA):
        text += chunk.text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and set(value) == set(_SCHEMA["required"]):
        look.ok("đầu ra có cấu trúc", "theo đúng JSON schema")
    elif text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
        look.failed(
            "đầu ra có cấu trúc",
            "mô hình không viết xong JSON, có thể chỉ viết khoảng trắng",
            'Khởi động với --structured-outputs-config \'{"backend": "xgrammar", "disable_any_whitespace": true}\'.',
        )
    else:
        look.failed(
            "đầu ra có cấu trúc", "máy chủ bỏ qua JSON schema", "Dùng vLLM bản mới (response_format json_schema)."
        )


async def _vectors(look: _Look, embedder: HttpEmbedder, dimension: int | None) -> None:
    passages = await asyncio.to_thread(embedder.embed_passages, [_PASSAGE, _OTHER])
    question = await embedder.embed_question(_QUESTION)
    size = passages.shape[1]
    if dimension and size != dimension:
        look.failed(
            "véc-tơ",
            f"{size} chiều, cần {dimension}",
            f"Kho hoặc {look.setting}__DIMENSION theo mô hình khác: sửa cấu hình, rồi phapquy reindex.",
        )
        return
    look.ok("véc-tơ", f"{size} chiều")
    right, wrong = (float(passages[n] @ question) for n in (0, 1))
    if right > wrong:
        look.ok("độ gần nghĩa", f"câu đúng {right:.2f}, câu khác {wrong:.2f}")
    else:
        look.failed(
            "độ gần nghĩa",
            f"câu đúng {right:.2f} không gần hơn câu khác {wrong:.2f}",
            f"Kiểm tra mô hình và tiền tố {look.setting}__QUERY_PREFIX, __PASSAGE_PREFIX.",
        )
    begun = perf_counter()
    await asyncio.to_thread(embedder.embed_passages, [f"{number}. {_PASSAGE * 4}" for number in range(32)])
    look.ok("tốc độ", f"{32 / (perf_counter() - begun):.0f} đoạn/s")


async def _ranking(look: _Look, reranker: HttpReranker) -> None:
    begun = perf_counter()
    scores = await reranker.rerank(_QUESTION, [_OTHER] * (_RERANKED - 1) + [_PASSAGE])
    if scores.index(max(scores)) == _RERANKED - 1:
        look.ok("xếp hạng", f"câu đúng đứng đầu {_RERANKED} đoạn")
    else:
        look.failed("xếp hạng", "câu đúng không đứng đầu", f"Kiểm tra {look.setting}__MODEL có phải mô hình xếp hạng.")
    look.ok("tốc độ", f"{_RERANKED} đoạn trong {perf_counter() - begun:.2f} s")


async def addresses_of(url: str) -> list[str]:
    """The addresses behind a URL's host; none where its name is not known."""
    try:
        host = urlsplit(url).hostname or ""
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return []
    return sorted({str(place[4][0]).partition("%")[0] for place in found})
