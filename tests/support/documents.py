"""Running the code of the documents."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from tests.support.interop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["blocks_in", "pasted", "python_in"]


def blocks_in(document: str, language: str = "python") -> list[str]:
    """Return the blocks of code of a language in a document, given by its path from the root of the project."""
    text = (ROOT / document).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def python_in(document: str, number: int = 0) -> str:
    """Return one block of Python code in a document."""
    return blocks_in(document)[number]


@contextmanager
def pasted(document: str) -> Iterator[ModuleType]:
    """Run all Python code of a document, one block behind the other, as one module of the name `pasted`."""
    module = ModuleType("pasted")
    sys.modules["pasted"] = module
    try:
        for block in blocks_in(document):
            exec(compile(block, document, "exec"), module.__dict__)
        yield module
    finally:
        del sys.modules["pasted"]
