"""What the compatibility table is made of: features, and the clients, transports and protocols that meet them.

Every feature is proven by the test `test_NAME` beside this module, once for each connection that `connections` returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tests.clients.base import ProtocolName, TransportName
from tests.interop.peers import ABILITIES, ClientName

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CLIENTS",
    "FEATURES",
    "GROUPS",
    "Cell",
    "Feature",
    "Note",
    "Way",
    "all_cells",
    "connections",
    "fault",
    "gap",
]

Way: TypeAlias = tuple[TransportName, ProtocolName]

CLIENTS: Mapping[ClientName, str] = {
    "typescript": "TypeScript in Node",
    "chromium": "TypeScript in Chromium",
    "dotnet": ".NET",
    "java": "Java",
    "pysignalr": "pysignalr",
}
"""The clients of the table with the names that a reader knows them by."""


class Cell(NamedTuple):
    """One feature on one kind of connection of one client."""

    feature: str
    client: ClientName
    transport: TransportName
    protocol: ProtocolName


@dataclass(frozen=True)
class Note:
    """Something about a client that the reader has to know, on all or some of its connections.

    Attributes:
        client: The client.
        text: What the reader is told, as full sentences.
        transports: The transports that it is about; none means all.
        protocols: The protocols that it is about; none means all.
        is_about_the_tests: Whether the client may well have the feature, and only the tests cannot show it.
    """

    client: ClientName
    text: str
    transports: tuple[TransportName, ...] = ()
    protocols: tuple[ProtocolName, ...] = ()
    is_about_the_tests: bool = False

    def covers(self, client: ClientName, transport: TransportName, protocol: ProtocolName) -> bool:
        """Return whether it is about a connection."""
        return (
            client == self.client
            and transport in (self.transports or (transport,))
            and protocol in (self.protocols or (protocol,))
        )


@dataclass(frozen=True)
class Feature:
    """A row of the table.

    Attributes:
        name: What comes after `test_` in the name of its test.
        title: Its name for the reader.
        gaps: Where clients lack it.
        faults: Where clients have it but with a fault of their own.
    """

    name: str
    title: str
    gaps: tuple[Note, ...] = ()
    faults: tuple[Note, ...] = ()


_UNORDERED = Note(
    "java", "The client posts a message before the one before it has arrived, so calls may overtake.", ("longpolling",)
)
_NO_CANCELLATION = Note("pysignalr", "The client has no way to cancel a stream.")
_NO_RESULT_OF_UPLOADS = Note("pysignalr", "The client asks for no result of a call that uploads a stream.")
_UPLOADS_OVERTAKE = Note(
    "java",
    "The client posts an item before the one before it has arrived, so items may overtake unless the application pauses"
    " between them.",
    ("longpolling",),
)
_SECOND_STREAM_IS_A_VALUE = tuple(
    Note(
        client,
        "Of two streams side by side among the arguments of a call, the client sends the second as a value. An argument"
        " between them helps.",
    )
    for client in ("typescript", "chromium")
)
_FIRST_END_ENDS_ALL = Note(
    "dotnet", "Of two streams in one call, the client breaks the one that still has items to send when the other ends."
)
_NO_FAILING_UPLOAD = Note(
    "java",
    "The program that drives the client in the tests has no way to make one of its uploads fail.",
    is_about_the_tests=True,
)
_JAVA_STAYS_AWAY = Note("java", "The client has no automatic reconnect.")
_PYSIGNALR_STAYS_AWAY = Note("pysignalr", "The client comes back with its old connection token, which servers refuse.")
_JAVA_IS_STATELESS = Note("java", "The client has no stateful reconnect.")
_PYSIGNALR_IS_STATELESS = Note("pysignalr", "The client has no stateful reconnect.")
_NO_WATCH = Note("pysignalr", "The client does not watch for a silent server.")
_HIDES_THE_REASON = Note(
    "pysignalr", "The client tells the application that a socket has ended, not whether the connection has, nor why."
)
_POLLS_PROVE_LIFE = tuple(
    Note(client, "A poll is a sign of life by itself: neither side gives up a silent one.", ("longpolling",))
    for client in ("typescript", "chromium", "dotnet", "java")
)
_NEEDS_A_SOCKET = tuple(
    Note(client, "Stateful reconnect is for WebSockets only.", ("sse", "longpolling"))
    for client in ("typescript", "chromium", "dotnet")
)

_POLLS_ON = Note(
    "java",
    "The client polls on while it closes, and may report the error that answers it instead of a clean end.",
    ("longpolling",),
)

GROUPS: Mapping[str, tuple[Feature, ...]] = {
    "Calls": (
        Feature("call", "A call and its result"),
        Feature("void_call", "A call of a method that returns nothing"),
        Feature("hub_exception", "The text of a `HubException`"),
        Feature("hidden_error", "Any other error, without its text"),
        Feature("unknown_method", "A method that does not exist"),
        Feature("send", "A call without an answer"),
        Feature("calls_in_order", "Calls in the order in which they were sent", (_UNORDERED,)),
        Feature("values", "A record, and plain values of every kind"),
        Feature("bytes", "Bytes"),
        Feature("large_answer", "An answer of a megabyte"),
        Feature("authorization", "An access token, and methods for a role"),
    ),
    "Messages to clients": (
        Feature("broadcast", "To all, to others, to the caller"),
        Feature("groups", "To groups"),
        Feature("users", "To users"),
        Feature("from_outside", "From outside a hub"),
    ),
    "Streams": (
        Feature("stream", "A stream to the client"),
        Feature("failing_stream", "A stream that fails"),
        Feature("cancelled_stream", "A stream that the client cancels", (_NO_CANCELLATION,)),
        Feature("call_behind_a_stream", "A call while a stream runs"),
        Feature("authorized_stream", "A stream for a role"),
        Feature("upload", "An upload", (_NO_RESULT_OF_UPLOADS,), (_UPLOADS_OVERTAKE,)),
        Feature("failing_upload", "An upload that fails", (_NO_FAILING_UPLOAD, _NO_RESULT_OF_UPLOADS)),
        Feature(
            "two_uploads",
            "Two uploads in one call",
            (_NO_RESULT_OF_UPLOADS,),
            (*_SECOND_STREAM_IS_A_VALUE, _FIRST_END_ENDS_ALL, _UPLOADS_OVERTAKE),
        ),
        Feature(
            "upload_and_stream_back",
            "An upload and a stream back at once",
            (_NO_RESULT_OF_UPLOADS,),
            (_UPLOADS_OVERTAKE,),
        ),
    ),
    "Client results": (
        Feature("client_result", "A result from the client"),
        Feature("failing_client_result", "An error from the client"),
        Feature("client_that_leaves", "A client that leaves without an answer"),
    ),
    "Connections": (
        Feature("keep_alive", "Idle connections are kept alive"),
        Feature("silent_client", "A silent client is given up", (*_POLLS_PROVE_LIFE, _HIDES_THE_REASON)),
        Feature("silent_server", "A silent server is given up", (*_POLLS_PROVE_LIFE, _NO_WATCH)),
        Feature("client_stop", "The client ends the connection"),
        Feature("abort", "The hub ends the connection", (_HIDES_THE_REASON,), (_POLLS_ON,)),
        Feature("server_stop", "The server shuts down", (_HIDES_THE_REASON,), (_POLLS_ON,)),
        Feature("automatic_reconnect", "Automatic reconnect", (_JAVA_STAYS_AWAY, _PYSIGNALR_STAYS_AWAY)),
        Feature(
            "stateful_reconnect",
            "Stateful reconnect",
            (*_NEEDS_A_SOCKET, _JAVA_IS_STATELESS, _PYSIGNALR_IS_STATELESS),
        ),
    ),
}
"""The rows of the table, in its order."""

FEATURES: Mapping[str, Feature] = {feature.name: feature for group in GROUPS.values() for feature in group}


def gap(feature: Feature, client: ClientName, transport: TransportName, protocol: ProtocolName) -> Note | None:
    """Return why a feature is not met on a kind of connection, or None when it is."""
    return next((note for note in feature.gaps if note.covers(client, transport, protocol)), None)


def fault(feature: Feature, client: ClientName, transport: TransportName, protocol: ProtocolName) -> Note | None:
    """Return what a client does wrong with a feature on a kind of connection, or None when nothing is known."""
    return next((note for note in feature.faults if note.covers(client, transport, protocol)), None)


def connections(feature: Feature) -> list[tuple[ClientName, TransportName, ProtocolName]]:
    """Return every kind of connection on which a feature is tested."""
    return [
        (client, transport, protocol)
        for client in CLIENTS
        for transport, protocol in ABILITIES[client].combinations()
        if gap(feature, client, transport, protocol) is None
    ]


def all_cells() -> list[Cell]:
    """Return what a complete run of the tests covers."""
    return [Cell(feature.name, *connection) for feature in FEATURES.values() for connection in connections(feature)]
