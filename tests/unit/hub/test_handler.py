from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from signalr_py import Hub, HubDefinitionError
from tests.support.hub_server import HubServer, serve
from tests.support.tasks import settle

RECONNECT = {"type": 7, "allowReconnect": True}


class WorkHub(Hub):
    """Calls end when the test says so; what happens is kept in the class made by `work_hub`."""


class Journal:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.may_end = asyncio.Event()


def work_hub(journal: Journal) -> type[Hub]:
    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            journal.lines.append(f"{self.context.connection_id} disconnected {error}")

        async def work(self) -> str:
            try:
                await journal.may_end.wait()
            except asyncio.CancelledError:
                journal.lines.append(f"{self.context.connection_id} cancelled")
                raise
            return "done"

        async def stubborn(self) -> None:
            while not journal.may_end.is_set():
                try:
                    await journal.may_end.wait()
                except asyncio.CancelledError:
                    journal.lines.append("cancelled in vain")

    return H


async def test_idle_clients_are_sent_away_at_once_in_batches() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    clients = [server.connect() for _ in range(250)]
    shutting_down = asyncio.ensure_future(server.handler.shut_down(3600))
    await asyncio.sleep(0)
    assert 0 < sum(client.closing is not None for client in clients) < len(clients)
    await shutting_down
    await server.handler.finish(3600)
    assert all(client.closing == RECONNECT for client in clients)
    assert all(client.duplex.closes == [False] for client in clients)
    assert len(journal.lines) == 250
    assert len(server.lifetime.registry) == 0


async def test_a_running_call_has_its_time_and_then_its_client_is_sent_away() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    busy, idle = server.connect(), server.connect()
    call = busy.start("Work")
    await settle()
    shutting_down = asyncio.ensure_future(server.handler.shut_down(3600))
    await idle.ended()
    await settle()
    assert busy.closing is None
    assert busy.duplex.is_reading
    assert not shutting_down.done()
    journal.may_end.set()
    await shutting_down
    await server.handler.finish(3600)
    assert [m for m in busy.received if m["type"] != 6] == [
        {"type": 3, "invocationId": call, "result": "done"},
        RECONNECT,
    ]
    assert sorted(journal.lines) == ["c1 disconnected None", "c2 disconnected None"]


async def test_what_waits_behind_a_running_call_is_not_started_any_more() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    client = server.connect()
    first = client.start("Work")
    client.start("Work")
    client.start("Work")
    await settle()
    shutting_down = asyncio.ensure_future(server.handler.shut_down(3600))
    await settle()
    client.connection.feed(client.encode(client.invocation("Work")[1]))
    journal.may_end.set()
    await shutting_down
    await server.handler.finish(3600)
    assert client.received == [{"type": 3, "invocationId": first, "result": "done"}, RECONNECT]


async def test_a_client_that_leaves_meanwhile_has_made_no_mistake() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    client = server.connect()
    client.start("Work")
    await settle()
    shutting_down = asyncio.ensure_future(server.handler.shut_down(3600))
    await settle()
    client.connection.feed(b'{"type":')
    client.leave()
    assert await client.ended() == RECONNECT
    journal.may_end.set()
    await shutting_down
    await server.handler.finish(3600)
    assert journal.lines == ["c1 disconnected None"]


async def test_a_call_that_takes_too_long_is_left_behind_and_then_cancelled() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    client = server.connect()
    client.start("Work")
    await settle()
    await server.handler.shut_down(0)
    assert client.closing == RECONNECT
    await client.ended()
    await server.handler.finish(0)
    assert sorted(journal.lines) == ["c1 cancelled", "c1 disconnected None"]
    assert client.received == [RECONNECT]


async def test_a_call_that_refuses_to_be_cancelled_does_not_hold_up_the_shutdown() -> None:
    journal = Journal()
    server = HubServer(work_hub(journal))
    client = server.connect()
    client.start("Stubborn")
    await settle()
    await server.handler.shut_down(0)
    await server.handler.finish(0)
    await settle()
    assert "cancelled in vain" in journal.lines
    journal.may_end.set()


