from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import Any

import pytest

from signalr_py import CancellationToken, Hub, HubOptions, cancellable
from signalr_py.exceptions import ClientDisconnectedError, HubException
from signalr_py.hub import texts
from signalr_py.hub.invocations import ActiveInvocations, Invocation
from signalr_py.hub.methods import MethodTable
from signalr_py.protocol.messages import (
    CompletionMessage,
    InvocationMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)
from tests.support.tasks import settle

IN_USE = "Failed to invoke 'Collect' due to an error on the server. HubException: Stream ID '{}' is already in use."


class SampleHub(Hub):
    async def plain(self) -> None: ...

    async def numbers(self) -> AsyncIterator[int]:
        yield 1

    @cancellable
    async def build(self) -> None: ...

    async def watch(self, token: CancellationToken) -> None: ...

    async def collect(self, numbers: AsyncIterable[int]) -> None: ...

    async def pair(self, numbers: AsyncIterable[int], texts: AsyncIterable[str]) -> None: ...


TABLE = MethodTable(SampleHub)


def call(target: str, *stream_ids: str, invocation_id: str | None = "1") -> Invocation:
    method = TABLE.find(target)
    assert method is not None
    return Invocation(method, InvocationMessage(target, (), invocation_id, stream_ids))


def stream(target: str = "numbers", *stream_ids: str, invocation_id: str = "1") -> Invocation:
    method = TABLE.find(target)
    assert method is not None
    return Invocation(method, StreamInvocationMessage(invocation_id, target, (), stream_ids))


class Active:
    """Calls of one connection, and how often an upload told that it has room."""

    def __init__(self, **options: Any) -> None:
        self.rooms = 0
        self.calls = ActiveInvocations(HubOptions(**options), self._count)

    def _count(self) -> None:
        self.rooms += 1

    def begin(self, invocation: Invocation, *decoders: Any) -> str | None:
        count = len(invocation.method.signature.streams)
        return self.calls.begin(invocation, decoders or (bytes,) * count)

    def item(self, stream_id: str, value: Any = 0) -> bool:
        return self.calls.take_item(StreamItemMessage(stream_id, value))

    def complete(self, stream_id: str, **ending: Any) -> bool:
        return self.calls.end_upload(CompletionMessage(stream_id, **ending))


async def collected(invocation: Invocation, number: int = 0) -> list[Any]:
    return [item async for item in invocation.uploads[number]]


@pytest.mark.parametrize(
    ("invocation", "is_cancellable"),
    [
        (call("plain"), False),
        (call("build"), True),
        (call("watch"), True),
        (call("collect", "s"), False),
        (call("plain", "stray"), False),
        (stream(), True),
        (stream("plain"), True),
    ],
)
def test_what_the_client_can_cancel(invocation: Invocation, is_cancellable: object) -> None:
    assert invocation.is_cancellable is is_cancellable


def test_answers() -> None:
    assert call("plain").answered(5) == CompletionMessage("1", result=5, has_result=True)
    assert call("plain").streamed() == CompletionMessage("1")
    assert call("plain").failed("why") == CompletionMessage("1", error="why")


def test_a_call_without_an_id_has_no_answer() -> None:
    silent = call("plain", invocation_id=None)
    assert silent.answered(5) is silent.streamed() is silent.failed("why") is None


async def running(invocation: Invocation) -> str:
    invocation.begin()
    try:
        await asyncio.sleep(3600 if not invocation.token else 0)
    except asyncio.CancelledError as error:
        return "forgiven" if invocation.forgive_cancellation(error) else "cancelled"
    return "undisturbed"


@pytest.mark.parametrize("invocation", [call("build"), stream()], ids=["cancellable", "stream"])
@pytest.mark.parametrize("is_early", [False, True])
async def test_cancelling_reaches_the_task_once_and_is_forgiven(invocation: Invocation, is_early: object) -> None:
    fresh = Invocation(invocation.method, StreamInvocationMessage("1", "x"))
    if is_early:
        fresh.cancel()
    task = asyncio.ensure_future(running(fresh))
    await settle()
    fresh.cancel()
    fresh.cancel()
    assert await task == "forgiven"
    assert (fresh.is_cancelled, task.cancelling()) == (True, 0)


async def test_a_token_is_set_and_the_task_is_left_alone() -> None:
    invocation = call("watch")
    task = asyncio.ensure_future(running(invocation))
    invocation.cancel()
    assert await task == "undisturbed"
    assert invocation.token is not None
    assert invocation.token.is_set()


