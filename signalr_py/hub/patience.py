"""For how long something may last."""

from __future__ import annotations

from typing import final

__all__ = ["Patience"]


@final
class Patience:
    """Measures for how long something has been so, without a break.

    Args:
        seconds: How long it may be so.
    """

    __slots__ = ("_since", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds
        self._since: float | None = None

    def is_over(self, now: float, *, counts: bool) -> bool:
        """Note whether it is so now, and tell whether it has been for too long."""
        if not counts:
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= self.seconds

    def renew(self) -> None:
        """Start over."""
        self._since = None
