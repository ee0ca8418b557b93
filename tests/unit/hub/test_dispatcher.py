from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any

import pytest
from starlette.authentication import AuthCredentials, SimpleUser

from signalr_py import Hub, HubException, HubFilter, HubMessageContext, HubOptions, authorize
from signalr_py.exceptions import SerializationError
from tests.support.duplex import make_request
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

DETAILED = HubOptions(enable_detailed_errors=True)


class OutOfStockError(HubException):
    pass


class Mumbling(HubException):
    def __str__(self) -> str:
        raise LookupError("no words")


class Unspeakable:
    pass


class Parrot(HubFilter):
    def on_message(self, context: HubMessageContext, /) -> None:
        if context.target is not None and context.target.startswith("gone"):
            raise HubException(context.target)


class ShopHub(Hub):
    async def add(self, a: int, b: int) -> int:
        return a + b

    async def nothing(self) -> None: ...

    async def without_annotation(self, x):  # type: ignore[no-untyped-def]
        return x

    async def sell(self) -> None:
        raise OutOfStockError("only 2 left")

    async def refuse(self) -> None:
        raise HubException("nope")

    async def refuse_in_half_characters(self) -> None:
        raise HubException("half \ud83d")

    async def mumble(self) -> None:
        raise Mumbling

    async def collect(self, items: AsyncIterable[int]) -> int:
        return len([item async for item in items])

    async def fail(self) -> None:
        raise LookupError("the password is hunter2")

    async def fail_without_words(self) -> None:
        raise LookupError

    def fail_in_thread(self) -> None:
        raise LookupError("in a thread")

    async def await_what_was_cancelled(self) -> None:
        task = asyncio.ensure_future(asyncio.sleep(3600))
        task.cancel()
        await task

    async def time_out(self) -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)

    async def unspeakable(self) -> Unspeakable:
        return Unspeakable()

    async def half_a_character(self) -> str:
        return "\ud83d"

    async def send_unspeakable(self) -> None:
        await self.clients.all.send("Nobody", Unspeakable())

    @authorize
    async def members_only(self) -> str:
        return "secret"

    async def _helper(self) -> str:
        return "private"


FAILED = "An unexpected error occurred invoking '{}' on the server."
NOT_BOUND = "Failed to invoke '{}' due to an error on the server."
MISMATCH = (
    "BindingError: Error binding arguments. "
    "Make sure that the types of the provided values match the types of the hub method being invoked."
)

TEXTS: list[tuple[str, list[Any], str, str]] = [
    ("Missing", [], NOT_BOUND.format("Missing") + " HubException: Method does not exist.", ""),
    ("missing", [1], NOT_BOUND.format("missing") + " HubException: Method does not exist.", ""),
    ("OnConnectedAsync", [], NOT_BOUND.format("OnConnectedAsync") + " HubException: Method does not exist.", ""),
    ("_helper", [], NOT_BOUND.format("_helper") + " HubException: Method does not exist.", ""),
    (
        *("Add", [1], NOT_BOUND.format("Add")),
        "BindingError: Invocation provides 1 argument(s) but target expects 2.",
    ),
    (
        *("add", [1, 2, 3], NOT_BOUND.format("Add")),
        "BindingError: Invocation provides 3 argument(s) but target expects 2.",
    ),
    ("Add", ["1", 2], NOT_BOUND.format("Add"), MISMATCH),
    ("Add", [1.5, 2], NOT_BOUND.format("Add"), MISMATCH),
    ("Add", [None, 2], NOT_BOUND.format("Add"), MISMATCH),
    ("Refuse", [], FAILED.format("Refuse") + " HubException: nope", ""),
    ("sell", [], FAILED.format("Sell") + " OutOfStockError: only 2 left", ""),
    (
        *("RefuseInHalfCharacters", []),
        *(FAILED.format("RefuseInHalfCharacters") + " HubException: half ?", ""),
    ),
    ("Fail", [], FAILED.format("Fail"), "LookupError: the password is hunter2"),
    ("fail_without_words", [], FAILED.format("FailWithoutWords"), "LookupError: "),
    ("FailInThread", [], FAILED.format("FailInThread"), "LookupError: in a thread"),
    ("TimeOut", [], FAILED.format("TimeOut"), "TimeoutError: "),
    ("AwaitWhatWasCancelled", [], FAILED.format("AwaitWhatWasCancelled"), "CancelledError: "),
    ("MembersOnly", [], "Failed to invoke 'MembersOnly' because user is unauthorized", ""),
]


