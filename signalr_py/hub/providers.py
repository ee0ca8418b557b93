"""Functions that provide a value for one call, read once at start-up: what they are and what they need."""

from __future__ import annotations

import enum
import functools
import inspect
import types
import typing
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, get_args, get_origin

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.context import HubCallerContext

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Depends", "Given", "Need", "ProviderKind", "dependency_of", "function_of", "kind_of", "name_of", "needs_of"]


@dataclass(frozen=True)
class Depends:
    """Have a parameter of a hub method filled in by the server: `session: Annotated[Session, Depends(get_session)]`.

    The parameter is no argument on the wire. The provider is called for each call of the method, with what its own
    parameters ask for by their annotations: `HubCallerContext`, Starlette's `HTTPConnection`, or
    `Annotated[..., Depends(...)]` again. A coroutine function runs on the event loop and a plain function in a worker
    thread. One that yields once, or an asynchronous context manager, provides what it yields and is closed when the
    call has ended; it sees the exception that ended it, and what it raises is the error of the call. `Depends` of
    FastAPI means the same here.

    Attributes:
        provider: What provides the value.
        use_cache: Whether everything in one call that depends on the provider shares one value.

    Raises:
        HubDefinitionError: The provider cannot be called.
    """

    provider: Callable[..., Any]
    _: KW_ONLY
    use_cache: bool = True

    def __post_init__(self) -> None:
        if not callable(self.provider):
            raise HubDefinitionError(f"Depends({self.provider!r}): pass the function that provides the value.")


class ProviderKind(enum.Enum):
    """How a provider runs."""

    COROUTINE = enum.auto()
    FUNCTION = enum.auto()
    ASYNC_MANAGER = enum.auto()
    MANAGER = enum.auto()


class Given(enum.Enum):
    """What a call has from the beginning."""

    CONTEXT = enum.auto()
    REQUEST = enum.auto()


class Need(NamedTuple):
    """A parameter of a provider.

    Attributes:
        name: Its name.
        is_positional: Whether it can be passed by position only.
        source: What fills it.
    """

    name: str
    is_positional: bool
    source: Given | Depends


def dependency_of(annotation: Any, default: object = inspect.Parameter.empty) -> Depends | None:
    """Return what a parameter depends on, or None if it does not ask for anything.

    Args:
        annotation: Its evaluated annotation, with extras.
        default: Its default, which FastAPI lets be `Depends(...)` too.

    Raises:
        HubDefinitionError: It depends on several things, or only a part of its type does, or on something that only
            FastAPI can provide.
    """
    while hasattr(annotation, "__value__") and hasattr(annotation, "__type_params__"):
        annotation = annotation.__value__
    is_annotated = get_origin(annotation) is Annotated
    bare, *metadata = get_args(annotation) if is_annotated else (annotation,)
    if _has_dependency(bare):
        raise HubDefinitionError(
            f"{annotation}: a dependency fills in a whole parameter, so `Depends` belongs to its whole type: "
            "`Annotated[..., Depends(...)]`."
        )
    found = [each for each in (*metadata, default) if _is_dependency(each)]
    if len(found) > 1:
        raise HubDefinitionError(f"{annotation}: a parameter has one `Depends`, not {len(found)}.")
    return _own(found[0], bare) if found else None


def kind_of(provider: Callable[..., Any]) -> ProviderKind:
    """Tell how a provider runs; decorators made with `functools.wraps` are looked through."""
    function = function_of(provider)
    innermost = inspect.unwrap(function)
    for layer in (function, innermost):
        if inspect.isasyncgenfunction(layer):
            return ProviderKind.ASYNC_MANAGER
        if inspect.iscoroutinefunction(layer):
            return ProviderKind.COROUTINE
        if inspect.isgeneratorfunction(layer):
            return ProviderKind.MANAGER
    return ProviderKind.FUNCTION


def needs_of(where: str, provider: Callable[..., Any]) -> tuple[Need, ...]:
    """Return the parameters of a provider that are to be filled; others keep their defaults.

    Args:
        where: Who depends on it, for error texts.
        provider: The provider.

    Raises:
        HubDefinitionError: A parameter cannot be filled.
    """
    try:
        parameters = inspect.signature(provider).parameters.values()
    except ValueError:
        return ()
    where = f"{where}: the provider `{name_of(provider)}`"
    hints = _hints(where, provider)
    needs: list[Need] = []
    left_out = ""
    for parameter in parameters:
        source = _source(where, parameter, hints.get(parameter.name, parameter.annotation))
        is_positional = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        if source is None:
            left_out = left_out or (parameter.name if is_positional else "")
        elif is_positional and left_out:
            raise HubDefinitionError(
                f"{where} takes `{parameter.name}` by position only, behind `{left_out}`, which keeps its default: "
                "put it in front."
            )
        else:
            needs.append(Need(parameter.name, is_positional, source))
    return tuple(needs)


