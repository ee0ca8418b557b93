"""The Java client is built where a JDK is, else it comes from the bundle, else its tests say why they did not run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.java import JavaClientNotFoundError, find_client
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path

MAVEN = 'echo "$@" >> "$0.log"; test -f pom.xml && test -f src/main/java/Driver.java'
BROKEN_MAVEN = 'echo "ERROR cannot find symbol"; exit 1'


def put(machine: Path, name: str, script: str) -> Path:
    path = os.pathsep.join(["/usr/bin", "/bin"])
    return put_program(machine / "bin", name, f"PATH={path}\n{script}")


def put_jdk(machine: Path, *, version: int = 17, maven: str = MAVEN) -> Path:
    put(machine, "javac", f'echo "javac {version}.0.1"')
    put(machine, "mvn", maven)
    return put(machine, "java", "exit 0")


def put_bundle(machine: Path, script: str) -> Path:
    return put_program(machine / "interop" / "java", "run", script)


def test_sources_are_built_once(machine: Path) -> None:
    java, cache = put_jdk(machine), machine / "cache"
    client = find_client(cache)
    assert find_client(cache) == client
    program, *_, libraries, main_class = client.command
    assert (program, main_class) == (str(java), "Driver")
    assert libraries.startswith(str(cache))
    assert (machine / "bin/mvn.log").read_text().splitlines() == ["--quiet --batch-mode package"]


def test_a_build_that_was_cut_off_is_done_again(machine: Path) -> None:
    put_jdk(machine)
    cache = machine / "cache"
    find_client(cache)
    for ready in cache.glob("*/ready"):
        ready.unlink()
    find_client(cache)
    assert len((machine / "bin/mvn.log").read_text().splitlines()) == 2


@pytest.mark.parametrize(("version", "maven"), [(11, MAVEN), (17, BROKEN_MAVEN)], ids=["old JDK", "broken build"])
def test_what_cannot_be_built_comes_from_the_bundle(machine: Path, version: int, maven: str) -> None:
    put_jdk(machine, version=version, maven=maven)
    start = put_bundle(machine, 'test "$1" = client')
    assert find_client(machine / "cache").command == (str(start), "client")


@pytest.mark.parametrize(
    ("maven", "bundle", "reason"),
    [
        (None, None, r"no JDK 17 or later with Maven is on the PATH.*; \$SIGNALR_INTEROP names no folder"),
        (BROKEN_MAVEN, None, r"Maven does not build the sources: ERROR cannot find symbol"),
        (None, 'echo "no java on PATH" >&2; exit 1', r"the prebuilt client does not start: no java on PATH"),
    ],
    ids=["nothing", "broken build", "broken bundle"],
)
def test_without_a_client_the_reasons_are_given(
    machine: Path, maven: str | None, bundle: str | None, reason: str
) -> None:
    if maven is not None:
        put_jdk(machine, maven=maven)
    if bundle is not None:
        put_bundle(machine, bundle)
    with pytest.raises(JavaClientNotFoundError, match=f"(?s){reason}"):
        find_client(machine / "cache")
