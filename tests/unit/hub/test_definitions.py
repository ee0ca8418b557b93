from __future__ import annotations

import functools
from collections.abc import (  # noqa: TC003 - annotations of hubs are read at start-up
    AsyncIterator,
)
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from signalr_py import Hub, HubDefinitionError, authorize, hub_method
from signalr_py.hub.definitions import HubMethod, MethodKind, check_hooks, methods_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def methods(hub_type: type[Hub]) -> dict[str, HubMethod]:
    return {method.name: method for method in methods_of(hub_type)}


class Named(Hub):
    @hub_method("Renamed")
    def foo(self) -> str:
        return "foo"

    @hub_method("Foo")
    def bar(self) -> str:
        return "bar"


def test_an_explicit_name_replaces_the_own_one() -> None:
    assert {name: method.attribute for name, method in methods(Named).items()} == {"Renamed": "foo", "Foo": "bar"}


@pytest.mark.parametrize("name", ["", "_", "___"])
def test_a_name_needs_a_letter(name: str) -> None:
    with pytest.raises(HubDefinitionError, match="needs at least one letter"):
        hub_method(name)


@pytest.mark.parametrize("kind", [staticmethod, classmethod, property])
def test_only_methods_can_have_an_explicit_name(kind: Callable[[Any], Any]) -> None:
    def method(self: object) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"hub_method\('Name'\) is for methods"):
        hub_method("Name")(kind(method))


def test_an_override_keeps_the_explicit_name() -> None:
    class H(Named):
        def foo(self) -> str:
            return "new foo"

    assert methods(H)["Renamed"].call(H(), (), {}) == "new foo"
    assert methods(H)["Foo"].call(H(), (), {}) == "bar"


def test_an_override_can_have_another_explicit_name() -> None:
    class H(Named):
        @hub_method("Third")
        def foo(self) -> str:
            return "third"

    assert methods(H).keys() == {"Foo", "Third"}


def test_an_override_keeps_what_authorize_asks_for() -> None:
    class Guarded(Hub):
        @authorize("write")
        def method(self) -> None: ...

    class H(Guarded):
        def method(self) -> None: ...

    class Stricter(H):
        @authorize("admin")
        def method(self) -> None: ...

    assert [r.scopes for r in methods(H)["Method"].requirements] == [("write",)]
    assert [r.scopes for r in methods(Stricter)["Method"].requirements] == [("write",), ("admin",)]


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return ["traced", function(*args, **kwargs)]

    return wrapper


def awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(self: Any, *args: Any) -> Any:
        return ["bare", function(self, *args)]

    return wrapper


class Decorated(Hub):
    @traced
    def wrapped(self, number: int, *, factor: int = 2) -> int:
        return number * factor

    @traced
    async def wrapped_coroutine(self) -> None: ...

    @awaited
    def made_a_coroutine(self) -> None: ...

    @bare
    def without_wraps(self, number: int) -> int:
        return number

    @functools.cache  # noqa: B019 - hubs are short-lived, and this one is never served
    def cached(self, number: int) -> int:
        return number

    @hub_method("Outside")
    @traced
    def outside(self) -> None: ...

    @traced
    @hub_method("Inside")
    def inside(self) -> None: ...


def test_a_decorator_with_wraps_keeps_the_signature() -> None:
    method = methods(Decorated)["Wrapped"]
    assert method.signature.parameters.types == (int, int)
    assert method.call(Decorated(), (3, 5), {}) == ["traced", 15]
    assert method.call(Decorated(), (3,), {}) == ["traced", 6]


def test_a_decorator_without_wraps_takes_anything() -> None:
    method = methods(Decorated)["WithoutWraps"]
    assert method.signature.parameters.accepts_more
    assert method.call(Decorated(), (3,), {}) == ["bare", 3]


def test_decorators_that_make_no_function_keep_the_method() -> None:
    assert methods(Decorated)["Cached"].call(Decorated(), (3,), {}) == 3