async def test_somebody_elses_cancellation_is_not_forgiven() -> None:
    invocation = stream()
    task = asyncio.ensure_future(running(invocation))
    await settle()
    task.cancel()
    assert await task == "cancelled"


async def test_a_cancellation_by_both_is_not_forgiven() -> None:
    invocation = stream()
    task = asyncio.ensure_future(running(invocation))
    await settle()
    invocation.cancel()
    task.cancel()
    assert await task == "cancelled"
    assert task.cancelling() == 1


async def test_somebody_elses_cancellation_is_not_forgiven_because_a_token_is_set() -> None:
    invocation = call("watch")

    async def wait() -> bool:
        invocation.begin()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError as error:
            return invocation.forgive_cancellation(error)
        return False

    task = asyncio.ensure_future(wait())
    await settle()
    invocation.cancel()
    task.cancel()
    assert await task is False


async def test_other_errors_are_not_forgiven() -> None:
    invocation = stream()
    invocation.begin()
    assert not invocation.forgive_cancellation(ValueError())
    assert not invocation.forgive_cancellation(asyncio.CancelledError())


async def test_ordinary_calls_are_not_kept() -> None:
    active = Active()
    one, other = call("plain"), call("plain")
    assert active.begin(one) is active.begin(other) is None
    active.calls.cancel("1")
    active.calls.connection_ended(ClientDisconnectedError())
    assert not one.is_cancelled
    active.calls.end(one)
    active.calls.end(other)


@pytest.mark.parametrize("invocation", [call("build"), call("watch"), stream()], ids=["cancellable", "token", "stream"])
async def test_a_call_is_cancelled_by_its_id_until_it_has_ended(invocation: Invocation) -> None:
    active = Active()
    active.begin(invocation)
    active.calls.cancel("other")
    assert not invocation.is_cancelled
    active.calls.cancel("1")
    assert invocation.is_cancelled
    active.calls.end(invocation)
    active.calls.cancel("1")


async def test_an_id_in_use_is_refused_and_the_first_call_stays() -> None:
    active = Active()
    first, second = stream(), call("build")
    active.begin(first)
    assert active.begin(second) == texts.invocation_id_in_use("1") == "Invocation ID '1' is already in use."
    active.calls.cancel("1")
    assert (first.is_cancelled, second.is_cancelled) == (True, False)
    active.calls.end(first)
    assert active.begin(second) is None


async def test_calls_without_an_id_are_cancelled_with_their_connection() -> None:
    active = Active()
    both = [call("build", invocation_id=None), call("watch", invocation_id=None)]
    assert [active.begin(each) for each in both] == [None, None]
    active.calls.end(both[0])
    active.calls.connection_ended(ClientDisconnectedError())
    assert [each.is_cancelled for each in both] == [False, True]


async def test_items_go_to_their_streams() -> None:
    active = Active()
    invocation = call("pair", "a", "b")
    active.begin(invocation, int, str)
    assert [invocation.uploads[0].decode, invocation.uploads[1].decode] == [int, str]
    assert active.item("a", 1)
    assert active.item("b", "x")
    assert active.item("a", 2)
    assert active.complete("a")
    assert active.complete("b", result="stray", has_result=True)
    assert (await collected(invocation, 0), await collected(invocation, 1)) == ([1, 2], ["x"])


async def test_unknown_ids_are_ignored() -> None:
    active = Active()
    active.begin(call("collect", "s"))
    assert active.item("1")
    assert active.item("other")
    assert not active.complete("1")
    active.calls.fail_upload("other", ValueError(), detailed=True)
    assert active.calls.upload("other") is None


async def test_a_full_upload_takes_no_more_until_it_is_read() -> None:
    active = Active(stream_buffer_capacity=2)
    invocation = call("collect", "s")
    active.begin(invocation)
    assert [active.item("s", number) for number in range(3)] == [True, True, False]
    assert await anext(invocation.uploads[0]) == 0
    assert active.rooms == 1
    assert active.item("s", 2)


async def test_the_clients_error_ends_an_upload() -> None:
    active = Active()
    invocation = call("collect", "s")
    active.begin(invocation)
    active.item("s", 1)
    assert active.complete("s", error="no more")
    assert not active.complete("s")
    assert await anext(invocation.uploads[0]) == 1
    with pytest.raises(HubException, match=r"^no more$"):
        await anext(invocation.uploads[0])


