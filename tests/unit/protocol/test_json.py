from __future__ import annotations

from signalr_py.protocol.framing import TextFrameReader
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.types import TransferFormat


def test_it_is_json_text() -> None:
    protocol = JsonHubProtocol()
    assert (protocol.name, protocol.transfer_format) == ("json", TransferFormat.TEXT)
    assert isinstance(protocol.frame_reader(10), TextFrameReader)
