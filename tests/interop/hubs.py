"""The hubs that every interop server serves: same names, same behaviour, whatever language it is written in."""

# ruff: noqa: TC003 - annotations of hubs are read at start-up
from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from signalr_py import Hub, HubException, authorize
from signalr_py.auth import JwtUser

__all__ = ["InteropHub", "Item", "Order", "SecureHub", "Severity"]


class Severity(enum.IntEnum):
    """A number in JSON and a name in MessagePack, so the members carry the names of the wire."""

    Info = 0
    Warning = 1
    Critical = 2


@dataclass(frozen=True)
class Item:
    name: str
    quantity: int


@dataclass(frozen=True)
class Order:
    """A record with a member of every kind that the two protocols spell differently."""

    id: UUID
    customer: str
    total: Decimal
    placed_at: datetime
    severity: Severity
    items: list[Item]
    tags: dict[str, int]
    note: str | None = None


class InteropHub(Hub):
    async def echo(self, text: str) -> str:
        return text

    async def echo_any(self, value: Any) -> Any:
        return value

    async def echo_order(self, order: Order) -> Order:
        return order

    async def echo_bytes(self, data: bytes) -> bytes:
        return data

    async def add(self, a: int, b: int) -> int:
        return a + b

    async def nothing(self) -> None:
        pass

    async def return_null(self) -> str | None:
        return None

    async def connection_id(self) -> str:
        return self.context.connection_id

    async def user_id(self) -> str | None:
        return self.context.user_identifier

    async def large(self, kilobytes: int) -> str:
        return "x" * (kilobytes * 1024)

    async def throw_hub(self, message: str) -> None:
        raise HubException(message)

    async def throw(self, message: str) -> None:
        raise RuntimeError(message)

    async def abort(self) -> None:
        self.context.abort()

    async def broadcast(self, text: str) -> None:
        await self.clients.all.send("Receive", text)

    async def to_caller(self, text: str) -> None:
        await self.clients.caller.send("Receive", text)

    async def to_others(self, text: str) -> None:
        await self.clients.others.send("Receive", text)

    async def to_all_except(self, ids: list[str], text: str) -> None:
        await self.clients.all_except(ids).send("Receive", text)

    async def to_connection(self, connection: str, text: str) -> None:
        await self.clients.client(connection).send("Receive", text)

    async def to_connections(self, ids: list[str], text: str) -> None:
        await self.clients.clients(ids).send("Receive", text)

    async def to_user(self, user: str, text: str) -> None:
        await self.clients.user(user).send("Receive", text)

    async def to_users(self, users: list[str], text: str) -> None:
        await self.clients.users(users).send("Receive", text)

    async def to_group(self, group: str, text: str) -> None:
        await self.clients.group(group).send("Receive", text)

    async def to_groups(self, groups: list[str], text: str) -> None:
        await self.clients.groups(groups).send("Receive", text)

    async def to_group_except(self, group: str, ids: list[str], text: str) -> None:
        await self.clients.group_except(group, ids).send("Receive", text)

    async def to_others_in_group(self, group: str, text: str) -> None:
        await self.clients.others_in_group(group).send("Receive", text)

    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def leave(self, group: str) -> None:
        await self.groups.remove(self.context.connection_id, group)

    async def add_connection_to_group(self, connection: str, group: str) -> None:
        await self.groups.add(connection, group)

    async def remove_connection_from_group(self, connection: str, group: str) -> None:
        await self.groups.remove(connection, group)

    async def counter(self, count: int, delay_ms: int) -> AsyncIterator[int]:
        for number in range(count):
            if delay_ms:
                await asyncio.sleep(delay_ms / 1000)
            yield number

    async def fail_after(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number
        raise HubException("stream failed")

    async def sum(self, numbers: AsyncIterable[int]) -> int:
        total = 0
        async for number in numbers:
            total += number
        return total

    async def concat(self, separator: str, parts: AsyncIterable[str], numbers: AsyncIterable[int]) -> str:
        texts = [part async for part in parts]
        texts += [str(number) async for number in numbers]
        return separator.join(texts)

    async def echo_stream(self, items: AsyncIterable[str]) -> AsyncIterator[str]:
        async for item in items:
            yield item

    async def ask(self, question: str) -> str | None:
        answer: str | None = await self.clients.caller.invoke("Answer", question, result_type=str | None)
        return answer

    async def ask_connection(self, connection: str, question: str) -> str | None:
        asked = self.clients.client(connection)
        answer: str | None = await asked.invoke("Answer", question, result_type=str | None)
        return answer


@authorize
class SecureHub(Hub):
    async def who_am_i(self) -> str | None:
        return self.context.user_identifier

    async def roles(self) -> Sequence[str]:
        user = self.context.user
        assert isinstance(user, JwtUser)
        return user.roles

    async def echo(self, text: str) -> str:
        return text

    @authorize(roles=("admin",))
    async def admin_only(self) -> str:
        return "granted"

    @authorize(roles=("admin",))
    async def admin_stream(self) -> AsyncIterator[int]:
        yield 1

    async def to_user(self, user: str, text: str) -> None:
        await self.clients.user(user).send("Receive", text)
