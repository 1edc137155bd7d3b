"""The report of a speed measurement as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from eval.charts import Bar, Group, bars
from eval.report import STYLE

_PERCENTILES = ("p50", "p95", "p99")


def html(speed: Mapping[str, Any]) -> str:
    """The page, from the measurement's JSON."""
    parts = [
        "<h1>Tốc độ tra cứu</h1>",
        f"<p>{speed['passages']} đoạn · cả đường so với mức sàn (véc-tơ câu hỏi + một lần gọi máy tìm kiếm), p50: "
        f"<b>{speed['overhead_p50']:.2f} lần</b>.</p>",
        bars([_timing("Mức sàn", speed["floor"]), _timing("Cả đường", speed["path"])], unit=" ms", digits=1),
    ]
    for key, title in (("pipeline", "Trong tiến trình"), ("http", "Qua HTTP")):
        if speed[key]:
            parts += _by_clients(title, speed[key])
    if speed["growth"]:
        parts += _growth(speed["growth"])
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Tốc độ tra cứu</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _by_clients(title: str, timings: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = [
        (clients, *(f"{one[name]:.1f}" for name in (*_PERCENTILES, "rate")), str(one["failed"]))
        for clients, one in timings.items()
    ]
    return [
        f"<h2>{title}: nhiều người hỏi cùng lúc</h2>",
        bars([_timing(f"{clients} người", one) for clients, one in timings.items()], unit=" ms", digits=1),
        _table(("Số người hỏi", "p50 ms", "p95 ms", "p99 ms", "lượt mỗi giây", "lỗi"), rows),
    ]


def _growth(sizes: Sequence[Mapping[str, Any]]) -> list[str]:
    def name(size: Mapping[str, Any]) -> str:
        return f"{size['passages']:,} đoạn{', int8' if size['int8'] else ''}".replace(",", ".", 1)

    latency = [
        Group(name(size), tuple(Bar(f"{way} {of}", size[key][of]) for key, way in _WAYS for of in ("p50", "p95")))
        for size in sizes
    ]
    memory = [
        Group(
            name(size), (Bar("Bộ nhớ thêm cho chỉ mục", size["index_mb"]), Bar("Trong đó bộ nhớ riêng", size["own_mb"]))
        )
        for size in sizes
    ]
    rows = [
        (
            name(size),
            *(f"{size[key][of]:.2f}" for key, _ in _WAYS for of in _PERCENTILES),
            f"{size['overhead_p50']:.2f}",
            f"{size['dense_recall']:.3f}",
            *(f"{size[key]:.0f}" for key in ("index_mb", "own_mb", "disk_mb", "optimise_s")),
        )
        for size in sizes
    ]
    head = ["Số đoạn", *(f"{way} {of}" for _, way in _WAYS for of in _PERCENTILES), "lần", "recall@30 véc-tơ"]
    return [
        "<h2>Khi kho lớn lên: thời gian</h2>",
        bars(latency, unit=" ms", digits=1),
        "<h2>Khi kho lớn lên: bộ nhớ</h2>",
        bars(memory, unit=" MB", digits=0),
        _table((*head, "chỉ mục MB", "riêng MB", "đĩa MB", "lập chỉ mục s"), rows),
        '<p class="note">Đoạn thật được biến đổi: véc-tơ xoay đến cosin 0,95, trọng số từ đổi đến một phần mười; không '
        "nói gì về chất lượng. int8: véc-tơ 8 bit trong bộ nhớ, bản gốc trên đĩa để xếp lại các kết quả đầu.</p>",
    ]


_WAYS = (("floor", "sàn"), ("path", "cả đường"))


def _timing(name: str, timing: Mapping[str, float]) -> Group:
    return Group(name, tuple(Bar(of, timing[of]) for of in _PERCENTILES))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