@pytest.mark.parametrize(("target", "arguments", "text", "detail"), TEXTS, ids=[row[0] for row in TEXTS])
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_the_words_of_a_refused_or_failed_call(
    protocol: ProtocolName, target: str, arguments: list[Any], text: str, detail: str
) -> None:
    async with serve(ShopHub) as server:
        client = server.connect(protocol)
        assert await client.error(target, *arguments) == text
        assert await client.invoke("Add", 1, 2) == 3
    async with serve(ShopHub, DETAILED) as server:
        client = server.connect(protocol)
        assert await client.error(target, *arguments) == (f"{text} {detail}" if detail else text)


@pytest.mark.parametrize(("target", "arguments"), [(row[0], row[1]) for row in TEXTS])
async def test_a_call_without_an_id_is_never_answered(target: str, arguments: list[Any]) -> None:
    async with serve(ShopHub) as server:
        client = server.connect()
        client.send({"type": 1, "target": target, "arguments": arguments})
        assert await client.invoke("Add", 1, 2) == 3
        assert len(client.received) == 1


STREAM_TEXTS = [
    (
        {"type": 4, "target": "add", "arguments": [1, 2]},
        "The client attempted to invoke the non-streaming 'Add' method with a streaming invocation.",
    ),
    (
        {"type": 4, "target": "Missing", "arguments": []},
        "Failed to invoke 'Missing' due to an error on the server. HubException: Method does not exist.",
    ),
    ({"type": 4, "target": "Add", "arguments": []}, "Failed to invoke 'Add' due to an error on the server."),
    (
        {"type": 4, "target": "MembersOnly", "arguments": []},
        "Failed to invoke 'MembersOnly' because user is unauthorized",
    ),
    (
        {"type": 1, "target": "Nothing", "arguments": [], "streamIds": ["8", "9"]},
        FAILED.format("Nothing") + " HubException: Client sent 2 stream(s), Hub method expects 0.",
    ),
]


@pytest.mark.parametrize(("message", "text"), STREAM_TEXTS)
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_streams_are_answered_with_the_error_of_the_reference(
    protocol: ProtocolName, message: dict[str, Any], text: str
) -> None:
    async with serve(ShopHub) as server:
        client = server.connect(protocol)
        client.send({**message, "invocationId": "7"})
        assert await client.answer("7") == {"type": 3, "invocationId": "7", "error": text}


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_results(protocol: ProtocolName) -> None:
    async with serve(ShopHub) as server:
        client = server.connect(protocol)
        assert await client.invoke("Add", 1, 2) == 3
        assert await client.answer(client.start("Nothing")) == {"type": 3, "invocationId": "2", "result": None}


@pytest.mark.parametrize("value", [1, "x", None, True, [1, {"a": None}], 1.5, {"b": "c"}])
async def test_a_method_without_a_return_annotation_returns_its_value(value: Any) -> None:
    async with serve(ShopHub) as server:
        assert await server.connect().invoke("WithoutAnnotation", value) == value


@pytest.mark.parametrize("target", ["Unspeakable", "HalfACharacter"])
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_result_that_cannot_be_written_fails_that_call(
    caplog: pytest.LogCaptureFixture, protocol: ProtocolName, target: str
) -> None:
    async with serve(ShopHub) as server:
        client = server.connect(protocol)
        assert await client.error(target) == FAILED.format(target)
        assert await client.invoke("Add", 1, 2) == 3
        client.send({"type": 1, "target": target, "arguments": []})
        assert await client.invoke("Add", 1, 2) == 3
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith(f"ShopHub.{target} returned what cannot be sent: ")
    assert {"Unspeakable": "Unspeakable", "HalfACharacter": "'str'"}[target] in record.getMessage()


