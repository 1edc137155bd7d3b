"""Examples in the API's description: what a call gives, and how each kind of error reads. From the demo documents."""

from __future__ import annotations

from typing import Any

from api.problems import TITLES

_ERRORS: dict[str, tuple[str, str]] = {
    "400": ("bad_request", "Yêu cầu không đọc được; hãy kiểm tra JSON và tham số."),
    "401": ("unauthorized", "Cần khoá API hợp lệ trong tiêu đề Authorization: Bearer."),
    "403": ("forbidden", "Khoá này không có quyền dùng chức năng này."),
    "404": ("not_found", "Không có văn bản này."),
    "409": ("conflict", "Một tiến trình khác đang nạp văn bản vào kho này; hãy đợi nó xong rồi chạy lại."),
    "413": ("body_too_large", "Nội dung yêu cầu vượt giới hạn của máy chủ."),
    "415": ("unsupported_format", "Cần multipart/form-data."),
    "422": ("validation", "Một số trường không dùng được; xem `errors`."),
    "429": ("too_many_requests", "Quá nhiều yêu cầu; hãy đợi số giây ghi ở Retry-After."),
    "503": ("service_unavailable", "Dịch vụ chưa sẵn sàng."),
}

_DOCUMENT: dict[str, Any] = {
    "number": "12/2025/QĐ-UBND",
    "title": "Quyết định ban hành Quy chế tiếp nhận và trả kết quả hồ sơ tại Bộ phận Một cửa cấp xã",
    "type": "Quyết định",
    "issuer": "Ủy ban nhân dân tỉnh Bình Giang",
    "issued": "2025-03-14",
    "status": "partly_in_force",
    "effective_from": "2025-04-01",
    "effective_to": None,
}
_PROVISION: dict[str, Any] = {
    "eid": "att_1__art_3__para_1",
    "label": "khoản 1 Điều 3 Quy chế",
    "article": "3",
    "heading": "Giải thích từ ngữ",
    "path": ["Chương I. QUY ĐỊNH CHUNG"],
}
_TEXT = "1. Bộ phận Một cửa là nơi tiếp nhận, hướng dẫn hồ sơ và trả kết quả giải quyết thủ tục hành chính."
_QUERY: dict[str, Any] = {
    "text": "bo phan mot cua la gi",
    "read_as": "bộ phận một cửa là gì",
    "restored": True,
    "citations": [],
    "expansions": [],
    "date": None,
    "notes": [],
    "rewritten": None,
}
_HIT: dict[str, Any] = {"rank": 1, "score": 0.91, "document": _DOCUMENT, "provision": _PROVISION, "text": _TEXT}

#: (method, path) -> what a 200 may look like.
EXAMPLES: dict[tuple[str, str], Any] = {
    ("post", "/v1/search"): {"query": _QUERY, "as_of": "2026-11-26", "results": [_HIT], "warnings": []},
    ("post", "/v1/answers"): {
        "id": "5e0c3c1e-7a53-4f0c-9c39-0d5f3a1f8a11",
        "text": "Bộ phận Một cửa là nơi tiếp nhận, hướng dẫn hồ sơ và trả kết quả giải quyết thủ tục hành chính [1].",
        "mode": "generative",
        "citations": [
            {
                "n": 1,
                "document": _DOCUMENT,
                "provision": _PROVISION,
                "quote": _TEXT.removeprefix("1. "),
                "start": 3,
                "end": len(_TEXT),
            }
        ],
        "sources": [{**_HIT, "why": "match", "reason": "Khớp với câu hỏi"}],
        "as_of": "2026-11-26",
        "model": "mo-hinh-cua-co-quan",
        "warnings": [],
        "query": _QUERY,
        "statements": [
            {
                "text": "Bộ phận Một cửa là nơi tiếp nhận, hướng dẫn hồ sơ và trả kết quả giải quyết thủ tục hành chính.",
                "verdict": "supported",
                "citations": [1],
            }
        ],
        "format": "answer",
        "table": None,
        "usage": {"prompt_tokens": 1840, "completion_tokens": 46},
    },
    ("get", "/v1/resolve"): {
        "citation": "k1 đ3 quy chế 12/2025",
        "as_of": "2026-11-26",
        "found": True,
        "reason": None,
        "results": [{"document": _DOCUMENT, "provision": _PROVISION, "kind": "clause", "text": _TEXT}],
        "others": [],
        "missing": [],
        "notes": [],
    },
}


def problem_example(status: str) -> dict[str, Any]:
    """`example` of a problem with that status, if there is one."""
    if status not in _ERRORS:
        return {}
    code, detail = _ERRORS[status]
    example = {
        "type": f"urn:phapquy:problem:{code}",
        "title": TITLES[code][0],
        "status": int(status),
        "detail": detail,
        "code": code,
        "request_id": "5f2b7c9d3e8a4f10",
    }
    if status == "422":
        example["errors"] = [{"field": "limit", "code": "less_than_equal", "message": "Lớn hơn mức cho phép."}]
    return {"example": example}
