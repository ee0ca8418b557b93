"""The layers of the package as data, and the reading of imports that holds every module to them."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["LAYERS", "PACKAGE", "Layer", "Module", "imported_names", "layer_of", "modules_in", "violations"]

PACKAGE = "signalr_py"

_BASE = ("exceptions", "option_checks", "options", "types")
_INPUT_OUTPUT = (
    *("asyncio", "concurrent", "http", "io", "logging", "multiprocessing", "os", "queue", "random", "sched", "secrets"),
    *("select", "selectors", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time"),
)


@dataclass(frozen=True)
class Layer:
    """One row of the table.

    Attributes:
        modules: Names under the package that belong to the layer, subpackages with all that is in them.
        package: What else of the package it may import, with all that is in it.
        libraries: Third-party packages it may import.
        never: Parts of these, and of the standard library, that it may not import.
    """

    modules: tuple[str, ...]
    package: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


LAYERS = (
    Layer(_BASE, libraries=("msgspec",), never=_INPUT_OUTPUT),
    Layer(("protocol",), package=_BASE, libraries=("msgpack", "msgspec"), never=_INPUT_OUTPUT),
    Layer(("redaction",), package=_BASE),
    Layer(("transports",), package=(*_BASE, "protocol"), libraries=("anyio", "msgspec", "starlette")),
    Layer(
        ("hub",),
        package=(*_BASE, "protocol", "transports.base"),
        libraries=("anyio", "msgspec", "starlette", "typing_extensions"),
        never=("starlette.applications", "starlette.routing"),
    ),
    Layer(("bus",), package=_BASE),
    Layer(
        ("backplane",),
        package=(
            *(*_BASE, "bus", "protocol.serialized", "transports.forwarding"),
            *("hub.lifetime", "hub.registry", "hub.targets"),
        ),
        libraries=("msgpack", "msgspec", "redis"),
    ),
    Layer(("auth",), package=(*_BASE, "transports.route"), libraries=("anyio", "cryptography", "jwt", "starlette")),
    Layer(
        ("servers",),
        package=(*_BASE, "redaction", "transports"),
        libraries=("httptools", "multidict", "picows", "uvicorn", "uvloop"),
    ),
    Layer(("telemetry",), package=(*_BASE, "hub", "transports"), libraries=("opentelemetry", "prometheus_client")),
    Layer(
        ("application",),
        package=(
            *_BASE,
            "auth",
            "backplane",
            "bus",
            "hub",
            "protocol",
            "redaction",
            "servers",
            "telemetry",
            "transports",
        ),
        libraries=("anyio", "msgspec", "starlette"),
    ),
    Layer(
        ("testing",),
        package=(*_BASE, "application", "auth", "backplane", "bus", "hub", "protocol", "telemetry", "transports"),
        libraries=("anyio", "msgpack", "msgspec", "starlette"),
    ),
    Layer(
        ("__init__",),
        package=(
            *_BASE,
            "application",
            "auth",
            "backplane",
            "hub",
            "protocol",
            "redaction",
            "servers",
            "telemetry",
            "transports",
        ),
    ),
)
"""Every module of the package has its row; `application` and `testing` are in nobody's `package` but the entries'."""


@dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name, whether it is a package itself, and its text."""

    name: str
    is_package: bool
    source: str


def modules_in(folder: Path) -> list[Module]:
    """Return the modules in the package's folder."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found.append(
            Module(".".join(parts[:-1] if is_package else parts), is_package, path.read_text(encoding="utf-8"))
        )
    return found


def layer_of(module: str) -> Layer | None:
    """Return the layer that a module belongs to, or None when the table does not know it."""
    name = module.partition(".")[2] or "__init__"
    return next((layer for layer in LAYERS if _is_in(name, layer.modules)), None)


def imported_names(module: Module, known: Iterable[str] = ()) -> set[str]:
    """Return what a module imports, anywhere in it: names of modules, as precisely as the text and `known` tell."""
    known = set(known)
    return {name for node in ast.walk(ast.parse(module.source)) for name in _names(node, module, known)}


def violations(module: Module, known: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each import that the module's layer does not allow; `known` are all modules there are."""
    layer = layer_of(module.name)
    if layer is None:
        return [f"{module.name} is in no layer: give it a row in tests/support/layers.py"]
    return [
        f"{module.name} imports {name}, which its layer ({', '.join(layer.modules)}) may not"
        for name in sorted(imported_names(module, known))
        if not _is_allowed(name, layer)
    ]


def _is_allowed(name: str, layer: Layer) -> bool:
    root, _, rest = name.partition(".")
    if root == PACKAGE:
        return _is_in(rest, (*layer.modules, *layer.package))
    return (root in sys.stdlib_module_names or root in layer.libraries) and not _is_in(name, layer.never)


def _is_in(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _names(node: ast.AST, module: Module, known: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        for alias in node.names:
            name = f"{base}.{alias.name}"
            yield base if _is_in(base, (PACKAGE,)) and name not in known else name


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])
