"""Which methods answer with a stream, read one, or can be cancelled."""

from __future__ import annotations

import functools
from collections.abc import (  # noqa: TC003 - annotations of hubs are read at start-up
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Coroutine,
)
from typing import TYPE_CHECKING, Annotated, Any, Generic, Optional, TypeVar

import pytest

from signalr_py import Hub, HubDefinitionError, cancellable
from signalr_py.hub.definitions import HubMethod, MethodKind, methods_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def methods(hub_type: type[Hub]) -> dict[str, HubMethod]:
    return {method.name: method for method in methods_of(hub_type)}


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return ["traced", function(*args, **kwargs)]

    return wrapper


def streamed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(self: Any) -> AsyncIterator[Any]:
        yield function(self)

    return wrapper


class Numbers:
    def __aiter__(self) -> AsyncIterator[int]:
        raise NotImplementedError


class Page(Generic[T]):
    def __aiter__(self) -> AsyncIterator[T]:
        raise NotImplementedError


class Streams(Hub):
    async def generator(self) -> AsyncIterator[int]:
        yield 1

    async def generator_without_annotation(self):  # type: ignore[no-untyped-def]
        yield 1

    async def generator_of_what_is_imported_for_types_only(self) -> Iterator[int]:  # type: ignore[misc]
        yield 1

    async def generator_with_a_default(self, count: int = 3) -> AsyncGenerator[int, None]:
        yield count

    @traced
    async def wrapped_generator(self) -> AsyncIterator[int]:
        yield 1

    @streamed
    def made_a_generator(self) -> None: ...

    async def coroutine_of_iterable(self) -> AsyncIterable[int]:
        raise NotImplementedError

    async def coroutine_of_iterator(self) -> AsyncIterator[int]:
        raise NotImplementedError

    async def coroutine_of_generator(self) -> AsyncGenerator[int, None]:
        raise NotImplementedError

    async def coroutine_of_class(self) -> Numbers:
        raise NotImplementedError

    async def coroutine_of_generic_class(self) -> Page[int]:
        raise NotImplementedError

    async def bare(self) -> AsyncIterable:  # type: ignore[type-arg]
        raise NotImplementedError

    async def perhaps(self) -> AsyncIterable[int] | None:
        raise NotImplementedError

    async def perhaps_in_old_words(self) -> Optional[AsyncIterable[int]]:  # noqa: UP045 - people write it
        raise NotImplementedError

    async def with_metadata(self) -> Annotated[AsyncIterable[int], "metadata"]:
        raise NotImplementedError

    def function(self) -> AsyncIterable[int]:
        raise NotImplementedError

    def function_of_awaitable(self) -> Awaitable[AsyncIterable[int]]:
        raise NotImplementedError

    def function_of_coroutine(self) -> Coroutine[Any, Any, Numbers]:
        raise NotImplementedError


class NoStreams(Hub):
    async def number(self) -> int:
        raise NotImplementedError

    async def numbers(self) -> list[int]:
        raise NotImplementedError

    async def anything(self) -> Any:
        raise NotImplementedError

    async def unannotated(self):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def awaitable(self) -> Awaitable[int]:
        raise NotImplementedError

    async def perhaps(self) -> int | str | None:
        raise NotImplementedError


@pytest.mark.parametrize("method", list(methods_of(Streams)), ids=lambda method: method.attribute)
def test_what_answers_with_a_stream(method: HubMethod) -> None:
    assert method.is_streaming
    assert not method.is_cancellable


@pytest.mark.parametrize("method", list(methods_of(NoStreams)), ids=lambda method: method.attribute)
def test_what_answers_once(method: HubMethod) -> None:
    assert not method.is_streaming


def test_the_kind_of_a_stream_says_where_its_method_runs() -> None:
    kinds = {method.attribute: method.kind for method in methods_of(Streams)}
    assert kinds["generator"] is kinds["wrapped_generator"] is kinds["made_a_generator"] is MethodKind.GENERATOR
    assert kinds["coroutine_of_iterable"] is MethodKind.COROUTINE
    assert kinds["function"] is kinds["function_of_awaitable"] is MethodKind.FUNCTION


def test_a_generator_keeps_its_parameters() -> None:
    parameters = methods(Streams)["GeneratorWithADefault"].signature.parameters
    assert (parameters.types, parameters.required) == ((int,), 0)


class TypingOnly(Hub):
    async def method(self) -> Iterator[int]:
        raise NotImplementedError


def test_a_return_annotation_for_types_only_is_refused_where_it_is_needed() -> None:
    with pytest.raises(HubDefinitionError, match=r"^TypingOnly\.method: its annotations name `Iterator`"):
        methods(TypingOnly)


class BrokenGenerator(Hub):
    async def method(self, value: Iterator[int]) -> AsyncIterator[int]:
        yield 1


def test_other_annotations_of_a_generator_are_needed() -> None:
    with pytest.raises(HubDefinitionError, match=r"^BrokenGenerator\.method: its annotations name `Iterator`"):
        methods(BrokenGenerator)


class UploadInThread(Hub):
    def collect(self, items: AsyncIterable[int]) -> int:
        raise NotImplementedError


def test_a_plain_function_cannot_read_an_upload() -> None:
    with pytest.raises(HubDefinitionError, match=r"^UploadInThread\.collect reads an uploaded stream.*`async def`"):
        methods(UploadInThread)


class Work(Hub):
    @cancellable
    async def build(self) -> None: ...

    @traced
    @cancellable
    async def traced_build(self) -> None: ...

    @cancellable
    @traced
    async def build_traced(self) -> None: ...

    async def plain(self) -> None: ...


class MoreWork(Work):
    async def build(self) -> None: ...

    @cancellable
    async def plain(self) -> None: ...


def test_a_cancellable_method_is_known_and_stays_so_in_subclasses() -> None:
    assert {name for name, method in methods(Work).items() if method.is_cancellable} == {
        "Build",
        "TracedBuild",
        "BuildTraced",
    }
    assert methods(MoreWork)["Build"].is_cancellable
    assert methods(MoreWork)["Plain"].is_cancellable


class NotCancellable:
    def function(self) -> None: ...

    async def generator(self) -> AsyncIterator[int]:
        yield 1

    @staticmethod
    async def static() -> None: ...

    value = 5


@pytest.mark.parametrize("attribute", ["function", "generator", "static", "value"])
def test_only_coroutine_functions_are_cancellable(attribute: str) -> None:
    with pytest.raises(HubDefinitionError, match=r"^cancellable is for `async def` methods that return a value"):
        cancellable(vars(NotCancellable)[attribute])