def name_of(provider: Callable[..., Any]) -> str:
    """Return the name of a provider for error texts."""
    while isinstance(provider, functools.partial):
        provider = provider.func
    return getattr(provider, "__qualname__", type(provider).__qualname__)


def _is_dependency(value: object) -> bool:
    if isinstance(value, Depends):
        return True
    return not isinstance(value, type) and hasattr(value, "dependency") and hasattr(value, "use_cache")


def _has_dependency(annotation: Any) -> bool:
    members = [member for argument in get_args(annotation) for member in _flat(argument)]
    return any(_is_dependency(member) or _has_dependency(member) for member in members)


def _flat(argument: Any) -> list[Any]:
    return argument if isinstance(argument, list) else [argument]


def _own(found: Any, annotated: Any) -> Depends:
    if isinstance(found, Depends):
        return found
    for attribute in ("scopes", "max_concurrency"):
        if getattr(found, attribute, None):
            raise HubDefinitionError(
                f"{found!r}: `{attribute}` is something that only FastAPI knows. A hub asks for scopes with "
                "`@authorize(...)`, and limits calls with `maximum_parallel_invocations_per_client` or a filter."
            )
    return Depends(annotated if found.dependency is None else found.dependency, use_cache=found.use_cache)


def _source(where: str, parameter: inspect.Parameter, annotation: Any) -> Given | Depends | None:
    if parameter.kind in _VARIADIC:
        return None
    dependency = dependency_of(annotation, parameter.default)
    if dependency is not None:
        return dependency
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    for kind, given in _GIVEN:
        if bare is kind:
            return given
    if bare in (Request, WebSocket):
        raise HubDefinitionError(
            f"{where} takes `{parameter.name}: {bare.__name__}`, but what carries a hub connection may be either an "
            "HTTP request or a WebSocket: annotate it with `starlette.requests.HTTPConnection`, the base of both."
        )
    if any(_is_of_fastapi(each) for each in (parameter.default, *getattr(annotation, "__metadata__", ()))):
        raise HubDefinitionError(
            f"{where} takes `{parameter.name}`, which only FastAPI can fill in. Take it from an `HTTPConnection`, as "
            "`connection.headers` or `connection.query_params`."
        )
    if parameter.default is inspect.Parameter.empty:
        raise HubDefinitionError(
            f"{where} takes `{parameter.name}`, and nothing says what that is: annotate it with `HubCallerContext`, "
            "`HTTPConnection` or `Annotated[..., Depends(...)]`, or give it a default."
        )
    return None


def _is_of_fastapi(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "fastapi"


def _hints(where: str, provider: Callable[..., Any]) -> dict[str, Any]:
    """Evaluate the annotations of the parameters; that of the return value may name what only type checkers know."""
    function = function_of(provider)
    if isinstance(function, type):
        owner = next(base for base in function.__mro__ if vars(base).keys() & {"__init__", "__new__"})
        function = vars(owner).get("__init__") or vars(owner)["__new__"]
    function = inspect.unwrap(function)
    annotations = {name: value for name, value in getattr(function, "__annotations__", {}).items() if name != "return"}
    try:
        return typing.get_type_hints(
            types.SimpleNamespace(__annotations__=annotations),
            globalns=getattr(function, "__globals__", {}),
            include_extras=True,
        )
    except NameError as error:
        raise HubDefinitionError(
            f"{where}: its annotations name `{error.name}`, which does not exist at run time. Import it outside of "
            "`if TYPE_CHECKING:`, because its parameters are filled in by their annotations."
        ) from error
    except Exception as error:
        raise HubDefinitionError(f"{where}: its annotations cannot be evaluated: {error}") from error


def function_of(provider: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function behind a callable: itself, that of a partial, or the `__call__` of an object."""
    while isinstance(provider, functools.partial):
        provider = provider.func
    if inspect.isroutine(provider) or isinstance(provider, type):
        return provider
    call: Callable[..., Any] = type(provider).__call__
    return call


_GIVEN: Final = ((HubCallerContext, Given.CONTEXT), (HTTPConnection, Given.REQUEST))
_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
