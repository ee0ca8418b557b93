"""The copies of the interop folder's parts are the same as the originals, where these are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.components import not_run
from tests.support.interop import COPIES, ROOT, interop_folder

VECTORS = ROOT / "tests" / "vectors"
JAVA = ROOT / "tests" / "clients" / "java"
COPIED = {
    path: path.relative_to(COPIES) for path in sorted(COPIES.rglob("*")) if path.is_file() and path.suffix != ".pyc"
}
COPIED |= {path: path.relative_to(ROOT / "tests") for path in sorted(VECTORS.glob("*.json"))}
COPIED |= {JAVA / name: Path("java", "client", name) for name in ("pom.xml", "src/main/java/Driver.java")}


@pytest.mark.parametrize("copy", COPIED, ids=lambda path: COPIED[path].as_posix())
def test_a_copy_is_the_same_as_the_original(copy: Path) -> None:
    folder = interop_folder()
    if folder is None:
        not_run("$SIGNALR_INTEROP names no folder to compare the copies with")
    original = folder / COPIED[copy]
    assert original.is_file(), f"{original} is gone: remove the copy too"
    assert copy.read_bytes() == original.read_bytes(), f"copy {original} again"


def test_the_copies_are_there() -> None:
    names = {path.as_posix() for path in COPIED.values()}
    assert names >= {
        "probe/probe.py",
        "probe/reference.json",
        "dotnet/server/Program.cs",
        "dotnet/server/InteropServer.csproj",
        "dotnet/client/Program.cs",
        "dotnet/client/InteropClient.csproj",
        "dotnet/vectors/Program.cs",
        "dotnet/vectors/Vectors.csproj",
    }