def test_a_decorated_coroutine_function_runs_on_the_loop() -> None:
    kinds = {method.name: method.kind for method in methods_of(Decorated)}
    assert kinds["WrappedCoroutine"] is kinds["MadeACoroutine"] is MethodKind.COROUTINE
    assert kinds["Wrapped"] is kinds["WithoutWraps"] is MethodKind.FUNCTION


def test_an_explicit_name_goes_through_decorators_with_wraps() -> None:
    assert {"Outside", "Inside"} <= methods(Decorated).keys()


def collected(function: Callable[..., AsyncIterator[T]]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(self: Any) -> list[T]:
        return [item async for item in function(self)]

    return wrapper


def streamed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(self: Any) -> AsyncIterator[Any]:
        yield function(self)

    return wrapper


class PlainGenerator:
    def method(self) -> Iterator[int]:
        yield 1


def test_a_plain_generator_is_refused() -> None:
    hub_type = type("H", (Hub,), {"method": PlainGenerator.method})
    with pytest.raises(HubDefinitionError, match=r"^H\.method is a generator; .*must be an `async def`"):
        methods(hub_type)


def test_a_stream_that_a_decorator_collects_is_a_method() -> None:
    class H(Hub):
        @collected
        async def numbers(self):  # type: ignore[no-untyped-def]
            yield 1

    assert methods(H)["Numbers"].kind is MethodKind.COROUTINE


def test_hooks_must_be_coroutine_functions() -> None:
    class H(Hub):
        def on_connected(self) -> None:  # type: ignore[override]
            ...

    with pytest.raises(HubDefinitionError, match=r"^H\.on_connected must be an `async def`"):
        check_hooks(H)


def test_the_hook_for_refreshes_is_checked_like_the_others() -> None:
    class H(Hub):
        def on_authentication_refreshed(self) -> None:  # type: ignore[override]
            ...

    with pytest.raises(HubDefinitionError, match=r"^H\.on_authentication_refreshed must be an `async def`"):
        check_hooks(H)


def test_hooks_must_take_what_they_are_given() -> None:
    class H(Hub):
        async def on_disconnected(self) -> None:  # type: ignore[override]
            ...

    with pytest.raises(HubDefinitionError, match=r"^H\.on_disconnected must take `self` and `error`"):
        check_hooks(H)


def test_decorated_hooks_are_fine() -> None:
    class H(Hub):
        @traced
        async def on_connected(self) -> None: ...

        async def on_disconnected(self, *args: Any) -> None: ...

    check_hooks(H)
    check_hooks(Hub)


class Store(Hub, Generic[T]):
    async def put(self, item: T) -> None: ...

    async def put_all(self, items: list[T], *more: T) -> None: ...


class Counter(Generic[T]):
    async def count(self, by: T) -> None: ...


class Item:
    pass


class ItemStore(Store[Item], Counter[int]):
    pass


class ListStore(Store[list[T]], Generic[T]):
    async def first(self, item: T) -> None: ...


class ItemListStore(ListStore[Item]):
    pass


def types(hub_type: type[Hub], target: str) -> tuple[Any, ...]:
    return methods(hub_type)[target].signature.parameters.types


def test_type_variables_stand_for_what_the_subclass_says() -> None:
    assert types(ItemStore, "Put") == (Item,)
    assert types(ItemStore, "PutAll") == (list[Item],)
    assert methods(ItemStore)["PutAll"].signature.parameters.variadic is Item


def test_two_bases_may_use_the_same_type_variable() -> None:
    assert types(ItemStore, "Count") == (int,)


def test_a_type_variable_may_be_used_again_on_the_way_down() -> None:
    assert types(ItemListStore, "Put") == (list[Item],)
    assert types(ItemListStore, "First") == (Item,)


def test_a_type_variable_without_a_meaning_is_anything() -> None:
    assert types(Store, "Put") == (Any,)
    assert types(ListStore, "Put") == (list[Any],)
