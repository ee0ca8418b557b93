from __future__ import annotations

import asyncio
import functools
import itertools
import threading
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection  # noqa: TC002 evaluated at run time

from signalr_py import Depends, HubCallerContext, HubDefinitionError
from signalr_py.hub.dependencies import DependencyResolver
from tests.support.duplex import InMemoryDuplex

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

CONTEXT = HubCallerContext(InMemoryDuplex("c1"), None, lambda: None)


async def resolve(**providers: Any) -> dict[str, Any]:
    dependencies = {name: p if isinstance(p, Depends) else Depends(p) for name, p in providers.items()}
    async with AsyncExitStack() as scope:
        return await DependencyResolver("H.method", dependencies).resolve(CONTEXT, scope)


async def of_connection(context: HubCallerContext, connection: HTTPConnection) -> Any:
    return (context, connection)


async def of_position(context: HubCallerContext, /, limit: int = 3) -> Any:
    return (context, limit)


async def test_a_provider_is_given_the_connection() -> None:
    assert await resolve(a=of_connection, b=of_position) == {"a": (CONTEXT, CONTEXT.request), "b": (CONTEXT, 3)}


def thread_of_function() -> threading.Thread:
    return threading.current_thread()


async def thread_of_coroutine() -> threading.Thread:
    return threading.current_thread()


def thread_of_generator() -> Iterator[threading.Thread]:
    yield threading.current_thread()


async def thread_of_async_generator() -> AsyncIterator[threading.Thread]:
    yield threading.current_thread()


def later() -> Any:
    return thread_of_coroutine()


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper() -> Any:
        return function()

    return wrapper


@pytest.mark.parametrize(
    ("provider", "on_the_loop"),
    [
        (thread_of_function, False),
        (thread_of_coroutine, True),
        (thread_of_generator, False),
        (contextmanager(thread_of_generator), False),
        (wrapped(thread_of_generator), False),
        (thread_of_async_generator, True),
        (asynccontextmanager(thread_of_async_generator), True),
        (wrapped(thread_of_async_generator), True),
        (later, True),
    ],
)
async def test_asynchronous_providers_run_on_the_loop_and_plain_ones_in_threads(
    provider: Any, on_the_loop: bool
) -> None:
    value = (await resolve(value=provider))["value"]
    assert (value is threading.current_thread()) == on_the_loop


async def test_a_provider_that_looks_like_a_generator_and_is_none_provides_what_it_returns() -> None:
    def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper() -> int:
            return 7

        return wrapper

    assert await resolve(a=plainly(thread_of_generator), b=plainly(thread_of_async_generator)) == {"a": 7, "b": 7}


async def test_a_shared_object_that_could_be_entered_is_not() -> None:
    """A client or a pool that a provider hands out belongs to the application, which closes it."""
    pool = AsyncExitStack()

    async def get_pool() -> AsyncExitStack:
        return pool

    assert await resolve(a=get_pool, b=lambda: pool) == {"a": pool, "b": pool}


COUNTER = itertools.count()


async def numbered() -> int:
    return next(COUNTER)


async def twice(a: Annotated[int, Depends(numbered)], b: Annotated[int, Depends(numbered)]) -> tuple[int, int]:
    return a, b


async def fresh(a: Annotated[int, Depends(numbered, use_cache=False)]) -> int:
    return a


async def test_a_provider_is_called_once_per_call() -> None:
    values = await resolve(direct=numbered, nested=twice, partly=Depends(numbered), other=fresh)
    direct = values["direct"]
    assert values["nested"] == (direct, direct)
    assert values["partly"] == direct
    assert values["other"] == direct + 1
    assert (await resolve(direct=numbered))["direct"] == direct + 2


async def test_a_provider_that_cannot_be_hashed_is_shared_too() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        async def __call__(self) -> object:
            return object()

    provider = Unhashable()
    values = await resolve(a=provider, b=provider)
    assert values["a"] is values["b"]


