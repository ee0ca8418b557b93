"""The page `results.md`: what was measured, on what, and what became of each goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report import figures_table, goals_table, summary_line, table

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from benchmarks.goals import Verdict
    from benchmarks.samples import Results
    from benchmarks.subjects import Subject

__all__ = ["page"]

_INTRODUCTION = """\
# Results

Written by `{command}` on {day}. How it is measured, and what each figure means, is in [README.md](README.md).
A value is the median of all runs; in the table of goals it is the median of the ratios within each run.
"""

_UNITS = """\
`us` are microseconds of CPU time of the server per message, of a core of its own; the last column is how much of the
time the server was at work: near 100, the load was not what limited it."""


def page(
    command: str,
    day: datetime.date,
    machine: Mapping[str, str],
    subjects: Sequence[Subject],
    results: Results,
    verdicts: Sequence[Verdict],
    units: Mapping[str, str],
    pictures: Sequence[str],
) -> str:
    """Return the page as Markdown.

    Args:
        command: The command line.
        day: When it ran.
        machine: On what.
        subjects: The servers.
        results: The samples.
        verdicts: What became of the goals.
        units: The unit of each figure.
        pictures: Paths of the charts, relative to the page.
    """
    parts = [
        _INTRODUCTION.format(command=command, day=day.isoformat()),
        f"## Goals\n\n{summary_line(verdicts).capitalize()}.\n\n{goals_table(verdicts)}\n",
        "\n".join(f"![{path.rpartition('/')[2].removesuffix('.svg')}]({path})" for path in pictures),
        f"\n## Servers\n\n{table(('server', 'settings'), [(one.name, one.settings) for one in subjects])}\n",
        f"## Machine\n\n{table(('what', 'which'), list(machine.items()))}\n",
        f"## Figures\n\n{_UNITS}\n\n{figures_table(results, units)}\n",
    ]
    return "\n".join(parts)
