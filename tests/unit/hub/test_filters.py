from __future__ import annotations

import functools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py import (
    ConnectedHandler,
    DisconnectedHandler,
    Hub,
    HubDefinitionError,
    HubFilter,
    HubInvocationContext,
    HubLifetimeContext,
    HubMessageContext,
    InvocationHandler,
    OptionsError,
)
from signalr_py.hub.call_scope import ConnectingScope
from signalr_py.hub.context import HubCallerContext
from signalr_py.hub.filters import filters_of, fold_connected, fold_disconnected, fold_invocations, message_hooks
from tests.support.duplex import InMemoryDuplex


def call(method: str = "Method", *arguments: Any) -> HubInvocationContext:
    return HubInvocationContext(caller(), Hub(), method, arguments)


def caller() -> HubCallerContext:
    return HubCallerContext(InMemoryDuplex("c7"), None, lambda: None)


class Tracing(HubFilter):
    def __init__(self, name: str, trace: list[str]) -> None:
        self.name = name
        self.trace = trace

    async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        self.trace.append(f"{self.name} before {context.method_name}")
        result = await call_next(context)
        self.trace.append(f"{self.name} after")
        return result

    async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
        self.trace.append(f"{self.name} connecting")
        await call_next(context)
        self.trace.append(f"{self.name} connected")

    async def on_disconnected(
        self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
    ) -> None:
        self.trace.append(f"{self.name} disconnecting {error}")
        await call_next(context, ValueError(f"{error}, {self.name}"))

    def on_message(self, context: HubMessageContext) -> None:
        self.trace.append(f"{self.name} sees {context.target}")


class Idle(HubFilter):
    """Overrides nothing."""


async def invoke(context: HubInvocationContext) -> Any:
    return context.arguments


async def connect(context: HubLifetimeContext) -> None:
    pass


async def disconnect(context: HubLifetimeContext, error: Exception | None) -> None:
    pass


def test_without_a_filter_that_cares_there_is_the_tail_alone() -> None:
    for filters in ((), (Idle(), HubFilter())):
        assert fold_invocations(filters, invoke) is invoke
        assert fold_connected(filters, connect) is connect
        assert fold_disconnected(filters, disconnect) is disconnect
        assert message_hooks(filters) == ()


async def test_the_first_filter_is_the_outermost() -> None:
    trace: list[str] = []
    filters = [Tracing("a", trace), Idle(), Tracing("b", trace)]
    assert await fold_invocations(filters, invoke)(call("Send", 1)) == (1,)
    assert trace == ["a before Send", "b before Send", "b after", "a after"]
    trace.clear()
    lifetime = HubLifetimeContext(caller(), Hub())
    await fold_connected(filters, connect)(lifetime)
    assert trace == ["a connecting", "b connecting", "b connected", "a connected"]
    trace.clear()
    await fold_disconnected(filters, disconnect)(lifetime, None)
    assert trace == ["a disconnecting None", "b disconnecting None, a"]
    trace.clear()
    for look in message_hooks(filters):
        look(HubMessageContext(lifetime.context, "invocation", "Send", None))
    assert trace == ["a sees Send", "b sees Send"]


async def test_the_hooks_of_the_base_class_pass_everything_on() -> None:
    seen: list[object] = []

    async def end(context: HubLifetimeContext, error: Exception | None) -> None:
        seen.append(error)

    async def begin(context: HubLifetimeContext) -> None:
        seen.append(context)

    lifetime, error, message = HubLifetimeContext(caller(), Hub()), ValueError(), call("Send", 1, 2)
    assert await HubFilter().invoke_method(message, invoke) == (1, 2)
    await HubFilter().on_connected(lifetime, begin)
    await HubFilter().on_disconnected(lifetime, error, end)
    assert seen == [lifetime, error]
    HubFilter().on_message(HubMessageContext(lifetime.context, "completion", None, "1"))


async def test_a_filter_may_call_again_or_not_at_all() -> None:
    attempts = 0

    async def fail_twice(context: HubInvocationContext) -> Any:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ConnectionError
        return attempts

    class Retrying(HubFilter):
        async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            for _ in range(2):
                try:
                    return await call_next(context)
                except ConnectionError:
                    pass
            return await call_next(context)

    class Answering(HubFilter):
        async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            return "from a cache"

    assert await fold_invocations([Retrying()], fail_twice)(call()) == 3
    assert await fold_invocations([Answering()], fail_twice)(call()) == "from a cache"
    assert attempts == 3


