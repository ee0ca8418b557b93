from __future__ import annotations

from msgspec import Raw

from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol import payload


def test_both_codecs_are_offered() -> None:
    for codec in (payload.json_codec(JsonPayload()), payload.messagepack_codec(MessagePackPayload())):
        assert isinstance(codec, payload.PayloadCodec)
        assert codec.value_decoder(object)(Raw(codec.encode([1, "a"]))) == [1, "a"]


def test_every_public_name_is_there() -> None:
    assert all(hasattr(payload, name) for name in payload.__all__)
