"""What the unit tests share: a blocking call on the event loop, made from the package, is an error."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

import pytest
from blockbuster import blockbuster_ctx

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """Watch the package by its place; it is not imported here, so that one broken module fails only its own tests.

    When coverage is measured, each call of a function takes a lock of the measuring code, which a thread may hold.
    """
    spec = find_spec("signalr_py")
    assert spec is not None
    with blockbuster_ctx(module_from_spec(spec)) as watch:
        watch.functions["threading.Lock.acquire"].can_block_in("coverage/collector.py", "lock_data")
        yield
