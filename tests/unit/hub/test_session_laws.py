"""Whatever clients do, each session that a call opened is closed once, and none is used after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator  # noqa: TC003 evaluated at run time
from typing import Annotated, Any, Literal, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from signalr_py import Depends, Hub, HubCallerContext, HubException, HubFilter, HubInvocationContext, InvocationHandler
from tests.support.hub_server import HubServer, serve

PATIENCE = 30
Deed: TypeAlias = Literal["call", "fail", "thread", "stream", "cancel", "leave", "fire", "nowhere", "fail to close"]
DEEDS: tuple[Deed, ...] = ("call", "fail", "thread", "stream", "cancel", "leave", "fire", "nowhere", "fail to close")


class Session:
    """Counts how often it is closed, and how often it is used after that."""

    def __init__(self, sessions: list[Session]) -> None:
        self.closes = 0
        self.late_uses = 0
        self.fails_to_close = False
        sessions.append(self)

    def work(self) -> None:
        self.late_uses += self.closes


async def get_session(context: HubCallerContext) -> AsyncIterator[Session]:
    session = Session(context.items["sessions"])
    try:
        yield session
    finally:
        session.closes += 1


def get_blocking_session(context: HubCallerContext) -> Iterator[Session]:
    session = Session(context.items["sessions"])
    try:
        yield session
    finally:
        session.closes += 1


InLoop = Annotated[Session, Depends(get_session)]
InThread = Annotated[Session, Depends(get_blocking_session)]


class Busy(Hub):
    def __init__(self, session: Session) -> None:
        self.session = session

    async def call(self, session: InLoop) -> None:
        session.work()
        self.session.work()

    async def fail(self, session: InLoop, blocking: InThread) -> None:
        session.work()
        blocking.work()
        raise HubException("no")

    def thread(self, session: InThread) -> None:
        session.work()

    async def stream(self, session: InLoop, count: int) -> AsyncIterator[int]:
        for number in range(count):
            session.work()
            yield number
            await asyncio.sleep(0)

    async def fail_to_close(self, session: InLoop) -> None:
        self.session.fails_to_close = True


class Retrying(HubFilter):
    async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        try:
            return await call_next(context)
        except HubException:
            return await call_next(context)


async def do(server: HubServer, deed: Deed) -> None:
    client = server.connect()
    if deed in ("stream", "cancel", "leave"):
        call, message = client.invocation("Stream", 5 if deed == "stream" else 10_000)
        client.send({**message, "type": 4})
        if deed != "stream":
            await client.take(lambda m: m["type"] == 2)
        if deed == "cancel":
            client.send({"type": 5, "invocationId": call})
        if deed != "leave":
            await client.answer(call)
    elif deed == "fire":
        client.send({"type": 1, "target": "Call", "arguments": []})
    else:
        await client.answer(client.start("".join(map(str.title, deed.split()))))
    client.leave()
    await client.ended()


@settings(max_examples=40)
@given(st.lists(st.sampled_from(DEEDS), min_size=1, max_size=8), st.booleans(), st.booleans())
async def test_each_session_is_closed_once(deeds: list[Deed], at_once: bool, is_filtered: bool) -> None:
    sessions: list[Session] = []

    async def make(context: HubCallerContext) -> AsyncIterator[Busy]:
        context.items["sessions"] = sessions
        session = Session(sessions)
        try:
            yield Busy(session)
        finally:
            session.closes += 1
            if session.fails_to_close:
                raise OSError

    async with (
        serve(Busy, filters=[Retrying()] if is_filtered else (), hub_factory=make) as server,
        asyncio.timeout(PATIENCE),
    ):
        if at_once:
            await asyncio.gather(*(do(server, deed) for deed in deeds))
        else:
            for deed in deeds:
                await do(server, deed)
    assert {(session.closes, session.late_uses) for session in sessions} <= {(1, 0)}
    assert bool(sessions) == (set(deeds) != {"nowhere"})
