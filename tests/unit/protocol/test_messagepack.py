from __future__ import annotations

from signalr_py.protocol.framing import LengthPrefixedFrameReader
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.types import TransferFormat


def test_it_is_binary() -> None:
    protocol = MessagePackHubProtocol()
    assert (protocol.name, protocol.transfer_format) == ("messagepack", TransferFormat.BINARY)
    assert isinstance(protocol.frame_reader(10), LengthPrefixedFrameReader)
