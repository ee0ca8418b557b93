"""What a call holds stays open for as long as its plain function runs in a thread, whatever happens to the call."""

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from signalr_py import Depends, Hub
from tests.support.hub_server import serve


class Trace:
    def __init__(self) -> None:
        self.events: list[str] = []
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.closed = asyncio.Event()


async def test_a_cancelled_call_waits_for_its_thread_before_its_session_is_closed() -> None:
    trace = Trace()

    async def get_session() -> AsyncIterator[str]:
        trace.events.append("open")
        try:
            yield "session"
        finally:
            trace.events.append("closed")
            trace.closed.set()

    class H(Hub):
        def history(self, session: Annotated[str, Depends(get_session)]) -> AsyncIterable[int]:
            trace.began.set()
            assert trace.may_end.wait(5)
            trace.events.append("method done")
            return self._numbers()

        async def _numbers(self) -> AsyncIterator[int]:
            yield 1

    async with serve(H) as server, asyncio.timeout(8):
        client = server.connect()
        call, message = client.invocation("History")
        client.send({**message, "type": 4})
        await asyncio.to_thread(trace.began.wait, 5)
        client.send({"type": 5, "invocationId": call})
        assert trace.events == ["open"]
        trace.may_end.set()
        await client.answer(call)
        await trace.closed.wait()
    assert trace.events == ["open", "method done", "closed"]
