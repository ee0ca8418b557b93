"""The .NET peers come from the bundle, else from the sources, else their tests say why they did not run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.dotnet import PeerNotFoundError, find_peers
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path

SDK = """
case $1 in
    --list-sdks) echo "8.0.404 [/sdk]"; echo "10.0.100 [/sdk]" ;;
    build) echo "$@" >> "$0.log"; test -f "$2/Program.cs" ;;
esac
"""
OLD_SDK = 'echo "8.0.404 [/sdk]"'
BROKEN_SDK = 'test "$1" = --list-sdks && echo "10.0.100 [/sdk]" && exit; echo "error CS0103: no such name"; exit 1'


def put_sdk(machine: Path, script: str) -> Path:
    path = os.pathsep.join(["/usr/bin", "/bin"])
    return put_program(machine / "bin", "dotnet", f"PATH={path}\n{script}")


def test_sources_are_built_once(machine: Path) -> None:
    sdk, cache = put_sdk(machine, SDK), machine / "cache"
    peers = find_peers(cache)
    assert find_peers(cache) == peers
    for name, (program, library) in {"Server": peers.server, "Client": peers.client}.items():
        assert program == str(sdk)
        assert library.startswith(str(cache))
        assert library.endswith(f"/out/Interop{name}.dll")
    assert len((machine / "bin/dotnet.log").read_text().splitlines()) == 2


def test_a_build_that_was_cut_off_is_done_again(machine: Path) -> None:
    put_sdk(machine, SDK)
    cache = machine / "cache"
    find_peers(cache)
    for ready in cache.glob("*/ready"):
        ready.unlink()
    find_peers(cache)
    assert len((machine / "bin/dotnet.log").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("script", "reason"),
    [(OLD_SDK, r"no \.NET 10 SDK is on the PATH"), (BROKEN_SDK, r"do not build: error CS0103: no such name")],
)
def test_without_a_working_sdk_the_reason_is_given(machine: Path, script: str, reason: str) -> None:
    put_sdk(machine, script)
    with pytest.raises(PeerNotFoundError, match=reason):
        find_peers(machine / "cache")


def test_without_anything_both_reasons_are_given(machine: Path) -> None:
    with pytest.raises(PeerNotFoundError, match=r"no folder with the prebuilt bundle; no \.NET 10 SDK"):
        find_peers(machine / "cache")


def put_bundle(machine: Path, script: str) -> Path:
    folder = machine / "interop" / "dotnet"
    start = put_program(folder, "run", script)
    (folder / "interop-dotnet-linux-x64.tar.xz").touch()
    return start


@pytest.mark.usefixtures("linux_x64")
def test_the_bundle_is_unpacked(machine: Path) -> None:
    start = put_bundle(machine, 'echo "usage: run server|client" >&2; exit 2')
    peers = find_peers(machine / "cache")
    assert (peers.server, peers.client) == ((str(start), "server"), (str(start), "client"))


@pytest.mark.usefixtures("linux_x64")
def test_a_bundle_that_does_not_unpack_is_reported(machine: Path) -> None:
    put_bundle(machine, 'echo "no space left" >&2; exit 1')
    with pytest.raises(PeerNotFoundError, match="cannot be unpacked: no space left"):
        find_peers(machine / "cache")


def test_the_bundle_is_for_one_platform(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    put_bundle(machine, "exit 0")
    with pytest.raises(PeerNotFoundError, match="the prebuilt bundle is for Linux x64 only"):
        find_peers(machine / "cache")


@pytest.fixture
def linux_x64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(sys, "platform", "linux")
