"""The public names and signatures are the recorded ones; run this file as a program to record them anew."""

from __future__ import annotations

import enum
import importlib
import importlib.util
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

PACKAGE = "signalr_py"
RECORD = Path(__file__).resolve().parent.parent / "public_api.txt"

MODULES = (
    "signalr_py",
    "signalr_py.auth",
    "signalr_py.exceptions",
    "signalr_py.redaction",
    "signalr_py.servers.uvicorn",
    "signalr_py.testing",
)
"""Documented places to import from."""


def describe() -> str:
    """Return one line for each public name, and one for each public member of a class."""
    modules = [importlib.import_module(name) for name in MODULES if importlib.util.find_spec(name)]
    lines = [line for module in modules for line in describe_module(module)]
    return "".join(f"{line}\n" for line in lines)


def describe_module(module: ModuleType) -> Iterator[str]:
    for name in sorted(getattr(module, "__all__", ())):
        path, value = f"{module.__name__}.{name}", getattr(module, name)
        if inspect.isclass(value):
            yield from describe_class(path, value)
        else:
            yield describe_member(path, value)


def describe_class(path: str, value: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    yield f"class {path}({bases})" if bases else f"class {path}"
    if issubclass(value, enum.Enum):
        yield from (f"{path}.{member.name} = {member.value!r}" for member in value)
        return
    if "__init__" in vars(value) and not getattr(value, "_is_protocol", False):
        yield f"{path}{signature(value)}"
    own = [base for base in reversed(value.__mro__) if base.__module__.startswith(PACKAGE)]
    members = {name: member for base in own for name, member in vars(base).items() if not name.startswith("_")}
    for name, member in sorted(members.items()):
        yield describe_member(f"{path}.{name}", member)


def describe_member(path: str, member: object) -> str:
    function = member.__func__ if isinstance(member, (staticmethod, classmethod)) else member
    if not inspect.isfunction(function):
        return path
    return f"{'async ' if inspect.iscoroutinefunction(function) else ''}{path}{signature(function)}"


class Words(str):
    """Text that shows without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


def signature(value: Callable[..., object]) -> str:
    found = inspect.signature(value)
    parameters = [each.replace(annotation=unquoted(each.annotation)) for each in found.parameters.values()]
    text = str(found.replace(parameters=parameters, return_annotation=unquoted(found.return_annotation)))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def unquoted(annotation: object) -> object:
    return Words(annotation) if isinstance(annotation, str) else annotation


def test_the_public_api_is_the_recorded_one() -> None:
    message = "if the change is meant, run python tests/unit/test_public_api.py and look at the difference"
    assert describe() == RECORD.read_text(), message


if __name__ == "__main__":
    RECORD.write_text(describe())
