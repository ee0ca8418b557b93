"""From a method's signature to what it takes from the wire, and what the server fills in."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, get_args, get_origin

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.dependencies import Depends, dependency_of
from signalr_py.protocol.base import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Signature", "Source", "is_stream", "read_signature", "type_arguments", "wire_name"]

_UPLOADS: Final = (AsyncIterable, AsyncIterator)
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED_ONLY: Final = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)


class Source(typing.NamedTuple):
    """One named parameter of a method.

    Attributes:
        name: Its name.
        is_filled: Whether the server fills it in; otherwise it takes the next value from the wire.
    """

    name: str
    is_filled: bool


class Signature(typing.NamedTuple):
    """How to call a method with the values of a message.

    Attributes:
        parameters: Types of the values from the wire.
        positional: The parameters that may be passed by position, in order.
        keywords: The keyword-only ones, which take values behind the positional ones.
        streams: Name of each parameter that is an upload, with the type of its items, in order.
        token: Name of the parameter that takes the `CancellationToken`; None without one.
        dependencies: What fills the parameters that are dependencies, by name.
        returns_stream: Whether the return annotation is an `AsyncIterable`.
    """

    parameters: Parameters
    positional: tuple[Source, ...]
    keywords: tuple[Source, ...]
    streams: tuple[tuple[str, Any], ...] = ()
    token: str | None = None
    dependencies: Mapping[str, Depends] = MappingProxyType({})
    returns_stream: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the values from the wire are the positional arguments as they come."""
        return not self.keywords and not any(source.is_filled for source in self.positional)

    def arrange(self, arguments: tuple[Any, ...], filled: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what to pass by position and what by name.

        Args:
            arguments: The values from the wire; those at the end that have defaults may be left out.
            filled: What the server fills in, by name of the parameter.
        """
        positional: list[Any] = []
        named: dict[str, Any] = {}
        values = iter(arguments)
        for name, is_filled in self.positional:
            value = filled[name] if is_filled else next(values, _LEFT_OUT)
            if value is _LEFT_OUT or named:
                named[name] = value
            else:
                positional.append(value)
        for name, is_filled in self.keywords:
            named[name] = filled[name] if is_filled else next(values, _LEFT_OUT)
        positional.extend(values)
        return tuple(positional), {name: value for name, value in named.items() if value is not _LEFT_OUT}


def wire_name(attribute: str) -> str:
    """Return the name on the wire of a method that says no other: `SendMessage` for `send_message`."""
    return "".join(part[:1].upper() + part[1:] for part in attribute.split("_"))


def type_arguments(hub_type: type) -> dict[type, dict[Any, Any]]:
    """Return, for a class and each of its bases, what the type variables stand for that its methods use."""
    meanings: dict[type, dict[Any, Any]] = {}
    _add_type_arguments(hub_type, {}, meanings)
    return meanings


def _add_type_arguments(owner: type, own: dict[Any, Any], meanings: dict[type, dict[Any, Any]]) -> None:
    if meanings.setdefault(owner, own) is not own:
        return
    for base in vars(owner).get("__orig_bases__", owner.__bases__):
        origin = get_origin(base) or base
        arguments = (_replace(argument, own) for argument in get_args(base))
        _add_type_arguments(origin, dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=False)), meanings)


def read_signature(
    where: str,
    function: Callable[..., Any],
    meanings: Mapping[Any, Any],
    class_names: Mapping[str, Any] = MappingProxyType({}),
    *,
    is_generator: bool = False,
) -> Signature:
    """Read the signature of a hub method.

    Args:
        where: Name of the method for error texts, such as `ChatHub.send_message`.
        function: The method, unbound; decorators made with `functools.wraps` are looked through.
        meanings: What type variables stand for.
        class_names: What the body of its class defines, for annotations that name such a thing.
        is_generator: Whether it is an async generator, whose return annotation says nothing new.

    Raises:
        HubDefinitionError: An annotation cannot be evaluated, or a parameter cannot be filled from the wire.
    """
    hints = _hints(where, function, class_names, is_generator=is_generator)
    first, *parameters = inspect.signature(function).parameters.values() or (None,)
    if first is None or first.kind in _NAMED_ONLY:
        raise HubDefinitionError(f"{where} takes no `self`, so it cannot be a hub method.")
    if first.kind is inspect.Parameter.VAR_POSITIONAL:
        parameters = [first, *parameters]
    positional: list[inspect.Parameter] = []
    keywords: list[inspect.Parameter] = []
    variadic: inspect.Parameter | None = None
    for parameter in parameters:
        if parameter.kind in _POSITIONAL:
            positional.append(parameter)
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            keywords.append(parameter)
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            variadic = parameter
        else:
            raise HubDefinitionError(
                f"{where} takes `**{parameter.name}`, but callers send values without names. Name the parameters; if a "
                "decorator added this signature, make it with `functools.wraps`."
            )
    annotations = {parameter.name: _replace(hints.get(parameter.name, Any), meanings) for parameter in parameters}
    filled = _read_filled(where, [*positional, *keywords], annotations)
    wire_positional = [parameter for parameter in positional if parameter.name not in filled.names]
    wire_keywords = [parameter for parameter in keywords if parameter.name not in filled.names]
    if variadic is not None and wire_keywords:
        needed = [p.name for p in wire_keywords if p.default is inspect.Parameter.empty]
        if needed:
            raise HubDefinitionError(
                f"{where} takes `*{variadic.name}`, so `{needed[0]}` can never be sent: give it a default."
            )
        keywords = [parameter for parameter in keywords if parameter.name in filled.names]
        wire_keywords = []
    named = [*wire_positional, *wire_keywords]
    for parameter in (*named, *([] if variadic is None else [variadic])):
        _refuse_stream(where, parameter.name, annotations[parameter.name])
    required = max((i + 1 for i, p in enumerate(named) if p.default is inspect.Parameter.empty), default=0)
    wire = Parameters(
        types=tuple(annotations[parameter.name] for parameter in named),
        required=required,
        variadic=Any if variadic is None else annotations[variadic.name],
        accepts_more=variadic is not None,
    )
    return Signature(
        parameters=wire,
        positional=tuple(Source(p.name, p.name in filled.names) for p in positional),
        keywords=tuple(Source(p.name, p.name in filled.names) for p in keywords),
        streams=tuple(filled.streams.items()),
        token=filled.token,
        dependencies=filled.dependencies,
        returns_stream=_returns_stream(where, _replace(hints.get("return", Any), meanings)),
    )


class _Filled(typing.NamedTuple):
    streams: dict[str, Any]
    dependencies: dict[str, Depends]
    token: str | None

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self.streams, *self.dependencies, *([] if self.token is None else [self.token])))


def _read_filled(where: str, parameters: list[inspect.Parameter], annotations: Mapping[str, Any]) -> _Filled:
    """Find the parameters that take no value from the wire."""
    streams: dict[str, Any] = {}
    dependencies: dict[str, Depends] = {}
    tokens: list[str] = []
    has_optional_value = False
    for parameter in parameters:
        annotation = annotations[parameter.name]
        bare = _without_metadata(annotation)
        dependency = dependency_of(annotation, parameter.default)
        if dependency is not None:
            dependencies[parameter.name] = dependency
        elif CancellationToken in (bare, _optional(bare)):
            tokens.append(parameter.name)
        elif (get_origin(bare) or bare) in _UPLOADS:
            streams[parameter.name] = next(iter(get_args(bare)), Any)
        else:
            has_optional_value = has_optional_value or parameter.default is not inspect.Parameter.empty
            continue
        if has_optional_value and parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise HubDefinitionError(
                f"{where}: `{parameter.name}` is filled in by the server, and stands behind a positional-only "
                "parameter that callers may leave out: put it in front."
            )
    if len(tokens) > 1:
        raise HubDefinitionError(f"{where} takes {len(tokens)} cancellation tokens; one is enough.")
    return _Filled(streams, dependencies, tokens[0] if tokens else None)


def _hints(
    where: str, function: Callable[..., Any], class_names: Mapping[str, Any], *, is_generator: bool
) -> dict[str, Any]:
    original = inspect.unwrap(function)
    if is_generator and inspect.isfunction(original):
        original = _without_return(original)
    try:
        try:
            return typing.get_type_hints(original, include_extras=True)
        except NameError:
            return typing.get_type_hints(original, localns=dict(class_names), include_extras=True)
    except NameError as error:
        raise HubDefinitionError(
            f"{where}: its annotations name `{error.name}`, which does not exist at run time. Import it outside of "
            "`if TYPE_CHECKING:`, because arguments are converted by their annotations."
        ) from error
    except Exception as error:
        raise HubDefinitionError(f"{where}: its annotations cannot be evaluated: {error}") from error


def _without_return(function: Any) -> Any:
    """Return a copy of a function that lacks the annotation of its return value."""
    copy: Any = types.FunctionType(function.__code__, function.__globals__, closure=function.__closure__)
    copy.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    if hasattr(function, "__type_params__"):
        copy.__type_params__ = function.__type_params__
    return copy


def is_stream(annotation: Any) -> bool:
    """Tell whether values of a type are iterated over with `async for`."""
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, AsyncIterable)


def _without_metadata(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _optional(annotation: Any) -> Any:
    """Return what an annotation allows besides None; None if it is not of this form."""
    if get_origin(annotation) not in (typing.Union, types.UnionType):
        return None
    members = [member for member in get_args(annotation) if member is not types.NoneType]
    return members[0] if len(members) == 1 else None


def _returns_stream(where: str, annotation: Any) -> bool:
    annotation = _without_metadata(annotation)
    if get_origin(annotation) in (Awaitable, Coroutine):
        return _returns_stream(where, get_args(annotation)[-1])
    member = _optional(annotation)
    if member is not None:
        return _returns_stream(where, member)
    if is_stream(annotation):
        return True
    if _has_stream(annotation):
        raise HubDefinitionError(
            f"{where}: its return value holds a stream, and only a stream as a whole can be sent: return "
            "`AsyncIterable[...]` itself."
        )
    return False


def _refuse_stream(where: str, name: str, annotation: Any) -> None:
    if _has_stream(annotation):
        raise HubDefinitionError(
            f"{where}: `{name}` is or holds a stream in a form that clients cannot upload: annotate it with "
            "`AsyncIterable[...]` or `AsyncIterator[...]`, and take a parameter for each stream."
        )


def _has_stream(annotation: Any) -> bool:
    return is_stream(annotation) or any(map(_has_stream, get_args(annotation)))


def _replace(annotation: Any, meanings: Mapping[Any, Any]) -> Any:
    """Put the meanings of type variables into an annotation; an unknown one becomes its bound, or Any."""
    if isinstance(annotation, TypeVar):
        return meanings.get(annotation, annotation.__bound__ or Any)
    variables = getattr(annotation, "__parameters__", ())
    if not variables or isinstance(annotation, type):
        return annotation
    return annotation[tuple(_replace(variable, meanings) for variable in variables)]


_LEFT_OUT: Final = object()
