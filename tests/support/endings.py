"""Every way in which the connection of a client in memory ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.hub_client import HubClient

__all__ = ["ENDINGS", "is_sent_away_when_idle"]


def gone(client: HubClient) -> None:
    """Let the client end its transport."""
    client.leave()


def says_goodbye(client: HubClient) -> None:
    """Let the client send Close."""
    client.send({"type": 7})


def breaks_the_protocol(client: HubClient) -> None:
    """Let the client send what is no message."""
    client.send_bytes(b"{\x1e")


def is_sent_away(client: HubClient) -> None:
    """Let the server shut down, out of patience."""
    client.connection.leave(at_once=True)


def is_sent_away_when_idle(client: HubClient) -> None:
    """Let the server shut down, and wait for calls."""
    client.connection.leave(at_once=False)


def is_aborted(client: HubClient) -> None:
    """Let the hub end the connection."""
    client.connection.context.abort()


def takes_too_little(client: HubClient) -> None:
    """Let more wait for the client than may."""
    client.connection.overflowed()


ENDINGS: Final[tuple[Callable[[HubClient], None], ...]] = (
    gone,
    says_goodbye,
    breaks_the_protocol,
    is_sent_away,
    is_sent_away_when_idle,
    is_aborted,
    takes_too_little,
)
