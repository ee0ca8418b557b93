"""What code that runs inside a hub call can know of that call, however deep it is called."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol, final

from signalr_py.exceptions import LocalProtocolError

__all__ = ["CallScope", "ConnectingScope", "current_call_scope"]


class CallScope(Protocol):
    """The call that the running code belongs to."""

    def enter_client_result(self) -> None:
        """Learn that the call is about to wait for a client's answer.

        Raises:
            LocalProtocolError: It may not wait for one.
        """
        ...


@final
class ConnectingScope:
    """The scope of `on_connected`, in which no client can be asked, because nothing is read until it has ended."""

    __slots__ = ("is_over",)

    def __init__(self) -> None:
        self.is_over: bool = False

    def enter_client_result(self) -> None:
        """Refuse, until `on_connected` has ended; tasks that it started may then go on.

        Raises:
            LocalProtocolError: It has not.
        """
        if not self.is_over:
            raise LocalProtocolError("Client results inside on_connected hub methods are not allowed.")


current_call_scope: ContextVar[CallScope | None] = ContextVar("current_call_scope", default=None)
"""The call that the running code belongs to; None outside of hub calls."""
