"""Arguments find their parameters: by position, by default, as `*args`, and in generic hubs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from signalr_py import Hub, HubOptions
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

T = TypeVar("T")
PROTOCOLS: list[ProtocolName] = ["json", "messagepack"]


@dataclass
class Point:
    x: int
    y: int = 0


class ParametersHub(Hub):
    async def defaults(self, text: str, number: int = 7, flag: bool = False) -> list[Any]:
        return [text, number, flag]

    async def keyword_only(self, text: str, *, number: int) -> list[Any]:
        return [text, number]

    async def keyword_default(self, text: str = "t", *, number: int = 7) -> list[Any]:
        return [text, number]

    async def variadic(self, text: str, *numbers: int) -> list[Any]:
        return [text, *numbers]

    async def variadic_and_default(self, text: str = "t", *numbers: int, factor: int = 2) -> list[Any]:
        return [text, *(number * factor for number in numbers)]

    async def mutable_default(self, items: list[int] = []) -> list[int]:  # noqa: B006
        return items

    def in_thread(self, text: str, *, number: int = 7) -> list[Any]:
        return [text, number]

    async def nothing(self) -> list[Any]:
        return []


PARAMETERS: list[tuple[str, list[Any], list[Any]]] = [
    ("Defaults", ["a"], ["a", 7, False]),
    ("Defaults", ["a", 1], ["a", 1, False]),
    ("Defaults", ["a", 1, True], ["a", 1, True]),
    ("KeywordOnly", ["a", 1], ["a", 1]),
    ("KeywordDefault", [], ["t", 7]),
    ("KeywordDefault", ["a"], ["a", 7]),
    ("KeywordDefault", ["a", 1], ["a", 1]),
    ("Variadic", ["a"], ["a"]),
    ("Variadic", ["a", 1, 2, 3], ["a", 1, 2, 3]),
    ("VariadicAndDefault", [], ["t"]),
    ("VariadicAndDefault", ["a", 1, 2], ["a", 2, 4]),
    ("MutableDefault", [], []),
    ("MutableDefault", [[1]], [1]),
    ("InThread", ["a"], ["a", 7]),
    ("InThread", ["a", 1], ["a", 1]),
    ("Nothing", [], []),
]

COUNTS: list[tuple[str, list[Any], int]] = [
    ("Defaults", [], 1),
    ("Defaults", ["a", 1, True, 2], 3),
    ("KeywordOnly", ["a"], 2),
    ("KeywordOnly", ["a", 1, 2], 2),
    ("KeywordDefault", ["a", 1, 2], 2),
    ("Variadic", [], 1),
    ("Nothing", [1], 0),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_arguments_find_their_parameters(protocol: ProtocolName) -> None:
    async with serve(ParametersHub) as server:
        client = server.connect(protocol)
        for target, arguments, result in PARAMETERS:
            assert await client.invoke(target, *arguments) == result, (target, arguments)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_wrong_number_of_arguments(protocol: ProtocolName) -> None:
    async with serve(ParametersHub, HubOptions(enable_detailed_errors=True)) as server:
        client = server.connect(protocol)
        for target, arguments, expected in COUNTS:
            text = f"BindingError: Invocation provides {len(arguments)} argument(s) but target expects {expected}."
            assert await client.error(target, *arguments) == (
                f"Failed to invoke '{target}' due to an error on the server. {text}"
            )


class Catalog(Hub, Generic[T]):
    async def put(self, item: T) -> str:
        return repr(item)

    async def put_all(self, *items: T) -> str:
        return repr(items)


class PointCatalog(Catalog[Point]):
    pass


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_generic_hubs_bind_what_the_subclass_names(protocol: ProtocolName) -> None:
    async with serve(PointCatalog) as server:
        client = server.connect(protocol)
        assert await client.invoke("Put", {"x": 1}) == repr(Point(1))
        assert await client.invoke("PutAll", {"x": 1}, {"x": 2}) == repr((Point(1), Point(2)))
        assert "error" in await client.answer(client.start("Put", 5))


@dataclass
class Basket:
    items: list[int] = field(default_factory=list)


class BasketHub(Hub):
    async def add(self, basket: Basket) -> list[int]:
        basket.items.append(1)
        return basket.items


async def test_defaults_of_values_are_not_shared_between_calls() -> None:
    async with serve(BasketHub) as server:
        client = server.connect()
        assert await client.invoke("Add", {}) == await client.invoke("Add", {}) == [1]
