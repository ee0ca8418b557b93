"""A browser, and Synaxis to look at."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.browser.browser import Browser, Page
from tests.support.components import fail, require
from tests.support.interop import ROOT
from tests.support.processes import ServerProcess, server_process

Pages: TypeAlias = Callable[[], Page]
Servers: TypeAlias = Callable[..., ServerProcess]

FRONT_END = ROOT / "examples/synaxis/frontend/dist"
_SERVE = ROOT / "examples/synaxis/serve.py"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium, node = require("chromium"), require("node")
    if not (Path(__file__).parent / "node_modules/playwright-core").is_dir():
        fail("playwright-core is missing: run scripts/setup.")
    with Browser(node, chromium) as running:
        yield running


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Make tabs, and close those that the test leaves open."""
    with contextlib.ExitStack() as stack:

        def page() -> Page:
            made = browser.page()
            stack.callback(made.close)
            return made

        yield page


@pytest.fixture(scope="session")
def front_end() -> Path:
    if not (FRONT_END / "index.html").is_file():
        fail("The page of Synaxis is not built: run scripts/setup.")
    return FRONT_END


@pytest.fixture
def start_synaxis(front_end: Path) -> Iterator[Servers]:
    """Start Synaxis in demo mode, as a process of its own."""
    command = [sys.executable, str(_SERVE), "--demo", "--port", "{port}"]
    with contextlib.ExitStack() as stack:

        def start(*, allowed_origins: str = "") -> ServerProcess:
            environment = {"SYNAXIS_ALLOWED_ORIGINS": allowed_origins, "SYNAXIS_FRONT_END": str(front_end)}
            return stack.enter_context(server_process(command, env=environment))

        yield start