async def test_what_was_opened_is_closed_in_reverse_order() -> None:
    trace: list[str] = []

    async def engine() -> AsyncIterator[str]:
        trace.append("engine")
        yield "engine"
        trace.append("engine closed")

    def session(engine: str) -> Iterator[str]:
        trace.append(f"session of {engine}")
        yield "session"
        trace.append("session closed")

    session.__annotations__["engine"] = Annotated[str, Depends(engine)]
    async with AsyncExitStack() as scope:
        resolver = DependencyResolver("H.method", {"session": Depends(session)})
        assert await resolver.resolve(CONTEXT, scope) == {"session": "session"}
        assert trace == ["engine", "session of engine"]
    assert trace == ["engine", "session of engine", "session closed", "engine closed"]


async def test_a_failing_provider_closes_what_was_opened_before() -> None:
    trace: list[str] = []

    async def opened() -> AsyncIterator[None]:
        try:
            yield
        except ConnectionRefusedError:
            trace.append("seen")
            raise

    def failing() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await resolve(a=opened, b=failing)
    assert trace == ["seen"]


async def test_cancellation_while_a_thread_provides() -> None:
    began, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow() -> None:
        loop.call_soon_threadsafe(began.set)
        assert may_end.wait(10)

    task = asyncio.create_task(resolve(a=slow))
    await began.wait()
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def circular_a(b: Annotated[int, Depends(lambda: circular_b)]) -> int:
    raise NotImplementedError


async def circular_b(a: Annotated[int, Depends(circular_a)]) -> int:
    raise NotImplementedError


async def own_grandmother(mother: Annotated[int, Depends(circular_b)]) -> int:
    raise NotImplementedError


circular_a.__annotations__["b"] = Annotated[int, Depends(own_grandmother)]


def test_a_circle_is_refused() -> None:
    with pytest.raises(HubDefinitionError, match="a provider depends on itself: ") as caught:
        DependencyResolver("H.method", {"a": Depends(circular_a)})
    assert str(caught.value).endswith("circular_a -> own_grandmother -> circular_b -> circular_a.")
    with pytest.raises(HubDefinitionError, match="itself: own_grandmother -> circular_b -> circular_a -> own_g"):
        DependencyResolver("H.method", {"a": Depends(own_grandmother, use_cache=False)})


def test_a_provider_in_the_depth_is_checked_at_start_up() -> None:
    def unknown(number: int) -> None:
        raise NotImplementedError

    def outer(inner: None) -> None:
        raise NotImplementedError

    outer.__annotations__["inner"] = Annotated[None, Depends(unknown)]
    with pytest.raises(HubDefinitionError, match="unknown` takes `number`"):
        DependencyResolver("H.method", {"outer": Depends(outer)})


@given(st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=1, max_size=8), st.booleans())
async def test_any_graph_of_providers_gives_what_plain_calls_give(graph: list[list[int]], use_cache: bool) -> None:
    """Provider n depends on providers with smaller numbers only; the value is computed by plain calls to compare."""
    edges = [[edge % number for edge in edges] if number else [] for number, edges in enumerate(graph)]
    calls = [0] * len(edges)
    providers: list[Any] = []
    for number, needed in enumerate(edges):
        providers.append(_provider(number, calls, [(providers[n], use_cache) for n in needed]))

    def expected(number: int) -> int:
        return number + sum(map(expected, edges[number]))

    def count(number: int) -> set[int] | list[int]:
        below = [n for edge in edges[number] for n in count(edge)]
        return {number, *below} if use_cache else [number, *below]

    last = len(edges) - 1
    assert await resolve(value=Depends(providers[last], use_cache=use_cache)) == {"value": expected(last)}
    assert sum(calls) == len(count(last))


def _provider(number: int, calls: list[int], needed: list[tuple[Any, bool]]) -> Any:
    async def provide(a: int = 0, b: int = 0, c: int = 0) -> int:
        calls[number] += 1
        return number + a + b + c

    for name, (provider, use_cache) in zip("abc", needed, strict=False):
        provide.__annotations__[name] = Annotated[int, Depends(provider, use_cache=use_cache)]
    return provide
