"""Every error this package raises on purpose.

SignalRError
 +-- HubException            raise it in a hub: its text reaches the calling client
 +-- BindingError            arguments of a call do not fit the hub method
 +-- SerializationError      a value cannot be written by the hub protocol
 +-- RemoteProtocolError     the peer sent something that the protocol forbids
 +-- LocalProtocolError      this package or its caller used a connection wrongly
 +-- ClientTimeoutError      a client that pings fell silent
 +-- ClientDisconnectedError a client left while something was expected of it, or was never there
 +-- ClientResultTimeoutError
 |                           a client did not answer a call in time
 +-- ConnectionLimitError    no room for another connection
 +-- WrongThreadError        the async form was used outside its event loop, or the plain form inside it
 +-- HubDefinitionError      a hub class, or what makes its objects, that cannot be served; mostly raised at start-up
 +-- OptionsError            an option with a value that is not allowed; raised at start-up
"""

from __future__ import annotations

__all__ = [
    "BindingError",
    "ClientDisconnectedError",
    "ClientResultTimeoutError",
    "ClientTimeoutError",
    "ConnectionLimitError",
    "HubDefinitionError",
    "HubException",
    "LocalProtocolError",
    "OptionsError",
    "RemoteProtocolError",
    "SerializationError",
    "SignalRError",
    "WrongThreadError",
]


class SignalRError(Exception):
    """The base of every error in this package."""


class HubException(SignalRError):
    """An error whose text is meant for the client.

    Raised in a hub method, its text is sent to the caller behind the reference's prefix and the name of its class, even
    when `enable_detailed_errors` is off. The text of any other exception stays on the server.
    """


class BindingError(SignalRError):
    """The arguments of a call do not fit the hub method: their number or their types."""


class SerializationError(SignalRError):
    """A value cannot be written by the hub protocol; the message says which type and where it was going."""


class RemoteProtocolError(SignalRError):
    """The peer sent bytes that the protocol forbids; its connection is closed with these words."""


class LocalProtocolError(SignalRError):
    """A connection was used in a way that its state does not allow."""


class ClientTimeoutError(SignalRError):
    """A client that pings did not send anything within `client_timeout_interval`."""


class ClientDisconnectedError(SignalRError, ConnectionError):
    """A client left in the middle of a stream that it uploads, or before it answered a call, or was never there."""


class ClientResultTimeoutError(SignalRError, TimeoutError):
    """A client did not answer a call of the server in time; the message names the option that sets the time."""


class ConnectionLimitError(SignalRError):
    """The server holds as many connections as `maximum_connections` or `maximum_pending_handshakes` allow."""


class WrongThreadError(SignalRError, RuntimeError):
    """An asynchronous form was used outside its event loop, or a plain form inside it."""


class HubDefinitionError(SignalRError, TypeError):
    """A hub class, or its factory, cannot be served; the message names the class, the method and what to change."""


class OptionsError(SignalRError, ValueError):
    """An option has a value that is not allowed; the message names the option, the value and what is allowed."""
