"""The JSON hub protocol: one object per message, ended by a record separator."""

from __future__ import annotations

from typing import Final

from signalr_py.options import JsonPayload
from signalr_py.protocol import json_decoding
from signalr_py.protocol.composed import ComposedHubProtocol
from signalr_py.protocol.framing import TextFrameReader
from signalr_py.protocol.json_encoding import JsonWriter
from signalr_py.protocol.payload import json_codec
from signalr_py.types import TransferFormat

__all__ = ["JsonHubProtocol"]


class JsonHubProtocol(ComposedHubProtocol):
    """Hub messages as JSON text."""

    name: Final = "json"
    transfer_format: Final = TransferFormat.TEXT
    decode: Final = staticmethod(json_decoding.decode)

    def __init__(self, payload: JsonPayload | None = None) -> None:
        """Choose how values are spelled; None for the defaults of `JsonPayload`."""
        super().__init__(JsonWriter(json_codec(payload or JsonPayload())), TextFrameReader)