async def test_a_thread_that_takes_too_long_does_not_hold_up_the_shutdown() -> None:
    started, may_end = threading.Event(), threading.Event()

    class H(Hub):
        def work(self) -> None:
            started.set()
            may_end.wait(10)

    server = HubServer(H)
    client = server.connect()
    client.start("Work")
    await asyncio.to_thread(started.wait, 10)
    await server.handler.shut_down(0)
    await server.handler.finish(0)
    assert client.closing == RECONNECT
    may_end.set()


async def test_a_connection_that_is_still_connecting_has_its_time() -> None:
    journal = Journal()

    class H(Hub):
        async def on_connected(self) -> None:
            await journal.may_end.wait()
            journal.lines.append("connected")

        async def on_disconnected(self, error: Exception | None) -> None:
            journal.lines.append("disconnected")

    server = HubServer(H)
    client = server.connect()
    shutting_down = asyncio.ensure_future(server.handler.shut_down(3600))
    await settle()
    assert client.closing is None
    journal.may_end.set()
    await shutting_down
    await server.handler.finish(3600)
    assert client.closing == RECONNECT
    assert journal.lines == ["connected", "disconnected"]


async def test_on_connected_that_takes_too_long_is_cancelled() -> None:
    journal = Journal()

    class H(Hub):
        async def on_connected(self) -> None:
            await asyncio.Event().wait()

        async def on_disconnected(self, error: Exception | None) -> None:
            journal.lines.append("disconnected")

    server = HubServer(H)
    client = server.connect()
    await settle()
    await server.handler.shut_down(0)
    await server.handler.finish(0)
    assert client.closing == RECONNECT
    assert client.duplex.closes == [True]
    assert journal.lines == []
    assert len(server.lifetime.registry) == 0


async def test_on_disconnected_that_takes_too_long_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            await asyncio.Event().wait()

    server = HubServer(H)
    client = server.connect()
    await server.handler.shut_down(0)
    await server.handler.finish(0)
    assert client.duplex.closes == [True]
    assert len(server.lifetime.registry) == 0
    assert caplog.messages == []


async def test_shutting_down_without_anybody_is_immediate() -> None:
    server = HubServer(WorkHub)
    await server.handler.shut_down(3600)
    await server.handler.finish(3600)


async def test_a_handler_serves_again_after_a_shutdown() -> None:
    journal = Journal()
    journal.may_end.set()
    server = HubServer(work_hub(journal))
    for _ in range(2):
        client = server.connect()
        assert await client.invoke("Work") == "done"
        await server.handler.shut_down(3600)
        await server.handler.finish(3600)
        assert client.closing == RECONNECT


async def test_it_knows_which_hooks_there_are() -> None:
    class Connecting:
        async def on_connected(self) -> None: ...

    class H(Connecting, Hub):
        pass

    hooks = HubServer(H).handler.dispatcher.hooks
    assert (hooks.has_connected, hooks.has_disconnected) == (True, False)
    hooks = HubServer(WorkHub).handler.dispatcher.hooks
    assert (hooks.has_connected, hooks.has_disconnected) == (False, False)


class UnreadableHub(Hub):
    async def method(self, value: WorkHub) -> None: ...


async def test_types_are_checked_for_every_protocol_at_start_up() -> None:
    with pytest.raises(HubDefinitionError, match=r"^UnreadableHub\.method: .*WorkHub"):
        HubServer(UnreadableHub)


async def test_unfinished_tasks_are_kept_and_finished_ones_are_not() -> None:
    journal = Journal()
    async with serve(work_hub(journal)) as server:
        client = server.connect()
        call = client.start("Work")
        await settle()
        held: set[Any] = server.handler.running
        assert len(held) == 1
        journal.may_end.set()
        await client.answer(call)
        await settle()
        assert held == set()
