"""The report of a retrieval measurement as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from eval.charts import Bar, Group, bars
from eval.metrics import Interval, Scores
from eval.retrieval import Report

OURS = "phapquy"
NAMES = {
    "bm25": "BM25 theo âm tiết, cả điều",
    "dense": "Chỉ véc-tơ (chỉ mục này)",
    "haystack": "Haystack thường (cửa sổ 200 từ)",
    "haystack_every": "Haystack thường, tính mọi điều trong cửa sổ",
}
MEASURES = {
    "ndcg10": "nDCG@10",
    "recall5": "recall@5",
    "recall10": "recall@10",
    "recall20": "recall@20",
    "mrr10": "MRR@10",
}
STYLE = """
body{font:16px/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1c1c1c;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .7rem;border-bottom:1px solid #ddd;text-align:right}
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto}svg text{font-size:13px;fill:#222}
.value{font-variant-numeric:tabular-nums}.note{color:#555;font-size:.92rem}.bad{color:#a4161a;font-weight:600}
.good{color:#2b6a30;font-weight:600}
"""


def html(report: Report) -> str:
    """The page."""
    n = report.scores["all"].n
    typed = "gõ không dấu" if report.about.get("unaccented") else "gõ có dấu"
    facts = [f"{n} câu hỏi có đáp án, {typed}"]
    for name, words in (("documents", "văn bản"), ("passages", "đoạn"), ("embedder", "mô hình nhúng")):
        if name in report.about:
            facts.append(f"{report.about[name]} {words}" if name != "embedder" else f"{words} {report.about[name]}")
    parts = [
        "<h1>Chất lượng tra cứu</h1>",
        f"<p>{escape(' · '.join(facts))}.</p>",
        "<h2>Kết quả chung</h2>",
        _overall(report),
        _table(("Nhóm câu hỏi", "n", *MEASURES.values()), _rows(report)),
        '<p class="note">Vạch ngang và ngoặc vuông là khoảng tin cậy 95% (bootstrap theo câu hỏi, 2.000 lần lấy mẫu '
        "lại, hạt giống cố định). Một điều được tính là tìm đúng khi đúng cả số hiệu văn bản và số điều.</p>",
    ]
    if report.baselines:
        parts += _against(report)
    if report.comparison is not None:
        parts += _since(report)
    parts += [
        "<h2>nDCG@10 theo nhóm câu hỏi</h2>",
        _kinds(report),
        "<h2>Thời gian một lần tra cứu</h2>",
        _latency(report),
    ]
    parts += _worst(report)
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Chất lượng tra cứu</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _overall(report: Report) -> str:
    found = report.intervals["all"]
    groups = []
    for name, label in MEASURES.items():
        one = found[name]
        others = (Bar(NAMES[key], getattr(base.scores["all"], name)) for key, base in report.baselines.items())
        groups.append(Group(label, (Bar(OURS, one.mean, one.low, one.high), *others)))
    return bars(groups, most=1.0)


def _rows(report: Report) -> Iterable[Sequence[str]]:
    for kind, scores in report.scores.items():
        found = report.intervals[kind]
        yield (_kind(kind), str(scores.n), *(_with_interval(found[name]) for name in MEASURES))


def _against(report: Report) -> list[str]:
    rows = []
    for key, base in report.baselines.items():
        rows.append((NAMES[key], *(f"{value:.3f}" for value in _values(base.scores["all"]))))
        rows.append(("phapquy hơn", *(_difference(base.differences["all"][name]) for name in MEASURES)))
    return [
        "<h2>So với cách làm thông thường</h2>",
        _table(("Cách tra cứu", *MEASURES.values()), rows),
        '<p class="note">Đo trong cùng một lần chạy, trên cùng các văn bản còn hiệu lực. Hiệu số tính từng '
        "cặp theo câu hỏi. Haystack thường: bộ chia 200 từ, BM25 và véc-tơ trong bộ nhớ, gộp hạng RRF, cùng mô hình "
        "nhúng; một cửa sổ tính cho điều chiếm nhiều từ nhất trong nó.</p>",
    ]


def _since(report: Report) -> list[str]:
    comparison = report.comparison
    if comparison is None:
        return []
    rows = [
        (_kind(group), *(_difference(found[name]) for name in MEASURES)) for group, found in comparison.groups.items()
    ]
    verdict = (
        f'<p class="bad">Giảm có ý nghĩa thống kê: {", ".join(MEASURES[name] for name in comparison.losses)}.</p>'
        if comparison.losses
        else '<p class="good">Không có chỉ số nào giảm có ý nghĩa thống kê.</p>'
    )
    table = _table((f"Hiệu số trên {comparison.n} câu chung", *MEASURES.values()), rows)
    return ["<h2>So với lần đo trước</h2>", verdict, table]


def _kinds(report: Report) -> str:
    groups = []
    for kind in report.scores:
        one = report.intervals[kind]["ndcg10"]
        others = (Bar(NAMES[key], base.scores[kind].ndcg10) for key, base in report.baselines.items())
        groups.append(Group(_kind(kind), (Bar(OURS, one.mean, one.low, one.high), *others)))
    return bars(groups, most=1.0)


def _latency(report: Report) -> str:
    names = {
        "p50": "Cả đường, p50",
        "p95": "Cả đường, p95",
        "embed_p50": "Riêng véc-tơ, p50",
        "rest_p50": "Phần còn lại, p50",
        "rest_p95": "Phần còn lại, p95",
    }
    latency = [Group(names[name], (Bar("ms", value),)) for name, value in report.latency_ms.items() if name in names]
    return bars(latency, unit=" ms", digits=1)


def _worst(report: Report) -> list[str]:
    """Ids of the questions whose gold article is not among the first ten; never their text."""
    missed = [id for id, values in report.values.items() if values["recall10"] == 0.0]
    if not missed:
        return []
    ids = ", ".join(escape(id) for id in missed)
    return [f"<h2>Không có điều đúng trong 10 kết quả đầu: {len(missed)} câu</h2>", f'<p class="note">{ids}</p>']


def _values(scores: Scores) -> list[float]:
    return [getattr(scores, name) for name in MEASURES]


def _with_interval(one: Interval) -> str:
    return f"{one.mean:.3f} [{one.low:.2f}; {one.high:.2f}]"


def _difference(one: Interval) -> str:
    mark = " ▲" if one.is_gain else " ▼" if one.is_loss else ""
    return f"{one.mean:+.3f} [{one.low:+.2f}; {one.high:+.2f}]{mark}"


def _kind(kind: str) -> str:
    return "Tất cả" if kind == "all" else kind


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
