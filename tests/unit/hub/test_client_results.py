from __future__ import annotations

import asyncio
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import pytest

from signalr_py import (
    ClientDisconnectedError,
    ClientResultTimeoutError,
    HubDefinitionError,
    HubException,
    HubOptions,
    LocalProtocolError,
    RemoteProtocolError,
    SerializationError,
)
from signalr_py.hub.client_results import ClientCall
from signalr_py.hub.lifetime import LocalLifetimeManager
from tests.support.receivers import JSON, MESSAGEPACK, AnsweringClient, InMemoryReceiver
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from signalr_py.protocol.base import HubProtocol

PROTOCOLS = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


@dataclass
class User:
    name: str
    age: int


class Office:
    """A lifetime manager with clients that can be asked."""

    def __init__(self) -> None:
        self.lifetime = LocalLifetimeManager()

    def connect(self, connection_id: str = "a", protocol: HubProtocol = JSON) -> AnsweringClient:
        receiver = InMemoryReceiver(connection_id, protocol)
        self.lifetime.connected(receiver)
        return AnsweringClient(receiver, self.lifetime.results)

    async def ask(self, result_type: Any = Any, *arguments: Any, **call: Any) -> asyncio.Future[Any]:
        """Ask connection `a`, and return what waits for the answer."""
        asking = asyncio.ensure_future(self.lifetime.invoke("a", ClientCall("Ask", arguments, result_type, **call)))
        await settle()
        return asking

    @contextmanager
    def nothing_left(self) -> Iterator[None]:
        yield
        results = self.lifetime.results
        assert (len(results), results._by_connection) == (0, {})


@pytest.fixture
async def office(anyio_backend: str) -> AsyncIterator[Office]:
    office = Office()
    with office.nothing_left():
        yield office


