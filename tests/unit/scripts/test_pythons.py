"""Interpreters are found by running them: the newest tested version first, shims and others passed over."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from scripts._project import SetupError
from scripts._pythons import choose, probe
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path

    from scripts._pythons import Interpreter


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on the PATH and no pyenv."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def put_python(folder: Path, name: str, version: str, *, kind: str = "CPython", ensurepip: str = "true") -> str:
    major, minor = version.split(".")
    return str(put_program(folder, name, f"""echo '[[{major}, {minor}], "{kind}", {ensurepip}]'"""))


def test_the_interpreter_that_runs_is_known() -> None:
    found = probe(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:2]


@pytest.mark.parametrize(
    "script",
    ["echo 'pyenv: python3.13: command not found' >&2; exit 127", "echo hello", """echo '[[3, 11], "PyPy", true]'"""],
)
def test_what_does_not_run_as_cpython_is_nothing(folder: Path, script: str) -> None:
    assert probe(str(put_program(folder / "bin", "python3.13", script))) is None


def test_a_path_without_a_program_is_nothing(folder: Path) -> None:
    assert probe(str(folder / "absent")) is None


def chosen(wanted: str) -> tuple[str, tuple[int, int]]:
    found: Interpreter = choose(wanted)
    return found.path, found.version


def test_the_newest_tested_version_wins(folder: Path) -> None:
    for version in ("3.11", "3.12", "3.13", "3.14"):
        put_python(folder / "bin", f"python{version}", version)
    put_python(folder / "bin", "python3", "3.14")
    assert chosen("newest") == (str(folder / "bin/python3.13"), (3, 13))
    assert chosen("oldest") == (str(folder / "bin/python3.11"), (3, 11))
    assert chosen("3.12") == (str(folder / "bin/python3.12"), (3, 12))


def test_pyenv_versions_are_found_behind_a_shim_that_fails(folder: Path) -> None:
    put_program(folder / "bin", "python3.13", "exit 127")
    put_python(folder / "bin", "python3.11", "3.11")
    put_python(folder / "pyenv/versions/3.13.9/bin", "python", "3.13")
    newest = put_python(folder / "pyenv/versions/3.13.10/bin", "python", "3.13")
    assert chosen("newest") == (newest, (3, 13))


def test_a_plain_python3_will_do(folder: Path) -> None:
    path = put_python(folder / "bin", "python3", "3.12")
    assert chosen("newest") == (path, (3, 12))


def test_a_later_version_is_taken_when_no_tested_one_is_there(folder: Path) -> None:
    put_python(folder / "bin", "python", "3.9")
    path = put_python(folder / "bin", "python3", "3.15")
    assert chosen("newest") == (path, (3, 15))


def test_one_that_can_make_environments_goes_first(folder: Path) -> None:
    put_python(folder / "bin", "python3.13", "3.13", ensurepip="false")
    complete = put_python(folder / "bin", "python3.12", "3.12")
    assert chosen("newest") == (complete, (3, 12))
    assert choose("3.13").has_ensurepip is False


def test_another_kind_of_python_is_passed_over(folder: Path) -> None:
    put_python(folder / "bin", "python3.13", "3.13", kind="PyPy")
    path = put_python(folder / "bin", "python3.11", "3.11")
    assert chosen("newest") == (path, (3, 11))


@pytest.mark.parametrize(("wanted", "named"), [("newest", "3.13 or 3.12 or 3.11"), ("3.12", "3.12")])
def test_without_any_the_message_says_what_to_install(folder: Path, wanted: str, named: str) -> None:
    with pytest.raises(SetupError, match=f"No Python {named} was found"):
        choose(wanted)


@pytest.mark.parametrize("wanted", ["3.10", "2.7", "new", "3", ""])
def test_a_version_that_is_not_supported_is_refused(wanted: str) -> None:
    with pytest.raises(SetupError, match=r"allowed is newest, oldest, or a version from 3\.11 on"):
        choose(wanted)
