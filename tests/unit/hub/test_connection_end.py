"""How connections end: the Close message, the argument of `on_disconnected`, and that it runs exactly once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import ClientTimeoutError, Hub, HubException, HubOptions, RemoteProtocolError
from tests.support.clock import ManualClock
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

GENERIC = "Connection closed with an error."


class Journal:
    """What the hooks of a hub were called with."""

    def __init__(self) -> None:
        self.connected = 0
        self.disconnected: list[Exception | None] = []
        self.aborted: list[bool] = []
        self.may_connect = asyncio.Event()
        self.may_connect.set()


def hub_with(journal: Journal) -> type[Hub]:
    class H(Hub):
        async def on_connected(self) -> None:
            await journal.may_connect.wait()
            journal.connected += 1

        async def on_disconnected(self, error: Exception | None) -> None:
            journal.aborted.append(self.context.connection_aborted.is_set())
            journal.disconnected.append(error)
            await self.clients.caller.send("Dropped")

        async def echo(self, text: str) -> str:
            return text

        async def abort(self) -> None:
            self.context.abort()

    return H


def leave(client: HubClient, _: ManualClock) -> None:
    client.leave()


def leave_inside_a_message(client: HubClient, _: ManualClock) -> None:
    client.send_bytes(b'{"type"')
    client.leave()


def say_goodbye(client: HubClient, _: ManualClock) -> None:
    client.send({"type": 7})


def say_goodbye_with_an_error(client: HubClient, _: ManualClock) -> None:
    client.send({"type": 7, "error": "tired"})


def call_abort(client: HubClient, _: ManualClock) -> None:
    client.start("Abort")


def send_nonsense(client: HubClient, _: ManualClock) -> None:
    client.send_bytes(b"nonsense\x1e")


def fall_silent(client: HubClient, clock: ManualClock) -> None:
    client.send({"type": 6})
    client.connection.tick(clock.now)
    client.connection.tick(clock.advance(30))


def take_too_little(client: HubClient, _: ManualClock) -> None:
    client.connection.overflowed()


def lose_authentication(client: HubClient, _: ManualClock) -> None:
    client.connection.authentication_expired()


def be_sent_away(client: HubClient, _: ManualClock) -> None:
    client.connection.leave(at_once=False)


Cause = "Callable[[HubClient, ManualClock], None]"
RECONNECT: dict[str, Any] = {"type": 7, "allowReconnect": True}
FAILED: dict[str, Any] = {"type": 7, "error": GENERIC, "allowReconnect": True}

ROWS: list[tuple[Any, dict[str, Any], type[Exception] | None, str]] = [
    (leave, RECONNECT, None, ""),
    (leave_inside_a_message, FAILED, RemoteProtocolError, "Connection terminated while reading a message."),
    (say_goodbye, {"type": 7}, None, ""),
    (say_goodbye_with_an_error, {"type": 7}, HubException, "tired"),
    (call_abort, {"type": 7}, None, ""),
    (send_nonsense, FAILED, RemoteProtocolError, "Error reading JSON."),
    (
        fall_silent,
        FAILED,
        ClientTimeoutError,
        "Client hasn't sent a message/ping within the configured client_timeout_interval of 30 seconds.",
    ),
    (take_too_little, RECONNECT, RemoteProtocolError, "The client does not read fast enough."),
    (lose_authentication, RECONNECT, None, ""),
    (be_sent_away, RECONNECT, None, ""),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].__name__)
async def test_every_cause_has_its_close_message_and_reason(row: Any) -> None:
    cause, closing, kind, text = row
    journal, clock = Journal(), ManualClock()
    async with serve(hub_with(journal), clock=clock) as server:
        client = server.connect()
        await settle()
        cause(client, clock)
        assert await client.ended() == closing
        for other in (leave, be_sent_away, lose_authentication, take_too_little):
            other(client, clock)
        client.connection.abort()
        await settle()
        assert len(server.lifetime.registry) == 0
        assert client.received[-1] == closing
    assert journal.connected == 1
    (reason,) = journal.disconnected
    assert (None if reason is None else (type(reason), str(reason))) == (None if kind is None else (kind, text))
    assert journal.aborted == [True]
    assert client.duplex.closes == [False]


@pytest.mark.parametrize("row", [row for row in ROWS if row[1] is FAILED], ids=lambda row: row[0].__name__)
async def test_detailed_errors_tell_the_client_why(row: Any) -> None:
    cause, _, kind, text = row
    clock = ManualClock()
    async with serve(hub_with(Journal()), HubOptions(enable_detailed_errors=True), clock=clock) as server:
        client = server.connect()
        await settle()
        cause(client, clock)
        closing = await client.ended()
    assert closing == {"type": 7, "error": f"{GENERIC} {kind.__name__}: {text}", "allowReconnect": True}


CAUSES_WHILE_CONNECTING = [take_too_little, lose_authentication]


@pytest.mark.parametrize("cause", CAUSES_WHILE_CONNECTING)
async def test_on_disconnected_waits_for_a_running_on_connected(cause: Any) -> None:
    journal, clock = Journal(), ManualClock()
    journal.may_connect.clear()
    async with serve(hub_with(journal), clock=clock) as server:
        client = server.connect()
        cause(client, clock)
        cause(client, clock)
        client.leave()
        await settle()
        assert journal.disconnected == []
        assert client.duplex.closes == []
        assert client.closing == RECONNECT
        journal.may_connect.set()
        await client.ended()
    assert journal.connected == len(journal.disconnected) == 1
    assert client.duplex.closes == [False]


@pytest.mark.parametrize("cause", [leave, be_sent_away])
async def test_the_end_waits_for_a_running_on_connected(cause: Any) -> None:
    journal, clock = Journal(), ManualClock()
    journal.may_connect.clear()
    async with serve(hub_with(journal), clock=clock) as server:
        client = server.connect()
        call, message = client.invocation("Echo", "sent before")
        client.connection.feed(client.encode(message))
        cause(client, clock)
        await settle()
        assert client.closing is None
        journal.may_connect.set()
        assert await client.ended() == RECONNECT
        answers = [m["invocationId"] for m in client.received if m["type"] == 3]
        assert call == "1"
        assert set(answers) <= ({"1"} if cause is leave else set())
    assert (journal.connected, journal.disconnected) == (1, [None])


async def test_abort_in_on_connected() -> None:
    journal = Journal()

    class H(hub_with(journal)):  # type: ignore[misc]
        async def on_connected(self) -> None:
            self.context.abort()
            self.context.abort()

    async with serve(H) as server:
        client = server.connect()
        assert await client.ended() == {"type": 7}
    assert journal.disconnected == [None]
    assert client.duplex.closes == [False]


async def test_a_client_that_overflows_with_its_handshake_answer() -> None:
    async with serve(Hub) as server:
        client = server.open()
        client.duplex.on_write = lambda _: client.connection.overflowed()
        client.request_handshake(behind=client.encode(client.invocation("Missing")[1]))
        await client.ended()
        await settle()
        assert client.received == [RECONNECT]
        assert client.duplex.closes == [False]


async def test_messages_sent_before_the_client_left_are_still_dispatched() -> None:
    done: list[str] = []
    may_go_on = asyncio.Event()

    class H(Hub):
        async def work(self, name: str) -> None:
            await may_go_on.wait()
            done.append(name)

        async def on_disconnected(self, error: Exception | None) -> None:
            done.append(f"disconnected {error}")

    async with serve(H) as server:
        client = server.connect()
        client.send(*(client.invocation("Work", name)[1] for name in "abc"))
        client.leave()
        await settle()
        assert client.duplex.closes == []
        may_go_on.set()
        await client.ended()
        await settle()
    assert done == ["a", "b", "c", "disconnected None"]


async def test_calls_that_wait_for_the_end_do_not_hold_up_what_waits_behind_them() -> None:
    done: list[str] = []

    class H(Hub):
        async def work(self, name: str) -> None:
            await self.context.connection_aborted.wait()
            done.append(name)

    async with serve(H) as server:
        client = server.connect()
        client.send(*(client.invocation("Work", name)[1] for name in "ab"))
        await settle()
        client.leave()
        await client.ended()
        await settle()
    assert done == ["a", "b"]


async def test_a_half_message_behind_waiting_calls_is_still_an_error() -> None:
    reasons: list[Exception | None] = []
    may_go_on = asyncio.Event()

    class H(Hub):
        async def work(self) -> None:
            await may_go_on.wait()

        async def on_disconnected(self, error: Exception | None) -> None:
            reasons.append(error)

    async with serve(H) as server:
        client = server.connect()
        data = client.encode(client.invocation("Work")[1], client.invocation("Work")[1])
        client.send_bytes(data + b'{"type":')
        client.leave()
        may_go_on.set()
        assert await client.ended() == FAILED
    (reason,) = reasons
    assert str(reason) == "Connection terminated while reading a message."


async def test_a_running_call_outlives_its_connection_and_can_tell() -> None:
    seen: list[bool] = []
    may_go_on = asyncio.Event()

    class H(Hub):
        async def work(self) -> str:
            seen.append(self.context.connection_aborted.is_set())
            await may_go_on.wait()
            seen.append(self.context.connection_aborted.is_set())
            return "dropped"

    async with serve(H) as server:
        client = server.connect()
        client.start("Work")
        await settle()
        client.send({"type": 7})
        await client.ended()
        may_go_on.set()
        await settle()
        assert client.received == [{"type": 7}]
    assert seen == [False, True]
