"""Time that passes only when a test says so."""

from __future__ import annotations

from typing import final

__all__ = ["ManualClock"]


@final
class ManualClock:
    """A clock in seconds that stands still.

    Attributes:
        now: What it shows.
    """

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> float:
        """Let time pass, and return what the clock shows then."""
        self.now += seconds
        return self.now
