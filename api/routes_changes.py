"""`POST`, `PATCH`, `DELETE /v1/documents`: documents come in, are corrected and go, each time as a durable job."""

from __future__ import annotations

import shutil
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth import Administering
from api.caller import Caller
from api.dependencies import PartsOf
from api.parts import Workshop
from api.requests import access_labels, may_give, reach_of
from api.routes_documents import MISSING, NumberInPath
from api.routes_jobs import CONFLICT, IdempotencyKey, JobsOf, accepted, waited
from api.schemas import Problem, as_json
from api.schemas_jobs import DocumentPatch, JobOut
from api.uploads import Upload
from ingest.held import held_document
from ingest.limits import DEFAULT_LIMITS
from ingest.staging import Staging
from legal.errors import BadRequest, NotFound

_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Tệp văn bản, tệp zip, và tệp mô tả đi kèm (TÊN.yaml)",
                        },
                        "access": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Nhãn được xem; văn bản mới mặc định là public",
                        },
                    },
                }
            }
        },
    }
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    **CONFLICT,
    413: {"model": Problem, "description": "Quá lớn"},
    415: {"model": Problem, "description": "Không phải multipart/form-data"},
}
Wait = Annotated[float, Query(ge=0, le=60, description="Đợi tối đa chừng này giây cho công việc kết thúc")]


def router(max_upload: int) -> APIRouter:
    """The routes. `max_upload`: bytes of one upload, all files together."""
    routes = APIRouter(prefix="/v1/documents", tags=["Văn bản"])

    @routes.post(
        "",
        status_code=202,
        summary="Nạp văn bản",
        openapi_extra=_UPLOAD,
        responses=_REFUSED,
        max_body_size=max_upload,
    )
    async def upload(
        request: Request,
        caller: Administering,
        parts: PartsOf,
        jobs: JobsOf,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> JobOut:
        """Nhận một hay nhiều tệp; đọc và nạp là một công việc, kết quả từng tệp xem ở công việc đó."""
        id = str(uuid.uuid4())
        staging = Staging(parts.parts.home.jobs, id)
        try:
            coming = Upload(
                request.headers.get("content-type", ""), staging.files, most_bytes=min(DEFAULT_LIMITS.file, max_upload)
            )
            await coming.receive(request.stream())
            if unknown := coming.fields.keys() - {"access"}:
                raise BadRequest(f"Trường không được biết đến: {', '.join(sorted(unknown))[:100]}.")
            access = access_labels(coming.fields.get("access"))
            may_give(caller, access)
            params = {"access": None if access is None else list(access), "reach": reach_of(caller)}
            job, new = jobs.add(
                "ingest", caller.name, params, idempotency=idempotency_key, fingerprint=coming.fingerprint, id=id
            )
        except BaseException:
            shutil.rmtree(staging.folder, ignore_errors=True)
            raise
        if not new:
            shutil.rmtree(staging.folder, ignore_errors=True)
        return accepted(job, response)

    @routes.patch(
        "/{number:number}", status_code=202, summary="Sửa thông tin văn bản", responses={**MISSING, **CONFLICT}
    )
    def corrected(
        number: NumberInPath,
        body: DocumentPatch,
        caller: Administering,
        parts: PartsOf,
        jobs: JobsOf,
        response: Response,
        wait: Wait = 0,
        idempotency_key: IdempotencyKey = None,
    ) -> JobOut:
        """Thông tin và nhãn do người quản trị cho biết; chỉ tính lại véc-tơ của đoạn có chữ thay đổi."""
        changes = {name: value for name, value in as_json(body).items() if name in body.model_fields_set}
        if not changes.get("accept", True):
            del changes["accept"]
        if not changes:
            raise BadRequest("Không có gì để sửa.")
        if "access" in changes:
            if changes["access"] is None:
                raise BadRequest("Văn bản phải có ít nhất một nhãn.")
            may_give(caller, changes["access"])
        key = _key(parts, number, caller)
        params = {"key": key, "changes": changes, "reach": reach_of(caller)}
        job, _ = jobs.add("change", caller.name, params, idempotency=idempotency_key)
        return accepted(waited(parts, jobs, job.id, wait), response)

    @routes.delete("/{number:number}", status_code=202, summary="Gỡ văn bản", responses={**MISSING, **CONFLICT})
    def removed(
        number: NumberInPath,
        caller: Administering,
        parts: PartsOf,
        jobs: JobsOf,
        response: Response,
        wait: Wait = 0,
        idempotency_key: IdempotencyKey = None,
    ) -> JobOut:
        """Gỡ văn bản; `result.left` của công việc là số đoạn còn lại trong chỉ mục, đếm lại sau khi gỡ: 0."""
        key = _key(parts, number, caller)
        params = {"key": key, "reach": reach_of(caller)}
        job, _ = jobs.add("delete", caller.name, params, idempotency=idempotency_key)
        return accepted(waited(parts, jobs, job.id, wait), response)

    return routes


def _key(parts: Workshop, number: str, caller: Caller) -> str:
    """The document's key; who sees every document also finds those that wait for review. Raises NotFound."""
    try:
        return parts.catalogue().document(number, caller.labels).card.key
    except NotFound:
        if caller.labels is not None:
            raise
        return held_document(parts.catalogue(), number).card.key
