"""The JSON objects at the doors, as fixed: requests that are validated, answers that others script against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas_values import Day, Flag, Whole

QueryText = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
FilterValue = Annotated[str, StringConstraints(min_length=1, max_length=300)]
FilterValues = Annotated[list[FilterValue], Field(max_length=50)]


AccessLabel = Annotated[str, StringConstraints(pattern=r"^[\w:.\-]{1,100}$")]


class Strict(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Filters(Strict):
    """Narrow the search; within one field any value may match, all fields must hold."""

    types: FilterValues = Field(default_factory=list, description="Loại văn bản", examples=[["Luật", "Nghị định"]])
    issuers: FilterValues = Field(default_factory=list, description="Cơ quan ban hành", examples=[["Quốc hội"]])
    numbers: FilterValues = Field(default_factory=list, description="Số hiệu", examples=[["52/2014/QH13"]])
    issued_from: Day | None = Field(default=None, description="Ban hành từ ngày")
    issued_to: Day | None = Field(default=None, description="Ban hành đến hết ngày")


class SearchRequest(Strict):
    """A search."""

    query: QueryText = Field(description="Câu hỏi hoặc từ khoá", examples=["điều kiện kết hôn"])
    limit: Whole = Field(default=10, ge=1, le=100)
    as_of: Day | None = Field(default=None, description="Tính hiệu lực đến ngày này; mặc định là hôm nay")
    filters: Filters | None = None


class TurnIn(Strict):
    """An earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=8000)]


AnswerFormat = Literal["answer", "brief", "letter", "table", "summary"]


class AnswerRequest(Strict):
    """A question to be answered with citations."""

    query: QueryText = Field(description="Câu hỏi", examples=["Nam bao nhiêu tuổi thì được kết hôn?"])
    as_of: Day | None = Field(default=None, description="Tính hiệu lực đến ngày này; mặc định là hôm nay")
    filters: Filters | None = None
    history: Annotated[list[TurnIn], Field(max_length=20)] = Field(default_factory=list)
    format: AnswerFormat = "answer"
    strict: Flag = Field(default=True, description="Bỏ các câu không có căn cứ; nếu false thì giữ lại và đánh dấu")


class DocumentOut(BaseModel):
    """A document as every hit and citation shows it."""

    number: str | None
    title: str | None
    type: str | None
    issuer: str | None
    issued: date | None
    status: str
    effective_from: date | None
    effective_to: date | None


class ProvisionOut(BaseModel):
    """A provision as every hit and citation shows it. `article` is the bare number ("8", "93b") or null."""

    eid: str
    label: str
    article: str | None
    heading: str
    path: list[str]


class HitOut(BaseModel):
    """One provision found."""

    rank: int
    score: float
    document: DocumentOut
    provision: ProvisionOut
    text: str


class SourceOut(HitOut):
    """A hit that an answer rests on. `why` it is there: match, cited, definition, reference; `reason`: the same in words."""

    why: str
    reason: str


class QueryOut(BaseModel):
    """How the question was read. `rewritten`: who made a follow-up stand alone as `read_as`, null where nobody did."""

    text: str
    read_as: str
    restored: bool
    citations: list[str]
    expansions: list[str]
    date: date | None
    notes: list[str]
    rewritten: Literal["model", "rule"] | None = None


class SearchResponse(BaseModel):
    """What a search gives."""

    query: QueryOut
    as_of: date
    results: list[HitOut]
    warnings: list[str]


class CitationOut(BaseModel):
    """A verified citation: `quote` stands at `start`..`end` (characters) of the provision's `text`."""

    n: int
    document: DocumentOut
    provision: ProvisionOut
    quote: str
    start: int
    end: int


class StatementOut(BaseModel):
    """A sentence of the answer with its verdict."""

    text: str
    verdict: Literal["supported", "partly", "unsupported"]
    citations: list[int]


class TableCellOut(BaseModel):
    """A verified cell with the numbers of its citations."""

    text: str
    verdict: Literal["supported", "partly", "unsupported"]
    citations: list[int]


class TableRowOut(BaseModel):
    """A row of a procedure's table; without cells where the sources say nothing of it."""

    key: Literal["papers", "fee", "deadline", "authority", "legal_basis"]
    label: str
    cells: list[TableCellOut]


class UsageOut(BaseModel):
    """Tokens of one generation."""

    prompt_tokens: int
    completion_tokens: int


class AnswerResponse(BaseModel):
    """An answer that can be checked."""

    id: str
    text: str
    mode: Literal["generative", "extractive", "refusal"]
    citations: list[CitationOut]
    sources: list[SourceOut]
    as_of: date
    model: str | None
    warnings: list[str]
    query: QueryOut
    statements: list[StatementOut]
    format: AnswerFormat = "answer"
    table: list[TableRowOut] | None = Field(default=None, description="Chỉ có khi `format` là `table`")
    usage: UsageOut | None


