from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from signalr_py import WrongThreadError
from signalr_py.hub.threads import HomeLoop

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """Run another event loop in a thread as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def bound_home() -> HomeLoop:
    home = HomeLoop()
    home.bind()
    return home


async def thread_id() -> int:
    return threading.get_ident()


async def fail() -> None:
    raise LookupError("inside")


async def test_calling_from_a_thread_runs_on_the_home_loop() -> None:
    home = bound_home()
    assert await asyncio.to_thread(lambda: home.call(thread_id(), "form()")) == threading.get_ident()


async def test_calling_from_a_thread_raises_what_the_coroutine_raises() -> None:
    home = bound_home()
    with pytest.raises(LookupError, match="inside"):
        await asyncio.to_thread(lambda: home.call(fail(), "form()"))


async def test_calling_on_the_home_loop_names_the_asynchronous_form() -> None:
    with pytest.raises(WrongThreadError, match=r"runs on an event loop\. There, use `await form\(\)` instead\."):
        bound_home().call(fail(), "form()")


async def test_calling_on_another_loop_names_a_thread() -> None:
    home = bound_home()

    async def call() -> None:
        home.call(fail(), "form()")

    with pytest.raises(WrongThreadError, match=r"another event loop.*`asyncio\.to_thread`"):
        await asyncio.to_thread(asyncio.run, call())


def test_calling_when_nothing_is_served_says_so() -> None:
    with pytest.raises(WrongThreadError, match=r"^The server does not run, so there is nobody to send to\.$"):
        HomeLoop().call(fail(), "form()")


def test_calling_when_nothing_is_served_any_more_says_so() -> None:
    home = HomeLoop()

    async def serve() -> None:
        home.bind()

    asyncio.run(serve())
    with pytest.raises(WrongThreadError, match="does not run"):
        home.call(fail(), "form()")


async def test_on_a_loop_that_is_not_home_the_check_names_the_plain_form() -> None:
    home = bound_home()

    async def check() -> None:
        home.check("plain()")

    home.check("plain()")
    with pytest.raises(WrongThreadError, match=r"call `plain\(\)`; in one that does, .*`asyncio\.to_thread`"):
        await asyncio.to_thread(asyncio.run, check())
    with pytest.raises(WrongThreadError, match=r"call `plain\(\)`"):
        await asyncio.to_thread(home.check, "plain()")


async def test_before_anything_is_served_every_loop_is_right() -> None:
    HomeLoop().check("plain()")
    with pytest.raises(WrongThreadError, match="await form"):
        HomeLoop().call(fail(), "form()")


async def test_after_the_home_loop_has_ended_every_loop_is_right() -> None:
    home = HomeLoop()

    async def bind() -> None:
        home.bind()

    await asyncio.to_thread(asyncio.run, bind())
    home.check("plain()")


async def test_binding_twice_is_fine() -> None:
    home = bound_home()
    home.bind()
    home.check("plain()")


async def test_a_second_loop_is_refused_while_the_first_runs() -> None:
    home = HomeLoop()

    async def bind() -> None:
        home.bind()

    with loop_in_a_thread() as other:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(bind(), other))
        with pytest.raises(WrongThreadError, match=r"on another event loop already.*with TestClient\(app\) as client"):
            home.bind()
    home.bind()
    home.check("plain()")


async def test_running_on_the_home_loop_is_immediate() -> None:
    ran: list[int] = []
    bound_home().run(lambda: ran.append(threading.get_ident()))
    assert ran == [threading.get_ident()]


async def test_running_from_a_thread_happens_on_the_home_loop() -> None:
    home = bound_home()
    ran: list[int] = []
    await asyncio.to_thread(home.run, lambda: ran.append(threading.get_ident()))
    await asyncio.sleep(0)
    assert ran == [threading.get_ident()]


def test_running_after_the_home_loop_has_ended_does_nothing() -> None:
    home = HomeLoop()

    async def serve() -> None:
        home.bind()

    asyncio.run(serve())
    ran: list[None] = []
    home.run(lambda: ran.append(None))
    assert ran == []
