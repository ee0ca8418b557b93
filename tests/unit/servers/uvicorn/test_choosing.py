from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

import signalr_py.servers.uvicorn
from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS, fast_web_socket_class
from tests.support.raw_client import connect
from tests.unit.servers.uvicorn.serving import EXTENSION, extensions, serve

if TYPE_CHECKING:
    from pathlib import Path

WARNING = "The fast WebSocket class is not used, but uvicorn's own: "
ADVICE = " Install what it needs with `pip install 'signalr-py[fast]'`."
RELEASE = version("picows")

MISSING = {"sitecustomize.py": "import sys; sys.modules['picows'] = None"}
LATER = {"picows-9.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: picows\nVersion: 9.1\n"}
OTHERWISE = {
    "picows/__init__.py": "class _Any:\n"
    "    TEXT = BINARY = PING_WHEN_IDLE = None\n"
    "WSAutoPingStrategy = WSFrame = WSMsgType = WSTransport = _Any\n"
    "class WSListener: pass\n"
    "class WSUpgradeResponse: pass\n"
    "class WSUpgradeResponseWithListener: pass\n",
    "picows/picows.py": "class WSProtocol:\n    def __init__(self, listener):\n        pass\n",
}
RENAMED = OTHERWISE | {"picows/picows.py": "class Protocol:\n    pass\n"}
BROKEN = {"picows/__init__.py": "raise ValueError('picows.Frame size changed')"}

FAULTS = {
    "missing": (MISSING, "ModuleNotFoundError: import of picows halted; None in sys.modules."),
    "too new": (LATER, "picows 9.1 is installed, and 2.3 to 3 is what is known."),
    "renamed": (RENAMED, "ImportError: cannot import name 'WSProtocol' from 'picows.picows'"),
    "otherwise": (OTHERWISE, f"picows {RELEASE} works otherwise than expected: TypeError("),
    "broken": (BROKEN, "ValueError: picows.Frame size changed."),
}


def put(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(("files", "fault"), FAULTS.values(), ids=FAULTS)
async def test_where_picows_is_not_as_expected_one_warning_says_so_and_uvicorns_own_class_serves(
    files: dict[str, str], fault: str, tmp_path: Path
) -> None:
    put(files, tmp_path)
    with serve(tmp_path) as server:
        _, names = await extensions(server)
        assert EXTENSION not in names
        async with connect(server.url + "/hub") as client:
            assert await client.invoke("Echo", "hello") == "hello"
    warnings = [line for line in server.log().splitlines() if "fast" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith(WARNING + fault)
    assert warnings[0].endswith(ADVICE)
    assert "more than SignalR needs" not in server.log()
    assert "Traceback" not in server.log()


def test_what_is_wrong_is_logged_and_uvicorns_own_class_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(LATER, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert fast_web_socket_class.__wrapped__() is AutoWebSocketsProtocol
    (record,) = caplog.records
    assert record.name == "signalr_py.servers.uvicorn"
    assert record.levelno == logging.WARNING
    assert record.getMessage() == WARNING + FAULTS["too new"][1] + ADVICE


def test_without_any_library_it_is_an_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "signalr_py.servers.uvicorn.protocol", None)
    monkeypatch.setattr("uvicorn.protocols.websockets.auto.AutoWebSocketsProtocol", None)
    with pytest.raises(ImportError) as error:
        fast_web_socket_class.__wrapped__()
    assert str(error.value).startswith(
        "The fast WebSocket class cannot be used, and uvicorn has no library for its own: ModuleNotFoundError: "
    )
    assert str(error.value).endswith(ADVICE)
    assert caplog.records == []


def test_it_is_chosen_once() -> None:
    chosen = fast_web_socket_class()
    assert fast_web_socket_class() is chosen
    assert signalr_py.servers.uvicorn.FastWebSocketProtocol is chosen
    assert f"{chosen.__module__}:{chosen.__qualname__}" == "signalr_py.servers.uvicorn.protocol:FastWebSocketProtocol"
    assert FAST_WEB_SOCKET_CLASS.endswith(f":{chosen.__qualname__}")


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match=r"'signalr_py.servers.uvicorn' has no attribute 'SlowWebSocketProtocol'"):
        signalr_py.servers.uvicorn.SlowWebSocketProtocol  # noqa: B018
