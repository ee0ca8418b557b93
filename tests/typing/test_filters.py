"""What type checkers make of filters, factories and injected parameters."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, assert_type

from signalr_py import (
    ConnectedHandler,
    Depends,
    DisconnectedHandler,
    Hub,
    HubCallerContext,
    HubFilter,
    HubInvocationContext,
    HubLifetimeContext,
    HubMessageContext,
    InvocationHandler,
    SignalR,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator


class Session:
    def rows(self) -> int:
        return 3


def get_session() -> Session:
    return Session()


class NotesHub(Hub):
    def __init__(self, session: Session) -> None:
        self.session = session

    async def count(self, session: Annotated[Session, Depends(get_session)]) -> int:
        return assert_type(session.rows(), int)


class OtherHub(Hub):
    pass


class Everything(HubFilter):
    """Parameters may have names of their own."""

    async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        assert_type(context.context, HubCallerContext)
        assert_type(context.method_name, str)
        assert_type(context.arguments, tuple[Any, ...])
        return await call_next(assert_type(context.replace(arguments=[1, "a"]), HubInvocationContext))

    async def on_connected(self, connection: HubLifetimeContext, following: ConnectedHandler) -> None:
        assert_type(connection.hub.context.connection_id, str)
        await following(connection)

    async def on_disconnected(
        self, connection: HubLifetimeContext, error: Exception | None, following: DisconnectedHandler
    ) -> None:
        await following(connection, error)

    def on_message(self, message: HubMessageContext) -> None:
        assert_type(message.target, "str | None")


def plain(context: HubCallerContext) -> NotesHub:
    return NotesHub(Session())


async def coroutine(context: HubCallerContext) -> NotesHub:
    return NotesHub(Session())


async def iterator(context: HubCallerContext) -> AsyncIterator[NotesHub]:
    yield NotesHub(Session())


async def generator(context: HubCallerContext) -> AsyncGenerator[NotesHub, None]:
    yield NotesHub(Session())


@asynccontextmanager
async def manager(context: HubCallerContext) -> AsyncGenerator[NotesHub, None]:
    yield NotesHub(Session())


def without_context() -> NotesHub:
    return NotesHub(Session())


def something_else(context: HubCallerContext) -> Session:
    return Session()


async def test_a_filter_and_every_kind_of_factory_fit() -> None:
    signalr = SignalR(filters=[Everything()])
    signalr.map_hub("/a", NotesHub, filters=(Everything(),), hub_factory=plain)
    signalr.map_hub("/b", NotesHub, hub_factory=coroutine)
    signalr.map_hub("/c", NotesHub, hub_factory=iterator)
    signalr.map_hub("/d", NotesHub, hub_factory=generator)
    signalr.map_hub("/e", NotesHub, hub_factory=manager)
    signalr.map_hub("/f", NotesHub, hub_factory=lambda context: NotesHub(Session()))


def wrong_uses(signalr: SignalR, context: HubInvocationContext) -> None:
    """Type checkers refuse these; each comment fails the check when they stop doing so."""
    SignalR(filters=[Everything])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    SignalR(filters=Everything())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    signalr.map_hub("/a", OtherHub, hub_factory=without_context)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    signalr.map_hub("/b", OtherHub, hub_factory=something_else)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    context.method_name = "Other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    context.replace(method_name=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Depends("get_session")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
