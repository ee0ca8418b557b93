from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.refusals import RefusalLog
from tests.support.endpoints import ServedHub, ask

if TYPE_CHECKING:
    import pytest

LOGGER = "signalr_py.transports"
FLOOD = 100


class Lines(logging.Handler):
    """Keeps the counts of the lines, and the time of each."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.counts: list[int] = []
        self.times: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        assert isinstance(record.args, tuple)
        count = record.args[0]
        assert isinstance(count, int)
        self.counts.append(count)
        self.times.append(self.now)


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans())))
def test_every_refusal_is_counted_in_one_line_and_lines_are_a_minute_apart(
    steps: list[tuple[int, bool]],
) -> None:
    refusals, lines, logger = RefusalLog(), Lines(), logging.getLogger(LOGGER)
    noted = 0
    logger.addHandler(lines)
    logger.propagate = False
    try:
        for seconds, is_refused in steps:
            lines.now += seconds
            if is_refused:
                noted += 1
                refusals.note("The limit is reached.", lines.now)
                assert lines.counts
            else:
                refusals.tick(lines.now)
        lines.now += 60
        refusals.tick(lines.now)
    finally:
        logger.removeHandler(lines)
        logger.propagate = True
    assert sum(lines.counts) == noted
    assert all(lines.counts)
    assert all(later - earlier >= 60 for earlier, later in zip(lines.times, lines.times[1:], strict=False))


async def test_a_flood_of_refused_connections_is_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    hub = ServedHub(HttpConnectionOptions(maximum_pending_handshakes=1))
    async with hub.websocket() as socket:
        await socket.accepted()
        for _ in range(FLOOD):
            assert (await ask(hub, "WebSockets", None)).status == 503
        reason = "(logged at most once a minute). The limit of 1 unfinished handshakes is reached"
        assert caplog.messages == [f"Connections refused: 1 {reason} (maximum_pending_handshakes)."]
        hub.advance(59)
        assert len(caplog.messages) == 1
        hub.advance(1)
        assert caplog.messages[1:] == [f"Connections refused: {FLOOD - 1} {reason} (maximum_pending_handshakes)."]
        hub.advance(600)
        assert len(caplog.messages) == 2
        await ask(hub, "WebSockets", None)
        assert caplog.messages[2:] == [f"Connections refused: 1 {reason} (maximum_pending_handshakes)."]
