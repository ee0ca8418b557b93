from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

import pytest
import typing_extensions

from signalr_py import HubDefinitionError, client_method
from signalr_py.hub.client_methods import ClientMethod, client_methods_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from decimal import Decimal

T = TypeVar("T")
U = TypeVar("U")


@dataclass
class User:
    name: str


class ChatClient(Protocol):
    """The methods of a chat's clients."""

    async def receive_message(self, user: str, text: str = "hello") -> None:
        """Show a message."""

    async def typing(self) -> None: ...

    @client_method("renamed-by-hand")
    async def rename(self, name: str) -> None: ...

    async def ask(self, question: str, /) -> User | None: ...

    async def anything(self) -> Any: ...

    async def not_said(self):  # type: ignore[no-untyped-def]
        ...


def methods(client_type: Any) -> dict[str, ClientMethod]:
    return {method.attribute: method for method in client_methods_of(client_type)}


def test_names_on_the_wire() -> None:
    assert {attribute: method.name for attribute, method in methods(ChatClient).items()} == {
        "receive_message": "ReceiveMessage",
        "typing": "Typing",
        "rename": "renamed-by-hand",
        "ask": "Ask",
        "anything": "Anything",
        "not_said": "NotSaid",
    }


def test_a_return_annotation_asks_for_an_answer() -> None:
    found = methods(ChatClient)
    assert [name for name, method in found.items() if method.wants_answer] == ["ask", "anything"]
    assert found["ask"].result_type == User | None
    assert found["anything"].result_type is Any


class Base(Protocol[T]):
    async def first(self) -> T: ...

    @client_method("seconds")
    async def second(self, value: T) -> list[T]: ...


class Pair(Base[U], Protocol[U, T]):
    async def third(self) -> dict[str, T]: ...

    async def second(self, value: U) -> list[U]: ...


class Whole(Pair[User, int], Protocol):
    pass


@pytest.mark.parametrize("client_type", [Whole, Pair[User, int]])
def test_inherited_and_generic_methods(client_type: Any) -> None:
    found = methods(client_type)
    assert {name: method.result_type for name, method in found.items()} == {
        "first": User,
        "second": list[User],
        "third": dict[str, int],
    }
    assert found["second"].name == "seconds"


def test_an_unknown_type_variable_is_anything() -> None:
    assert methods(Base)["second"].result_type == list[Any]


def test_protocols_of_typing_extensions() -> None:
    class Client(typing_extensions.Protocol):
        async def hello(self) -> int: ...

    assert methods(Client)["hello"].result_type is int
    assert list(methods(runtime_checkable(Client))) == ["hello"]


def test_a_type_that_only_the_class_knows() -> None:
    class Client(Protocol):
        class Answer:
            pass

        async def ask(self) -> Answer: ...

    assert methods(Client)["ask"].result_type is Client.Answer


class Values(Protocol):
    async def plain(self, a: int, b: int) -> None: ...
    async def defaults(self, a: int, b: int = 2, c: int = 3) -> None: ...
    async def names(self, a: int, *, b: int, c: int = 3) -> None: ...
    async def more(self, a: int = 1, *rest: int) -> None: ...
    async def positions(self, a: int, b: int = 2, /, c: int = 3) -> None: ...


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "values"),
    [
        ("plain", (1, 2), {}, (1, 2)),
        ("plain", (1,), {"b": 2}, (1, 2)),
        ("plain", (), {"b": 2, "a": 1}, (1, 2)),
        ("defaults", (1,), {}, (1, 2, 3)),
        ("defaults", (), {"c": 5, "a": 1}, (1, 2, 5)),
        ("defaults", (7, 8, 9), {}, (7, 8, 9)),
        ("names", (1,), {"c": 5, "b": 4}, (1, 4, 5)),
        ("names", (), {"b": 4, "a": 1}, (1, 4, 3)),
        ("more", (), {}, (1,)),
        ("more", (7, 8, 9), {}, (7, 8, 9)),
        ("positions", (7,), {"c": 9}, (7, 2, 9)),
        ("positions", (7, 8, 9), {}, (7, 8, 9)),
    ],
)
def test_values_are_put_into_wire_order(
    name: str, args: tuple[int, ...], kwargs: dict[str, int], values: tuple[int, ...]
) -> None:
    assert methods(Values)[name].values(args, kwargs) == values


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "text"),
    [
        ("plain", (1,), {}, r"missing a required argument: 'b'"),
        ("plain", (1, 2, 3), {}, r"too many positional arguments"),
        ("plain", (1, 2), {"a": 1}, r"multiple values for argument 'a'"),
        ("plain", (1, 2), {"z": 1}, r"got an unexpected keyword argument 'z'"),
        ("names", (1,), {}, r"missing a required.* argument: 'b'"),
        ("positions", (), {"a": 1}, r".*'a'"),
    ],
)
def test_a_call_that_does_not_fit(name: str, args: tuple[int, ...], kwargs: dict[str, int], text: str) -> None:
    with pytest.raises(TypeError, match=rf"^Values\.{name}\(\): ({text})"):
        methods(Values)[name].values(args, kwargs)


