"""A connection that outlives its socket: the client may come back with another one (stateful reconnect)."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.outbound import OutboundQueue
from signalr_py.types import TransportType

if TYPE_CHECKING:
    from signalr_py.transports.base import AttachedTransport

__all__ = ["StatefulConnection"]


@final
class StatefulConnection(TransportConnection):
    """A connection whose client has negotiated stateful reconnect.

    Until the hub enables it, and on any transport but WebSockets, it is a plain one. While no socket is there, what the
    hub writes is dropped: the hub keeps what the client has not acknowledged, and repeats it.
    """

    __slots__ = ()

    @property
    def is_suspended(self) -> bool:
        """Whether the socket is lost and the client may come back with another one."""
        return self._attached is None and self.can_return

    def enable_reconnect(self) -> bool:
        """Outlive the loss of the socket from now on; see `Duplex.enable_reconnect`."""
        self._outlives_socket = self.chosen_transport is TransportType.WEB_SOCKETS
        return self._outlives_socket

    def disable_reconnect(self) -> None:
        """End with the socket from now on."""
        self._outlives_socket = False

    def resume(self, transport: AttachedTransport) -> bool:
        """Let a new socket carry the connection on, in place of the one before.

        Returns:
            Whether the connection still allows it; otherwise nothing happens.
        """
        if not self.can_return:
            return False
        previous = self._attached
        if previous is not None:
            self._suspend()
            previous.abort()
        self._is_deaf = False
        self.attach(transport)
        return True

    def repeat(self) -> None:
        """Have the hub repeat what the client has missed, on the socket that was resumed with."""
        assert self._handler is not None
        self._handler.reconnected()

    def lose(self, transport: AttachedTransport) -> None:
        """Learn that nothing can be written to a socket any more.

        What the client sent on it is still read, since it may be a goodbye; the clock of `transport_send_timeout`
        bounds that.
        """
        if self._is_carried_by_another(transport):
            return
        if not self.can_return:
            self.end_of_input()
        elif self._attached is not None:
            self._turn_deaf()
            self.sending_started()

    def release(self, transport: AttachedTransport, *, is_goodbye: bool) -> None:
        """Learn that a socket is gone; unless the client ended it on purpose, wait for its return."""
        if self._is_carried_by_another(transport):
            return
        if is_goodbye or not self.can_return:
            super().release(transport, is_goodbye=is_goodbye)
        elif self._attached is not None:
            self._suspend()

    def give_up_writing(self) -> None:
        """Let go of a socket that does not take what is written."""
        self.sending_finished()
        if self.can_return and self._attached is not None:
            self._attached.abort()
        else:
            self.abort()

    def _is_carried_by_another(self, transport: AttachedTransport) -> bool:
        return self._attached is not None and self._attached is not transport

    def _suspend(self) -> None:
        self.detach(for_good=False)
        self._turn_deaf()
        self.outbound.clear()
        self.outbound.end()
        self.outbound: OutboundQueue = OutboundQueue(self.outbound.limits)
