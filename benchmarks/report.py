"""Tables of figures and goals, as Markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.samples import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.goals import Verdict
    from benchmarks.samples import Results

__all__ = ["figures_table", "goals_table", "summary_line", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def goals_table(verdicts: Iterable[Verdict]) -> str:
    """Return the table of goals; those that were not measured are left out."""
    rows = [
        (
            verdict.goal.row,
            verdict.goal.words,
            _number(verdict.measured.median),
            _spread(verdict.measured),
            verdict.outcome,
        )
        for verdict in verdicts
        if verdict.measured is not None
    ]
    return table(("row", "goal", "measured", "lowest..highest", "outcome"), rows)


def summary_line(verdicts: Sequence[Verdict]) -> str:
    """Return how many goals were met, missed and not measured."""
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    return f"{outcomes['met']} met, {outcomes['missed']} missed, {outcomes['not measured']} not measured"


def figures_table(results: Results, units: Mapping[str, str]) -> str:
    """Return the table of everything that was measured.

    Args:
        results: The samples.
        units: The unit of each figure.
    """
    rows = [
        (
            figure,
            subject,
            _number(summary.median),
            _spread(summary),
            units.get(figure, ""),
            _busy(results, figure, subject),
        )
        for figure, by_subject in results.figures.items()
        for subject, samples in by_subject.items()
        for summary in [Summary.of(samples)]
    ]
    return table(("figure", "server", "median", "lowest..highest", "unit", "busy %"), rows)


def _busy(results: Results, figure: str, subject: str) -> str:
    return _number(Summary.of(results.busy[figure][subject]).median)


def _spread(summary: Summary) -> str:
    return f"{_number(summary.low)}..{_number(summary.high)}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"
