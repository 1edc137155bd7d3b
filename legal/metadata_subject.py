"""The field that a document belongs to (lĩnh vực): as it is printed, else as the words of its title tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from legal.document import Evidence, Provision
from legal.text import collapse, fold, nfc, normalise_tone

#: Field -> words of titles. Of several fields the one that is named first has it, by the longer words.
_FIELDS = {
    "Hộ tịch": "hộ tịch|khai sinh|khai tử|kết hôn|giám hộ|nhận cha, mẹ, con|tình trạng hôn nhân|quốc tịch",
    "Chứng thực": "chứng thực|bản sao từ bản chính|bản sao từ sổ gốc|người dịch|văn bản từ chối nhận di sản",
    "Hôn nhân và gia đình": "hôn nhân và gia đình|bạo lực gia đình|nuôi con nuôi|bình đẳng giới",
    "Trẻ em": "trẻ em|thanh niên|người chưa thành niên",
    "Bổ trợ tư pháp": "công chứng|luật sư|đấu giá tài sản|giám định tư pháp|trợ giúp pháp lý|trọng tài thương mại"
    "|hòa giải ở cơ sở|lý lịch tư pháp|thừa phát lại",
    "Tố tụng và thi hành án": "tố tụng dân sự|tố tụng hình sự|tố tụng hành chính|thi hành án|hòa giải, đối thoại tại tòa án"
    "|tổ chức tòa án|viện kiểm sát|điều tra hình sự|tạm giữ, tạm giam|đặc xá|phá sản|giao dịch bảo đảm",
    "Dân sự": "bộ luật dân sự|trách nhiệm bồi thường của nhà nước",
    "Hình sự": "bộ luật hình sự",
    "Đất đai": "đất đai|quyền sử dụng đất|giải phóng mặt bằng",
    "Xây dựng và nhà ở": "xây dựng|nhà ở|kinh doanh bất động sản|kiến trúc|quy hoạch đô thị|quy hoạch",
    "Đầu tư và doanh nghiệp": "doanh nghiệp|đầu tư|hợp tác xã|đấu thầu|đối tác công tư",
    "Thương mại": "thương mại|cạnh tranh|quản lý ngoại thương|quyền lợi người tiêu dùng|quảng cáo|chợ|giá",
    "Tài chính và ngân sách": "ngân sách nhà nước|kế toán|kiểm toán|tài sản công|phí và lệ phí|mức thu phí|lệ phí|nợ công"
    "|dự trữ quốc gia"
    "|thực hành tiết kiệm",
    "Thuế và hải quan": "thuế|hải quan|quản lý thuế",
    "Ngân hàng và chứng khoán": "ngân hàng|tổ chức tín dụng|chứng khoán|rửa tiền|công cụ chuyển nhượng|tiền gửi|ngoại hối",
    "Bảo hiểm": "bảo hiểm xã hội|bảo hiểm y tế|kinh doanh bảo hiểm|bảo hiểm thất nghiệp|bảo hiểm",
    "Lao động và việc làm": "lao động|việc làm|công đoàn|an toàn, vệ sinh lao động|tiền lương|dạy nghề|giáo dục nghề nghiệp",
    "Người có công và trợ giúp xã hội": "người có công|người khuyết tật|người cao tuổi|bảo trợ xã hội|trợ giúp xã hội"
    "|chữ thập đỏ",
    "Giáo dục": "giáo dục|giáo dục đại học|nhà giáo|học sinh|trường học",
    "Y tế": "khám bệnh, chữa bệnh|dược|an toàn thực phẩm|bệnh truyền nhiễm|hiến, lấy, ghép|tác hại của rượu|tác hại của thuốc lá"
    "|hiv/aids|y tế",
    "Khoa học và công nghệ": "khoa học và công nghệ|công nghệ cao|chuyển giao công nghệ|sở hữu trí tuệ|tiêu chuẩn và quy chuẩn"
    "|đo lường|năng lượng nguyên tử|chất lượng sản phẩm",
    "Thông tin và truyền thông": "công nghệ thông tin|giao dịch điện tử|viễn thông|tần số vô tuyến điện|bưu chính|báo chí"
    "|xuất bản|an toàn thông tin mạng|chuyển đổi số",
    "Tài nguyên và môi trường": "bảo vệ môi trường|tài nguyên nước|khoáng sản|đa dạng sinh học|khí tượng thủy văn|biển và hải đảo"
    "|đo đạc và bản đồ|tài nguyên, môi trường biển",
    "Nông nghiệp": "nông nghiệp|trồng trọt|chăn nuôi|thú y|thủy sản|lâm nghiệp|bảo vệ và kiểm dịch thực vật|thủy lợi|đê điều"
    "|phòng, chống thiên tai|nông thôn|nuôi ong",
    "Giao thông vận tải": "giao thông|đường sắt|đường bộ|đường thủy|hàng hải|hàng không|bến đò|vận tải|đăng kiểm",
    "Công nghiệp và năng lượng": "dầu khí|điện lực|hóa chất|năng lượng tiết kiệm|khu công nghiệp",
    "Văn hóa, thể thao và du lịch": "di sản văn hóa|điện ảnh|du lịch|thể dục, thể thao|thư viện|lễ hội|nhà văn hóa|nghệ thuật"
    "|tham quan|quyền tác giả",
    "Tổ chức bộ máy và cán bộ": "tổ chức chính phủ|tổ chức quốc hội|tổ chức chính quyền địa phương|cán bộ, công chức"
    "|viên chức|hội đồng nhân dân|bầu cử|mặt trận tổ quốc|thi đua, khen thưởng|vị trí việc làm|biên chế|thủ đô"
    "|hoạt động giám sát|chức năng, nhiệm vụ, quyền hạn",
    "Hành chính": "thủ tục hành chính|một cửa|tiếp công dân|khiếu nại|tố cáo|thanh tra|xử lý vi phạm hành chính|lưu trữ"
    "|văn thư|tiếp cận thông tin|phòng, chống tham nhũng|thống kê|trưng cầu ý dân|nội quy|làm việc",
    "Xây dựng pháp luật": "ban hành văn bản quy phạm pháp luật|phổ biến, giáo dục pháp luật|pháp điển|kiểm tra, rà soát",
    "Tôn giáo và dân tộc": "tín ngưỡng, tôn giáo|dân tộc thiểu số|công tác dân tộc",
    "Quốc phòng": "quốc phòng|nghĩa vụ quân sự|dân quân tự vệ|sĩ quan|dự bị động viên|cảnh sát biển|biên phòng|cơ yếu"
    "|quân nhân chuyên nghiệp|giáo dục quốc phòng",
    "An ninh và trật tự": "an ninh|công an nhân dân|cư trú|căn cước|phòng cháy|ma túy|mua bán người|khủng bố|vũ khí|cảnh vệ"
    "|cảnh sát cơ động|bí mật nhà nước|trật tự|tình báo",
    "Ngoại giao và xuất nhập cảnh": "điều ước quốc tế|thỏa thuận quốc tế|cơ quan đại diện|nhập cảnh|xuất cảnh|biên giới quốc gia"
    "|biển việt nam|ngoại giao|nước ngoài theo hợp đồng",
}  # fmt: skip
_WORDS = [
    (re.compile(rf"(?<!\w){re.escape(words)}(?!\w)"), len(words), name)
    for name, listed in _FIELDS.items()
    for words in listed.split("|")
]
_PRINTED = re.compile(r"^(?:-\s*)?Lĩnh vực(?:,? ngành)?\s*[:|]\s*(?P<name>[^\n]{3,80})$", re.IGNORECASE)


def read_subject(
    lines: Iterable[str], provisions: Iterable[Provision], title: str | None, evidence: dict[str, Evidence]
) -> str | None:
    """The field: `Lĩnh vực: ...` among the lines or first provisions, else by the title's words, else None."""
    for line in lines:
        if printed := _PRINTED.match(line):
            evidence["subject"] = Evidence(line)
            return collapse(printed["name"]).rstrip(" .;|")
    for node in provisions:
        for row in node.rows:
            cells = [cell for cell in row if cell.strip()]
            if len(cells) == 2 and fold(collapse(cells[0])).rstrip(": ") == "linh vuc":
                evidence["subject"] = Evidence(f"{cells[0]} {cells[1]}", node.eid)
                return collapse(cells[1])
        if fold(node.heading).rstrip(": ").endswith("linh vuc") and node.text:
            evidence["subject"] = Evidence(node.text.split("\n")[0], node.eid)
            return collapse(node.text.split("\n")[0]).rstrip(" .;")
    known = " ".join(map(normalise_tone, nfc(title or "").lower().split(" ")))
    found = [(match.start(), -weight, name) for pattern, weight, name in _WORDS if (match := pattern.search(known))]
    if not found or title is None:
        return None
    evidence["subject"] = Evidence(title)
    return min(found)[2]
