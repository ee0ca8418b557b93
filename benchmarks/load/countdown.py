"""Counts messages down to the moment when all of them have come."""

from __future__ import annotations

import asyncio

__all__ = ["Countdown"]


class Countdown:
    """How many messages are still to be asked for, and how many are still to come.

    Args:
        count: How many there are in sum.
        claimed: How many of them are asked for from the start.
    """

    def __init__(self, count: int, *, claimed: int = 0) -> None:
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unclaimed = count - claimed
        self._missing = count

    def claim(self) -> bool:
        """Return whether one more is to be asked for; it counts as asked for then."""
        self._unclaimed -= 1
        return self._unclaimed >= 0

    def done(self) -> None:
        """Count one that has come."""
        self._missing -= 1
        if not self._missing:
            self.reached.set_result(None)
