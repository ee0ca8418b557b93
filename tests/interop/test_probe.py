"""Hundreds of small questions over raw sockets, answered as ASP.NET Core answered them."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.interop.peers import HOSTS, PATHS, REFERENCE
from tests.support import components
from tests.support.interop import COPIES

if TYPE_CHECKING:
    from tests.interop.conftest import Servers
    from tests.interop.peers import HostName

pytestmark = pytest.mark.long

PROBE = COPIES / "probe" / "probe.py"
ANSWERS = COPIES / "probe" / "reference.json"
SECONDS = 240


def _refused_upgrade(content_type: str) -> dict[str, str]:
    answer = {"status": 404, "headers": {"content-type": content_type}, "body": "No Connection with that ID"}
    names = ("WebSocket with an unknown id", "stateful: a plain connection cannot come back")
    return dict.fromkeys(names, json.dumps(answer))


# Hosts whose own doing is seen from outside: uvicorn adds a content type to a refused upgrade that has none.
BY_THE_HOST = {
    "uvicorn": _refused_upgrade("text/plain; charset=utf-8"),
    "uvicorn-websockets": _refused_upgrade("text/plain"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.config.getoption("--against-reference", default=False):
        hosts = [REFERENCE]
    else:
        hosts = list(HOSTS if components.full_product() else PATHS)
    metafunc.parametrize("host", hosts)


@pytest.mark.timeout(SECONDS + 30)
async def test_answers_are_those_of_the_reference(servers: Servers, host: HostName) -> None:
    server = servers(host, "--detailed", "false")
    reports = await ask(server.url + "/interop")
    for name, answer in BY_THE_HOST.get(host, {}).items():
        assert reports.pop(name, "no difference").endswith(answer), name
    assert not reports, "\n".join(
        ["answers differ from the reference's:", *reports.values(), "--- server", server.log()]
    )


async def ask(url: str) -> dict[str, str]:
    """Run the probe; return the report of each case whose answer differs where the protocol fixes it."""
    with anyio.fail_after(SECONDS):
        done = await anyio.run_process([sys.executable, PROBE, url, "--compare", ANSWERS], check=False)
    output = done.stdout.decode()
    asked = len(json.loads(ANSWERS.read_text(encoding="utf-8")))
    assert f" of {asked} cases answer as the reference does" in output, output + done.stderr.decode()
    return {
        match["name"]: match[0]
        for match in re.finditer(r"^DIFFERS: (?P<name>.*)\n  reference .*\n  here .*$", output, re.MULTILINE)
    }
