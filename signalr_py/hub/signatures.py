"""From a method's signature to the arguments that it takes from the wire."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args, get_origin

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.base import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Signature", "read_signature", "type_arguments"]

_STREAMS: Final = (AsyncIterable, AsyncIterator, AsyncGenerator)
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED_ONLY: Final = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)


class Signature(typing.NamedTuple):
    """How to call a method with the values of a message.

    Attributes:
        parameters: Types of the values.
        positional: How many of the named parameters are passed by position; the others are keyword-only.
        keywords: Names of the keyword-only parameters, in wire order behind the positional ones.
    """

    parameters: Parameters
    positional: int
    keywords: tuple[str, ...]


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
) -> Signature:
    """Read the signature of a hub method.

    Args:
        where: Name of the method for error texts, such as `ChatHub.send_message`.
        function: The method, unbound; decorators made with `functools.wraps` are looked through.
        meanings: What type variables stand for.
        class_names: What the body of its class defines, for annotations that name such a thing.

    Raises:
        HubDefinitionError: An annotation cannot be evaluated, or a parameter cannot be filled from the wire.
    """
    hints = _hints(where, function, class_names)
    first, *parameters = inspect.signature(function).parameters.values() or (None,)
    if first is None or first.kind in _NAMED_ONLY:
        raise HubDefinitionError(f"{where} takes no `self`, so it cannot be a hub method.")
    if first.kind is inspect.Parameter.VAR_POSITIONAL:
        parameters = [first, *parameters]
    _refuse_stream(where, "the return value", hints.get("return"))
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
    if variadic is not None and keywords:
        needed = [p.name for p in keywords if p.default is inspect.Parameter.empty]
        if needed:
            raise HubDefinitionError(
                f"{where} takes `*{variadic.name}`, so `{needed[0]}` can never be sent: give it a default."
            )
        keywords = []
    named = [*positional, *keywords]
    types = tuple(_type_of(where, parameter, hints, meanings) for parameter in named)
    required = max((i + 1 for i, p in enumerate(named) if p.default is inspect.Parameter.empty), default=0)
    wire = Parameters(
        types=types,
        required=required,
        variadic=Any if variadic is None else _type_of(where, variadic, hints, meanings),
        accepts_more=variadic is not None,
    )
    return Signature(wire, len(positional), tuple(p.name for p in keywords))


def _hints(where: str, function: Callable[..., Any], class_names: Mapping[str, Any]) -> dict[str, Any]:
    original = inspect.unwrap(function)
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


def _type_of(where: str, parameter: inspect.Parameter, hints: Mapping[str, Any], meanings: Mapping[Any, Any]) -> Any:
    annotation = hints.get(parameter.name, Any)
    _refuse_stream(where, f"`{parameter.name}`", annotation)
    return _replace(annotation, meanings)


def _refuse_stream(where: str, what: str, annotation: Any) -> None:
    if _has_stream(annotation):
        raise HubDefinitionError(f"{where}: {what} is a stream, and streams are not supported yet.")


def _has_stream(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in _STREAMS or any(map(_has_stream, get_args(annotation)))


def _replace(annotation: Any, meanings: Mapping[Any, Any]) -> Any:
    """Put the meanings of type variables into an annotation; an unknown one becomes its bound, or Any."""
    if isinstance(annotation, TypeVar):
        return meanings.get(annotation, annotation.__bound__ or Any)
    variables = getattr(annotation, "__parameters__", ())
    if not variables or isinstance(annotation, type):
        return annotation
    return annotation[tuple(_replace(variable, meanings) for variable in variables)]
