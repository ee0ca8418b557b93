"""The bare server, which sets the limits, is picows as it comes."""

from __future__ import annotations

import inspect

from picows import ws_create_server

from benchmarks.servers import bare_picows
from benchmarks.subjects import BARE, subjects


async def test_the_bare_server_has_the_sockets_that_its_settings_name() -> None:
    server = await ws_create_server(lambda _: None, "127.0.0.1", 0)
    server.close()
    await server.wait_closed()
    (bare,) = [subject for subject in subjects("a.class", frozenset()) if subject.name == BARE]
    assert type(server).__module__.partition(".")[0] == "aiofastnet"
    assert "with the sockets of aiofastnet, as picows comes" in bare.settings
    assert "use_aiofastnet" not in inspect.getsource(bare_picows)
