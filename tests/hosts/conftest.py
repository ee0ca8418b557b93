"""Servers that the tests of this folder share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from tests.hosts.places import PLACES, UVICORN, Place
from tests.support.processes import ServerProcess

Servers: TypeAlias = Callable[[Place], ServerProcess]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start each server that is asked for once, and end them all when nobody is left to serve."""
    running: dict[str, ServerProcess] = {}
    with contextlib.ExitStack() as stack:

        def server(place: Place) -> ServerProcess:
            key = repr(place)
            if key not in running:
                running[key] = stack.enter_context(place.run())
            return running[key]

        yield server
        for each in running.values():
            each.kill()


@pytest.fixture
def url(servers: Servers) -> str:
    """Return the address of a hub that tests share: use names of your own, and expect other connections."""
    place = PLACES[UVICORN]
    return place.url(servers(place))
