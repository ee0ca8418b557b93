"""What the WebSockets of one uvicorn server have in common."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from signalr_py.servers.uvicorn.sharing import Shared, shared_by
from signalr_py.servers.websocket.messages import WebSocketError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

OFFER = "permessage-deflate; client_max_window_bits"
SMALLER = "permessage-deflate; server_max_window_bits=10"
LARGE = b"the same again and again; " * 1000


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Never be called."""
    raise AssertionError


def config(**options: Any) -> uvicorn.Config:
    """Return a configuration."""
    return uvicorn.Config(application, **options)


def test_what_is_shared_belongs_to_a_configuration() -> None:
    one, other = config(), config()
    assert shared_by(one) is shared_by(one)
    assert shared_by(one) is not shared_by(other)


def test_what_is_shared_goes_with_its_configuration() -> None:
    one = config()
    shared = weakref.ref(shared_by(one))
    shared_by(one).encoder(binary=True, deflate=None).encode(b"message")
    assert shared() is not None
    del one
    gc.collect()
    assert shared() is None


def test_without_compression_nothing_is_negotiated() -> None:
    assert Shared(config(ws_per_message_deflate=False)).negotiate(OFFER) is None
    shared = Shared(config(ws_per_message_deflate=True))
    assert shared.negotiate("") is None
    assert shared.negotiate("x-webkit-deflate-frame") is None
    assert shared.inflate(None) is None


def test_there_is_one_encoder_for_each_kind_of_client() -> None:
    shared = Shared(config())
    large, again, small = shared.negotiate(OFFER), shared.negotiate(OFFER), shared.negotiate(SMALLER)
    assert large is not None
    assert again is not None
    assert small is not None
    encoders = [
        shared.encoder(binary=binary, deflate=deflate) for binary in (False, True) for deflate in (None, large, small)
    ]
    assert len(set(map(id, encoders))) == 6
    assert encoders == [
        shared.encoder(binary=binary, deflate=deflate) for binary in (False, True) for deflate in (None, again, small)
    ]


def test_a_message_to_many_is_compressed_once() -> None:
    shared = Shared(config())
    frames = []
    for _ in range(3):
        deflate = shared.negotiate(OFFER)
        assert deflate is not None
        frames.append(shared.encoder(binary=True, deflate=deflate).encode(LARGE))
    assert frames[0] is frames[1] is frames[2]
    assert frames[0][0] == 0xC2
    assert len(frames[0]) < len(LARGE)


def test_each_client_inflates_by_itself_up_to_the_limit_of_the_server() -> None:
    shared = Shared(config(ws_max_size=len(LARGE)))
    deflate = shared.negotiate(OFFER)
    assert deflate is not None
    frame = shared.encoder(binary=True, deflate=deflate).encode(LARGE)
    payload = frame[4:] if frame[1] == 126 else frame[2:]
    inflate, other = shared.inflate(deflate), shared.inflate(deflate)
    assert inflate is not None
    assert other is not None
    assert inflate is not other
    assert inflate(payload) == LARGE
    assert other(payload) == LARGE
    strict = Shared(config(ws_max_size=len(LARGE) - 1)).inflate(deflate)
    assert strict is not None
    with pytest.raises(WebSocketError) as caught:
        strict(payload)
    assert caught.value.code == 1009
