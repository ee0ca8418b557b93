"""Values there and back: from an official client to the hub and from the hub to the client, in both protocols."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from tests.clients.base import ClientError
from tests.interop.peers import make_client

if TYPE_CHECKING:
    from tests.clients.base import Connection, ProtocolName

ValueClient: TypeAlias = Literal["typescript", "dotnet"]

_LARGEST_OF_JAVASCRIPT = 2**53 - 1

VALUES: list[Any] = [
    *(None, True, False),
    *(0, -1, 127, 128, -32, -33, 255, 256, 65_535, 65_536, 2**31, -(2**31) - 1),
    *(_LARGEST_OF_JAVASCRIPT, -_LARGEST_OF_JAVASCRIPT),
    *(0.1, -1.5, 1.5e300, 5e-324),
    *(
        "",
        "5",
        "null",
        "x" * 31,
        "x" * 32,
        "x" * 256,
        "\x00\x01\x1e\x1f\x7f",
        "\u2028\u2029\ufeff",
        "é💚עברית",
        "\"\\/<>&'+",
    ),
    *([], {}, [[]], [{}], {"": {"": [None]}}, [None, True, 1, -1.5, "x", [1], {"a": 1}]),
    {"userName": 1, "UserName": 2, "user_name": 3, "$type": 4, "__proto": 5, "💚": 6},
    list(range(-20, 20)),
    {f"key {number}": number for number in range(20)},
    {"a": [{"b": [{"c": [{"d": [{"e": [{"f": [{"g": [1]}]}]}]}]}]}]},
]
VALUES_OF_DOTNET: list[Any] = [2**53 + 1, 2**63 - 1, -(2**63)]

ORDER: dict[str, Any] = {
    "id": "0b0c0f8e-6f5a-4c0a-9d57-0f1d3b7a9c11",
    "customer": "Zoë",
    "total": 12.5,
    "placedAt": "2026-01-02T03:04:05.678Z",
    "severity": 2,
    "items": [{"name": "first", "quantity": 2}],
    "tags": {"Some Key": 1},
    "note": None,
}
CHANGES: list[dict[str, Any]] = [
    {"id": "00000000-0000-0000-0000-000000000000"},
    {"id": "ffffffff-ffff-ffff-ffff-ffffffffffff"},
    {"customer": ""},
    {"customer": "\x00\u2028💚"},
    *({"total": total} for total in (0, -0.01, 1, 0.1, 123456789.125, 2**53)),
    {"placedAt": "0001-01-01T00:00:00Z"},
    {"placedAt": "9999-12-31T23:59:59.999Z"},
    {"placedAt": "1969-12-31T23:59:59.5Z"},
    {"placedAt": "2500-06-01T00:00:00Z"},
    *({"severity": severity} for severity in (0, 1, 2)),
    {"items": []},
    {"items": [{"name": "", "quantity": 2**31 - 1}, {"name": "x", "quantity": -(2**31)}]},
    {"tags": {}},
    {"tags": {"userName": 1, "UserName": 2, "user_name": 3, "": 4}},
    {"note": ""},
    {"note": "text"},
]
CHANGES_OF_DOTNET: list[dict[str, Any]] = [
    {"total": 79_228_162_514_264_337_593_543_950_335},
    {"placedAt": "2026-01-02T03:04:05.678901Z"},
]

MISFITS: list[list[Any]] = [
    *(["Add", wrong, 1] for wrong in ("1", 1.5, None, True, [1], {"a": 1})),
    *(["Echo", wrong] for wrong in (5, 1.5, True, ["x"], {"a": "x"})),
    *(["EchoBytes", wrong] for wrong in (5, True, {"a": 1})),
]

CLIENTS_AND_PROTOCOLS = pytest.mark.parametrize(
    ("client", "protocol"),
    [(client, protocol) for client in ("typescript", "dotnet") for protocol in ("json", "messagepack")],
)


@CLIENTS_AND_PROTOCOLS
async def test_plain_values_go_there_and_back(url: str, client: ValueClient, protocol: ProtocolName) -> None:
    async with make_client(client) as peer:
        connection = await peer.connect(f"{url}/interop", protocol=protocol)
        for value in VALUES + (VALUES_OF_DOTNET if client == "dotnet" else []):
            assert await echoed(connection, value) == value


async def echoed(connection: Connection, value: Any) -> Any:
    result = await connection.invoke("EchoAny", value)
    assert isinstance(result, bool) == isinstance(value, bool)
    return result


@CLIENTS_AND_PROTOCOLS
async def test_bytes_go_there_and_back(url: str, client: ValueClient, protocol: ProtocolName) -> None:
    async with make_client(client) as peer:
        connection = await peer.connect(f"{url}/interop", protocol=protocol)
        for length in (0, 1, 2, 3, 255, 256, 20_000):
            data = bytes(number % 256 for number in range(length))
            sent = data if protocol == "messagepack" else base64.b64encode(data).decode()
            assert await connection.invoke("EchoBytes", sent) == sent


@CLIENTS_AND_PROTOCOLS
async def test_records_go_there_and_back(url: str, client: ValueClient, protocol: ProtocolName) -> None:
    async with make_client(client) as peer:
        connection = await peer.connect(f"{url}/interop", protocol=protocol)
        for change in CHANGES + (CHANGES_OF_DOTNET if client == "dotnet" else []):
            order = ORDER | change
            assert with_instant(await connection.order("EchoOrder", order)) == with_instant(order)


def with_instant(order: dict[str, Any]) -> dict[str, Any]:
    """Return the order with its date read: servers differ in how many zeros they write."""
    return order | {"placedAt": datetime.fromisoformat(order["placedAt"])}


@CLIENTS_AND_PROTOCOLS
async def test_a_value_that_does_not_fit_is_the_error_of_its_call(
    url: str, client: ValueClient, protocol: ProtocolName
) -> None:
    async with make_client(client) as peer:
        connection = await peer.connect(f"{url}/interop", protocol=protocol)
        for method, *arguments in MISFITS:
            with pytest.raises(ClientError) as raised:
                await connection.invoke(method, *arguments)
            assert raised.value.message == f"Failed to invoke '{method}' due to an error on the server."
        assert await connection.invoke("Echo", "still here") == "still here"
