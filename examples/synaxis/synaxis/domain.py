"""What the gateway is about: providers, the organizations that use them, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

__all__ = ["Clock", "Organization", "Provider", "Workload", "utc_now"]

Clock: TypeAlias = Callable[[], datetime]
"""Tells the present time in UTC; tests pass their own."""


def utc_now() -> datetime:
    """Return the present time in UTC, to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Workload(StrEnum):
    """A kind of traffic that the gateway routes to one provider per organization."""

    CHAT = "chat"
    CODE = "code"
    REASONING = "reasoning"
    EMBEDDING = "embedding"


class Provider(Struct, frozen=True):
    """A company that serves models."""

    id: UUID
    name: str


class Organization(Struct, frozen=True):
    """A customer of the gateway and the providers it has a contract with."""

    id: UUID
    name: str
    providers: tuple[Provider, ...]

    def uses(self, provider: Provider) -> bool:
        """Tell whether the organization has a contract with `provider`."""
        return provider in self.providers
