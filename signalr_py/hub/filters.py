"""Filters: an application's code around the calls and the life of connections, put together once at start-up."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from signalr_py.exceptions import HubDefinitionError, OptionsError
from signalr_py.hub.call_scope import CallScope
from signalr_py.hub.context import HubCallerContext
from signalr_py.hub.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ConnectedHandler",
    "DisconnectedHandler",
    "HubFilter",
    "HubInvocationContext",
    "HubLifetimeContext",
    "HubMessageContext",
    "InvocationHandler",
    "MessageHook",
    "MessageKind",
    "filters_of",
    "fold_connected",
    "fold_disconnected",
    "fold_invocations",
    "message_hooks",
]

MessageKind: TypeAlias = Literal["invocation", "stream_invocation", "stream_item", "completion", "cancel_invocation"]


class HubInvocationContext(Struct, frozen=True, eq=False):
    """One call of a hub method, as filters see it; its `repr` leaves the arguments out.

    Attributes:
        context: The connection that made the call.
        hub: The hub object that serves it.
        method_name: Name of the method, such as `SendMessage`, however the client spelled it.
        arguments: What the client sent, converted and validated; streams and injected values are not among them.
    """

    context: HubCallerContext
    hub: Hub[Any]
    method_name: str
    arguments: tuple[Any, ...]
    _scope: CallScope | None = None

    def __repr__(self) -> str:
        return (
            f"HubInvocationContext(connection_id={self.context.connection_id!r}, hub={type(self.hub).__name__}, "
            f"method_name={self.method_name!r}, {len(self.arguments)} arguments)"
        )

    def replace(
        self, *, method_name: str | None = None, arguments: Iterable[Any] | None = None
    ) -> HubInvocationContext:
        """Return the same call with another method or other arguments, to be handed to `call_next`.

        Args:
            method_name: Name of the method to call in its place.
            arguments: Its arguments, which are not converted again.
        """
        return replace(
            self,
            method_name=self.method_name if method_name is None else method_name,
            arguments=self.arguments if arguments is None else tuple(arguments),
        )


class HubLifetimeContext(Struct, frozen=True, eq=False):
    """The beginning or the end of a connection, as filters see it.

    Attributes:
        context: The connection.
        hub: The hub object whose hook runs.
    """

    context: HubCallerContext
    hub: Hub[Any]


class HubMessageContext(Struct, frozen=True, eq=False):
    """A message of a client before anything is done about it.

    Attributes:
        context: The connection that sent it.
        kind: What it is; a call that does not fit any method is an `invocation`, also when it asked for a stream.
        target: The method that a call names, as the client spelled it, whether there is one or not; None for others.
        invocation_id: Id of the call or the stream that it belongs to; None for a call that wants no answer.
    """

    context: HubCallerContext
    kind: MessageKind
    target: str | None
    invocation_id: str | None


InvocationHandler: TypeAlias = Callable[[HubInvocationContext], Awaitable[Any]]
ConnectedHandler: TypeAlias = Callable[[HubLifetimeContext], Awaitable[None]]
DisconnectedHandler: TypeAlias = Callable[[HubLifetimeContext, Exception | None], Awaitable[None]]
MessageHook: TypeAlias = Callable[[HubMessageContext], None]


class HubFilter:
    """Code around every call of a hub and around the beginning and the end of its connections.

    Override what is needed; a hook that is not overridden costs nothing. One object serves all calls, at the same time
    too, so keep what belongs to a connection in `context.items`. The filters of `SignalR(filters=...)` are outside
    those of `map_hub(filters=...)`, and of several the first one is the outermost.
    """

    async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler, /) -> Any:
        """Run one call, after its arguments were converted and its user was authorized.

        What it returns is the answer, and what it raises counts as raised by the method. `call_next` may be given
        another context, be called again, or not at all. For a method that streams it returns the stream, an
        `AsyncIterable` of which nothing has been taken yet; return that, or a stream of your own.

        Args:
            context: The call.
            call_next: Runs the filters inside this one and the method.
        """
        return await call_next(context)

    async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler, /) -> None:
        """Run `on_connected`; an exception closes the connection as one of the hub does.

        Args:
            context: The new connection.
            call_next: Runs the filters inside this one and the hub's hook.
        """
        await call_next(context)

    async def on_disconnected(
        self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler, /
    ) -> None:
        """Run `on_disconnected`; an exception is logged.

        Args:
            context: The connection that has ended.
            error: Why it ended; None when the client left or was sent away without a fault.
            call_next: Runs the filters inside this one and the hub's hook.
        """
        await call_next(context, error)

    def on_message(self, context: HubMessageContext, /) -> None:
        """Look at a message before anything else is done about it; calls of methods that do not exist come here too.

        It is a plain call on the event loop and must not block. Raising `HubException` refuses that call alone.

        Args:
            context: The message.
        """


def filters_of(filters: Iterable[HubFilter], option: str) -> tuple[HubFilter, ...]:
    """Return an application's filters if each of them can be used.

    Args:
        filters: What the application gave.
        option: Where it did, such as `SignalR(filters=...)`.

    Raises:
        OptionsError: They are not filter objects in a list.
        HubDefinitionError: A hook of one of them cannot be called as it must be.
    """
    if isinstance(filters, HubFilter | type) or not isinstance(filters, Iterable):
        raise OptionsError(f"{option}: {filters!r} is not a list of filters: write `filters=[...]`.")
    checked = tuple(filters)
    for each in checked:
        if isinstance(each, type):
            raise OptionsError(
                f"{option}: {each.__name__} is a class, and a filter is an object: write `{each.__name__}()`."
            )
        if not isinstance(each, HubFilter):
            raise OptionsError(f"{option}: {each!r} is no filter: make its class a subclass of `HubFilter`.")
        _check_hooks(each)
    return checked


def fold_invocations(filters: Sequence[HubFilter], tail: InvocationHandler) -> InvocationHandler:
    """Return what runs a call through the filters and ends at `tail`; the tail itself if none of them wants calls."""
    for each in reversed(filters):
        if _overrides(each, "invoke_method"):
            tail = _around(each.invoke_method, tail)
    return tail


def fold_connected(filters: Sequence[HubFilter], tail: ConnectedHandler) -> ConnectedHandler:
    """Return what runs `on_connected` through the filters; `tail` itself if none of them overrides it."""
    for each in reversed(filters):
        if _overrides(each, "on_connected"):
            tail = _around(each.on_connected, tail)
    return tail


def fold_disconnected(filters: Sequence[HubFilter], tail: DisconnectedHandler) -> DisconnectedHandler:
    """Return what runs `on_disconnected` through the filters; `tail` itself if none of them overrides it."""
    for each in reversed(filters):
        if _overrides(each, "on_disconnected"):
            tail = _around_end(each.on_disconnected, tail)
    return tail


def message_hooks(filters: Sequence[HubFilter]) -> tuple[MessageHook, ...]:
    """Return the `on_message` of each filter that overrides it, in order."""
    return tuple(each.on_message for each in filters if _overrides(each, "on_message"))


_ASYNC_HOOKS: Final = {"invoke_method": 2, "on_connected": 2, "on_disconnected": 3}


def _overrides(hub_filter: HubFilter, hook: str) -> bool:
    return getattr(type(hub_filter), hook) is not getattr(HubFilter, hook)


def _around(hook: Callable[[Any, Any], Awaitable[Any]], tail: Callable[[Any], Awaitable[Any]]) -> Any:
    def run(context: Any) -> Awaitable[Any]:
        return hook(context, tail)

    return run


def _around_end(
    hook: Callable[[HubLifetimeContext, Exception | None, DisconnectedHandler], Awaitable[None]],
    tail: DisconnectedHandler,
) -> DisconnectedHandler:
    def run(context: HubLifetimeContext, error: Exception | None) -> Awaitable[None]:
        return hook(context, error, tail)

    return run


def _check_hooks(hub_filter: HubFilter) -> None:
    name = type(hub_filter).__name__
    for hook, count in _ASYNC_HOOKS.items():
        function = getattr(hub_filter, hook)
        if not (inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inspect.unwrap(function))):
            raise HubDefinitionError(f"{name}.{hook} must be an `async def` that returns, not one that yields.")
        _check_parameters(f"{name}.{hook}", function, count)
    on_message = inspect.unwrap(hub_filter.on_message)
    if inspect.iscoroutinefunction(on_message) or inspect.isasyncgenfunction(on_message):
        raise HubDefinitionError(
            f"{name}.on_message must be a plain `def`, because it runs before anything else does. What has to wait "
            "goes into `invoke_method`."
        )
    _check_parameters(f"{name}.on_message", hub_filter.on_message, 1)


def _check_parameters(where: str, function: Callable[..., Any], count: int) -> None:
    expected = {1: "`context`", 2: "`context` and `call_next`", 3: "`context`, `error` and `call_next`"}[count]
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError as error:
        raise HubDefinitionError(f"{where} must take {expected}: {error}.") from error
