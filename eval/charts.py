"""Bar charts with error bars as inline SVG: no script, no style sheet, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#1d4e89", "#c8553d", "#588157", "#8d6a9f", "#b08900")
_WIDTH, _LEFT, _BAR, _GAP = 760, 190, 18, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval, if it has one."""

    series: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one name."""

    name: str
    bars: tuple[Bar, ...]


def bars(groups: Sequence[Group], *, most: float | None = None, unit: str = "", digits: int = 3) -> str:
    """Horizontal bars by group, one colour a series. `most`: end of the axis, the largest value where it is None."""
    series = list(dict.fromkeys(bar.series for group in groups for bar in group.bars))
    top = most or max((bar.high or bar.value for group in groups for bar in group.bars), default=1.0) or 1.0
    scale = (_WIDTH - _LEFT - 90) / top
    out: list[str] = []
    y = 10
    for group in groups:
        middle = y + len(group.bars) * _BAR / 2 + 4
        out.append(f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(group.name)}</text>')
        for bar in group.bars:
            colour = COLOURS[series.index(bar.series) % len(COLOURS)]
            length = max(0.0, bar.value * scale)
            said = f"{bar.value:.{digits}f}{unit}"
            out.append(
                f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 4}" fill="{colour}">'
                f"<title>{escape(bar.series)}: {said}</title></rect>"
            )
            end = bar.value
            if bar.low is not None and bar.high is not None:
                end = max(bar.value, bar.high)
                left, right, height = _LEFT + bar.low * scale, _LEFT + bar.high * scale, y + _BAR / 2 - 2
                out.append(f'<path d="M{left:.1f} {height}H{right:.1f}M{left:.1f} {height - 4}v8M{right:.1f} ')
                out[-1] += f'{height - 4}v8" stroke="#222" stroke-width="1.2" fill="none"/>'
            out.append(f'<text x="{_LEFT + end * scale + 6:.1f}" y="{y + _BAR - 7}" class="value">{said}</text>')
            y += _BAR
        y += _GAP
    x = _LEFT
    if len(series) > 1:
        for place, name in enumerate(series):
            out.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{COLOURS[place % len(COLOURS)]}"/>')
            out.append(f'<text x="{x + 17}" y="{y + 11}">{escape(name)}</text>')
            x += 40 + 8 * len(name)
        y += 24
    return f'<svg viewBox="0 0 {_WIDTH} {y}" role="img">{"".join(out)}</svg>'
