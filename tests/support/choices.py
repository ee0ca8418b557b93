"""What the person who started the tests chose: which components to leave out, how many combinations to run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from scripts._system import COMPONENTS as SYSTEM_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMPONENTS", "Choices", "current", "publish"]

COMPONENTS = (*SYSTEM_COMPONENTS, "dotnet")
"""Names that `--without` takes."""

_WITHOUT = "SIGNALR_TESTS_WITHOUT"
_FULL_PRODUCT = "SIGNALR_TESTS_ALL"


@dataclass(frozen=True)
class Choices:
    """The two options.

    Attributes:
        without: Components whose tests are left out.
        full_product: Whether to run every combination instead of a covering selection.
    """

    without: frozenset[str] = frozenset()
    full_product: bool = False

    @classmethod
    def parse(cls, without: str, *, full_product: bool) -> Choices:
        """Read the command line's `--without A,B` and `--all`.

        Raises:
            pytest.UsageError: An unknown component.
        """
        names = frozenset(name for part in without.split(",") if (name := part.strip()))
        if unknown := sorted(names.difference(COMPONENTS)):
            raise pytest.UsageError(f"--without {', '.join(unknown)}: allowed are {', '.join(COMPONENTS)}.")
        return cls(names, full_product)


def publish(choices: Choices) -> Callable[[], None]:
    """Put the choices where test modules and other test processes see them; return what takes them back."""
    before = {name: os.environ.get(name) for name in (_WITHOUT, _FULL_PRODUCT)}
    os.environ[_WITHOUT] = ",".join(sorted(choices.without))
    os.environ[_FULL_PRODUCT] = "1" if choices.full_product else ""

    def take_back() -> None:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    return take_back


def current() -> Choices:
    """Return the choices of this run."""
    without = os.environ.get(_WITHOUT, "")
    return Choices(frozenset(without.split(",")) - {""}, bool(os.environ.get(_FULL_PRODUCT)))
