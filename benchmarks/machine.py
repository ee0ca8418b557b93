"""Describes what a run was made on, without naming the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from benchmarks.cpu import LOAD_CORE, SERVER_CORE

__all__ = ["describe"]

_PACKAGES: Final = (
    "picows",
    "uvloop",
    "httptools",
    "uvicorn",
    "websockets",
    "hypercorn",
    "granian",
    "starlette",
    "msgspec",
)
_CPU_INFO: Final = Path("/proc/cpuinfo")


def describe() -> dict[str, str]:
    """Return what kind of machine this is and which versions are in use."""
    return {
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Cores in use": f"{SERVER_CORE} for the server, {LOAD_CORE} for the load",
        "System": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Packages": ", ".join(f"{name} {number}" for name in _PACKAGES if (number := _version(name))),
    }


def _processor() -> str:
    lines = _CPU_INFO.read_text().splitlines() if _CPU_INFO.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
