"""What type checkers make of `authorize`: the decorated class or method keeps its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from signalr_py.hub.authorization import AuthorizationContext, authorize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from typing import Any


def plain_policy(context: AuthorizationContext) -> bool:
    return assert_type(context.user.is_authenticated, bool)


async def slow_policy(context: AuthorizationContext) -> bool:
    return assert_type(context.method, "str | None") is None


class CallablePolicy:
    async def __call__(self, context: AuthorizationContext) -> bool:
        return context.hub == "Chat"


class Base:
    def __init__(self, room: str) -> None:
        self.room = room


@authorize
class Chat(Base):
    @authorize
    def plain(self, text: str) -> int:
        return len(text)

    @authorize("chat.read", "chat.write", roles=("admin", "ops"), policy=plain_policy)
    async def send(self, text: str, *, loud: bool = False) -> str:
        return text.upper() if loud else text

    @authorize(policy=slow_policy)
    @authorize(policy=CallablePolicy())
    @authorize(roles="admin")
    async def stream(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number


@authorize("chat", policy=lambda context: context.user.identity != "mallory")
class Room(Chat): ...


async def test_types_survive() -> None:
    chat = assert_type(Chat("a"), Chat)
    assert_type(Room("b"), Room)
    assert_type(chat.room, str)
    assert_type(chat.plain("ab"), int)
    assert_type(await chat.send("a", loud=True), str)
    assert assert_type([number async for number in chat.stream(2)], "list[int]") == [0, 1]
    send: Callable[[str], Coroutine[Any, Any, str]] = chat.send
    assert await send("a") == "a"


def wrong_uses() -> None:
    """Type checkers refuse these; each comment fails the check when they stop doing so."""
    authorize(5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    authorize(policy=lambda context: "yes")  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]
    authorize(roles=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    Chat("a").plain(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
