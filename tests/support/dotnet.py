"""How to start the reference server and the official .NET client.

They come from the prebuilt bundle of the interop folder (Linux x64), else from the sources in this repository when a
.NET 10 SDK is on the PATH. Run as a program, this module gets them ready and says what it found, so that the first test
does not have to wait for it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts._lock import exclusive
from tests.support.components import fail, in_ci, leave_out_if_chosen, not_run
from tests.support.interop import COPIES, ROOT, interop_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PeerNotFoundError", "Peers", "client_command", "find_peers", "server_command"]

_CACHE = ROOT / ".cache" / "dotnet"
_BUNDLE = "interop-dotnet-linux-x64.tar.xz"


class PeerNotFoundError(Exception):
    """This machine has neither the bundle nor an SDK, or the build failed; the message says which."""


@dataclass(frozen=True)
class Peers:
    """Programs that are ready to start.

    Attributes:
        server: Words of the reference server's command, without options.
        client: Words of the .NET client's command.
        origin: Where they come from.
    """

    server: tuple[str, ...]
    client: tuple[str, ...]
    origin: str


def server_command(*options: str) -> list[str]:
    """Return the command of the reference server with its options, such as `--urls`.

    A test that calls this on a machine without the peers is left out with the reason, or fails when `CI=true`.
    """
    return [*_peers().server, *options]


def client_command() -> list[str]:
    """Return the command of the .NET client, which reads and writes JSON lines; the same holds as for the server."""
    return list(_peers().client)


def find_peers(cache: Path) -> Peers:
    """Get the programs ready: unpack the bundle, or build the sources into the cache, each only once.

    Raises:
        PeerNotFoundError: Neither is possible here.
    """
    reasons = []
    for attempt in (_from_bundle, _from_sources):
        try:
            return attempt(cache)
        except PeerNotFoundError as error:
            reasons.append(str(error))
    raise PeerNotFoundError("no .NET peers: " + "; ".join(reasons))


@functools.cache
def _peers_of_this_machine() -> Peers:
    return find_peers(_CACHE)


def _peers() -> Peers:
    leave_out_if_chosen("dotnet")
    try:
        return _peers_of_this_machine()
    except PeerNotFoundError as error:
        if in_ci():
            fail(str(error))
        not_run(str(error))


def _from_bundle(cache: Path) -> Peers:
    folder = interop_folder()
    if folder is None or not (folder / "dotnet" / _BUNDLE).is_file():
        raise PeerNotFoundError("$SIGNALR_INTEROP names no folder with the prebuilt bundle")
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise PeerNotFoundError("the prebuilt bundle is for Linux x64 only")
    start = str(folder / "dotnet" / "run")
    with exclusive(cache / "lock"):
        done = subprocess.run([start, "unpack"], capture_output=True, text=True, check=False)
    if "usage:" not in done.stderr:
        raise PeerNotFoundError(f"the prebuilt bundle cannot be unpacked: {done.stderr.strip()}")
    return Peers((start, "server"), (start, "client"), f"the bundle in {folder}")


def _from_sources(cache: Path) -> Peers:
    dotnet = shutil.which("dotnet")
    if dotnet is None or not _has_sdk(dotnet):
        raise PeerNotFoundError("no .NET 10 SDK is on the PATH to build tests/interop/reference/dotnet with")
    programs = [_build(dotnet, name, cache) for name in ("server", "client")]
    return Peers((dotnet, programs[0]), (dotnet, programs[1]), f"sources built with {dotnet}")


def _has_sdk(dotnet: str) -> bool:
    done = subprocess.run([dotnet, "--list-sdks"], capture_output=True, text=True, check=False)
    return done.returncode == 0 and any(line.startswith("10.") for line in done.stdout.splitlines())


def _build(dotnet: str, name: str, cache: Path) -> str:
    sources = COPIES / "dotnet" / name
    files = sorted(sources.iterdir())
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = cache / f"{name}-{digest}"
    program = folder / "out" / f"Interop{name.capitalize()}.dll"
    with exclusive(cache / "lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sources, folder / "source")
            _compile(dotnet, folder)
            (folder / "ready").touch()
    return str(program)


def _compile(dotnet: str, folder: Path) -> None:
    command = [dotnet, "build", str(folder / "source"), "--configuration", "Release", "--output", str(folder / "out")]
    environment = {**os.environ, "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise PeerNotFoundError(f"the .NET sources do not build: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def main() -> None:
    """Get the programs ready and say what was found."""
    try:
        print(f"-- .NET peers: {find_peers(_CACHE).origin}")
    except PeerNotFoundError as error:
        print(f"-- {error}")


if __name__ == "__main__":
    main()
