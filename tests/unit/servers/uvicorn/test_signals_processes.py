from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.interop import ROOT
from tests.support.processes import server_process

SIGNALS = (signal.SIGTERM, signal.SIGINT)
IMPORTS = {"PYTHONPATH": str(ROOT)}
APPLICATION = Path(__file__).with_name("drained_application.py")


def command(loop: str, *more: str) -> list[str]:
    return [sys.executable, str(APPLICATION), "{port}", loop, *more]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", SIGNALS)
def test_a_server_drains_before_it_shuts_down(loop: str, number: int) -> None:
    with server_process(command(loop), env=IMPORTS) as process:
        os.kill(process.pid, number)
        process.wait(10)
    log = process.log()
    words = ["drain begins", "drain ends", "Shutting down", "lifespan ends"]
    assert sorted(words, key=log.index) == words
    assert log.count("drain begins") == 1
    assert "Traceback" not in log


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_second_signal_ends_a_server_that_still_drains(loop: str) -> None:
    with server_process(command(loop, "--for-ever"), env=IMPORTS) as process:
        os.kill(process.pid, signal.SIGTERM)
        process.wait_for_log("drain begins")
        assert "Shutting down" not in process.log()
        os.kill(process.pid, signal.SIGTERM)
        process.wait(10)
    log = process.log()
    assert "Shutting down" in log
    assert "lifespan ends" in log
    assert "drain ends" not in log
