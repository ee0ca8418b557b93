"""The watch over blocking calls sees the package and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockingError

from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "def block():\n    sleep(0)\n"


def function_in(file: Path) -> None:
    names: dict[str, object] = {"sleep": time.sleep}
    exec(compile(SOURCE, file, "exec"), names)
    block = names["block"]
    assert callable(block)
    block()


async def test_a_blocking_call_of_the_package_on_the_loop_is_an_error() -> None:
    with pytest.raises(BlockingError, match=r"time\.sleep"):
        function_in(ROOT / "signalr_py" / "somewhere.py")


async def test_a_blocking_call_from_elsewhere_is_not() -> None:
    function_in(ROOT / "tests" / "somewhere.py")


def test_a_blocking_call_outside_the_loop_is_not() -> None:
    function_in(ROOT / "signalr_py" / "somewhere.py")
