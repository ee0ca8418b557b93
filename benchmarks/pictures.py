"""The charts of the documentation, from results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.charts import Bar, Chart, Group, draw
from benchmarks.samples import Summary
from benchmarks.subjects import OURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.samples import Results

__all__ = ["pictures", "save"]

_CPU: Final = "CPU time of the server in microseconds per message, one core; the line shows the spread of the runs"
_CALLS: Final = {
    "echo/json/1": "JSON, one call in flight per connection",
    "echo/json/8": "JSON, eight calls in flight",
    "echo/messagepack/1": "MessagePack, one call in flight",
    "echo/messagepack/8": "MessagePack, eight calls in flight",
}
_BROADCASTS: Final = {
    f"broadcast/{audience}/{kind}": f"{audience:,} connections, {words}"
    for audience in (500, 5_000, 10_000)
    for kind, words in (("single", "one by one"), ("burst", "in bursts of four"))
}


def pictures(results: Results) -> dict[str, Chart]:
    """Return the charts that there are results for, by file name."""
    charts = {
        "benchmark-echo": Chart("A call and its answer, 50 connections", _CPU, _groups(results, _CALLS)),
        "benchmark-broadcast": Chart("Delivery of a broadcast", _CPU, _groups(results, _BROADCASTS)),
        "benchmark-connect": Chart(
            "Connect, handshake, disconnect",
            "CPU time of the server in microseconds per connection, one core",
            _groups(results, {"connect": ""}),
        ),
        "benchmark-memory": Chart(
            "Memory of an idle connection", "Resident memory in KiB per connection", _groups(results, {"memory": ""})
        ),
    }
    return {name: chart for name, chart in charts.items() if chart.groups}


def save(results: Results, folder: Path) -> list[Path]:
    """Write the charts into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, chart in pictures(results).items():
        path = folder / f"{name}.svg"
        path.write_text(draw(chart))
        paths.append(path)
    return paths


def _groups(results: Results, figures: Mapping[str, str]) -> Sequence[Group]:
    return [
        Group(words, [Bar(name, Summary.of(samples), name.startswith(OURS)) for name, samples in measured.items()])
        for figure, words in figures.items()
        if (measured := results.figures.get(figure))
    ]
