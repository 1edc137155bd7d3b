"""A first look into binary Word files: locked or damaged ones are refused before LibreOffice spends minutes."""

from __future__ import annotations

from pathlib import Path

import olefile  # type: ignore[import-untyped]

from legal.errors import EncryptedDocument, UnreadableDocument

_ENCRYPTED = 0x0100


def check_doc(path: Path) -> tuple[str, ...]:
    """Notes about a binary Word file that is whole ("macros ignored").

    Raises EncryptedDocument, UnreadableDocument (truncated or damaged container).
    """
    broken = "Tệp .doc bị hỏng hoặc bị cắt cụt."
    try:
        with olefile.OleFileIO(str(path)) as container:
            with container.openstream("WordDocument") as stream:
                whole = stream.read()
            macros = container.exists("Macros") or container.exists("_VBA_PROJECT_CUR")
            for table in ("1Table", "0Table"):
                if container.exists(table):
                    container.openstream(table).close()
    except Exception as error:  # olefile raises IOError, IndexError, struct.error and more on damaged files
        raise UnreadableDocument(broken) from error
    if len(whole) < 32 or whole[:2] not in (b"\xec\xa5", b"\xdc\xa5", b"\x9b\xa5", b"\xdb\xa5"):
        raise UnreadableDocument(broken)
    if int.from_bytes(whole[10:12], "little") & _ENCRYPTED:
        raise EncryptedDocument("Tệp .doc được bảo vệ bằng mật khẩu; hãy gỡ mật khẩu rồi nạp lại.")
    return ("Tệp có macro: đã bỏ qua.",) if macros else ()
