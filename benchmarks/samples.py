"""Samples of figures, and what they come to."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Self

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Results", "Summary"]


class Summary(Struct, frozen=True):
    """The middle and the spread of some samples.

    Attributes:
        median: The middle.
        low: The lowest.
        high: The highest.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Self:
        """Summarize samples, of which there must be one at least."""
        return cls(median(samples), min(samples), max(samples))


class Results(Struct):
    """What was measured, one sample for each run.

    Attributes:
        figures: Samples for each figure and, within it, for each server.
        busy: How much of the time the server was at work, in percent, likewise.
    """

    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    busy: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, figure: str, subject: str, sample: float, busy: float) -> None:
        """Take in a sample."""
        self.figures.setdefault(figure, {}).setdefault(subject, []).append(sample)
        self.busy.setdefault(figure, {}).setdefault(subject, []).append(busy)

    def samples(self, figure: str, subject: str) -> list[float]:
        """Return the samples of a figure, none when it was not measured."""
        return self.figures.get(figure, {}).get(subject, [])
