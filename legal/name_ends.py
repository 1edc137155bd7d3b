"""Words that do not belong to a law's name: what a question goes on with after it. Any other word makes a longer name."""

from __future__ import annotations

from legal.text import fold, nfc

_ENDS = frozenset(
    nfc(
        """
        thì có điều khoản điểm chương mục phần năm là về như nào được phải cho không hay hỏi trong theo khi nếu số này nay
        hiện mới cũ quy thuộc ai gì bao nơi nói đó để bị từ đến sau trước còn con áp dụng ban bản của ở tại ngày bạn thế sao
        đã đang sẽ cần bắt cấm yêu nêu ghi viết hướng giải hiểu mà nhưng vì do bởi với đối giữa liên cũng vẫn chỉ đều
        mọi những các đúng sai gồm nhằm xin giúp vậy nhé ạ hãy tức ra làm đề cụ rõ đưa liệt buộc kể coi xem lúc tôi em anh
        mình chúng họ muốn biết trên dưới ngoài mấy vào qua nhờ cùng kèm tuy bằng
        """
    ).split()
)
#: Of these, folded, what is understood where nothing is typed with diacritics; others are also words of names ("do thi").
_BARE = frozenset(
    """
    thi co dieu khoan diem chuong muc phan nam la ve nhu nao duoc phai cho khong hay hoi trong theo khi neu so nay quy
    thuoc ai gi bao noi ban cua o tai ngay the sao gom ap hien
    """.split()  # noqa: SIM905
)
#: "Luật Đầu tư và Luật Đất đai", but "Luật Bầu cử đại biểu Quốc hội và đại biểu Hội đồng nhân dân".
_JOINING = frozenset({"va", "hoac"})
_TYPES = frozenset({"luat", "bo", "phap", "hien", "nghi", "thong", "quyet", "chi", "nd", "tt", "qd", "nq"})


def name_ends(following: str, after: str = "", *, bare: bool = False) -> bool:
    """Whether a law's name has ended before the word `following`, which `after` follows. `bare`: typed without
    diacritics."""
    word = fold(following)
    if word in _JOINING:
        return not after or fold(after) in _TYPES or name_ends(after, bare=bare)
    return word in _BARE if bare else nfc(following).lower() in _ENDS