def test_what_is_made_of_a_method_looks_like_it() -> None:
    def raw() -> None: ...

    made = methods(ChatClient)["receive_message"].dress(raw)
    assert (made.__name__, made.__doc__) == ("receive_message", "Show a message.")
    assert made.__qualname__ == "ChatClient.receive_message"


class NotAsync(Protocol):
    def hello(self) -> None: ...


class Stream(Protocol):
    def hello(self) -> AsyncIterator[int]: ...


class Property(Protocol):
    @property
    def hello(self) -> int: ...


class Attribute(Protocol):
    hello: int


class Static(Protocol):
    @staticmethod
    async def hello() -> None: ...


class ClassMethod(Protocol):
    @classmethod
    async def hello(cls) -> None: ...


class NoSelf(Protocol):
    async def hello() -> None: ...  # type: ignore[misc]


class OnlyArgs(Protocol):
    async def hello(*args: Any) -> None: ...


class Keywords(Protocol):
    async def hello(self, **names: int) -> None: ...


class BehindArgs(Protocol):
    async def hello(self, *args: int, b: int = 2) -> None: ...


class Dots(Protocol):
    async def hello(self, a: int = ...) -> None: ...


class Private(Protocol):
    async def _hello(self) -> None: ...


class Twice(Protocol):
    async def say_hello(self) -> None: ...
    async def sayHello(self) -> None: ...


class TwiceByName(Protocol):
    async def hello(self) -> None: ...

    @client_method("HELLO")
    async def greet(self) -> None: ...


class Unknown(Protocol):
    async def hello(self) -> Decimal: ...


class NoProtocol:
    async def hello(self) -> None: ...


class ForgottenProtocol(ChatClient):
    pass


class GenericButNoProtocol(Generic[T]):
    async def hello(self, value: T) -> None: ...


@pytest.mark.parametrize(
    ("client_type", "text"),
    [
        (NotAsync, r"^NotAsync\.hello must be an `async def`"),
        (Stream, r"^Stream\.hello must be an `async def`"),
        (Property, r"^Property\.hello must be an `async def`"),
        (Attribute, r"^Attribute\.hello: a client has no attributes"),
        (Static, r"^Static\.hello must be an `async def`"),
        (ClassMethod, r"^ClassMethod\.hello must be an `async def`"),
        (NoSelf, r"^NoSelf\.hello takes no `self`"),
        (OnlyArgs, r"^OnlyArgs\.hello takes no `self`"),
        (Keywords, r"^Keywords\.hello takes `\*\*names`, but clients get values without names"),
        (BehindArgs, r"^BehindArgs\.hello: `b` stands behind `\*args`"),
        (Dots, r"^Dots\.hello: the default of `a` is `\.\.\.`"),
        (Private, r"^Private\._hello: a client's method has no leading underscore"),
        (Twice, r"^Twice\.say_hello and Twice\.sayHello are both `SayHello` on the wire"),
        (TwiceByName, r"^TwiceByName\.hello and TwiceByName\.greet are both `HELLO` on the wire"),
        (Unknown, r"^Unknown\.hello: its return annotation cannot be evaluated: name 'Decimal' is not defined"),
        (NoProtocol, r"`typing\.Protocol` class.*NoProtocol'> is none"),
        (ForgottenProtocol, r"must name `Protocol` among its bases"),
        (GenericButNoProtocol[int], r"is none"),
        ("ChatClient", r"'ChatClient' is none"),
        (int | str, r"int \| str is none"),
    ],
)
def test_a_protocol_that_clients_cannot_satisfy(client_type: Any, text: str) -> None:
    with pytest.raises(HubDefinitionError, match=text):
        methods(client_type)


def test_a_wire_name_is_for_methods_and_not_empty() -> None:
    with pytest.raises(HubDefinitionError, match="needs at least one character"):
        client_method("")
    with pytest.raises(HubDefinitionError, match=r"client_method\('X'\) is for methods, not for <class 'int'>"):
        client_method("X")(int)
