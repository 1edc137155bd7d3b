"""One OpenAI-style model server as a place to send JSON to: time limits, bounded retries, typed errors.

Plain httpx: the official client adds nothing that is needed here and costs tens of megabytes.
Nothing of a request or an answer goes into a log or an error; a server's own message may quote the prompt, so it is
only looked at to tell the kinds of refusal apart.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import stamina

from legal.errors import ModelRefused, ModelUnavailable
from serving.protocols import PromptTooLong

Json = dict[str, Any]

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEALTH_PATIENCE = 5.0  # seconds
_TOO_LONG = ("context length", "max_model_len", "maximum model length", "too long", "max_tokens", "longer than")


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds. `connect`: to open a connection; `first`: until the first byte of an answer; `between`: longest silence
    inside a stream; `total`: a whole call, retries included."""

    connect: float = 2.0
    first: float = 30.0
    between: float = 15.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served. `url`: with or without `/v1` at its end. `role`: what people call it in an error."""

    url: str
    model: str
    role: str = "mô hình"
    api_key: str | None = field(default=None, repr=False)
    limits: TimeLimits = TimeLimits()
    attempts: int = 3

    @property
    def root(self) -> str:
        """The address without `/v1`."""
        return self.url.rstrip("/").removesuffix("/v1")


class ModelBusy(ModelUnavailable):
    """A fault that may pass: no connection, full, restarting. Worth another try."""


class RouteMissing(ModelUnavailable):
    """The server does not have this route at all (another kind of server)."""


class EndpointClient:
    """Sends JSON to one endpoint, from threads (`post`, `get`) and from event loops (`post_async`, `get_async`,
    `stream`).

    All raise `ModelBusy` or another `ModelUnavailable` when there is no answer in time, `PromptTooLong` or another
    `ModelRefused` when the server turns the request down. Calls are safe to repeat, and are, `attempts` times; a stream
    is only begun anew while the server has turned the request away.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._threads = httpx.Client(**self._options())
        # An asynchronous client belongs to the event loop that first used it.
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    def get(self, path: str) -> Json:
        """The JSON object at a path; blocking."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Send JSON, get a JSON object; blocking."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Json:
        for attempt in stamina.retry_context(on=ModelBusy, **self._retries()):
            with attempt:
                try:
                    response = self._threads.request(method, path, json=body)
                except httpx.HTTPError as error:
                    raise self._no_answer(error) from None
                return self._object(response)
        raise AssertionError("stamina gives at least one attempt")

    async def get_async(self, path: str) -> Json:
        """The JSON object at a path."""
        return await self._call_async("GET", path, None)

    async def post_async(self, path: str, body: Mapping[str, Any]) -> Json:
        """Send JSON, get a JSON object."""
        return await self._call_async("POST", path, body)

    async def _call_async(self, method: str, path: str, body: Mapping[str, Any] | None) -> Json:
        async for attempt in stamina.retry_context(on=ModelBusy, **self._retries()):
            with attempt:
                try:
                    async with asyncio.timeout(self.endpoint.limits.total):
                        response = await self._client().request(method, path, json=body)
                except (httpx.HTTPError, TimeoutError) as error:
                    raise self._no_answer(error) from None
                return self._object(response)
        raise AssertionError("stamina gives at least one attempt")

    async def is_healthy(self) -> bool | None:
        """Whether the server answers `/health` in time and without a fault; None when nobody listens. Never raises."""
        try:
            async with asyncio.timeout(_HEALTH_PATIENCE):
                return (await self._client().get("/health")).status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except (httpx.ConnectError, httpx.UnsupportedProtocol):
            return None
        except (httpx.HTTPError, TimeoutError):
            return False

    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[Json]:
        """The JSON objects of a server-sent stream until `[DONE]`. Closing the iterator closes the connection, which
        makes the server stop. A stream that ends without `[DONE]` raises `ModelUnavailable`."""
        loop, limits = asyncio.get_running_loop(), self.endpoint.limits
        deadline = loop.time() + limits.total
        response, lines, event = await self._begin(path, body)
        try:
            while event is not None:
                yield event
                event = await self._next(lines, min(deadline, loop.time() + limits.between))
        finally:
            await response.aclose()

    async def _begin(
        self, path: str, body: Mapping[str, Any]
    ) -> tuple[httpx.Response, AsyncIterator[str], Json | None]:
        """A stream with its first event. vLLM answers 200 before it knows whether it has room: that it is full, or that
        the prompt is too long, is then the first event, and as good a reason to try again, or not, as a status is."""
        limits = self.endpoint.limits
        async for attempt in stamina.retry_context(on=ModelBusy, **self._retries()):
            with attempt:
                response = await self._open(path, body)
                lines = response.aiter_lines()
                try:
                    return response, lines, await self._next(lines, asyncio.get_running_loop().time() + limits.first)
                except BaseException:
                    await response.aclose()
                    raise
        raise AssertionError("stamina gives at least one attempt")

    async def _open(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        client = self._client()
        try:
            async with asyncio.timeout(self.endpoint.limits.first):
                request = client.build_request("POST", path, json=body)
                response = await client.send(request, stream=True)
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._no_answer(error) from None
        except (httpx.HTTPError, TimeoutError) as error:
            # The server may be at work on it already: a second request would only add to its load.
            raise self._broken(error) from None
        if response.status_code != httpx.codes.OK:
            raise self._refusal(response)
        return response

    async def _next(self, lines: AsyncIterator[str], until: float) -> Json | None:
        """The next event; None at the stream's proper end."""
        while True:
            try:
                async with asyncio.timeout_at(until):
                    line = await anext(lines)
            except StopAsyncIteration:
                raise ModelUnavailable(f"Máy chủ {self._role} ngắt kết nối khi chưa trả lời xong.") from None
            except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
                raise self._broken(error) from None
            if line.startswith("data:"):
                data = line[5:].strip()
                return None if data == "[DONE]" else self._event(data)

    async def close(self) -> None:
        """Close this loop's connections and the threads'."""
        self._threads.close()
        client = self._loops.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    @property
    def _role(self) -> str:
        return self.endpoint.role

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            self._loops[loop] = httpx.AsyncClient(**self._options())
        return self._loops[loop]

    def _options(self) -> dict[str, Any]:
        endpoint, limits = self.endpoint, self.endpoint.limits
        return {
            "base_url": endpoint.root,
            "headers": {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {},
            "timeout": httpx.Timeout(limits.first, connect=limits.connect),
            "limits": httpx.Limits(max_connections=256, max_keepalive_connections=32),
            "trust_env": False,  # no proxy out of the environment: the server is ours, in our network
            "follow_redirects": False,
        }

    def _retries(self) -> dict[str, Any]:
        endpoint = self.endpoint
        return {
            "attempts": endpoint.attempts,
            "timeout": endpoint.limits.total,
            "wait_initial": 0.2,
            "wait_max": 2.0,
            "wait_jitter": 0.2,
        }

    def _object(self, response: httpx.Response) -> Json:
        if response.status_code != httpx.codes.OK:
            raise self._refusal(response)
        try:
            value = response.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ModelUnavailable(f"Máy chủ {self._role} trả lời không đúng giao thức OpenAI; hãy kiểm tra địa chỉ.")
        return value

    def _event(self, data: str) -> Json:
        try:
            event = json.loads(data)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise ModelUnavailable(f"Máy chủ {self._role} gửi dữ liệu không đúng giao thức OpenAI.")
        if "error" in event:
            error = event["error"] if isinstance(event["error"], dict) else {}
            code = error.get("code")
            raise self._refusal_of(code if isinstance(code, int) else 500, str(error.get("message", "")), known=True)
        return event

    def _refusal(self, response: httpx.Response) -> ModelUnavailable | ModelRefused:
        """What an answer other than 200 means."""
        try:
            body = response.json()
        except ValueError:
            body = None
        message, known = "", False
        if isinstance(body, dict):
            error = body.get("error", body)
            message = str(error.get("message", "")) if isinstance(error, dict) else str(error)
            known = bool(message)
        return self._refusal_of(response.status_code, message, known=known)

    def _refusal_of(self, status: int, message: str, *, known: bool) -> ModelUnavailable | ModelRefused:
        """`known`: the error is in OpenAI's form, so the route exists and 404 speaks of the model."""
        if status in _PASSING:
            return ModelBusy(f"Máy chủ {self._role} đang quá tải hoặc gặp sự cố (mã {status}); hãy thử lại sau.")
        if status in (401, 403):
            return ModelUnavailable(f"Máy chủ {self._role} không chấp nhận khóa truy cập đã cấu hình.")
        if status in (404, 405) and not known:
            return RouteMissing(
                f"Máy chủ {self._role} không có chức năng được gọi; hãy kiểm tra địa chỉ và loại máy chủ."
            )
        if status == 404:
            return ModelUnavailable(
                f"Máy chủ {self._role} không phục vụ mô hình “{self.endpoint.model}”; hãy kiểm tra tên mô hình."
            )
        if any(sign in message.lower() for sign in _TOO_LONG) or status == 413:
            return PromptTooLong(f"Nội dung gửi tới {self._role} dài hơn ngữ cảnh mà mô hình nhận được.")
        return ModelRefused(f"Máy chủ {self._role} từ chối yêu cầu (mã {status}).")

    def _no_answer(self, error: Exception) -> ModelUnavailable:
        slow = isinstance(error, (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout))
        if slow:
            return ModelUnavailable(f"Máy chủ {self._role} không trả lời trong thời gian cho phép.")
        return ModelBusy(f"Không kết nối được máy chủ {self._role}; hãy kiểm tra máy chủ đã chạy và địa chỉ đúng.")

    def _broken(self, error: Exception) -> ModelUnavailable:
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return ModelUnavailable(f"Máy chủ {self._role} không trả lời trong thời gian cho phép.")
        return ModelUnavailable(f"Máy chủ {self._role} ngắt kết nối khi chưa trả lời xong.")
