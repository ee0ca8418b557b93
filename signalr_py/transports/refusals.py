"""Telling the log about refused connections without letting a flood of them flood it."""

from __future__ import annotations

import logging
from typing import Final, final

__all__ = ["RefusalLog"]

_PAUSE: Final = 60.0
_log = logging.getLogger("signalr_py.transports")


@final
class RefusalLog:
    """Counts refused connections and logs their number: the first one at once, then at most one line a minute."""

    def __init__(self) -> None:
        self._count = 0
        self._reason = ""
        self._logged_at: float | None = None

    def note(self, reason: str, now: float) -> None:
        """Count a refused connection.

        Args:
            reason: Sentence that says which limit refused it; the latest one is logged.
            now: Seconds of the monotonic clock.
        """
        self._count += 1
        self._reason = reason
        self.tick(now)

    def tick(self, now: float) -> None:
        """Log what was counted if a minute has passed since the last line.

        Args:
            now: Seconds of the monotonic clock.
        """
        if not self._count or (self._logged_at is not None and now - self._logged_at < _PAUSE):
            return
        _log.warning("Connections refused: %d (logged at most once a minute). %s", self._count, self._reason)
        self._count = 0
        self._logged_at = now
