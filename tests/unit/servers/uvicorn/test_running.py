from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

import signalr_py
from tests.support.raw_client import connect
from tests.unit.servers.uvicorn.serving import APPLICATION, EXTENSION, extensions, serve

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

IN_OTHER_PROCESSES = {"app": f"{APPLICATION.stem}:app", "app_dir": str(APPLICATION.parent)}


async def test_it_serves_with_the_fast_class_and_says_goodbye() -> None:
    with serve() as server:
        process, names = await extensions(server)
        assert EXTENSION in names
        async with connect(server.url + "/hub") as client:
            assert await client.invoke("Echo", "hello") == "hello"
            os.kill(server.pid, signal.SIGTERM)
            await client.expect_close()
            assert client.received[-1] == {"type": 7, "allowReconnect": True}
        server.wait(10)
    assert process == server.pid
    assert "WARNING" not in server.log()
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("settings", [{"workers": 2}, {"reload": True, "reload_dirs": str(APPLICATION.parent)}])
async def test_other_processes_serve_an_application_by_its_name(settings: dict[str, Any]) -> None:
    with serve(**IN_OTHER_PROCESSES, **settings) as server:
        process, names = await extensions(server)
        assert EXTENSION in names
        assert process != server.pid
        async with connect(server.url + "/hub", skip_negotiation=True) as client:
            assert await client.invoke("Echo", "hello") == "hello"
            os.kill(server.pid, signal.SIGTERM)
            await client.expect_close()
        server.wait(10)


@pytest.mark.parametrize("ws", ["websockets-sansio", "wsproto"])
async def test_every_setting_may_be_given(ws: str) -> None:
    with serve(ws=ws, root_path="/outside", log_level="warning") as server:
        _, names = await extensions(server)
        assert EXTENSION not in names
        assert "Uvicorn running" not in server.log()


def test_an_application_that_cannot_start_ends_the_process() -> None:
    started = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        started.append((scope["type"], await receive()))
        await send({"type": "lifespan.startup.failed", "message": "as asked for"})

    with pytest.raises(SystemExit) as end:
        signalr_py.run(app, port=0, log_config=None)
    assert started == [("lifespan", {"type": "lifespan.startup"})]
    assert end.value.code == 3


def test_without_uvicorn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ModuleNotFoundError) as error:
        signalr_py.run("app:app")
    assert str(error.value) == (
        "signalr_py.run serves with uvicorn, but uvicorn is not installed: pip install 'signalr-py[fast]'."
    )
    assert error.value.name == "uvicorn"