async def test_a_result_that_cannot_be_written_is_explained_with_detailed_errors() -> None:
    async with serve(ShopHub, DETAILED) as server:
        text = await server.connect().error("Unspeakable")
        assert text.startswith(f"{FAILED.format('Unspeakable')} SerializationError: ")
        assert "Unspeakable" in text


async def test_an_argument_that_cannot_be_written_reaches_the_sender_and_nobody_else() -> None:
    async with serve(ShopHub, DETAILED) as server:
        clients = [server.connect(), server.connect("messagepack")]
        text = await clients[0].error("SendUnspeakable")
        assert "SerializationError" in text
        with pytest.raises(SerializationError):
            await server.context.clients.all.send("Nobody", Unspeakable())
        assert [client.calls("Nobody") for client in clients] == [[], []]


async def test_a_failure_is_logged_with_its_traceback_and_a_hub_exception_without(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with serve(ShopHub) as server:
        client = server.connect()
        await client.error("Fail")
        await client.error("Refuse")
        await client.error("MembersOnly")
    failed, refused, unauthorized = caplog.records
    assert failed.getMessage() == "ShopHub.Fail failed for connection c1."
    assert failed.levelno == logging.ERROR
    assert failed.exc_info is not None
    assert refused.getMessage() == "ShopHub.Refuse: connection c1: nope"
    assert refused.levelno == unauthorized.levelno == logging.INFO
    assert unauthorized.getMessage() == "ShopHub.MembersOnly: connection c1 is not authorized."


async def test_no_client_can_write_lines_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    forged = "gone\nERROR root: all is lost \x1b[31m"
    async with serve(ShopHub, filters=[Parrot()]) as server:
        client = server.connect()
        client.send({"type": 1, "invocationId": forged, "target": "Unspeakable", "arguments": []})
        client.send({"type": 1, "invocationId": "1", "target": forged, "arguments": []})
        client.send({"type": 1, "invocationId": "2", "target": "Collect", "arguments": [], "streamIds": ["s"]})
        client.send({"type": 3, "invocationId": "s", "error": forged})
        for call in (forged, "1", "2"):
            await client.answer(call)
    assert len(caplog.records) == 3
    for record in caplog.records:
        assert "gone" in record.getMessage()
        assert "all is lost" in record.getMessage()
        assert record.getMessage().isprintable()


async def test_an_exception_that_cannot_say_what_it_is_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serve(ShopHub) as server:
        text = await server.connect().error("Mumble")
    assert text == FAILED.format("Mumble") + " Mumbling: <its text cannot be made: LookupError>"
    assert caplog.messages == ["ShopHub.Mumble: connection c1: <its text cannot be made: LookupError>"]


async def test_the_log_has_no_arguments(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serve(ShopHub) as server:
        client = server.connect()
        await client.error("Add", "hunter2", 1)
        await client.error("Missing", "hunter2")
        await client.invoke("WithoutAnnotation", "hunter2")
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("user", "result"), [(SimpleUser("bob"), "secret"), (None, None)], ids=["authenticated", "nobody"]
)
async def test_authorization_of_a_method(user: SimpleUser | None, result: str | None) -> None:
    async with serve(ShopHub) as server:
        client = server.connect(request=make_request(user, auth=AuthCredentials()))
        answer = await client.answer(client.start("members_only"))
        assert answer.get("result") == result
        assert ("error" in answer) == (result is None)


async def test_an_empty_target_names_no_method() -> None:
    async with serve(ShopHub) as server:
        assert await server.connect().error("") == NOT_BOUND.format("") + " HubException: Method does not exist."
