"""Side-cars: `NAME.yaml` beside a document's file, in which a person says what the document is; it overrides the text.

number: 12/2025/QĐ-UBND
effective_from: 2025-04-01
access: [public]
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]

from legal.document import VALIDITY_DAYS, Evidence, Metadata, Validity
from legal.errors import BadSideCar
from legal.number import DocumentNumber

#: Bytes that a side-car may have.
LARGEST = 64 << 10
#: What stands as evidence for a value that a person gave, beside the file or later.
GIVEN = Evidence("Do người nhập cung cấp (tệp mô tả đi kèm).")
CORRECTED = Evidence("Do người quản trị sửa sau khi nạp.")

_SUFFIXES = (".yaml", ".yml")
_TEXTS = ("number", "type", "title", "issuer", "signer", "signer_title", "place", "subject", "secrecy", "urgency")
_DAYS = ("issued", *VALIDITY_DAYS)
_LONGEST = {"title": 4000}


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of a document. `values`: fields of the metadata (None: the document has none), with
    `effective_from` and `effective_to`. `access`: labels, None where nothing is said of them."""

    values: Mapping[str, Any] = field(default_factory=dict)
    access: tuple[str, ...] | None = None

    def over(self, metadata: Metadata, evidence: Evidence = GIVEN) -> Metadata:
        """The metadata with these values, marked as given by a person."""
        plain = {name: value for name, value in self.values.items() if name not in VALIDITY_DAYS}
        days = {name: value for name, value in self.values.items() if name not in plain}
        validity = replace(metadata.validity, **days)
        said = {**metadata.evidence, **dict.fromkeys(self.values, evidence)}
        return replace(metadata, **plain, validity=validity, evidence=said)


def side_car_of(name: str, names: Collection[str]) -> tuple[str | None, bool]:
    """(the side-car of a file among the names beside it, whether the file itself is one): `a.docx` has `a.docx.yaml`,
    else `a.yaml`; a YAML file without a document of its name is no side-car."""
    if documents_of(name, names):
        return None, True
    stem = str(PurePosixPath(name).with_suffix("")) if PurePosixPath(name).suffix else name
    for base in (name, stem):
        for suffix in _SUFFIXES:
            if base + suffix != name and base + suffix in names:
                return base + suffix, False
    return None, False


def documents_of(name: str, names: Collection[str]) -> list[str]:
    """The files that a side-car of that name may describe, in the order of their names; none for another file."""
    base, dot, suffix = name.rpartition(".")
    if dot + suffix.lower() not in _SUFFIXES or not base:
        return []
    found = [one for one in (base,) if one in names]
    return found or sorted(
        one for one in names if one.rpartition(".")[0] == base and not one.lower().endswith(_SUFFIXES)
    )


def read_side_car(path: Path) -> Given:
    """Read a side-car. Raises BadSideCar with what is wrong."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError:
        raise BadSideCar("Không mở được tệp mô tả đi kèm.") from None
    if len(data) > LARGEST:
        raise BadSideCar(f"Tệp mô tả đi kèm lớn hơn {LARGEST >> 10} KB.")
    try:
        found = yaml.safe_load(data.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise BadSideCar("Tệp mô tả đi kèm không phải YAML đúng cú pháp (UTF-8).") from None
    if found is None:
        return Given()
    if not isinstance(found, dict):
        raise BadSideCar("Tệp mô tả đi kèm phải gồm các dòng dạng `tên: giá trị`.")
    return given_of(found)


def given_of(found: Mapping[Any, Any]) -> Given:
    """What a person says, out of names and values as YAML or JSON has them. Raises BadSideCar."""
    unknown = sorted(str(name)[:40] for name in found.keys() - {*_TEXTS, *_DAYS, "access"})
    if unknown:
        raise BadSideCar(
            f"Tệp mô tả đi kèm có mục không biết: {', '.join(unknown[:5])}. "
            f"Các mục dùng được: {', '.join((*_TEXTS, *_DAYS, 'access'))}."
        )
    values: dict[str, Any] = {name: _text(name, found[name]) for name in _TEXTS if name in found}
    values |= {name: _day(name, found[name]) for name in _DAYS if name in found}
    validity = Validity(values.get("effective_from"), values.get("effective_to"))
    if validity.effective_from and validity.effective_to and validity.effective_to <= validity.effective_from:
        raise BadSideCar("Tệp mô tả đi kèm: `effective_to` phải sau `effective_from`.")
    return Given(values, _labels(found["access"]) if "access" in found else None)


def _text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadSideCar(f"Tệp mô tả đi kèm: `{name}` phải là chữ; hãy đặt trong dấu nháy.")
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if not text or len(text) > _LONGEST.get(name, 300):
        raise BadSideCar(f"Tệp mô tả đi kèm: `{name}` trống hoặc quá dài.")
    if name == "number" and (number := DocumentNumber.try_parse(text)) is not None:
        return str(number)
    return text


def _day(name: str, value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(str(value).strip(), form).date()
        except ValueError:
            continue
    raise BadSideCar(f"Tệp mô tả đi kèm: `{name}` phải là một ngày có thật, dạng 2025-04-01.")


def _labels(value: Any) -> tuple[str, ...]:
    labels = [value] if isinstance(value, str) else value
    if not isinstance(labels, list) or not labels or not all(isinstance(one, str) for one in labels):
        raise BadSideCar("Tệp mô tả đi kèm: `access` phải là một nhãn hoặc danh sách nhãn.")
    clean = sorted({unicodedata.normalize("NFC", one).strip() for one in labels})
    if not all(0 < len(one) <= 100 for one in clean):
        raise BadSideCar("Tệp mô tả đi kèm: nhãn trong `access` trống hoặc quá dài.")
    return tuple(clean)
