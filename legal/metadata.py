"""What a document says of itself: number, type, title, issuer, signer, place, days of issue and effect, with evidence.

Read from the title block, the preamble, the signature and the closing articles. Values that are not printed stay None.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from legal.dates import first_date
from legal.document import Evidence, LegalDocument, Metadata
from legal.metadata_marks import read_marks
from legal.metadata_parties import AGENCY, read_issuer, read_signer
from legal.metadata_subject import read_subject
from legal.metadata_title import normal_case, read_title, read_type
from legal.metadata_validity import read_validity
from legal.number import DocumentNumber, find_all
from legal.text import collapse
from legal.validity_parts import read_parts

_STATE = re.compile(
    r"(?<!nước )C[ỘộO]NG H(?:ÒA|OÀ|ÓA) XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập\s*[-–—.]+\s*Tự do\s*[-–—.]+\s*Hạnh phúc",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[\s\-–—_*=.…:/°o]*$")
_NUMBER_LABEL = re.compile(
    r"^(?:(?:Bộ luật|Luật|Nghị quyết|Pháp lệnh)\s+)?(?:số|mã hiệu|mã số|ký hiệu)\s*:?", re.IGNORECASE
)
_PLACE = re.compile(r"(?:^|\s{2,}|\d\s+|[A-Z]\s+)?([^\W\d][\w .\-’']{0,40}?)\s*,\s*ngày\b", re.IGNORECASE)
_ISSUED_LABEL = re.compile(r"ngày\s+(?:ban hành|hiệu lực|ký)\s*:?\s*(.*)", re.IGNORECASE | re.DOTALL)
_IN_FILE_NAME = re.compile(
    r"(?<!\d)(\d{1,4}[a-z]?)[-_~ ](?:((?:19|20)\d\d)[-_~ ])?"
    r"(QH\d\d|(?:N[ĐD]|Q[ĐD]|TT|TTLT|NQ|CT|KH|TB|HD)-[A-ZĐ]+)(?![A-Za-z])"
)
_LABELLED = 60  # characters: no line with the document's own number under a label is longer
_PASSED = re.compile(r"thông qua\s+(ngày\s.*)", re.IGNORECASE | re.DOTALL)


def read_metadata(document: LegalDocument, file_name: str = "") -> Metadata:
    """The metadata of a structured document; `file_name` counts only for a number not printed in the text."""
    lines = printed_lines(document.title_block)
    context = "\n".join([*document.preamble, *_first_words(document)])
    evidence: dict[str, Evidence] = {}

    heading = read_type(lines)
    number = _consolidated(printed_lines(document.signature), evidence) or _number(
        lines, heading[1] if heading else None, file_name, evidence
    )
    if heading is None:  # some structure readers leave the heading to the preamble
        lines = [*lines, *printed_lines(document.preamble)]
        heading = read_type(lines)
    kind, title, proof = read_title(lines, context, str(number) if number else None)
    if heading and heading[0] in ("QUY TRÌNH", "THỦ TỤC") and any("lần ban hành" in line.lower() for line in lines):
        title, proof = _procedure_title(lines, heading[1], document.furniture)
    if title:
        evidence["title"] = evidence["type"] = Evidence(proof)
    if kind is None and number is not None:
        kind = number.type or ("Công văn" if any(line.startswith("Kính gửi") for line in lines) else None)
    if number is not None and "VBHN" in str(number):
        kind = "Văn bản hợp nhất"
    issuers = read_issuer(lines, heading[1] if heading else len(lines), number, kind, evidence)
    issued, place = _issued(lines, document.signature, evidence)
    signer, signer_title = read_signer(printed_lines(document.signature))
    if signer:
        evidence["signer"] = Evidence(collapse(" ".join(printed_lines(document.signature)[-3:])))
    validity, proofs = read_validity(document.provisions, issued)
    marks = read_marks(_above_title(document, lines, heading), printed_lines(document.furniture), evidence)
    return Metadata(
        number=str(number) if number else None,
        type=kind,
        title=title,
        issuer=", ".join(issuers) or None,
        signer=signer,
        signer_title=signer_title,
        issued=issued,
        place=place,
        issuers=issuers if len(issuers) > 1 else (),
        subject=read_subject([*lines, *printed_lines(document.furniture)], document.provisions[:12], title, evidence),
        secrecy=marks.secrecy,
        urgency=marks.urgency,
        validity=validity,
        parts=read_parts(document.provisions, issued, title),
        evidence=evidence | proofs,
    )


def _above_title(document: LegalDocument, lines: Sequence[str], heading: tuple[str, int, str] | None) -> list[str]:
    """The lines where stamps stand: above the title, and in a letter without one all of its head; in a text that opens
    with its body, the first lines of that."""
    if heading is not None:
        return list(lines[: heading[1]])
    first = [line for node in document.provisions[:2] for line in (node.heading, *node.text.split("\n")[:3])]
    return [*lines, *printed_lines(document.preamble[:3]), *printed_lines(first)]


def printed_lines(paragraphs: Iterable[str]) -> list[str]:
    """Printed lines without rules, dashes and the State's heading."""
    lines = []
    for paragraph in paragraphs:
        for line in _STATE.sub("\n", unicodedata.normalize("NFC", paragraph)).splitlines():
            clean = collapse(line)
            if clean and not _RULE.match(clean):
                lines.append(clean.strip("_ "))
    return lines


