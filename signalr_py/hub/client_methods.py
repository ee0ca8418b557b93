"""What a `Protocol` says of the methods that clients have."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, get_origin

from msgspec import Struct

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.deliveries import mistake_in
from signalr_py.hub.keys import check_key, key_of
from signalr_py.hub.signatures import type_arguments, wire_name
from signalr_py.types import SlowClientPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClientMethod", "client_method", "client_methods_of", "resolved"]

F = TypeVar("F", bound=Callable[..., Any])
_NAME_ATTRIBUTE: Final = "__signalr_client_name__"
_DELIVERY_ATTRIBUTE: Final = "__signalr_client_delivery__"
_NO_MEMBERS: Final = (object, Generic, Protocol)


def client_method(
    name: str | None = None, *, policy: SlowClientPolicy | None = None, key: str | None = None
) -> Callable[[F], F]:
    """Say how a method of a typed client is sent; overrides of the method keep it.

    Args:
        name: What the client's handler is registered as. The .NET and Java clients compare it with regard to case. By
            default it is the name of the method, in Pascal case.
        policy: What happens to a call whose client does not keep up; see `ClientProxy.send`.
        key: What a call is the newest value of, with the names of parameters in braces: `"price:{symbol}"`. It implies
            the policy `"latest"`.

    Raises:
        HubDefinitionError: The name is empty, `policy` and `key` do not go together, or it is given to something else
            than a method.
    """
    if name == "":
        raise HubDefinitionError("client_method(''): a name needs at least one character.")
    if (mistake := mistake_in(policy, key)) is not None:
        raise HubDefinitionError(f"client_method{mistake}.")

    def mark(function: F) -> F:
        if not inspect.isfunction(function):
            raise HubDefinitionError(f"client_method({name!r}) is for methods, not for {function!r}.")
        if name is not None:
            setattr(function, _NAME_ATTRIBUTE, name)
        if policy is not None or key is not None:
            setattr(function, _DELIVERY_ATTRIBUTE, (policy, key))
        return function

    return mark


class ClientMethod(Struct, frozen=True):
    """One method of a typed client.

    Attributes:
        where: Its name for texts, such as `ChatClient.receive_message`.
        attribute: Its name in Python.
        name: Its name on the wire, such as `ReceiveMessage`.
        function: The method, as the protocol defines it.
        signature: Its parameters without `self`.
        positional: How many arguments are complete as they are; -1 when that depends.
        wants_answer: Whether it has a return value, which the client sends.
        result_type: The type of that value.
        policy: What happens to a call whose client does not keep up; None for what the options of the hub say.
        key: What a call is the newest value of, with the names of parameters in braces.
    """

    where: str
    attribute: str
    name: str
    function: Callable[..., Any]
    signature: inspect.Signature
    positional: int
    wants_answer: bool
    result_type: Any
    policy: SlowClientPolicy | None = None
    key: str | None = None

    def values(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Return the values of a call in wire order, with defaults filled in.

        Raises:
            TypeError: The call does not fit the signature.
        """
        if not kwargs and len(args) == self.positional:
            return args
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.where}(): {error}") from None
        bound.apply_defaults()
        return (*bound.args, *bound.kwargs.values())

    def key_of(self, values: tuple[Any, ...]) -> str | None:
        """Return the key of a call with these values, which are those of all parameters in wire order."""
        return None if self.key is None else key_of(self.key, self.signature, values)

    def dress(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function the name, the documentation and the signature of the method."""
        return update_wrapper(function, self.function)


def client_methods_of(client_type: Any) -> Iterator[ClientMethod]:
    """Return the methods of a protocol and those that it inherits.

    Args:
        client_type: The protocol, or a generic one with its arguments.

    Raises:
        HubDefinitionError: It is no protocol, or a member cannot be called on a client.
    """
    protocol = get_origin(client_type) or client_type
    if not (isinstance(protocol, type) and getattr(protocol, "_is_protocol", False)):
        raise HubDefinitionError(
            f"the clients of Hub[...] are described by a `typing.Protocol` class with async methods, and "
            f"{client_type!r} is none. A class that extends a protocol must name `Protocol` among its bases too."
        )
    meanings = type_arguments(types.new_class(protocol.__name__, (client_type,)))
    by_name: dict[str, str] = {}
    for attribute, (owner, value) in _members(protocol).items():
        method = _read(protocol, attribute, owner, value, meanings.get(owner, {}))
        other = by_name.setdefault(method.name.casefold(), method.where)
        if other != method.where:
            raise HubDefinitionError(
                f"{other} and {method.where} are both `{method.name}` on the wire, where some clients ignore case: "
                "rename one of them."
            )
        yield method


def _members(protocol: type) -> dict[str, tuple[type, Any]]:
    found: dict[str, tuple[type, Any]] = {}
    for owner in reversed(protocol.__mro__):
        if owner in _NO_MEMBERS:
            continue
        for name in inspect.get_annotations(owner).keys() - vars(owner).keys():
            if not name.startswith("_"):
                raise HubDefinitionError(f"{protocol.__name__}.{name}: a client has no attributes, only async methods.")
        for name, value in vars(owner).items():
            if not name.startswith("_") and not isinstance(value, type):
                found[name] = (owner, value)
            elif inspect.isfunction(value) and not name.startswith("__"):
                raise HubDefinitionError(f"{protocol.__name__}.{name}: a client's method has no leading underscore.")
    return found


def _read(protocol: type, attribute: str, owner: type, function: Any, meanings: Mapping[Any, Any]) -> ClientMethod:
    where = f"{protocol.__name__}.{attribute}"
    if not inspect.iscoroutinefunction(function):
        raise HubDefinitionError(f"{where} must be an `async def`: a client has nothing but methods to call.")
    self, *parameters = inspect.signature(function).parameters.values() or (None,)
    if self is None or self.kind not in (self.POSITIONAL_ONLY, self.POSITIONAL_OR_KEYWORD):
        raise HubDefinitionError(f"{where} takes no `self`.")
    _check_parameters(where, parameters)
    is_complete = all(parameter.kind in (self.POSITIONAL_ONLY, self.POSITIONAL_OR_KEYWORD) for parameter in parameters)
    result_type = _result_type(where, function, owner, meanings)
    name = _mark_of(protocol, attribute, _NAME_ATTRIBUTE)
    policy, key = _mark_of(protocol, attribute, _DELIVERY_ATTRIBUTE) or (None, None)
    signature = inspect.Signature(parameters)
    if (policy or key) and result_type is not type(None):
        raise HubDefinitionError(f"{where} wants an answer, so it is never dropped: it takes no policy and no key.")
    if key is not None:
        check_key(where, key, signature)
    return ClientMethod(
        where=where,
        attribute=attribute,
        name=name or wire_name(attribute),
        function=function,
        signature=signature,
        positional=len(parameters) if is_complete else -1,
        wants_answer=result_type is not type(None),
        result_type=result_type,
        policy=policy,
        key=key,
    )


def _mark_of(protocol: type, attribute: str, mark: str) -> Any:
    """Return what the first definition of a method says that says anything."""
    marks = (getattr(vars(base).get(attribute), mark, None) for base in protocol.__mro__)
    return next((found for found in marks if found is not None), None)


def _check_parameters(where: str, parameters: list[inspect.Parameter]) -> None:
    kinds = {parameter.kind for parameter in parameters}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            raise HubDefinitionError(f"{where} takes `**{parameter.name}`, but clients get values without names.")
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.VAR_POSITIONAL in kinds:
            raise HubDefinitionError(
                f"{where}: `{parameter.name}` stands behind `*args`, and clients get values without names, so none "
                "could tell which value it is."
            )
        if parameter.default is ...:
            raise HubDefinitionError(
                f"{where}: the default of `{parameter.name}` is `...`; write the value, because it is sent."
            )


def _result_type(where: str, function: Any, owner: type, meanings: Mapping[Any, Any]) -> Any:
    """Return the type of the answer; that of None when the method returns nothing, or does not say."""

    def returns() -> None: ...

    returns.__annotations__ = {"return": function.__annotations__.get("return")}
    try:
        annotation = typing.get_type_hints(returns, function.__globals__, dict(vars(owner)), include_extras=True)
    except Exception as error:  # an annotation that cannot be evaluated may raise anything
        raise HubDefinitionError(
            f"{where}: its return annotation cannot be evaluated: {error}. What it names must exist at run time, "
            "because answers are converted to it."
        ) from error
    return resolved(annotation["return"], meanings)


def resolved(annotation: Any, meanings: Mapping[Any, Any]) -> Any:
    """Return an annotation with the meanings of its type variables; an unknown one becomes Any."""
    if isinstance(annotation, TypeVar):
        return meanings.get(annotation, Any)
    variables = getattr(annotation, "__parameters__", ())
    if not variables or isinstance(annotation, type):
        return annotation
    return annotation[tuple(resolved(variable, meanings) for variable in variables)]
