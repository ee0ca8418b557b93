"""What the page on running it says to start does start, with the first hub of the README."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.documents import blocks_in, python_in
from tests.support.interop import ROOT
from tests.support.processes import server_process
from tests.support.raw_client import connect

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = "docs/hosting.md"
COMMANDS = re.findall(r"^uvicorn (.*)$", "".join(blocks_in(DOCUMENT, "bash")), re.MULTILINE)


@pytest.fixture
def application(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(python_in("README.md"))
    return tmp_path


async def talk(command: list[str], folder: Path) -> str:
    """Start a server, use its hub, and return its log."""
    imports = {"PYTHONPATH": f"{folder}:{ROOT}"}
    with server_process(command, ready="Uvicorn running", env=imports, cwd=folder) as server:
        async with connect(server.url + "/chat") as client:
            assert await client.invoke("SendMessage", "ada", "hello") is None
            assert await client.expect("ReceiveMessage") == ["ada", "hello"]
    return server.log()


@pytest.mark.parametrize("settings", COMMANDS)
async def test_its_command_lines_serve_without_a_warning(settings: str, application: Path) -> None:
    command = [sys.executable, "-m", "uvicorn", *settings.split(), "--port", "{port}"]
    assert "WARNING" not in await talk(command, application)
    assert len(COMMANDS) == 2


async def test_its_program_serves_without_a_warning(application: Path) -> None:
    program = python_in(DOCUMENT).replace("port=8000", "port=int(sys.argv[1])")
    assert program != python_in(DOCUMENT)
    path = application / "serve.py"
    path.write_text(f"import sys\n{program}")
    assert "WARNING" not in await talk([sys.executable, str(path), "{port}"], application)
