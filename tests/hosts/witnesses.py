"""What must hold while others misbehave: a connection keeps working, and the log stays short."""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING, Final

from tests.support.raw_client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.processes import ServerProcess
    from tests.support.raw_client import RawClient

__all__ = ["nobody_notices", "written_so_far"]

_OURS: Final = re.compile(r"^(?:INFO|WARNING|ERROR|CRITICAL) signalr_py\b.*$", re.MULTILINE)
_FAILURES: Final = re.compile(r"^(?:Traceback|ERROR|CRITICAL|\[ERROR\]|.*\bTask exception was never).*$", re.MULTILINE)


@contextlib.asynccontextmanager
async def nobody_notices(
    server: ServerProcess, url: str, *, lines: int = 1, host_failure: str | None = None
) -> AsyncIterator[None]:
    """Check that what happens in the block is nobody else's business.

    Args:
        server: The server.
        url: Address of a hub with the methods of `HostHub`.
        lines: How many lines of the log the package may use for it.
        host_failure: Words of an error that this host itself logs, whatever the application.
    """
    async with connect(url) as witness:
        await written_so_far(server, witness)
        start = len(server.log())
        yield
        assert await witness.invoke("Echo", "unimpressed") == "unimpressed"
        await written_so_far(server, witness)
        log = server.log()[start:]
        assert len(_OURS.findall(log)) <= lines, log
        failures = _FAILURES.findall(log)
        assert not failures or (host_failure is not None and host_failure in log), log


async def written_so_far(server: ServerProcess, witness: RawClient) -> None:
    """Wait until all that the server has logged so far can be read."""
    mark = f"mark {uuid.uuid4()}"
    await witness.invoke("Log", mark)
    server.wait_for_log(mark)
