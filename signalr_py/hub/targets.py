"""Receivers of a message, as data: proxies build them, the registry picks connections by them."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from signalr_py.types import ConnectionId, GroupName, UserId

__all__ = ["All", "Connections", "Groups", "Target", "Users"]


class All(Struct, frozen=True):
    """Every connection of the hub, except some."""

    excluded: tuple[ConnectionId, ...] = ()


class Connections(Struct, frozen=True):
    """The connections with these ids, each once."""

    ids: tuple[ConnectionId, ...]


class Groups(Struct, frozen=True):
    """The members of these groups, except some; a member of two of them receives twice, as with the reference."""

    names: tuple[GroupName, ...]
    excluded: tuple[ConnectionId, ...] = ()


class Users(Struct, frozen=True):
    """Every connection of these users, each once."""

    ids: tuple[UserId, ...]


Target: TypeAlias = All | Connections | Groups | Users
