"""Rules that every file of the repository keeps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.interop import COPIES, ROOT
from tests.support.repository import repository_files

if TYPE_CHECKING:
    from pathlib import Path

FILES = repository_files()
OWN = [path for path in FILES if not path.is_relative_to(COPIES)]
LONGEST_MODULE = 400

FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"registry\.(?:npmjs\.org|yarnpkg\.com)/|files\.pythonhosted\.org|pypi\.org/simple"
        r"|[\"']resolved[\"']: *[\"']http"
    ),
    "a path in somebody's home": re.compile(r"(?<![\w.:])/(?:home|Users)/\w+/|(?<![\w.])/root/"),
    "the path of this checkout": re.compile(re.escape(f"{ROOT}/") + r"(?=\w)"),
}
LOCK_FILES = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "uv.lock")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode()


def finds(text: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


def inexact_versions(package: Path) -> list[str]:
    content = json.loads(package.read_bytes())
    return [
        f"{name} {version}"
        for group in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides")
        for name, version in content.get(group, {}).items()
        if not re.fullmatch(r"\d+\.\d+\.\d+(?:-[\w.]+)?", version)
    ]


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = {relative(path): finds(text_of(path)) for path in OWN if path.name != "test_repository.py"}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "text",
    [
        '"resolved": "https://example.org/x.tgz"',
        "https://registry.npmjs.org/vite",
        "--index-url https://pypi.org/simple",
        "open('/home/someone/x')",
        " /Users/someone/src/",
        "/root/.cache",
        f"{ROOT}/signalr_py",
    ],
)
def test_forbidden_text_is_found(text: str) -> None:
    assert len(finds(text)) >= 1


@pytest.mark.parametrize(
    "text", ["https://pypi.org/project/signalr-py/", "$HOME/.pyenv", "/api/root/x", "https://x.org/home/a/"]
)
def test_other_text_is_not(text: str) -> None:
    assert finds(text) == []


def test_there_is_no_lock_file() -> None:
    assert [relative(path) for path in FILES if path.name in LOCK_FILES] == []


def test_package_json_files_name_exact_versions() -> None:
    packages = [path for path in OWN if path.name == "package.json"]
    assert {relative(path): inexact for path in packages if (inexact := inexact_versions(path))} == {}


def test_npm_writes_no_lock_file() -> None:
    folders = [path.parent for path in OWN if path.name == "package.json"]
    assert [relative(folder) for folder in folders if "package-lock=false" not in text_of(folder / ".npmrc")] == []


def test_an_inexact_version_is_found(tmp_path: Path) -> None:
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"dependencies": {"a": "^1.2.3", "b": "1.2.3"}, "devDependencies": {"c": "*"}}))
    assert inexact_versions(package) == ["a ^1.2.3", "c *"]


def test_no_module_is_too_long() -> None:
    modules = [path for path in OWN if path.suffix in (".py", ".ts", ".mjs")]
    lengths = {relative(path): len(text_of(path).splitlines()) for path in modules}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_commands_can_be_run() -> None:
    commands = [path for path in OWN if relative(path).startswith((".ci/", "scripts/")) and not path.suffix]
    assert [relative(path) for path in commands if not path.stat().st_mode & 0o100] == []
    assert {"check", "demo", "interop", "run", "setup", "test"} <= {path.name for path in commands}