@pytest.mark.parametrize(
    ("detailed", "text"),
    [(False, "Failed to bind Stream message."), (True, "Failed to bind Stream message. ValueError: why")],
)
async def test_an_item_that_does_not_fit_fails_its_upload(detailed: object, text: str) -> None:
    active = Active()
    invocation = call("collect", "s")
    active.begin(invocation)
    active.calls.fail_upload("s", ValueError("why"), detailed=bool(detailed))
    assert active.item("s", 1)
    with pytest.raises(HubException) as caught:
        await collected(invocation)
    assert str(caught.value) == text


async def test_the_end_of_a_call_frees_its_uploads() -> None:
    active = Active(stream_buffer_capacity=1)
    first, second = call("collect", "s"), call("collect", "s")
    active.begin(first)
    active.item("s", 1)
    assert not active.item("s", 2)
    active.calls.end(first)
    assert active.rooms == 1
    assert active.item("s", 2)
    assert active.begin(second) is None


async def test_the_id_of_an_upload_that_has_ended_is_free_while_its_call_still_runs() -> None:
    active = Active()
    first, second = call("collect", "s"), call("collect", "s")
    active.begin(first)
    active.complete("s")
    assert active.begin(second) is None
    active.calls.end(first)
    active.item("s", 1)
    active.complete("s")
    assert await collected(second) == [1]


@pytest.mark.parametrize("ids", [("s", "t"), ("t", "s")])
async def test_a_stream_id_in_use_is_refused_whole(ids: tuple[str, str]) -> None:
    active = Active()
    first, second = call("collect", "s"), call("collect", *ids)
    active.begin(first)
    assert active.begin(second) == IN_USE.format("s")
    assert second.uploads == ()
    assert active.item("t")
    active.item("s", 1)
    active.complete("s")
    assert await collected(first) == [1]


def test_a_stream_id_twice_in_one_call_is_refused() -> None:
    assert Active().begin(call("collect", "t", "s", "t")) == IN_USE.format("t")


def test_another_number_of_streams_than_the_method_reads_opens_none() -> None:
    active = Active()
    invocation = call("collect", "a", "b")
    assert active.begin(invocation) is None
    assert invocation.uploads == ()
    assert active.calls.upload("a") is None
    active.calls.end(invocation)


def test_so_many_streams_may_be_open_and_more_when_some_have_ended() -> None:
    active = Active(maximum_streams_per_client=3)
    down, pair = stream(invocation_id="1"), call("pair", "a", "b", invocation_id="2")
    third = stream(invocation_id="3")
    too_many = texts.too_many_streams("Numbers", 3)
    assert active.begin(down) is active.begin(pair) is None
    assert active.begin(third) == too_many
    assert active.begin(call("plain")) is active.begin(call("build", invocation_id="4")) is None
    active.complete("a")
    assert active.begin(third) == too_many
    active.calls.end(pair)
    assert active.begin(third) is None
    assert active.begin(call("collect", "c")) is None
    assert active.begin(stream("collect", "d", invocation_id="5")) == texts.too_many_streams("Collect", 3)


def test_a_refused_call_does_not_count() -> None:
    active = Active(maximum_streams_per_client=2)
    first = call("collect", "s", invocation_id="1")
    assert active.begin(first) is None
    assert active.begin(call("collect", "s", invocation_id="2")) == IN_USE.format("s")
    assert active.begin(stream(invocation_id="3")) is None


def test_without_a_limit_there_is_none() -> None:
    active = Active(maximum_streams_per_client=None)
    for number in range(2_000):
        assert active.begin(stream(invocation_id=str(number))) is None


async def test_the_end_of_the_connection_cancels_and_fails_everything_once() -> None:
    active = Active()
    down, upload = stream(), call("collect", "s", invocation_id="2")
    active.begin(down)
    active.begin(upload)
    active.item("s", 1)
    error = ClientDisconnectedError("cut")
    active.calls.connection_ended(error)
    active.calls.connection_ended(ClientDisconnectedError("again"))
    assert down.is_cancelled
    assert not upload.is_cancelled
    assert await anext(upload.uploads[0]) == 1
    with pytest.raises(ClientDisconnectedError, match=r"^cut$"):
        await anext(upload.uploads[0])
    assert active.item("s", 2)
    active.calls.end(upload)
    active.calls.end(down)
