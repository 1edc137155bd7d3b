"""The demo documents as an official would file them: what each is, who signed it, when it applies, what it holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.load import load
from legal.document import LegalDocument
from legal.reading import read_document

PROVINCE, COMMUNE = "tỉnh Bình Giang", "xã Sông Vọng"


@pytest.fixture(scope="module")
def documents(root: Path) -> dict[str, LegalDocument]:
    files = sorted((root / "deploy" / "demo" / "documents").iterdir())
    return {file.name[:2]: read_document(load(file), file.name) for file in files}


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "number", "type", "issuer", "signer", "issued", "effective"),
    [
        ("01", "12/2025/QĐ-UBND", "Quyết định", f"Ủy ban nhân dân {PROVINCE}", "Trần Hữu Lộc", "2025-03-14", "2025-04-01"),
        ("02", "31/2026/QĐ-UBND", "Quyết định", f"Ủy ban nhân dân {PROVINCE}", "Lê Thị Thu Hương", "2026-06-22", "2026-07-01"),
        ("03", "05/2024/QĐ-UBND", "Quyết định", f"Ủy ban nhân dân {PROVINCE}", "Trần Hữu Lộc", "2024-01-19", "2024-02-01"),
        ("04", "18/2026/QĐ-UBND", "Quyết định", f"Ủy ban nhân dân {PROVINCE}", "Trần Hữu Lộc", "2026-04-17", "2026-05-01"),
        ("05", "QT 07/SV-VHXH", "Quy trình", f"Ủy ban nhân dân {COMMUNE}", None, "2026-01-12", None),
        ("06", "09/2025/NQ-HĐND", "Nghị quyết", f"Hội đồng nhân dân {PROVINCE}", "Nguyễn Quang Vinh", "2025-02-20", "2025-03-02"),
        ("07", "44/TB-UBND", "Thông báo", f"Ủy ban nhân dân {COMMUNE}", "Phạm Văn Bách", "2025-12-28", None),
        ("08", "77/QĐ-UBND", "Quyết định", f"Ủy ban nhân dân {COMMUNE}", "Phạm Văn Bách", "2025-09-09", "2025-09-09"),
        ("09", "03/HD-SNV", "Hướng dẫn", f"Sở Nội vụ {PROVINCE}", "Đỗ Minh Khang", "2025-08-15", None),
    ],
)  # fmt: skip
def test_each_says_what_it_is(
    documents: dict[str, LegalDocument], name: str, number: str, type: str, issuer: str, signer: str | None,
    issued: str, effective: str | None,
) -> None:  # fmt: skip
    found = documents[name].metadata
    assert (found.number, found.type, found.issuer, found.signer) == (number, type, issuer, signer)
    assert (found.issued, found.validity.effective_from) == (day(issued), day(effective))


def test_titles_end_where_the_text_begins(documents: dict[str, LegalDocument]) -> None:
    titles = {name: document.metadata.title for name, document in documents.items()}
    assert titles["07"] == f"Thông báo lịch tiếp công dân năm 2026 của Chủ tịch Ủy ban nhân dân {COMMUNE}"
    assert titles["09"] == f"Hướng dẫn thủ tục hỗ trợ mai táng phí đối với người cao tuổi trên địa bàn {PROVINCE}"
    assert all(title and "như sau" not in title for title in titles.values())


def test_signature_and_recipients_are_apart(documents: dict[str, LegalDocument]) -> None:
    for name in sorted(documents.keys() - {"05"}):
        document = documents[name]
        assert document.recipients[0] == "Nơi nhận:" and len(document.recipients) >= 2, name
        assert not any(line.startswith("-") for line in document.signature), name
        assert document.signature[-1] == document.metadata.signer, name


def test_attachments_and_tables_are_addressed(documents: dict[str, LegalDocument]) -> None:
    def rows(name: str, eid: str) -> int:
        node = documents[name].find(eid)
        assert node is not None and node.kind == "table"
        return len(node.rows)

    assert [node.eid for node in documents["01"].provisions] == ["art_1", "art_2", "art_3", "att_1", "att_2"]
    assert documents["01"].find("att_1__art_6__para_3__point_c") is not None
    assert (rows("01", "att_2__table_1"), rows("06", "att_1__table_1")) == (6, 6)
    assert (rows("05", "sec_5__sec_5__table_1"), rows("05", "sec_6__table_1")) == (6, 4)
    assert documents["08"].find("att_1__art_3__para_1") is not None
