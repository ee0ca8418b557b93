from __future__ import annotations

import functools
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

import pytest
from msgspec import Meta
from starlette.requests import HTTPConnection, Request  # noqa: TC002 evaluated at run time
from starlette.websockets import WebSocket  # noqa: TC002 evaluated at run time

from signalr_py import Depends, HubCallerContext, HubDefinitionError
from signalr_py.hub.providers import Given, Need, ProviderKind, dependency_of, kind_of, name_of, needs_of
from tests.support.duplex import InMemoryDuplex

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


def provide() -> int:
    return 1


async def provide_later() -> int:
    return 1


DEPENDS = Depends(provide)


@pytest.mark.parametrize("annotation", [int, Any, "text", None, list[int], Annotated[int, Meta(ge=1)], int | None])
def test_an_ordinary_parameter_depends_on_nothing(annotation: Any) -> None:
    assert dependency_of(annotation) is None


def test_a_dependency_is_metadata_or_a_default() -> None:
    assert dependency_of(Annotated[int, DEPENDS]) is DEPENDS
    assert dependency_of(Annotated[int | None, "a note", DEPENDS]) is DEPENDS
    assert dependency_of(Annotated[Annotated[int, DEPENDS], "a note"]) is DEPENDS
    assert dependency_of(int, DEPENDS) is DEPENDS
    assert dependency_of(int, 3) is None


def test_an_alias_is_looked_through() -> None:
    class Alias:
        __value__ = Annotated[int, DEPENDS]
        __type_params__ = ()

    assert dependency_of(Alias()) is DEPENDS


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, DEPENDS] | None,
        list[Annotated[int, DEPENDS]],
        dict[str, list[Annotated[int, DEPENDS]]],
        Annotated[list[Annotated[int, DEPENDS]], "a note"],
    ],
)
def test_a_dependency_inside_a_type_is_refused(annotation: Any) -> None:
    """Otherwise the client could send what the server means to fill in."""
    with pytest.raises(HubDefinitionError, match="a dependency fills in a whole parameter"):
        dependency_of(annotation)


def test_a_parameter_has_one_dependency() -> None:
    with pytest.raises(HubDefinitionError, match="a parameter has one `Depends`, not 2"):
        dependency_of(Annotated[int, DEPENDS, Depends(provide_later)])
    with pytest.raises(HubDefinitionError, match="a parameter has one `Depends`, not 2"):
        dependency_of(Annotated[int, DEPENDS], Depends(provide_later))


def test_what_cannot_be_called_is_no_provider() -> None:
    with pytest.raises(HubDefinitionError, match=r"Depends\(3\): pass the function that provides the value"):
        Depends(3)  # type: ignore[arg-type]


def generating() -> Iterator[int]:
    yield 1


async def generating_later() -> AsyncIterator[int]:
    yield 1


class Provider:
    def plain(self) -> int:
        return 1

    async def __call__(self) -> AsyncIterator[int]:
        yield 1


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        (provide, ProviderKind.FUNCTION),
        (provide_later, ProviderKind.COROUTINE),
        (generating, ProviderKind.MANAGER),
        (contextmanager(generating), ProviderKind.MANAGER),
        (generating_later, ProviderKind.ASYNC_MANAGER),
        (asynccontextmanager(generating_later), ProviderKind.ASYNC_MANAGER),
        (functools.partial(generating_later), ProviderKind.ASYNC_MANAGER),
        (functools.partial(functools.partial(provide_later)), ProviderKind.COROUTINE),
        (wrapped(provide_later), ProviderKind.COROUTINE),
        (wrapped(generating_later), ProviderKind.ASYNC_MANAGER),
        (Provider(), ProviderKind.ASYNC_MANAGER),
        (Provider().plain, ProviderKind.FUNCTION),
        (Provider, ProviderKind.FUNCTION),
        (dict, ProviderKind.FUNCTION),
    ],
)
def test_how_providers_run(provider: Any, kind: ProviderKind) -> None:
    assert kind_of(provider) is kind


def test_names_of_providers() -> None:
    assert name_of(provide) == "provide"
    assert name_of(functools.partial(provide)) == "provide"
    assert name_of(Provider().plain) == "Provider.plain"
    assert name_of(Provider()) == "Provider"


def full(
    first: HubCallerContext,
    second: HTTPConnection,
    /,
    third: Annotated[int, DEPENDS],
    fourth: int = 4,
    *rest: Any,
    fifth: Annotated[HubCallerContext, "a note"],
    **more: Any,
) -> UnknownAtRunTime:  # type: ignore[name-defined]  # noqa: F821 only type checkers look at what a provider returns
    raise NotImplementedError


CONTEXT = HubCallerContext(InMemoryDuplex(), None, lambda: None)
NEEDS = (
    Need("first", True, Given.CONTEXT),
    Need("second", True, Given.REQUEST),
    Need("third", False, DEPENDS),
    Need("fifth", False, Given.CONTEXT),
)


def test_what_a_provider_needs() -> None:
    assert needs_of("H.method", full) == NEEDS
    assert needs_of("H.method", wrapped(full)) == NEEDS
    assert needs_of("H.method", functools.partial(full, CONTEXT)) == NEEDS[1:]
    assert needs_of("H.method", provide) == ()
    assert needs_of("H.method", dict) == ()


def test_what_a_class_needs_is_what_its_constructor_takes() -> None:
    class Base:
        def __init__(self, context: HubCallerContext) -> None:
            pass

    class Derived(Base):
        pass

    class Tupled(tuple[int]):
        def __new__(cls, connection: HTTPConnection) -> Self:
            raise NotImplementedError

    @dataclass
    class Data:
        context: HubCallerContext
        limit: int = 3

    need = Need("context", False, Given.CONTEXT)
    assert needs_of("H.method", Base) == needs_of("H.method", Derived) == needs_of("H.method", Data) == (need,)
    assert needs_of("H.method", Tupled) == (Need("connection", False, Given.REQUEST),)
    assert needs_of("H.method", object) == ()


def unannotated(session):  # type: ignore[no-untyped-def]
    raise NotImplementedError


def annotated_otherwise(session: dict[str, int]) -> None:
    raise NotImplementedError


def of_a_request(request: Request) -> None:
    raise NotImplementedError


def of_a_socket(socket: WebSocket) -> None:
    raise NotImplementedError


def of_something_unknown(session: Unknown) -> None:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


def of_something_broken(session: 1 / 0) -> None:  # type: ignore[valid-type]
    raise NotImplementedError


def in_disorder(limit: int = 3, context: HubCallerContext = None, /) -> None:  # type: ignore[assignment]
    raise NotImplementedError


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (unannotated, "takes `session`, and nothing says what that is: annotate it with `HubCallerContext`"),
        (annotated_otherwise, "takes `session`, and nothing says what that is"),
        (of_a_request, "takes `request: Request`.*annotate it with `starlette.requests.HTTPConnection`"),
        (of_a_socket, "takes `socket: WebSocket`.*annotate it with `starlette.requests.HTTPConnection`"),
        (of_something_unknown, "its annotations name `Unknown`, which does not exist at run time"),
        (of_something_broken, "its annotations cannot be evaluated: division by zero"),
        (in_disorder, "takes `context` by position only, behind `limit`"),
    ],
)
def test_a_provider_that_cannot_be_filled_is_refused(provider: Any, words: str) -> None:
    with pytest.raises(HubDefinitionError, match=rf"^H\.method: the provider `{provider.__name__}`:? .*{words}"):
        needs_of("H.method", provider)
