"""What a hub class defines: its methods, with the names that they have on the wire, and its hooks."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.authorization import AuthorizationRequirement, requirements_of
from signalr_py.hub.hub import Hub
from signalr_py.hub.signatures import Signature, read_signature, type_arguments, wire_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["HubMethod", "MethodKind", "cancellable", "check_hooks", "hub_method", "methods_of"]

F = TypeVar("F", bound=Callable[..., Any])
_NAME_ATTRIBUTE: Final = "__signalr_name__"
_CANCELLABLE_ATTRIBUTE: Final = "__signalr_cancellable__"
_HOOKS: Final = {
    "on_connected": ("self",),
    "on_authentication_refreshed": ("self",),
    "on_disconnected": ("self", "error"),
}


def hub_method(name: str) -> Callable[[F], F]:
    """Give a hub method a name on the wire of its own; overrides of the method keep it.

    Args:
        name: What clients call; compared without regard to case and underscores.

    Raises:
        HubDefinitionError: The name has no letter, or it is given to something else than a method.
    """
    if not name.strip("_"):
        raise HubDefinitionError(f"hub_method({name!r}): a name needs at least one letter.")

    def mark(function: F) -> F:
        if not _is_method(function):
            raise HubDefinitionError(f"hub_method({name!r}) is for methods, not for {function!r}.")
        setattr(function, _NAME_ATTRIBUTE, name)
        return function

    return mark


def cancellable(function: F) -> F:
    """Let a client that no longer wants the answer of a call cancel the method, as `asyncio` cancels a task.

    `CancelInvocation`, or the end of the connection, raises `asyncio.CancelledError` where the method waits. Without it
    a call runs to its end; a method that rather looks by itself takes a `CancellationToken`. Streams need neither: they
    are always cancelled. Overrides of the method keep it.

    Args:
        function: An `async def` method that returns a value.

    Raises:
        HubDefinitionError: It is something else.
    """
    if not (_is_method(function) and _is_coroutine_function(function)):
        raise HubDefinitionError(f"cancellable is for `async def` methods that return a value, not for {function!r}.")
    setattr(function, _CANCELLABLE_ATTRIBUTE, True)
    return function


class MethodKind(enum.Enum):
    """How a method runs."""

    COROUTINE = enum.auto()
    FUNCTION = enum.auto()
    GENERATOR = enum.auto()


class HubMethod(Struct, frozen=True):
    """One method that clients can call.

    Attributes:
        attribute: Its name in Python.
        name: The name that texts and traces show, such as `SendMessage`.
        function: The method, unbound.
        kind: How it runs.
        signature: How to call it.
        is_plain: Whether it takes the values of a message as they come.
        is_streaming: Whether it answers with a stream.
        is_cancellable: Whether its task may be cancelled although it answers once.
        hears_cancellation: Whether it is cancelled, or told so by a token, although it answers once.
        is_direct: Whether nothing but the call itself is to be done to get its answer: nobody is authorized, nothing is
            filled in, and what it returns is awaited and is the answer.
        requirements: What a caller must satisfy.
    """

    attribute: str
    name: str
    function: Callable[..., Any]
    kind: MethodKind
    signature: Signature
    is_plain: bool
    is_streaming: bool
    is_cancellable: bool
    hears_cancellation: bool
    is_direct: bool
    requirements: tuple[AuthorizationRequirement, ...]

    def call(self, hub: Hub, arguments: tuple[Any, ...], filled: Mapping[str, Any]) -> Any:
        """Call the method with the values of a message, and what the server fills in by name."""
        if self.is_plain:
            return self.function(hub, *arguments)
        positional, named = self.signature.arrange(arguments, filled)
        return self.function(hub, *positional, **named)


def methods_of(hub_type: type[Hub]) -> Iterator[HubMethod]:
    """Return the public methods of a class and its bases, as the class sees them, in order of definition.

    Raises:
        HubDefinitionError: A method cannot be served.
    """
    meanings = type_arguments(hub_type)
    for attribute, (owner, function) in _public_functions(hub_type).items():
        yield _read(hub_type, attribute, function, owner, meanings.get(owner, {}))


def check_hooks(hub_type: type[Hub]) -> None:
    """Make sure that the hooks of a hub class can be awaited and take what they are given.

    Raises:
        HubDefinitionError: One of them does not.
    """
    for hook, parameters in _HOOKS.items():
        function = getattr(hub_type, hook)
        if not _is_coroutine_function(function):
            raise HubDefinitionError(f"{hub_type.__name__}.{hook} must be an `async def`.")
        try:
            inspect.signature(function).bind(*parameters)
        except TypeError as error:
            names = " and ".join(f"`{name}`" for name in parameters)
            raise HubDefinitionError(f"{hub_type.__name__}.{hook} must take {names}: {error}.") from error


def _is_method(value: object) -> bool:
    """Tell whether a member of a class is a function, or what a decorator such as `functools.cache` made of one."""
    if inspect.isfunction(value):
        return True
    return (
        hasattr(value, "__wrapped__") and callable(value) and not isinstance(value, staticmethod | classmethod | type)
    )


def _is_coroutine_function(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inspect.unwrap(function))


def _public_functions(hub_type: type[Hub]) -> dict[str, tuple[type, Callable[..., Any]]]:
    found: dict[str, tuple[type, Callable[..., Any]]] = {}
    for owner in reversed(hub_type.__mro__):
        if owner in Hub.__mro__:
            continue
        for name, value in vars(owner).items():
            if name.startswith("_") or name in vars(Hub):
                continue
            found.pop(name, None)
            if _is_method(value):
                found[name] = (owner, value)
    return found


def _read(
    hub_type: type[Hub], attribute: str, function: Callable[..., Any], owner: type, meanings: Mapping[Any, Any]
) -> HubMethod:
    where = f"{hub_type.__name__}.{attribute}"
    kind = _kind_of(where, function)
    definitions = [vars(base)[attribute] for base in hub_type.__mro__ if attribute in vars(base)]
    names = [name for definition in definitions if (name := getattr(definition, _NAME_ATTRIBUTE, None))]
    is_generator = kind is MethodKind.GENERATOR
    signature = read_signature(where, function, meanings, vars(owner), is_generator=is_generator)
    if signature.streams and kind is MethodKind.FUNCTION:
        raise HubDefinitionError(
            f"{where} reads an uploaded stream, which a plain function in a thread cannot: make it an `async def`."
        )
    is_streaming = is_generator or signature.returns_stream
    is_cancellable = any(getattr(definition, _CANCELLABLE_ATTRIBUTE, False) for definition in definitions)
    requirements = tuple(item for definition in reversed(definitions) for item in requirements_of(definition))
    hears_cancellation = is_cancellable or signature.token is not None
    is_simple = signature.is_plain and not (is_streaming or hears_cancellation or requirements)
    return HubMethod(
        attribute=attribute,
        name=names[0] if names else wire_name(attribute),
        function=function,
        kind=kind,
        signature=signature,
        is_plain=signature.is_plain,
        is_streaming=is_streaming,
        is_cancellable=is_cancellable,
        hears_cancellation=hears_cancellation,
        is_direct=is_simple and inspect.iscoroutinefunction(function),
        requirements=requirements,
    )


def _kind_of(where: str, function: Callable[..., Any]) -> MethodKind:
    if inspect.iscoroutinefunction(function):
        return MethodKind.COROUTINE
    for layer in (function, inspect.unwrap(function)):
        if inspect.isasyncgenfunction(layer):
            return MethodKind.GENERATOR
        if inspect.isgeneratorfunction(layer):
            raise HubDefinitionError(f"{where} is a generator; a method that yields must be an `async def`.")
    return MethodKind.COROUTINE if _is_coroutine_function(function) else MethodKind.FUNCTION
