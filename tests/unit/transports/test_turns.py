from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from signalr_py.transports.turns import TurnWriter, write_pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.transports.direct_socket import MessageEncoder

SLICE = 512


class Joining:
    """Makes of messages what they are without any frames; satisfies `MessageEncoder`."""

    message = None
    frames = b""

    def encode(self, data: bytes | list[bytes]) -> bytes:
        """Return the messages in one piece."""
        return b"".join(data) if isinstance(data, list) else data


class Writer:
    """Has collected its name, and notes what it writes in a list that is common to all."""

    def __init__(self, name: str, written: list[str], on_write: Callable[[], None] | None = None) -> None:
        self.pending: bytes | list[bytes] | None = name.encode()
        self.encoder: MessageEncoder | None = None
        self.write_frames: Callable[[bytes], None] = self._write
        self._written = written
        self._on_write = on_write

    def choose_encoder(self) -> MessageEncoder:
        """Choose what makes nothing of messages."""
        self.encoder = Joining()
        return self.encoder

    def _write(self, data: bytes) -> None:
        assert self.pending is None
        self._written.append(data.decode())
        if self._on_write is not None:
            self._on_write()


def add(turns: TurnWriter, writer: Writer) -> None:
    """Add a writer, as the contract of `waiting` says."""
    if not turns.waiting:
        turns.schedule()
    turns.waiting.append(writer)


def names(count: int) -> list[str]:
    """Return different names."""
    return [str(number) for number in range(count)]


async def test_everything_that_was_collected_is_one_write() -> None:
    turns, written = TurnWriter(), list[str]()
    several, nothing = Writer("", written), Writer("", written)
    several.pending = [b"a", b"b", b"c"]
    nothing.pending = None
    for writer in (several, nothing, several):
        add(turns, writer)
    await asyncio.sleep(0)
    assert written == ["abc"]


@pytest.mark.parametrize("pending", [b"abc", [b"a", b"b", b"c"]])
async def test_what_was_collected_may_be_written_before(pending: bytes | list[bytes]) -> None:
    turns, written = TurnWriter(), list[str]()
    writer = Writer("", written)
    writer.pending = pending
    add(turns, writer)
    write_pending(writer)
    assert written == ["abc"]
    write_pending(writer)
    await asyncio.sleep(0)
    assert written == ["abc"]


async def test_writers_are_written_in_the_next_turn_in_the_order_in_which_they_were_added() -> None:
    turns, written = TurnWriter(), list[str]()
    for name in "abc":
        add(turns, Writer(name, written))
    assert written == []
    await asyncio.sleep(0)
    assert written == ["a", "b", "c"]
    assert turns.waiting == []
    add(turns, Writer("d", written))
    await asyncio.sleep(0)
    assert written == ["a", "b", "c", "d"]


async def test_one_callback_is_scheduled_for_all() -> None:
    turns, written = TurnWriter(), list[str]()
    order = written
    for name in "ab":
        add(turns, Writer(name, written))
        asyncio.get_running_loop().call_soon(order.append, f"after {name}")
    await asyncio.sleep(0)
    assert order == ["a", "b", "after a", "after b"]


async def test_others_have_their_turn_between_slices_and_the_order_is_kept() -> None:
    turns, written = TurnWriter(), list[str]()
    for name in names(2 * SLICE + 10):
        add(turns, Writer(name, written))
    seen: list[int] = []
    while turns.waiting:
        await asyncio.sleep(0)
        seen.append(len(written))
    assert seen == [SLICE, 2 * SLICE, 2 * SLICE + 10]
    assert written == names(2 * SLICE + 10)


async def test_a_full_slice_leaves_nothing_scheduled() -> None:
    turns, written = TurnWriter(), list[str]()
    for name in names(SLICE):
        add(turns, Writer(name, written))
    await asyncio.sleep(0)
    assert len(written) == SLICE
    add(turns, Writer("next", written))
    await asyncio.sleep(0)
    assert written[-1] == "next"


async def test_who_is_added_between_slices_comes_behind_those_who_wait() -> None:
    turns, written = TurnWriter(), list[str]()
    for name in names(SLICE + 1):
        add(turns, Writer(name, written))
    await asyncio.sleep(0)
    add(turns, Writer("late", written))
    await asyncio.sleep(0)
    assert written == [*names(SLICE + 1), "late"]


async def test_who_is_added_while_others_are_written_has_the_next_turn() -> None:
    turns, written = TurnWriter(), list[str]()
    add(turns, Writer("a", written, lambda: add(turns, Writer("again", written))))
    add(turns, Writer("b", written))
    await asyncio.sleep(0)
    assert written == ["a", "b"]
    await asyncio.sleep(0)
    assert written == ["a", "b", "again"]


async def test_who_is_added_while_the_last_of_a_slice_is_written_comes_behind_the_next_slice() -> None:
    turns, written = TurnWriter(), list[str]()
    for name in names(SLICE - 1):
        add(turns, Writer(name, written))
    add(turns, Writer("last of the slice", written, lambda: add(turns, Writer("again", written))))
    add(turns, Writer("first of the next", written))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written[SLICE - 1 :] == ["last of the slice", "first of the next", "again"]


async def test_a_failure_is_logged_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    turns, written = TurnWriter(), list[str]()

    def fail() -> None:
        raise OSError("a secret")

    for name in "abcd":
        add(turns, Writer(name, written, fail if name in "bd" else None))
    await asyncio.sleep(0)
    assert written == ["a", "b", "c", "d"]
    assert [record.getMessage() for record in caplog.records] == ["Writing to a socket failed."] * 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    add(turns, Writer("e", written))
    await asyncio.sleep(0)
    assert written[-1] == "e"
