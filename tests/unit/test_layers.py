"""Upper layers import lower ones, never the reverse."""

from __future__ import annotations

import pytest

from tests.support.interop import ROOT
from tests.support.layers import LAYERS, PACKAGE, Module, imported_names, layer_of, modules_in, violations

MODULES = modules_in(ROOT / PACKAGE)
KNOWN = {module.name for module in MODULES}
ENTRIES = ("__init__", "testing")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_only_what_its_layer_may(module: Module) -> None:
    assert violations(module, KNOWN) == []


@pytest.mark.parametrize("top", ["application", "testing"])
def test_no_layer_may_import_the_top(top: str) -> None:
    importers = {name for layer in LAYERS if top in layer.package for name in layer.modules}
    assert importers <= set(ENTRIES)


def test_a_module_belongs_to_one_layer() -> None:
    names = [name for layer in LAYERS for name in layer.modules]
    assert len(names) == len(set(names))


def module(name: str, source: str, *, is_package: bool = False) -> Module:
    return Module(name, is_package, source)


@pytest.mark.parametrize(
    ("name", "source", "culprit"),
    [
        ("signalr_py.protocol.json", "import asyncio", "asyncio"),
        ("signalr_py.protocol.json", "from time import monotonic", "time.monotonic"),
        ("signalr_py.protocol.json", "def f():\n    from starlette import requests", "starlette.requests"),
        ("signalr_py.protocol.json", "import orjson", "orjson"),
        ("signalr_py.transports.base", "from signalr_py.hub import Hub", "signalr_py.hub"),
        ("signalr_py.transports.base", "from ..hub.hub import Hub", "signalr_py.hub.hub"),
        ("signalr_py.hub.hub", "from signalr_py import transports", "signalr_py.transports"),
        ("signalr_py.hub.hub", "from signalr_py.transports import websocket", "signalr_py.transports.websocket"),
        ("signalr_py.hub.hub", "from signalr_py.transports import Duplex", "signalr_py.transports"),
        ("signalr_py.hub.hub", "from starlette.routing import Route", "starlette.routing.Route"),
        ("signalr_py.hub.hub", "from signalr_py import SignalR", "signalr_py"),
        ("signalr_py.backplane.redis", "import signalr_py.hub.dispatcher", "signalr_py.hub.dispatcher"),
        ("signalr_py.auth.jwt", "import signalr_py.servers.uvicorn", "signalr_py.servers.uvicorn"),
        ("signalr_py.servers.uvicorn", "from signalr_py.application import SignalR", "signalr_py.application"),
        ("signalr_py", "from signalr_py.testing import client", "signalr_py.testing"),
    ],
)
def test_a_forbidden_import_is_named(name: str, source: str, culprit: str) -> None:
    known = {"signalr_py.transports", "signalr_py.transports.websocket", "signalr_py.hub"}
    (sentence,) = violations(module(name, source, is_package=name == PACKAGE), known)
    assert sentence.startswith(f"{name} imports {culprit}, which its layer")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "signalr_py.protocol.json",
            "import re\nfrom msgspec import Struct\nfrom signalr_py.types import TransferFormat",
        ),
        ("signalr_py.hub.hub", "from signalr_py.transports.base import Duplex\nimport asyncio"),
        ("signalr_py.hub.hub", "from signalr_py.transports import base"),
        ("signalr_py.hub.hub", "from . import targets\nfrom .targets import Target"),
        ("signalr_py", "from signalr_py.application import SignalR"),
        ("signalr_py.testing.client", "from signalr_py.application import SignalR"),
    ],
)
def test_an_allowed_import_passes(name: str, source: str) -> None:
    assert violations(module(name, source), {"signalr_py.transports.base", "signalr_py.hub.targets"}) == []


def test_a_module_without_a_layer_is_reported() -> None:
    assert layer_of("signalr_py.extras.odd") is None
    assert violations(module("signalr_py.extras.odd", "")) == [
        "signalr_py.extras.odd is in no layer: give it a row in tests/support/layers.py"
    ]


def test_relative_imports_in_a_package_start_there() -> None:
    inside = module("signalr_py.hub", "from .hub import Hub\nfrom ..types import UserId", is_package=True)
    assert imported_names(inside) == {"signalr_py.hub.hub", "signalr_py.types"}
