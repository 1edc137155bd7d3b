"""Errors at the HTTP door: RFC 9457 problem JSON, Vietnamese by default, English titles by Accept-Language."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from api.schemas import FieldError, Problem
from legal.errors import PhapquyError

#: code -> (Vietnamese, English) titles.
TITLES: dict[str, tuple[str, str]] = {
    "internal": ("Lỗi bên trong hệ thống", "Internal error"),
    "validation": ("Yêu cầu không hợp lệ", "Invalid request"),
    "bad_request": ("Yêu cầu không hợp lệ", "Invalid request"),
    "unauthorized": ("Chưa xác thực", "Not authenticated"),
    "forbidden": ("Không có quyền", "Forbidden"),
    "not_found": ("Không tìm thấy", "Not found"),
    "method_not_allowed": ("Phương thức không được hỗ trợ", "Method not allowed"),
    "conflict": ("Xung đột trạng thái", "Conflict"),
    "too_slow": ("Gửi yêu cầu quá chậm", "Request too slow"),
    "body_too_large": ("Nội dung gửi lên quá lớn", "Request body too large"),
    "document_error": ("Không đọc được văn bản", "Document cannot be read"),
    "unsupported_format": ("Định dạng không được hỗ trợ", "Unsupported format"),
    "unreadable_document": ("Không đọc được văn bản", "Document cannot be read"),
    "encrypted_document": ("Văn bản có mật khẩu", "Document is encrypted"),
    "scanned_document": ("Văn bản là ảnh quét", "Document is a scan"),
    "legacy_encoding": ("Mã chữ cũ", "Legacy text encoding"),
    "limit_exceeded": ("Vượt giới hạn", "Limit exceeded"),
    "missing_program": ("Thiếu chương trình hệ thống", "Missing system program"),
    "too_many_requests": ("Quá nhiều yêu cầu", "Too many requests"),
    "headers_too_large": ("Tiêu đề yêu cầu quá lớn", "Request headers too large"),
    "busy": ("Máy chủ đang bận", "Server is busy"),
    "unusable_backup": ("Tệp sao lưu không dùng được", "Backup cannot be used"),
    "service_unavailable": ("Dịch vụ chưa sẵn sàng", "Service unavailable"),
    "model_unavailable": ("Mô hình không phản hồi", "Model unavailable"),
    "model_refused": ("Mô hình từ chối yêu cầu", "Model refused the request"),
}
#: Paths whose clients look for an OpenAI-style `error` member.
_OPENAI = ("/v1/chat/", "/v1/models")
_HTTP_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "body_too_large",
    503: "service_unavailable",
}
_DETAILS = {
    404: ("Không có đường dẫn này.", "There is no such path."),
    405: ("Đường dẫn này không nhận phương thức vừa dùng.", "This path does not take that method."),
    408: ("Nội dung yêu cầu không đến kịp.", "The request body did not arrive in time."),
    413: ("Nội dung yêu cầu vượt giới hạn của máy chủ.", "The request body is over the server's limit."),
}
_MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("Thiếu trường bắt buộc.", "Required."),
    "extra_forbidden": ("Trường không được biết đến.", "Unknown field."),
    "string_too_short": ("Ngắn hơn mức cho phép.", "Too short."),
    "string_too_long": ("Dài hơn mức cho phép.", "Too long."),
    "too_long": ("Nhiều phần tử hơn mức cho phép.", "Too many items."),
    "greater_than_equal": ("Nhỏ hơn mức cho phép.", "Too small."),
    "less_than_equal": ("Lớn hơn mức cho phép.", "Too large."),
    "int_parsing": ("Phải là số nguyên.", "Must be an integer."),
    "int_type": ("Phải là số nguyên.", "Must be an integer."),
    "int_from_float": ("Phải là số nguyên.", "Must be an integer."),
    "string_type": ("Phải là chuỗi ký tự.", "Must be a string."),
    "bool_type": ("Phải là true hoặc false.", "Must be true or false."),
    "bool_parsing": ("Phải là true hoặc false.", "Must be true or false."),
    "list_type": ("Phải là danh sách.", "Must be a list."),
    "model_attributes_type": ("Phải là đối tượng JSON.", "Must be a JSON object."),
    "literal_error": ("Không phải giá trị cho phép.", "Not an allowed value."),
    "value_error": ("Giá trị không dùng được.", "Not a usable value."),
    "json_invalid": ("Không phải JSON hợp lệ.", "Not valid JSON."),
}
_DATE = ("Phải là ngày theo dạng YYYY-MM-DD.", "Must be a date as YYYY-MM-DD.")
_OTHER = ("Giá trị không dùng được.", "Not a usable value.")


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = "application/problem+json"


def english(request: Request) -> bool:
    """Whether the caller prefers English over Vietnamese (Accept-Language; Vietnamese when it says nothing)."""
    weights = {"vi": 0.0, "en": 0.0}
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                quality = 0.0
        language = tag.strip().lower().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], quality)
    return weights["en"] > weights["vi"]


def problem(
    request: Request,
    code: str,
    status: int,
    detail: str | None = None,
    *,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem response; `detail` is one sentence a person can act on, never content of a request or document."""
    known = TITLES.get(code)
    title = known[english(request)] if known else HTTPStatus(status).phrase
    body = Problem(
        type=f"urn:phapquy:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        request_id=request.scope.get("state", {}).get("request_id"),
        errors=errors,
    )
    shown = body.model_dump(mode="json", exclude_none=True)
    if request.url.path.startswith(_OPENAI):
        shown["error"] = {"message": detail or title, "type": code, "code": code, "param": None}
    out = dict(headers or {})
    out.setdefault("Content-Language", "en" if english(request) else "vi")
    return ProblemResponse(shown, status_code=status, headers=out)