@PROTOCOLS
async def test_the_client_gets_a_call_and_its_answer_is_returned(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask(int, "x", [1])
    assert client.receiver.messages == [
        {"type": 1, "invocationId": "s1", "target": "Ask", "arguments": ["x", [1]]},
    ]
    client.answer("s1", result=5)
    assert await asking == 5


@PROTOCOLS
async def test_a_call_without_arguments_has_an_empty_list(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask()
    assert client.receiver.messages[0]["arguments"] == []
    client.answer("s1", result=None)
    assert await asking is None


async def test_calls_are_numbered_from_one_for_each_hub(office: Office) -> None:
    first, second = office.connect("a"), office.connect("b")
    calls = [office.lifetime.invoke(name, ClientCall("Ask")) for name in "abba"]
    asking = asyncio.gather(*calls)
    await settle()
    assert [m["invocationId"] for m in first.receiver.messages] == ["s1", "s4"]
    assert [m["invocationId"] for m in second.receiver.messages] == ["s2", "s3"]
    for number, client in enumerate([first, second, second, first], 1):
        client.answer(f"s{number}", result=number)
    assert await asking == [1, 2, 3, 4]
    with pytest.raises(ClientDisconnectedError):
        await LocalLifetimeManager().invoke("a", ClientCall("Ask"))


ANSWERS: list[tuple[Any, Any, Any]] = [
    (Any, {"a": [1, None]}, {"a": [1, None]}),
    (int, 5, 5),
    (int | None, None, None),
    (None, None, None),
    (list[str], ["a"], ["a"]),
    (User, {"name": "ann", "age": 3}, User("ann", 3)),
    (list[User], [{"name": "ann", "age": 3}], [User("ann", 3)]),
    (UUID, "7e0aa49b-a63a-4ac3-a7b8-f7c0e2d1f1ab", UUID("7e0aa49b-a63a-4ac3-a7b8-f7c0e2d1f1ab")),
    (Annotated[int, {"no": "hash"}], 5, 5),
]


@PROTOCOLS
@pytest.mark.parametrize(("result_type", "sent", "received"), ANSWERS)
async def test_the_answer_is_converted_to_its_type(
    office: Office, protocol: HubProtocol, result_type: Any, sent: Any, received: Any
) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask(result_type)
    client.answer("s1", result=sent)
    assert await asking == received
    assert client.parsed == ["s1"]


@PROTOCOLS
async def test_an_answer_of_another_type_is_an_error_of_the_call(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask(int)
    client.answer("s1", result="five")
    with pytest.raises(HubException, match=r"^Error trying to deserialize result to int\. Expected `int`, got `str`"):
        await asking


@PROTOCOLS
async def test_an_error_of_the_client_is_raised_with_its_words(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask(int)
    client.answer("s1", error="Client didn't provide a result.")
    with pytest.raises(HubException, match=r"^Client didn't provide a result\.$"):
        await asking


@PROTOCOLS
async def test_neither_a_result_nor_an_error_is_an_error(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask()
    client.answer("s1")
    with pytest.raises(HubException, match=r"^The client answered 'Ask' with neither a result nor an error\.$"):
        await asking


async def test_an_answer_that_comes_while_the_call_is_written_counts(office: Office) -> None:
    client = office.connect()
    client.receiver.on_write = lambda: client.answer("s1", result=1)
    assert await office.lifetime.invoke("a", ClientCall("Ask")) == 1


async def test_the_time_limit_of_a_call(office: Office) -> None:
    client = office.connect()
    with pytest.raises(ClientResultTimeoutError) as caught:
        await office.lifetime.invoke("a", ClientCall("Ask", timeout=0.001))
    assert str(caught.value) == (
        "Connection 'a' did not answer 'Ask' within 0.001 seconds. "
        "HubOptions(client_result_timeout=...) sets the time, and `timeout=` that of one call."
    )
    assert isinstance(caught.value, TimeoutError)
    client.answer("s1", result=1)
    assert client.parsed == []


async def test_the_default_time_limit(office: Office) -> None:
    assert office.lifetime.results.default_timeout == HubOptions().client_result_timeout
    office.lifetime.results.default_timeout = 0.001
    office.connect()
    with pytest.raises(ClientResultTimeoutError, match=r"within 0\.001 seconds"):
        await office.lifetime.invoke("a", ClientCall("Ask"))


@pytest.mark.parametrize("in_options", [False, True])
async def test_an_endless_time_limit(office: Office, in_options: object) -> None:
    client = office.connect()
    if in_options:
        office.lifetime.results.default_timeout = math.inf
        asking = await office.ask()
    else:
        office.lifetime.results.default_timeout = 0.001
        asking = await office.ask(timeout=math.inf)
        with pytest.raises(ClientResultTimeoutError):
            await office.lifetime.invoke("a", ClientCall("Ask"))
    assert not asking.done()
    client.answer("s1", result=1)
    assert await asking == 1


@pytest.mark.parametrize("limit", [0, -1, math.nan, True, "1"])
async def test_a_time_limit_that_is_none(office: Office, limit: Any) -> None:
    client = office.connect()
    with pytest.raises(LocalProtocolError, match=r"'Ask' with timeout=.*: allowed is a number of seconds above 0"):
        await office.lifetime.invoke("a", ClientCall("Ask", timeout=limit))
    assert client.receiver.received == []


@PROTOCOLS
async def test_a_cancelled_call_is_forgotten_and_its_answer_not_even_read(
    office: Office, protocol: HubProtocol
) -> None:
    client = office.connect(protocol=protocol)
    asking = await office.ask(int)
    asking.cancel()
    client.answer("s1", result="not even an int")
    with pytest.raises(asyncio.CancelledError):
        await asking
    client.answer("s1", result=5)
    assert client.parsed == []
    assert len(client.receiver.received) == 1


async def test_a_second_answer_is_ignored(office: Office) -> None:
    client = office.connect()
    asking = await office.ask()
    client.answer("s1", result=1)
    client.answer("s1", error="too late")
    client.answer("s1", result=2)
    assert await asking == 1
    assert client.parsed == ["s1"]


@pytest.mark.parametrize("ending", [{"result": 1}, {"error": "x"}, {}])
async def test_answers_to_calls_that_were_never_made_are_ignored(office: Office, ending: dict[str, Any]) -> None:
    client = office.connect()
    for invocation_id in ("s1", "1", "☃"):
        client.answer(invocation_id, **ending)


async def test_a_client_that_leaves_fails_its_own_calls_only(office: Office) -> None:
    leaving, staying = office.connect("a"), office.connect("b")
    first, second = await office.ask(), await office.ask()
    other = asyncio.ensure_future(office.lifetime.invoke("b", ClientCall("Ask")))
    await settle()
    office.lifetime.results.connection_ended("a")
    office.lifetime.results.connection_ended("a")
    office.lifetime.disconnected(leaving.receiver)
    for asking in (first, second):
        with pytest.raises(ClientDisconnectedError, match=r"^Connection 'a' disconnected\.$") as caught:
            await asking
        assert isinstance(caught.value, ConnectionError)
    assert not other.done()
    staying.answer("s3", result=3)
    assert await other == 3
    leaving.answer("s1", result=1)


async def test_forgetting_a_connection_fails_its_calls(office: Office) -> None:
    client = office.connect()
    asking = await office.ask()
    office.lifetime.disconnected(client.receiver)
    with pytest.raises(ClientDisconnectedError, match="disconnected"):
        await asking


async def test_a_client_that_leaves_while_the_call_is_written(office: Office) -> None:
    client = office.connect()
    client.receiver.on_write = lambda: office.lifetime.results.connection_ended("a")
    with pytest.raises(ClientDisconnectedError, match="disconnected"):
        await office.lifetime.invoke("a", ClientCall("Ask"))


async def test_a_closing_connection_counts_as_disconnected(office: Office) -> None:
    client = office.connect()
    client.receiver.is_open = False
    with pytest.raises(ClientDisconnectedError, match=r"^Connection 'a' disconnected\.$"):
        await office.lifetime.invoke("a", ClientCall("Ask"))
    assert client.receiver.received == []


async def test_an_unknown_connection(office: Office) -> None:
    with pytest.raises(ClientDisconnectedError, match=r"^Connection 'nobody' does not exist\.$"):
        await office.lifetime.invoke("nobody", ClientCall("Ask"))


class Unwritable:
    pass


@PROTOCOLS
async def test_arguments_that_cannot_be_written(office: Office, protocol: HubProtocol) -> None:
    client = office.connect(protocol=protocol)
    with pytest.raises(SerializationError, match=r"Argument 2 of 'Ask', of type 'Unwritable'"):
        await office.lifetime.invoke("a", ClientCall("Ask", (1, Unwritable())))
    assert client.receiver.received == []


async def test_a_type_that_cannot_be_read(office: Office) -> None:
    client = office.connect()
    with pytest.raises(HubDefinitionError, match="cannot be read"):
        await office.lifetime.invoke("a", ClientCall("Ask", (), "list[Missing]"))
    assert client.receiver.received == []


@pytest.mark.parametrize("ending", [{"result": 1}, {"error": "x"}, {}])
async def test_a_forged_answer_is_refused_and_changes_nothing(office: Office, ending: dict[str, Any]) -> None:
    asked, forger = office.connect("a"), office.connect("b")
    asking = await office.ask(int)
    with pytest.raises(RemoteProtocolError, match=r"^Connection ID 'b' is not valid for invocation ID 's1'\.$"):
        forger.answer("s1", **ending)
    assert not asking.done()
    asked.answer("s1", result=5)
    assert await asking == 5


async def test_decoders_are_made_once_for_each_type_and_protocol(office: Office) -> None:
    results = office.lifetime.results
    assert results.decoder(JSON, list[int]) is results.decoder(JSON, list[int])
    assert results.decoder(JSON, list[int]) is not results.decoder(JSON, list[str])
    assert results.decoder(JSON, list[int]) is not results.decoder(MESSAGEPACK, list[int])


async def test_decoders_of_ever_new_types_do_not_fill_the_memory(office: Office) -> None:
    results = office.lifetime.results
    for number in range(1_100):
        results.decoder(JSON, Annotated[int, number])
    assert len(results._decoders) < 1_100
