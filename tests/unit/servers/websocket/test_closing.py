"""Close frames, against the reading of the `websockets` library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError
from websockets.frames import Close

from signalr_py.servers.websocket.closing import NO_CODE, check_close_code, read_close
from signalr_py.servers.websocket.messages import WebSocketError


@pytest.mark.parametrize("code", [*range(1000, 1020), 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535, 0, 999])
def test_only_codes_that_may_be_sent_are_taken(code: int) -> None:
    data = code.to_bytes(2, "big")
    try:
        Close.parse(data).check()
    except ProtocolError:
        with pytest.raises(WebSocketError, match="1002"):
            read_close(data)
    else:
        assert read_close(data) == (code, "")
        check_close_code(code)


@pytest.mark.parametrize("code", [-1, 0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535, 65536])
def test_other_codes_cannot_be_sent(code: int) -> None:
    with pytest.raises(ValueError, match=f"code {code}:"):
        check_close_code(code)


def test_no_code_can_be_sent() -> None:
    check_close_code(NO_CODE)


def test_a_frame_without_a_code_is_in_order() -> None:
    assert read_close(b"") == (NO_CODE, "")


def test_half_a_code_is_none() -> None:
    with pytest.raises(WebSocketError, match="1002"):
        read_close(b"\x03")


@given(reason=st.binary(max_size=20) | st.text(max_size=20).map(str.encode))
def test_the_reason_must_be_text(reason: bytes) -> None:
    try:
        text = reason.decode()
    except UnicodeDecodeError:
        with pytest.raises(WebSocketError, match="1007"):
            read_close(b"\x03\xe8" + reason)
    else:
        assert read_close(b"\x03\xe8" + reason) == (1000, text)
