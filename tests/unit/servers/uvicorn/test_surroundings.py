from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py.servers.uvicorn.surroundings import is_surrounded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Call = Callable[[], Coroutine[Any, Any, bool]]

PASS_ON = "async def pass_on(call): return await call()"
WAIT_FIRST = "import asyncio\nasync def pass_on(call):\n    await asyncio.sleep(0)\n    return await call()"


def inside(module: str, call: Call, source: str = PASS_ON) -> Call:
    """Return a coroutine function of a module that awaits another one."""
    namespace: dict[str, Any] = {"__name__": module}
    exec(source, namespace)
    return lambda: namespace["pass_on"](call)


@pytest.mark.parametrize("source", [PASS_ON, WAIT_FIRST], ids=["at once", "later"])
@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (["uvicorn.server"], False),
        (["signalr_py.a", "starlette.routing", "fastapi.applications", "uvicorn.server"], False),
        (["mine"], True),
        (["starlette.routing", "mine", "uvicorn.server"], True),
        (["mine", "uvicorn.server"], True),
        (["starlette.routing", "mine"], True),
        (["starlette_extras", "uvicorn.server"], True),
    ],
)
async def test_code_of_others_anywhere_around_is_seen(modules: list[str], source: str, *, expected: bool) -> None:
    call = inside("signalr_py.transports", asked_within("signalr_py.servers"))
    for module in modules:
        call = inside(module, call, source)
    assert await asyncio.create_task(call()) is expected


def asked_within(module: str) -> Call:
    """Return a coroutine function of a module that asks."""
    namespace: dict[str, Any] = {"__name__": module, "is_surrounded": is_surrounded, "asyncio": asyncio}
    exec("async def ask(): return is_surrounded(asyncio.current_task())", namespace)
    ask: Call = namespace["ask"]
    return ask
