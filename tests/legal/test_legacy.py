"""Text from before Unicode becomes Unicode, letter by letter, and Unicode text is left alone."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from legal.legacy import encoding_of, encoding_of_font, from_tcvn3, from_vni

SENTENCE = (
    "Điều 1. Ủy ban nhân dân cấp xã có trách nhiệm giải quyết hồ sơ đăng ký khai tử, chứng thực và hộ tịch đúng hạn"
)
_SMALL = "ăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"


def to_tcvn3(text: str) -> str:
    """The windows-1252 letters of the TCVN3 bytes of small letters."""
    table = {from_tcvn3(chr(code)): chr(code) for code in range(0xA1, 0x100)}
    return "".join(table.get(c, c) for c in text)


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not here")
def test_every_small_letter_agrees_with_iconv() -> None:
    done = subprocess.run(
        ["iconv", "-f", "UTF-8", "-t", "TCVN5712-1"], input=_SMALL.encode(), capture_output=True, check=True
    )
    assert len(done.stdout) == len(_SMALL) == 67
    assert from_tcvn3(done.stdout.decode("latin-1")) == _SMALL


def test_capital_fonts_print_capitals() -> None:
    assert from_tcvn3("®iÒu", capitals=True) == "ĐIỀU"
    assert from_tcvn3("Ch\u00ad¬ng I") == "Chương I"
    fonts = {".VnTime": False, ".VnTimeH": True, "ABCDEF+.VnTimeH": True}
    assert {name: encoding_of_font(name) for name in fonts} == {name: ("tcvn3", large) for name, large in fonts.items()}
    assert encoding_of_font("VNI-Times") == ("vni", False)
    assert encoding_of_font("Times New Roman") is None and encoding_of_font(None) is None


@pytest.mark.parametrize(
    ("vni", "text"),
    [
        ("Ñieàu 1. UÛy ban nhaân daân caáp xaõ", "Điều 1. Ủy ban nhân dân cấp xã"),
        ("ñöôïc ñaêng kyù khai sinh, khai töû; quyeát ñònh", "được đăng ký khai sinh, khai tử; quyết định"),
        ("COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("höôùng daãn thuû tuïc haønh chính, leä phí, kyø haïn", "hướng dẫn thủ tục hành chính, lệ phí, kỳ hạn"),
        (
            "baèng laêng tröôûng phoøng nghó vieäc, maãu, aán, aên, aåm, ñaëc",
            "bằng lăng trưởng phòng nghĩ việc, mẫu, ấn, ăn, ẩm, đặc",
        ),
    ],
)
def test_vni(vni: str, text: str) -> None:
    assert from_vni(vni) == text
    assert encoding_of(f"{vni} {vni}") == "vni"


def test_the_encoding_is_seen_in_the_text() -> None:
    assert encoding_of(to_tcvn3(SENTENCE.replace("Ủ", "ủ").replace("Đ", "đ"))) == "tcvn3"
    assert encoding_of(SENTENCE) is None
    assert (
        encoding_of("The committee's decision, naïve café résumé à la carte, Ä Ö Ü ß: as the house rules say") is None
    )
    assert encoding_of("toàn dân, và các nhà làm xã hội có giá, thì là hàng hóa") is None