def _first_words(document: LegalDocument) -> list[str]:
    """Text of the first provisions, enough to see how names are written in normal case."""
    words: list[str] = []
    for provision in document.walk():
        words.append(provision.text)
        if sum(map(len, words)) > 20000:
            break
    return words


def _number(
    lines: Sequence[str], heading: int | None, file_name: str, evidence: dict[str, Evidence]
) -> DocumentNumber | None:
    """The number on its labelled line, else the first before the heading, else in the title or the file name."""
    for line in lines:
        label = _NUMBER_LABEL.match(line)
        if label and len(line) > _LABELLED and not label[0].lower().startswith("s"):
            continue  # "Luật số ... ngày ... của Quốc hội sửa đổi ...": what a consolidated text was made of
        if label and (number := _first_number(line[label.end() :])):
            evidence["number"] = Evidence(line)
            return number
    for line in lines[: heading if heading is not None else 6]:
        if len(line) < 80 and (found := find_all(line)):
            evidence["number"] = Evidence(line)
            return found[0][2]
    for line in lines[heading or 0 : (heading or 0) + 3]:
        found = find_all(line)
        if found and re.search(r"^S[ỐỐ] |CỦA QUỐC HỘI", line) and line.isupper():
            evidence["number"] = Evidence(line)
            return found[0][2]
    named = _IN_FILE_NAME.search(unicodedata.normalize("NFC", file_name))
    return DocumentNumber.try_parse("/".join(filter(None, named.groups()))) if named else None


def _consolidated(signature: Sequence[str], evidence: dict[str, Evidence]) -> DocumentNumber | None:
    """The number of a consolidated text (văn bản hợp nhất), which may stand where it is authenticated."""
    for line in signature:
        found = [number for _, _, number in find_all(line) if "VBHN" in str(number)] if len(line) < _LABELLED else []
        if found:
            evidence["number"] = Evidence(line)
            return found[0]
    return None


def _first_number(text: str) -> DocumentNumber | None:
    found = find_all(text)
    if found:
        return found[0][2]
    return DocumentNumber.try_parse(re.split(r"\s{2,}|,|\bngày\b", text.strip())[0]) if text.strip() else None


def _issued(
    lines: Sequence[str], signature: Sequence[str], evidence: dict[str, Evidence]
) -> tuple[date | None, str | None]:
    """Day of issue and place: the place-and-day line, "Ngày ban hành", a day in the title, the day it was passed."""
    place = None
    for line in lines[:25]:
        if _ISSUED_LABEL.match(line) and "ban hành" in line.lower():
            if day := first_date(line):
                evidence["issued"] = Evidence(line)
                return day, place
            continue
        rest = line
        for start, end, _ in reversed(find_all(line)):
            rest = f"{rest[:start]}  {rest[end:]}"
        rest = re.sub(r"^.*\bS[ốỐ]\s*:\s*", "", rest)
        if (found := _PLACE.search(rest)) and re.search(r"tháng", rest, re.IGNORECASE):
            place = collapse(found[1])
            evidence["place"] = Evidence(line)
            if day := first_date(rest):
                evidence["issued"] = Evidence(line)
                return day, place
            break
    for line in lines[:12]:
        if len(line) < 250 and (line.isupper() or re.match(r"(?i)ngày\b", line)) and (day := first_date(line)):
            evidence["issued"] = Evidence(line)
            return day, place
    for line in printed_lines(signature):
        if (passed := _PASSED.search(line)) and (day := first_date(passed[1])):
            evidence["issued"] = Evidence(line)
            return day, place
    return None, place


def _procedure_title(lines: Sequence[str], heading: int, furniture: Sequence[str]) -> tuple[str | None, str]:
    """Title of a working procedure: its cell beside "QUY TRÌNH", else the running head "Tên quy trình: ..."."""
    label = re.compile(
        r"(?i)(?:mã hiệu|mã số|lần ban hành|ngày ban hành|lần sửa đổi|ngày hiệu lực|trang|số trang|\d+$|\d+/\d+$)"
    )
    named: list[str] = []
    for line in lines[heading + 1 :]:
        if re.match(r"MỤC LỤC|SỬA ĐỔI TÀI LIỆU|Trách nhiệm|MỤC ĐÍCH", line):
            break
        if label.match(line):
            if named:
                break
            continue
        if line.isupper() and AGENCY.match(line) and not named:
            continue
        named.append(line)
    if not named:
        running = next((line for line in [*lines, *furniture] if line.lower().startswith("tên quy trình")), "")
        named = [running.partition(":")[2].strip(" _")] if running else []
    name = collapse(" ".join(named)).rstrip(" .;:")
    if not name:
        return None, ""
    cased = normal_case(name, "")
    return f"Quy trình {cased[:1].lower()}{cased[1:]}", name