def of_error(request: Request, error: PhapquyError) -> Response:
    """The problem response of a typed error."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if (after := getattr(error, "after", None)) is not None:
        headers["Retry-After"] = str(after)
    return problem(request, error.code, error.status, error.reason, headers=headers)


def install(app: FastAPI) -> None:
    """Make every error of the application a problem response."""

    async def typed(request: Request, error: Exception) -> Response:
        assert isinstance(error, PhapquyError)
        return of_error(request, error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _HTTP_CODES.get(error.status_code, "internal" if error.status_code >= 500 else "bad_request")
        detail = _DETAILS.get(error.status_code)
        headers = dict(error.headers or {})
        if error.status_code == 405:  # a path's methods may be routes of their own; each alone knows only its own
            headers["Allow"] = ", ".join(sorted(_methods(app, request.scope["path"])))
        return problem(request, code, error.status_code, detail[english(request)] if detail else None, headers=headers)

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = [_field_error(request, e) for e in error.errors()]
        detail = ("Một số trường không dùng được; xem `errors`.", "Some fields cannot be used; see `errors`.")
        return problem(request, "validation", 422, detail[english(request)], errors=fields)

    async def fault(request: Request, error: Exception) -> Response:
        return internal(request)

    app.add_exception_handler(Exception, fault)
    app.add_exception_handler(PhapquyError, typed)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)


def _methods(app: FastAPI, path: str) -> set[str]:
    """What can be done at a path."""
    found: set[str] = set()
    for route in iter_route_contexts(app.routes):
        if route.path and compile_path(route.path)[0].match(path):
            found |= set(getattr(route, "methods", None) or ())
    return found


def too_large(request: Request) -> Response:
    """The refusal of a body over the limit."""
    return problem(request, "body_too_large", 413, _DETAILS[413][english(request)])


def internal(request: Request) -> Response:
    """A fault of ours: nothing of it goes to the caller."""
    detail = (
        "Lỗi đã được ghi lại; hãy báo mã yêu cầu cho quản trị viên.",
        "The fault was logged; report the request id.",
    )
    return problem(request, "internal", 500, detail[english(request)])


def _field_error(request: Request, error: Mapping[str, Any]) -> FieldError:
    code = str(error.get("type", "value_error"))
    words = _DATE if code.startswith("date") else _MESSAGES.get(code, _OTHER)
    place = [str(part) for part in error.get("loc", ())[1:]]
    if code == "json_invalid":
        place = []
    return FieldError(field=".".join(place), code=code, message=words[english(request)])