class DocumentRow(DocumentOut):
    """A document in the list. `key` identifies it in this home (its number, or `file:...` where it has none)."""

    key: str
    passages: int | None = None
    state: str = Field(default="live", description="`live`: đang trả lời; `needs_review`: giữ lại chờ duyệt")
    doubts: list[str] = Field(default_factory=list, description="Vì sao phải có người xem")


class DocumentPage(BaseModel):
    """A page of documents; pass `next` as `cursor` for the following page, null at the end."""

    documents: list[DocumentRow]
    next: str | None


class OutlineNode(BaseModel):
    """A provision in a document's tree, without its text."""

    eid: str
    kind: str
    number: str
    label: str
    heading: str
    children: list[OutlineNode] = Field(default_factory=list)


class RelationOut(BaseModel):
    """A relation between two documents, seen from the one that was asked for."""

    kind: str = Field(description="based_on, guides, amends, replaces, repeals, corrects, consolidates, refers")
    label: str = Field(description="Như cán bộ gọi: căn cứ, thay thế, bị thay thế bởi, ...")
    direction: str = Field(description="`out`: văn bản này nói; `in`: văn bản kia nói")
    number: str = Field(description="Số hiệu văn bản kia, hoặc tên như đã in")
    title: str | None
    indexed: bool = Field(description="Văn bản kia có trong kho")
    day: date | None = Field(description="Từ ngày nào; null nếu không rõ")
    partly: bool
    excepted: bool = Field(description="Có ngoại lệ nêu trong câu")
    eids: list[str] = Field(description="Điều khoản được nhắm tới; rỗng là cả văn bản")
    sentence: str
    eid: str = Field(description="Nơi nói điều đó, trong văn bản nói; rỗng là ngoài thân văn bản")


class PartOut(BaseModel):
    """A provision that applies from or to days of its own; null: the document's own day holds."""

    eid: str
    effective_from: date | None
    effective_to: date | None
    sentence: str = Field(description="Câu quy định ngày hiệu lực riêng")
    said_in: str = Field(description="Điều khoản có câu đó")


class VersionOut(BaseModel):
    """A reading of a file as this document. `state`: live, replaced, removed, needs_review, writing."""

    id: str
    state: str
    file: str
    kind: str
    size: int
    sha256: str
    passages: int
    coverage: float | None
    created: datetime


class DocumentDetail(DocumentRow):
    """A document with its tree, its relations, its versions and how well it was read."""

    signer: str | None
    file: str | None
    provisions: list[OutlineNode]
    coverage: float | None = Field(default=None, description="Phần chữ của tệp có trong văn bản đã đọc, 1 là đủ cả")
    notes: list[str] = Field(default_factory=list, description="Ghi chú khi đọc tệp")
    relations: list[RelationOut] = Field(default_factory=list)
    issuers: list[str] = Field(default_factory=list, description="Từng cơ quan, khi nhiều cơ quan cùng ban hành")
    subject: str | None = Field(default=None, description="Lĩnh vực")
    secrecy: str | None = Field(default=None, description="Độ mật ghi trên văn bản")
    urgency: str | None = Field(default=None, description="Độ khẩn ghi trên văn bản")
    suspended_from: date | None = None
    suspended_to: date | None = None
    parts: list[PartOut] = Field(default_factory=list, description="Điều khoản có ngày hiệu lực riêng")
    versions: list[VersionOut] = Field(default_factory=list, description="Mới nhất trước")
    access: list[str] | None = Field(default=None, description="Nhãn được xem; chỉ người quản trị thấy")


class ProvisionDetail(ProvisionOut):
    """A provision with its text: citation offsets count characters of `text`."""

    document: DocumentOut
    kind: str
    number: str
    text: str
    rows: list[list[str]] | None = Field(
        default=None, description="Các ô của bảng, theo hàng; null nếu không phải bảng"
    )
    html: str | None = Field(default=None, description="Bảng dạng HTML, giữ ô gộp; null nếu không phải bảng")
    effective_from: date | None = Field(default=None, description="Ngày có hiệu lực của riêng điều khoản này")
    effective_to: date | None = None
    suspended_from: date | None = None
    suspended_to: date | None = Field(default=None, description="Ngày đầu tiên có hiệu lực trở lại")
    children: list[OutlineNode]


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str
    request_id: str | None = None
    errors: list[FieldError] | None = None


def as_json(model: BaseModel) -> dict[str, Any]:
    """A model as plain JSON values, dates in ISO 8601."""
    return model.model_dump(mode="json")


class TimedSearch(BaseModel):
    """A search with the milliseconds that its stages took; between processes of one home only."""

    response: SearchResponse
    timings_ms: dict[str, float]
