from __future__ import annotations

import asyncio

from signalr_py import CancellationToken
from signalr_py.hub.cancellation import cancel


async def test_a_token_starts_unset_and_stays_set() -> None:
    token = CancellationToken()
    assert not token.is_set()
    cancel(token)
    cancel(token)
    assert token.is_set()


async def test_everybody_who_waits_goes_on() -> None:
    token = CancellationToken()
    waiters = [asyncio.ensure_future(token.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(waiter.done() for waiter in waiters)
    cancel(token)
    await asyncio.gather(*waiters)


async def test_waiting_for_what_has_happened_returns_at_once() -> None:
    token = CancellationToken()
    cancel(token)
    waiting = token.wait()
    try:
        waiting.send(None)
    except StopIteration:
        return
    raise AssertionError


async def test_a_cancelled_waiter_leaves_the_others_alone() -> None:
    token = CancellationToken()
    first, second = (asyncio.ensure_future(token.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert first.cancelled()
    cancel(token)
    await second


async def test_a_waiter_that_is_cancelled_in_the_same_turn_as_the_token() -> None:
    token = CancellationToken()
    first, second = (asyncio.ensure_future(token.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    cancel(token)
    await second
    await asyncio.wait([first])


async def test_threads_can_look() -> None:
    token = CancellationToken()
    assert await asyncio.to_thread(token.is_set) is False
    cancel(token)
    assert await asyncio.to_thread(token.is_set) is True
