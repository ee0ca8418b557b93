"""Keeps the load awake, so that what the server writes never has to wake it.

Waking a process on an idle core costs the one that writes several microseconds, which only servers slower than the load
would pay. Clients on other machines cost a server nothing of the kind.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["never_asleep"]


@contextlib.contextmanager
def never_asleep() -> Iterator[None]:
    """Have the running event loop look for input without ever waiting for it, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    handle = loop.call_soon(lambda: None)

    def spin() -> None:
        nonlocal handle
        handle = loop.call_soon(spin)

    spin()
    try:
        yield
    finally:
        handle.cancel()
