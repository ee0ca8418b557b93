"""How to start the official Java client.

It is built with Maven from `tests/clients/java` when a JDK is on the PATH, else it comes prebuilt from the interop
folder. Run as a program, this module gets it ready and says what it found, so that the first test does not have to wait
for it.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts._lock import exclusive
from tests.support.components import fail, in_ci, not_run, require
from tests.support.interop import ROOT, interop_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JavaClient", "JavaClientNotFoundError", "client_command", "find_client"]

_CACHE = ROOT / ".cache" / "java"
_SOURCES = ROOT / "tests" / "clients" / "java"
_OLDEST = 17
_BUILD_TIMEOUT = 300
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class JavaClientNotFoundError(Exception):
    """This machine can neither build the client nor has it prebuilt; the message says why."""


@dataclass(frozen=True)
class JavaClient:
    """A program that is ready to start.

    Attributes:
        command: Words of its command.
        origin: Where it comes from.
    """

    command: tuple[str, ...]
    origin: str


def client_command() -> list[str]:
    """Return the command of the Java client, which reads and writes JSON lines.

    A test that calls this on a machine without Java fails with what to install, unless `--without java` was given.
    When there is a Java but no client, the test is left out with the reason, or fails when `CI=true`.
    """
    require("java")
    try:
        return list(_client_of_this_machine().command)
    except JavaClientNotFoundError as error:
        if in_ci():
            fail(str(error))
        not_run(str(error))


def find_client(cache: Path) -> JavaClient:
    """Get the client ready: build the sources into the cache once, or fall back on the bundle.

    Raises:
        JavaClientNotFoundError: Neither is possible here.
    """
    reasons = []
    for attempt in (_from_sources, _from_bundle):
        try:
            return attempt(cache)
        except JavaClientNotFoundError as error:
            reasons.append(str(error))
    raise JavaClientNotFoundError("no Java client: " + "; ".join(reasons))


@functools.cache
def _client_of_this_machine() -> JavaClient:
    return find_client(_CACHE)


def _from_sources(cache: Path) -> JavaClient:
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None or not _has_compiler():
        raise JavaClientNotFoundError(f"no JDK {_OLDEST} or later with Maven is on the PATH to build it with")
    files = [path for path in sorted(_SOURCES.rglob("*")) if path.is_file() and "target" not in path.parts]
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = cache / f"client-{digest}"
    with exclusive(cache / "lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(_SOURCES, folder / "source", ignore=shutil.ignore_patterns("target"))
            _build(maven, folder / "source")
            (folder / "ready").touch()
    libraries = folder / "source" / "target" / "lib" / "*"
    return JavaClient((java, *_QUICK_START, "-cp", str(libraries), "Driver"), f"sources built with {maven}")


def _has_compiler() -> bool:
    compiler = shutil.which("javac")
    if compiler is None:
        return False
    done = subprocess.run([compiler, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r"javac (\d+)", done.stdout + done.stderr)
    return match is not None and int(match[1]) >= _OLDEST


def _build(maven: str, folder: Path) -> None:
    command = [maven, "--quiet", "--batch-mode", "package"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_BUILD_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise JavaClientNotFoundError(f"Maven did not build the sources within {_BUILD_TIMEOUT} s") from None
    if done.returncode:
        raise JavaClientNotFoundError(f"Maven does not build the sources: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _from_bundle(cache: Path) -> JavaClient:
    folder = interop_folder()
    if folder is None or not (start := folder / "java" / "run").is_file():
        raise JavaClientNotFoundError("$SIGNALR_INTEROP names no folder with the prebuilt client")
    with exclusive(cache / "lock"):
        done = subprocess.run([start, "client"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise JavaClientNotFoundError(f"the prebuilt client does not start: {done.stderr.strip()}")
    return JavaClient((str(start), "client"), f"the bundle in {folder}")


def main() -> None:
    """Get the client ready and say what was found."""
    try:
        print(f"-- Java client: {find_client(_CACHE).origin}")
    except JavaClientNotFoundError as error:
        print(f"-- {error}")


if __name__ == "__main__":
    main()
