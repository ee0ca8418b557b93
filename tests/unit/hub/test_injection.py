"""Parameters of hub methods that the server fills in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterator  # noqa: TC003 evaluated at run time
from typing import Annotated, Any

import pytest
from starlette.requests import HTTPConnection  # noqa: TC002 evaluated at run time

from signalr_py import (
    CancellationToken,
    Depends,
    Hub,
    HubCallerContext,
    HubDefinitionError,
    HubException,
    HubFilter,
    HubInvocationContext,
    HubOptions,
    InvocationHandler,
)
from tests.support.duplex import make_request
from tests.support.hub_server import serve

PATIENCE = 10
TRACE: list[str] = []
BEGAN = threading.Event()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    TRACE.clear()
    BEGAN.clear()


async def get_tenant(connection: HTTPConnection) -> str:
    return connection.headers.get("x-tenant", "nobody")


Tenant = Annotated[str, Depends(get_tenant)]


async def get_session(tenant: Tenant) -> AsyncIterator[str]:
    TRACE.append("open")
    try:
        yield f"session of {tenant}"
    except BaseException as error:
        TRACE.append(type(error).__name__)
        raise
    finally:
        TRACE.append("closed")


def get_blocking_session(context: HubCallerContext) -> Iterator[str]:
    TRACE.append("open in a thread")
    try:
        yield f"blocking session for {context.connection_id}"
    except BaseException as error:
        TRACE.append(type(error).__name__)
        raise
    finally:
        TRACE.append("closed in a thread")


async def get_refused() -> str:
    raise HubException("not for you")


async def get_failing_at_the_end() -> AsyncIterator[str]:
    yield "ready"
    raise OSError("cannot commit")


Session = Annotated[str, Depends(get_session)]
BlockingSession = Annotated[str, Depends(get_blocking_session)]


class Injected(Hub):
    async def mixed(self, session: Session, a: int, tenant: Tenant, b: int = 2) -> list[Any]:
        return [session, a, tenant, b]

    async def keywords(self, a: int, *, session: Session, b: int = 2) -> list[Any]:
        return [session, a, b]

    async def variadic(self, session: Session, *numbers: int) -> list[Any]:
        return [session, *numbers]

    def in_a_thread(self, session: BlockingSession, a: int) -> list[Any]:
        assert threading.current_thread() is not threading.main_thread()
        return [session, a]

    async def fail(self, session: Session) -> None:
        raise HubException("no")

    async def refused(self, session: Session, user: Annotated[str, Depends(get_refused)]) -> None:
        raise NotImplementedError

    async def failing_at_the_end(self, ready: Annotated[str, Depends(get_failing_at_the_end)]) -> str:
        return ready

    async def count(self, session: Session, end: int) -> AsyncIterator[str]:
        for number in range(end):
            yield f"{session} {number} {TRACE[-1]}"

    async def endless(self, session: BlockingSession) -> AsyncIterator[str]:
        yield session
        BEGAN.set()
        await asyncio.Event().wait()

    async def everything(
        self, numbers: AsyncIterable[int], session: Session, cancellation: CancellationToken, factor: int
    ) -> list[Any]:
        return [session, factor * sum([number async for number in numbers]), cancellation.is_set()]

    async def plain(self, a: int) -> int:
        return a


def request() -> Any:
    return make_request(headers={"X-Tenant": "acme"})


async def test_values_are_filled_in_between_those_of_the_caller() -> None:
    async with serve(Injected) as server:
        client = server.connect(request=request())
        assert await client.invoke("Mixed", 1) == ["session of acme", 1, "acme", 2]
        assert await client.invoke("Mixed", 1, 3) == ["session of acme", 1, "acme", 3]
        assert await client.invoke("Keywords", 1, 3) == ["session of acme", 1, 3]
        assert await client.invoke("Variadic", 1, 2) == ["session of acme", 1, 2]
        assert await client.invoke("InAThread", 1) == [f"blocking session for {client.connection_id}", 1]


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_client_cannot_send_them(protocol: Any) -> None:
    async with serve(Injected, HubOptions(enable_detailed_errors=True)) as server:
        client = server.connect(protocol)
        assert "Invocation provides 4 argument(s) but target expects 2." in await client.error("Mixed", 1, 2, 3, 4)
        assert "Error binding arguments." in await client.error("Mixed", "my session", 1)
        assert TRACE == []


async def test_what_was_opened_is_closed_behind_the_call() -> None:
    async with serve(Injected) as server:
        client = server.connect()
        await client.invoke("Mixed", 1)
        assert TRACE == ["open", "closed"]
        TRACE.clear()
        await client.error("Fail")
        assert TRACE == ["open", "HubException", "closed"]
        TRACE.clear()
        await client.invoke("InAThread", 1)
        assert TRACE == ["open in a thread", "closed in a thread"]
        TRACE.clear()
        await client.invoke("Plain", 1)
        assert TRACE == []


async def test_a_provider_that_raises_fails_the_call() -> None:
    async with serve(Injected) as server:
        client = server.connect()
        assert await client.error("Refused") == (
            "An unexpected error occurred invoking 'Refused' on the server. HubException: not for you"
        )
        assert TRACE == ["open", "HubException", "closed"]


async def test_a_failing_close_is_the_error_of_the_call() -> None:
    async with serve(Injected, HubOptions(enable_detailed_errors=True)) as server:
        client = server.connect()
        assert (await client.error("FailingAtTheEnd")).endswith("OSError: cannot commit")
        assert client.closing is None


async def test_a_stream_keeps_its_values_until_it_ends() -> None:
    async with serve(Injected) as server:
        client = server.connect(request=request())
        call, message = client.invocation("Count", 2)
        client.send({**message, "type": 4})
        await client.answer(call)
        items = [m["item"] for m in client.received if m["type"] == 2]
        assert items == ["session of acme 0 open", "session of acme 1 open"]
        assert TRACE == ["open", "closed"]


@pytest.mark.parametrize("how", ["cancelled", "disconnected"])
async def test_a_stream_that_is_cut_off_closes_what_threads_opened(how: str) -> None:
    async with serve(Injected) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        call, message = client.invocation("Endless")
        client.send({**message, "type": 4})
        await client.take(lambda m: m["type"] == 2)
        await asyncio.to_thread(BEGAN.wait, PATIENCE)
        assert TRACE == ["open in a thread"]
        if how == "cancelled":
            client.send({"type": 5, "invocationId": call})
            await client.answer(call)
        else:
            client.leave()
            await client.ended()
    assert TRACE == ["open in a thread", "CancelledError", "closed in a thread"]


async def test_uploads_tokens_and_dependencies_stand_side_by_side() -> None:
    async with serve(Injected) as server:
        client = server.connect(request=request())
        call, message = client.invocation("Everything", 10)
        client.send(
            {**message, "streamIds": ["s"]},
            {"type": 2, "invocationId": "s", "item": 3},
            {"type": 2, "invocationId": "s", "item": 4},
            {"type": 3, "invocationId": "s"},
        )
        assert (await client.answer(call))["result"] == ["session of acme", 70, False]


async def test_they_are_provided_behind_the_filters_and_are_not_among_the_arguments() -> None:
    class Watching(HubFilter):
        async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            assert context.arguments == (1,)
            assert TRACE == []
            result = await call_next(context.replace(arguments=(5,)))
            assert TRACE == ["open"]
            return result

    async with serve(Injected, filters=[Watching()]) as server:
        assert await server.connect(request=request()).invoke("Mixed", 1) == ["session of acme", 5, "acme", 2]
    assert TRACE == ["open", "closed"]


async def test_a_call_sent_elsewhere_by_a_filter_gets_what_that_method_depends_on() -> None:
    class Redirecting(HubFilter):
        async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            return await call_next(context.replace(method_name="Mixed"))

    async with serve(Injected, filters=[Redirecting()]) as server:
        assert await server.connect(request=request()).invoke("Plain", 1) == ["session of acme", 1, "acme", 2]
    assert TRACE == ["open", "closed"]


def test_mistakes_are_found_at_start_up() -> None:
    async def provide(number: int) -> int:
        raise NotImplementedError

    class Wrong(Hub):
        async def method(self, value: Any) -> None:
            raise NotImplementedError

    async def refuse() -> None:
        async with serve(Wrong):
            raise NotImplementedError

    Wrong.method.__annotations__["value"] = Annotated[int, Depends(provide)]
    with pytest.raises(
        HubDefinitionError, match=r"Wrong\.method: the provider `.*provide` takes `number`, and nothing"
    ):
        asyncio.run(refuse())
    Wrong.method.__annotations__["value"] = Annotated[int, Depends(provide)] | None
    with pytest.raises(HubDefinitionError, match="a dependency fills in a whole parameter"):
        asyncio.run(refuse())