@given(st.lists(st.sampled_from(["tracing", "idle", "changing"]), max_size=6))
async def test_any_filters_work_like_functions_one_inside_the_other(kinds: list[str]) -> None:
    class Changing(HubFilter):
        async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            result: tuple[Any, ...] = await call_next(context.replace(arguments=(*context.arguments, "in")))
            return (*result, "out")

    trace: list[str] = []
    makers = {"tracing": lambda: Tracing("t", trace), "idle": Idle, "changing": Changing}
    count = kinds.count("changing")
    folded = fold_invocations([makers[kind]() for kind in kinds], invoke)
    assert await folded(call("Send", 0)) == (0, *["in"] * count, *["out"] * count)
    assert trace == ["t before Send"] * kinds.count("tracing") + ["t after"] * kinds.count("tracing")
    assert (folded is invoke) == (set(kinds) <= {"idle"})


def test_a_changed_call_is_a_new_one() -> None:
    first = HubInvocationContext(caller(), Hub(), "Send", (1, 2), ConnectingScope())
    other = first.replace(method_name="Post")
    assert (other.method_name, other.arguments) == ("Post", (1, 2))
    other = first.replace(arguments=["x"])
    assert (other.method_name, other.arguments) == ("Send", ("x",))
    assert other.context is first.context
    assert other._scope is first._scope
    assert other.hub is first.hub
    assert (first.method_name, first.arguments) == ("Send", (1, 2))
    with pytest.raises(AttributeError):
        first.method_name = "Post"  # type: ignore[misc]


def test_a_call_does_not_show_its_arguments() -> None:
    assert repr(call("Login", "secret")) == (
        "HubInvocationContext(connection_id='c7', hub=Hub, method_name='Login', 1 arguments)"
    )


def test_filters_are_taken_from_any_iterable() -> None:
    one, two = Idle(), Tracing("a", [])
    assert filters_of([one, two], "SignalR(filters=...)") == (one, two)
    assert filters_of(iter([one]), "SignalR(filters=...)") == (one,)
    assert filters_of((), "SignalR(filters=...)") == ()


@pytest.mark.parametrize(
    ("filters", "advice"),
    [
        (Idle(), "write `filters=[...]`"),
        (Idle, "write `filters=[...]`"),
        (None, "write `filters=[...]`"),
        ([Idle], "Idle is a class, and a filter is an object: write `Idle()`"),
        ([object()], "make its class a subclass of `HubFilter`"),
        (["Idle"], "'Idle' is no filter"),
    ],
)
def test_what_is_no_filter_is_refused(filters: Any, advice: str) -> None:
    with pytest.raises(OptionsError, match=rf"^map_hub\(filters=\.\.\.\): .*{re.escape(advice)}"):
        filters_of(filters, "map_hub(filters=...)")


class PlainHook(HubFilter):
    def invoke_method(self, context: Any, call_next: Any) -> Any:
        return call_next(context)


class YieldingHook(HubFilter):
    async def on_connected(self, context: Any, call_next: Any) -> Any:
        yield


class ShortHook(HubFilter):
    async def on_disconnected(self, context: Any, call_next: Any) -> None:  # type: ignore[override]
        pass


class LongHook(HubFilter):
    async def invoke_method(self, context: Any, call_next: Any, more: Any) -> Any:  # type: ignore[override]
        pass


class WaitingMessages(HubFilter):
    async def on_message(self, context: Any) -> None:  # type: ignore[override]
        pass


class StreamingMessages(HubFilter):
    async def on_message(self, context: Any) -> Any:
        yield


class MessagesOfNothing(HubFilter):
    def on_message(self) -> None:  # type: ignore[override]
        pass


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PlainHook, "PlainHook.invoke_method must be an `async def`"),
        (YieldingHook, "YieldingHook.on_connected must be an `async def` that returns, not one that yields"),
        (ShortHook, "ShortHook.on_disconnected must take `context`, `error` and `call_next`"),
        (LongHook, "LongHook.invoke_method must take `context` and `call_next`: missing a required argument: 'more'"),
        (WaitingMessages, "WaitingMessages.on_message must be a plain `def`"),
        (StreamingMessages, "StreamingMessages.on_message must be a plain `def`"),
        (MessagesOfNothing, "MessagesOfNothing.on_message must take `context`"),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused(kind: type[HubFilter], words: str) -> None:
    with pytest.raises(HubDefinitionError, match=words):
        filters_of([kind()], "SignalR(filters=...)")


async def test_a_decorated_hook_is_looked_through() -> None:
    def counted(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            calls.append(function.__name__)
            return function(*args)

        return wrapper

    class Counted(HubFilter):
        invoke_method = counted(HubFilter.invoke_method)

    calls: list[str] = []
    filters = filters_of([Counted()], "SignalR(filters=...)")
    assert await fold_invocations(filters, invoke)(call("Send", 1)) == (1,)
    assert calls == ["invoke_method"]
