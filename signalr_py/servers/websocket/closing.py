"""What a close frame says."""

from __future__ import annotations

from typing import Final

from signalr_py.servers.websocket.messages import WebSocketError

__all__ = ["NO_CODE", "check_close_code", "read_close"]

NO_CODE: Final = 1005
"""Stands for the code of a close frame without one."""

_PROTOCOL_ERROR: Final = 1002
_INVALID_DATA: Final = 1007
_REGISTERED: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


def check_close_code(code: int) -> None:
    """Do nothing, unless no close frame can have this code.

    Raises:
        ValueError: It is none that may be sent, nor `NO_CODE`.
    """
    if code != NO_CODE and not _may_be_sent(code):
        raise ValueError(
            f"A WebSocket cannot be closed with code {code}: use 1000 to 1003, 1007 to 1014, or 3000 to 4999."
        )


def read_close(data: bytes) -> tuple[int, str]:
    """Return code and reason of a close frame, `NO_CODE` and nothing for an empty one.

    Args:
        data: Payload of the frame.

    Raises:
        WebSocketError: The code is none that may be sent (1002), or the reason is not UTF-8 (1007).
    """
    if not data:
        return NO_CODE, ""
    code = int.from_bytes(data[:2], "big")
    if len(data) == 1 or not _may_be_sent(code):
        raise WebSocketError(_PROTOCOL_ERROR, "The code of a close frame is none that may be sent.")
    try:
        return code, data[2:].decode()
    except UnicodeDecodeError:
        raise WebSocketError(_INVALID_DATA, "The reason in a close frame is not valid UTF-8.") from None


def _may_be_sent(code: int) -> bool:
    return code in _REGISTERED or 3000 <= code < 5000
