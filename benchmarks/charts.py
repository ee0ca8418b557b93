"""Bar charts as SVG, legible on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from benchmarks.samples import Summary

__all__ = ["Bar", "Chart", "Group", "draw"]

_WIDTH: Final = 760
_LEFT: Final = 190
_RIGHT: Final = 90
_BAR: Final = 20
_GAP: Final = 6
_GROUP_GAP: Final = 22
_TOP: Final = 64
_BOTTOM: Final = 16

_STYLE: Final = """
  text { font-family: system-ui, sans-serif; font-size: 13px; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .note { fill: #57606a; }
  .group { font-weight: 600; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .spread { stroke: #24292f; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9da7b3; }
    .bar { fill: #6e7681; }
    .ours { fill: #4493f8; }
    .spread { stroke: #e6edf3; }
  }
"""


class Bar(Struct, frozen=True):
    """One bar.

    Attributes:
        label: What is at its left.
        summary: Its length, and its spread.
        is_ours: Whether it stands out.
    """

    label: str
    summary: Summary
    is_ours: bool = False


class Group(Struct, frozen=True):
    """Bars under a heading.

    Attributes:
        label: The heading; empty for none.
        bars: The bars.
    """

    label: str
    bars: Sequence[Bar]


class Chart(Struct, frozen=True):
    """A chart.

    Attributes:
        title: Its title.
        note: What the numbers are.
        groups: Its bars.
    """

    title: str
    note: str
    groups: Sequence[Group]


def draw(chart: Chart) -> str:
    """Return the chart as an SVG document."""
    highest = max((bar.summary.high for group in chart.groups for bar in group.bars), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / highest
    parts: list[str] = []
    y = _TOP
    for group in chart.groups:
        if group.label:
            parts.append(_text(0, y + 14, group.label, "group"))
            y += _BAR + _GAP
        for bar in group.bars:
            parts.append(_bar(bar, y, scale))
            y += _BAR + _GAP
        y += _GROUP_GAP
    height = y - _GROUP_GAP + _BOTTOM
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"',
        f'role="img" aria-label={quoteattr(chart.title)}>',
        f"<style>{_STYLE}</style>",
        _text(0, 20, chart.title, "title"),
        _text(0, 42, chart.note, "note"),
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _bar(bar: Bar, y: float, scale: float) -> str:
    summary = bar.summary
    end = _LEFT + summary.median * scale
    middle = y + _BAR / 2
    low, high = (_LEFT + value * scale for value in (summary.low, summary.high))
    return "\n".join(
        [
            _text(_LEFT - 10, y + 15, bar.label, "label", anchor="end"),
            (
                f'<rect class="bar{" ours" * bar.is_ours}" x="{_LEFT}" y="{y}" width="{max(1, end - _LEFT):.1f}" '
                f'height="{_BAR}" rx="2"/>'
            ),
            f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>',
            _text(max(end, high) + 8, y + 15, _number(summary.median), "value"),
        ]
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
