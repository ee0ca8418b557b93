"""Client results through whole connections: what a hub method sees of what clients do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import ClientDisconnectedError, Hub, HubException, HubOptions
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient, ProtocolName

PROTOCOLS = pytest.mark.parametrize("protocol", ["json", "messagepack"])


class AskingHub(Hub):
    async def ask(self, connection_id: str, question: Any) -> int:
        return await self.clients.client(connection_id).invoke("Ask", question, result_type=int)

    async def ask_me(self) -> int:
        return await self.clients.caller.invoke("Ask", result_type=int)

    def ask_me_from_a_thread(self) -> int:
        return self.clients.caller.invoke_from_thread("Ask", result_type=int)

    async def name_of_the_error(self, connection_id: str) -> str:
        try:
            await self.clients.client(connection_id).invoke("Ask", result_type=int)
        except (HubException, ConnectionError) as error:
            return f"{type(error).__name__}: {error}"
        return "none"

    async def echo(self, value: Any) -> Any:
        return value


async def asked(client: HubClient) -> str:
    """Wait until the server asks, and return the id of the question."""
    message = await client.take(lambda m: m["type"] == 1 and m["target"] == "Ask")
    return str(message["invocationId"])


def answer(client: HubClient, invocation_id: str, **ending: Any) -> None:
    client.send({"type": 3, "invocationId": invocation_id, **ending})


@PROTOCOLS
async def test_one_client_asks_another(protocol: ProtocolName) -> None:
    async with serve(AskingHub) as server:
        asker, other = server.connect(), server.connect(protocol)
        call = asker.start("Ask", other.connection_id, ["how many?"])
        question = await asked(other)
        assert other.calls("Ask") == [[["how many?"]]]
        answer(other, question, result=5)
        assert (await asker.answer(call))["result"] == 5


@PROTOCOLS
async def test_a_call_asks_its_own_caller(protocol: ProtocolName) -> None:
    async with serve(AskingHub) as server:
        client = server.connect(protocol)
        for target in ("AskMe", "AskMeFromAThread"):
            call = client.start(target)
            answer(client, await asked(client), result=5)
            assert (await client.answer(call))["result"] == 5


async def test_while_a_call_waits_its_caller_may_call_again() -> None:
    async with serve(AskingHub, HubOptions(maximum_parallel_invocations_per_client=1)) as server:
        client = server.connect()
        for target in ("AskMe", "AskMeFromAThread"):
            call = client.start(target)
            question = await asked(client)
            assert await client.invoke("Echo", 1) == 1
            answer(client, question, result=5)
            assert (await client.answer(call))["result"] == 5
            assert await client.invoke("Echo", 2) == 2


async def test_calls_that_wait_for_answers_are_limited_like_streams() -> None:
    async with serve(AskingHub, HubOptions(maximum_streams_per_client=2, enable_detailed_errors=True)) as server:
        client = server.connect()
        calls = [client.start("AskMe"), client.start("AskMe")]
        questions = [await asked(client) for _ in calls]
        for target in ("AskMe", "AskMeFromAThread"):
            assert "LocalProtocolError: 2 calls of this connection" in await client.error(target)
        for call, question in zip(calls, questions, strict=True):
            answer(client, question, result=5)
            assert (await client.answer(call))["result"] == 5
        call = client.start("AskMe")
        answer(client, await asked(client), result=6)
        assert (await client.answer(call))["result"] == 6


async def test_calls_that_wait_for_answers_may_be_without_limit() -> None:
    async with serve(AskingHub, HubOptions(maximum_streams_per_client=None)) as server:
        client = server.connect()
        calls = [client.start("AskMe") for _ in range(1_001)]
        for call in calls:
            answer(client, await asked(client), result=5)
            assert (await client.answer(call))["result"] == 5


async def test_two_clients_that_ask_each_other_do_not_wait_for_ever() -> None:
    async with serve(AskingHub) as server:
        first, second = server.connect(), server.connect()
        calls = [first.start("Ask", second.connection_id, 0), second.start("Ask", first.connection_id, 0)]
        for client in (second, first):
            question = await asked(client)
            answer(client, question, result=await client.invoke("Echo", 7))
        assert [(await c.answer(call))["result"] for c, call in zip((first, second), calls, strict=True)] == [7, 7]


async def test_a_hub_context_asks() -> None:
    async with serve(AskingHub) as server:
        client = server.connect()
        await settle()
        asking = asyncio.ensure_future(server.context.clients.client(client.connection_id).invoke("Ask"))
        answer(client, await asked(client), result=[5])
        assert await asking == [5]


ENDINGS: list[tuple[dict[str, Any], str]] = [
    ({"error": "Client didn't provide a result."}, "HubException: Client didn't provide a result."),
    ({"result": "x"}, "HubException: Error trying to deserialize result to int. Expected `int`, got `str`"),
]


@PROTOCOLS
@pytest.mark.parametrize(("ending", "error"), ENDINGS)
async def test_what_a_hub_method_sees_of_a_failure(protocol: ProtocolName, ending: dict[str, Any], error: str) -> None:
    async with serve(AskingHub) as server:
        asker, other = server.connect(), server.connect(protocol)
        call = asker.start("NameOfTheError", other.connection_id)
        answer(other, await asked(other), **ending)
        assert (await asker.answer(call))["result"].startswith(error)
        assert await other.invoke("Echo", 1) == 1


async def test_an_unknown_connection() -> None:
    async with serve(AskingHub) as server:
        client = server.connect()
        expected = "ClientDisconnectedError: Connection 'nobody' does not exist."
        assert await client.invoke("NameOfTheError", "nobody") == expected


async def test_a_client_that_leaves() -> None:
    async with serve(AskingHub) as server:
        asker, other = server.connect(), server.connect()
        call = asker.start("NameOfTheError", other.connection_id)
        await asked(other)
        other.leave()
        expected = f"ClientDisconnectedError: Connection '{other.connection_id}' disconnected."
        assert (await asker.answer(call))["result"] == expected
        await other.ended()


async def test_a_caller_that_leaves_while_it_is_asked_ends_its_call() -> None:
    ended: list[BaseException] = []

    class H(Hub):
        async def ask_me(self) -> None:
            try:
                await self.clients.caller.invoke("Ask")
            except ConnectionError as error:
                ended.append(error)

        def ask_me_from_a_thread(self) -> None:
            try:
                self.clients.caller.invoke_from_thread("Ask")
            except ConnectionError as error:
                ended.append(error)

    async with serve(H) as server:
        for target in ("AskMe", "AskMeFromAThread"):
            client = server.connect()
            client.start(target)
            await asked(client)
            client.leave()
            await client.ended()
    assert [type(error) for error in ended] == [ClientDisconnectedError, ClientDisconnectedError]


async def test_a_closing_client_cannot_be_asked() -> None:
    errors: list[str] = []

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            try:
                await self.clients.caller.invoke("Ask")
            except ClientDisconnectedError as refusal:
                errors.append(str(refusal))

    async with serve(H) as server:
        client = server.connect()
        client.leave()
        await client.ended()
    assert errors == ["Connection 'c1' disconnected."]


@pytest.mark.parametrize("ending", [{"result": 1}, {"error": "x"}])
async def test_a_forged_answer_closes_the_connection_of_its_sender_only(ending: dict[str, Any]) -> None:
    async with serve(AskingHub, HubOptions(enable_detailed_errors=True)) as server:
        asker, other, forger = server.connect(), server.connect(), server.connect()
        call = asker.start("Ask", other.connection_id, None)
        question = await asked(other)
        answer(forger, question, **ending)
        closing = await forger.ended()
        assert closing is not None
        assert closing["error"].endswith(f"Connection ID 'c3' is not valid for invocation ID '{question}'.")
        answer(other, question, result=5)
        assert (await asker.answer(call))["result"] == 5


async def test_answers_that_nobody_waits_for_are_ignored() -> None:
    async with serve(AskingHub) as server:
        client = server.connect()
        answer(client, "s99", result={"a": 1})
        answer(client, "x", error="y")
        assert await client.invoke("Echo", 1) == 1


class ConnectingHub(Hub):
    async def on_connected(self) -> None:
        await self.clients.caller.invoke("Ask")


async def test_on_connected_cannot_ask() -> None:
    async with serve(ConnectingHub, HubOptions(enable_detailed_errors=True)) as server:
        client = server.connect()
        closing = await client.ended()
        assert closing is not None
        assert closing["error"] == (
            "Connection closed with an error. LocalProtocolError: "
            "Client results inside on_connected hub methods are not allowed."
        )
        assert client.calls("Ask") == []


async def test_the_time_limit_comes_from_the_options() -> None:
    class H(Hub):
        async def ask_me(self) -> str:
            try:
                await self.clients.caller.invoke("Ask")
            except TimeoutError as error:
                return str(error)
            return "none"

    async with serve(H, HubOptions(client_result_timeout=0.001)) as server:
        client = server.connect()
        assert (await client.invoke("AskMe")).startswith("Connection 'c1' did not answer 'Ask' within 0.001 seconds.")
        answer(client, "s1", result=1)
        assert await client.invoke("AskMe") != "none"
