from __future__ import annotations

import functools
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest

from signalr_py import Hub, HubCallerContext, HubDefinitionError
from signalr_py.hub.activation import HubActivator
from tests.support.duplex import InMemoryDuplex

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Needy(Hub):
    def __init__(self, origin: str, context: HubCallerContext) -> None:
        self.origin = origin
        self.caller = context


class Simple(Hub):
    pass


CONTEXT = HubCallerContext(InMemoryDuplex("c1"), None, lambda: None)


async def open_one(factory: Any, hub_type: type[Hub] = Needy) -> Any:
    async with AsyncExitStack() as scope:
        return await HubActivator(hub_type, factory).open(CONTEXT, scope)


def plain(context: HubCallerContext) -> Needy:
    return Needy("plain", context)


async def coroutine(context: HubCallerContext) -> Needy:
    return Needy("coroutine", context)


@asynccontextmanager
async def manager(context: HubCallerContext) -> AsyncIterator[Needy]:
    yield Needy("manager", context)


async def generator(context: HubCallerContext) -> AsyncIterator[Needy]:
    yield Needy("generator", context)


async def manager_later(context: HubCallerContext) -> Any:
    return manager(context)


class Container:
    def bound(self, context: HubCallerContext) -> Needy:
        return Needy("bound", context)

    async def __call__(self, context: HubCallerContext) -> AsyncIterator[Needy]:
        yield Needy("object", context)


@pytest.mark.parametrize(
    ("factory", "origin"),
    [
        (plain, "plain"),
        (coroutine, "coroutine"),
        (manager, "manager"),
        (generator, "generator"),
        (manager_later, "manager"),
        (Container().bound, "bound"),
        (Container(), "object"),
        (functools.partial(Needy, "partial"), "partial"),
        (lambda context: coroutine(context), "coroutine"),
        (lambda *_: Needy("variadic", CONTEXT), "variadic"),
    ],
)
async def test_every_kind_of_factory_is_given_the_context_and_makes_the_hub(factory: Any, origin: str) -> None:
    hub = await open_one(factory)
    assert type(hub) is Needy
    assert (hub.origin, hub.caller) == (origin, CONTEXT)


async def test_a_class_is_its_own_factory_when_it_takes_the_context() -> None:
    class Aware(Hub):
        def __init__(self, context: HubCallerContext) -> None:
            self.caller = context

    assert (await open_one(Aware, Aware)).caller is CONTEXT


async def test_a_subclass_of_the_hub_is_refused_because_its_overrides_would_not_count() -> None:
    class Special(Simple):
        pass

    with pytest.raises(HubDefinitionError, match=r"made an object of Special: .* map the subclass itself"):
        await open_one(lambda context: Special(), Simple)


async def test_a_hub_that_is_a_context_manager_itself_is_not_entered() -> None:
    class Managing(Hub):
        async def __aenter__(self) -> Self:
            raise AssertionError

        async def __aexit__(self, *details: object) -> None:
            raise AssertionError

    assert type(await open_one(lambda context: Managing(), Managing)) is Managing


async def test_without_a_factory_the_class_is_called() -> None:
    activator = HubActivator(Simple)
    assert activator.is_plain
    assert type(activator.create()) is Simple
    async with AsyncExitStack() as scope:
        assert type(await activator.open(CONTEXT, scope)) is Simple
    assert not HubActivator(Needy, plain).is_plain


def test_a_class_that_needs_arguments_needs_a_factory() -> None:
    with pytest.raises(HubDefinitionError, match=r"^Needy cannot be created without arguments.*`hub_factory=lambda"):
        HubActivator(Needy)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (lambda: Simple(), "called with the `HubCallerContext` of the call: too many positional arguments"),
        (Simple, "called with the `HubCallerContext` of the call: too many positional arguments"),
        (lambda context, more: Simple(), "missing a required argument: 'more'"),
        (lambda *, context: Simple(), "called with the `HubCallerContext`"),
        (Simple(), "an object of Simple is no factory: write a function of the `HubCallerContext`"),
        (3, "an object of int is no factory"),
    ],
)
def test_a_factory_that_does_not_take_the_context_is_refused(factory: Any, words: str) -> None:
    with pytest.raises(HubDefinitionError, match=rf"^map_hub\(Simple, hub_factory=\.\.\.\): .*{words}"):
        HubActivator(Simple, factory)


def test_a_plain_generator_is_refused() -> None:
    def generating(context: HubCallerContext) -> Iterator[Simple]:
        yield Simple()

    for factory in (generating, contextmanager(generating), functools.partial(generating)):
        with pytest.raises(HubDefinitionError, match="a factory that yields must be an `async def`"):
            HubActivator(Simple, factory)  # type: ignore[arg-type]


async def test_a_callable_whose_parameters_cannot_be_known_is_taken_as_it_is() -> None:
    with pytest.raises(HubDefinitionError, match="made the class HubCallerContext"):
        await open_one(type, Simple)


async def other_hub(context: HubCallerContext) -> AsyncIterator[Any]:
    yield Needy("other", context)


@pytest.mark.parametrize(
    ("factory", "made"),
    [
        (lambda context: None, "an object of NoneType"),
        (lambda context: Simple, "the class Simple"),
        (lambda context: plain(context), "an object of Needy"),
        (lambda context: contextmanager(lambda: iter([Simple()]))(), "an object of _GeneratorContextManager"),
        (other_hub, "an object of Needy"),
    ],
)
async def test_what_is_no_hub_fails_the_call(factory: Any, made: str) -> None:
    with pytest.raises(
        HubDefinitionError, match=rf"hub_factory=\.\.\.\) made {made}: it must make an object of Simple"
    ):
        await open_one(factory, Simple)


async def test_the_same_object_twice_fails_the_call() -> None:
    shared = Simple()
    async with AsyncExitStack() as scope:
        activator = HubActivator(Simple, lambda context: shared)
        hub = await activator.open(CONTEXT, scope)
        hub.clients = object()  # type: ignore[assignment]
        with pytest.raises(HubDefinitionError, match="the same object twice, but a hub object serves one call"):
            await activator.open(CONTEXT, scope)


async def test_the_factory_closes_with_the_scope_and_sees_the_failure() -> None:
    trace: list[str] = []

    async def factory(context: HubCallerContext) -> AsyncIterator[Simple]:
        try:
            yield Simple()
        except ZeroDivisionError:
            trace.append("rolled back")
            raise
        finally:
            trace.append("closed")

    activator = HubActivator(Simple, factory)
    async with AsyncExitStack() as scope:
        await activator.open(CONTEXT, scope)
        assert trace == []
    assert trace == ["closed"]

    async def fail() -> None:
        async with AsyncExitStack() as scope:
            await activator.open(CONTEXT, scope)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert trace == ["closed", "rolled back", "closed"]


async def test_what_the_factory_opened_is_closed_when_it_makes_no_hub() -> None:
    closed: list[bool] = []

    async def factory(context: HubCallerContext) -> AsyncIterator[Any]:
        try:
            yield "no hub"
        finally:
            closed.append(True)

    with pytest.raises(HubDefinitionError, match="made an object of str"):
        await open_one(factory, Simple)
    assert closed == [True]
