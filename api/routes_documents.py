"""`GET /v1/documents...`: what is in the home, down to a provision and its text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

import api.paths  # noqa: F401  (the kind of path that documents' numbers are)
from api.auth import Asking
from api.dependencies import PartsOf
from api.present import document_detail, document_row, held_row, provision_detail
from api.present_citations import change_out, reference_page
from api.schemas import DocumentDetail, DocumentPage, FilterValue, Problem, ProvisionDetail
from api.schemas_citations import Changes, ReferencePage
from api.schemas_jobs import Label
from api.schemas_values import Day
from ingest.catalogue import DocumentFilter
from ingest.citations_read import changes_of, citations_of
from ingest.held import held_documents
from ingest.kinds import media_type, media_types
from ingest.originals import Originals
from ingest.relations import relations_of

MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "Không tìm thấy"}}
router = APIRouter(prefix="/v1/documents", tags=["Văn bản"])

NumberInPath = Annotated[
    str, Path(description="Số hiệu; dấu `/` viết là `~` hoặc `%2F`", examples=["52~2014~QH13"], max_length=300)
]
Values = Annotated[list[FilterValue] | None, Query(max_length=50)]


@router.get("", summary="Danh mục văn bản")
def documents(
    caller: Asking,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=500, description="Số văn bản mỗi trang")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="`next` của trang trước")] = None,
    type: Values = None,
    issuer: Values = None,
    status: Values = None,
    issued_from: Day | None = None,
    issued_to: Day | None = None,
    effective_on: Annotated[Day | None, Query(description="Có hiệu lực vào ngày này (không rõ thì tính là có)")] = None,
    label: Annotated[list[Label] | None, Query(max_length=50, description="Nhãn quyền xem")] = None,
    text: Annotated[str, Query(max_length=200, description="Chữ trong tên hoặc số hiệu, có dấu hay không")] = "",
    state: Annotated[
        Literal["live", "needs_review"], Query(description="`needs_review`: văn bản chờ duyệt, chỉ người quản trị thấy")
    ] = "live",
) -> DocumentPage:
    """Các văn bản đang trả lời, mới ban hành trước, theo trang; hoặc các văn bản chờ duyệt, chờ lâu nhất trước."""
    if state == "needs_review":
        held = held_documents(parts.catalogue(), limit) if caller.labels is None else []
        return DocumentPage(documents=[held_row(entry) for entry in held], next=None)
    where = DocumentFilter(
        types=type or (),
        issuers=issuer or (),
        statuses=status or (),
        issued_from=issued_from,
        issued_to=issued_to,
        effective_on=effective_on,
        labels=tuple(one for one in label or () if caller.labels is None or one in caller.labels) if label else None,
        text=text,
        access=caller.labels,
    )
    page = parts.catalogue().documents(where, cursor, limit)
    return DocumentPage(documents=[document_row(entry) for entry in page.entries], next=page.next)


# Before the document's own route, which would take the whole rest of the path for a number.
@router.get("/{number:path}/provisions/{eid}", summary="Một điều khoản", responses=MISSING)
def provision(
    number: NumberInPath,
    eid: Annotated[str, Path(description="Địa chỉ của điều khoản", examples=["art_8__para_1"], max_length=300)],
    caller: Asking,
    parts: PartsOf,
) -> ProvisionDetail:
    """Nguyên văn một điều khoản; vị trí ký tự của trích dẫn tính theo `text`."""
    return provision_detail(parts.catalogue(), number, caller.labels, eid)


@router.get(
    "/{number:path}/original",
    summary="Tệp gốc",
    response_class=FileResponse,
    responses={200: {"description": "Tệp như đã nạp", "content": {kind: {} for kind in media_types()}}, **MISSING},
)
def original(
    number: NumberInPath,
    caller: Asking,
    parts: PartsOf,
    version: Annotated[str | None, Query(max_length=36, description="Phiên bản; mặc định bản đang trả lời")] = None,
) -> FileResponse:
    """Tệp gốc như đã nạp, để tải về; tên và kiểu đúng như tệp."""
    catalogue = parts.catalogue()
    entry = catalogue.document(number, caller.labels)
    kept = catalogue.original(entry.card.key, version or entry.card.version)
    path = Originals(parts.parts.home.originals).path(kept.sha256)
    return FileResponse(path, media_type=media_type(kept.kind), filename=kept.file_name.rpartition("/")[2])


@router.get("/{number:path}/references", summary="Viện dẫn của một văn bản", responses=MISSING)
def references(
    number: NumberInPath,
    caller: Asking,
    parts: PartsOf,
    direction: Annotated[
        Literal["out", "in"], Query(description="`out`: văn bản này viện dẫn; `in`: được viện dẫn")
    ] = "out",
    eid: Annotated[str | None, Query(description="Chỉ ở, hoặc chỉ tới, điều khoản này", max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int, Query(ge=0, le=2**53, description="`next` của trang trước")] = 0,
) -> ReferencePage:
    """Từng viện dẫn: đứng ở đâu, tới điều khoản nào của văn bản nào; chưa có trong kho thì giữ như đã in."""
    catalogue = parts.catalogue()
    key = catalogue.document(number, caller.labels).card.key
    outgoing = direction == "out"
    return reference_page(
        citations_of(catalogue, key, outgoing=outgoing, eid=eid, access=caller.labels, after=cursor, limit=limit)
    )


@router.get("/{number:path}/changes", summary="Sửa đổi, bổ sung", responses=MISSING)
def changes(number: NumberInPath, caller: Asking, parts: PartsOf) -> Changes:
    """Văn bản này sửa gì ở văn bản khác, và bị văn bản khác sửa gì, từng điều khoản."""
    catalogue = parts.catalogue()
    key = catalogue.document(number, caller.labels).card.key
    found = {
        name: [change_out(one) for one in changes_of(catalogue, key, outgoing=outgoing, access=caller.labels)]
        for name, outgoing in (("outgoing", True), ("incoming", False))
    }
    return Changes(**found)


@router.get("/{number:number}", summary="Một văn bản", responses=MISSING)
def document(number: NumberInPath, caller: Asking, parts: PartsOf) -> DocumentDetail:
    """Thông tin, cây điều khoản và quan hệ của một văn bản."""
    catalogue = parts.catalogue()
    entry = catalogue.document(number, caller.labels)
    tree = catalogue.tree(entry.card.key, entry.card.version)
    return document_detail(
        entry,
        tree,
        relations_of(catalogue, entry.card.key, caller.labels),
        catalogue.versions(entry.card.key),
        labels=entry.card.access if caller.role == "admin" else None,
    )
