"""The client under test on the kind of connection under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clients.driver import ClientDriver

if TYPE_CHECKING:
    from tests.clients.base import Client, Connection, ProtocolName, TransportName
    from tests.clients.driver import DriverConnection
    from tests.interop.peers import ClientName

__all__ = ["Peer"]

_UPLOAD_PAUSES = {("java", "longpolling"): 50}
"""Milliseconds between the items of an upload, for a client whose posts overtake each other without."""


class Peer:
    """A client that opens connections over one transport, in one protocol.

    Attributes:
        name: The client's name.
        client: The client.
        url: Address of the server under test.
        transport: What `connect` uses.
        protocol: What `connect` uses.
    """

    def __init__(
        self, name: ClientName, client: Client, url: str, transport: TransportName, protocol: ProtocolName
    ) -> None:
        self.name = name
        self.client = client
        self.url = url
        self.transport = transport
        self.protocol = protocol

    @property
    def upload_pause(self) -> int:
        """Milliseconds between the items of an upload."""
        return _UPLOAD_PAUSES.get((self.name, self.transport), 0)

    async def connect(self, path: str = "/interop", *, token: str | None = None) -> Connection:
        """Open a connection to the server under test."""
        return await self.client.connect(self.url + path, transport=self.transport, protocol=self.protocol, token=token)

    async def connect_official(self, url: str | None = None, **options: Any) -> DriverConnection:
        """Open a connection of an official client, with what only these offer, to the hub of this or another server."""
        assert isinstance(self.client, ClientDriver)
        return await self.client.connect(
            (url or self.url) + "/interop", transport=self.transport, protocol=self.protocol, **options
        )
