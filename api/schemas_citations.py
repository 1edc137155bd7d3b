"""The JSON objects of citations and changes: what a document names, what names it, what is changed by whom."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


class OtherDocument(BaseModel):
    """The document at the other end of a citation or a change."""

    number: str = Field(description="Số hiệu; hoặc số hiệu, tên như đã in nếu văn bản không có trong kho")
    title: str | None
    year: int | None = Field(description="Năm in cùng tên, nếu có")
    indexed: bool = Field(description="Có trong kho; nếu không thì viện dẫn chưa nối được, sẽ nối khi văn bản về")


class ReferenceOut(BaseModel):
    """A citation. `eid`, `start`, `end`: its place in the document that cites, offsets in the provision's `text`."""

    document: OtherDocument
    eid: str = Field(description="Nơi viện dẫn, trong văn bản viện dẫn; rỗng là phần căn cứ")
    heading: bool = Field(description="Vị trí tính trong tiêu đề của điều khoản, không phải trong `text`")
    start: int
    end: int
    eids: list[str] = Field(description="Điều khoản được viện dẫn; rỗng cùng `missing` là cả văn bản")
    missing: list[str] = Field(description="Điều khoản được nêu mà văn bản kia không có, hoặc chưa có trong kho")


class ReferencePage(BaseModel):
    """A page of citations; pass `next` as `cursor` for the following page, null at the end."""

    references: list[ReferenceOut]
    next: int | None


class ChangeOut(BaseModel):
    """What one instruction does to one provision."""

    document: OtherDocument | None = Field(description="Văn bản kia; null nếu không hiểu được câu")
    kind: str = Field(
        description="replace, insert, repeal, rename, replace_phrase, insert_phrase, remove_phrase; "
        "untyped: câu sửa đổi chưa hiểu được"
    )
    provision: str = Field(description="Điều khoản bị sửa, rỗng là cả văn bản")
    after: str = Field(description="Bổ sung vào sau điều khoản này")
    before: str = Field(description="Bổ sung vào trước điều khoản này")
    text: str = Field(description="Nội dung mới")
    old: str = Field(description="Cụm từ cũ, hoặc cụm từ đứng trước chỗ thêm")
    new: str = Field(description="Cụm từ mới")
    day: date | None = Field(description="Từ ngày nào; null nếu không rõ")
    sentence: str
    eid: str = Field(description="Nơi nói, trong văn bản sửa đổi")


class Changes(BaseModel):
    """`outgoing`: what this document changes in others; `incoming`: what others change in it."""

    outgoing: list[ChangeOut]
    incoming: list[ChangeOut]
