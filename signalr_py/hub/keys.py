"""Keys that are made of the arguments of a call: `"price:{symbol}"`."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

from signalr_py.exceptions import HubDefinitionError

if TYPE_CHECKING:
    import inspect

__all__ = ["check_key", "key_of"]


def check_key(where: str, key: str, signature: inspect.Signature) -> None:
    """Check that the braces in a key hold names of parameters.

    Args:
        where: The method, for the error text.
        key: The key.
        signature: The parameters of the method.

    Raises:
        HubDefinitionError: They hold something else.
    """
    single = [
        name for name, parameter in signature.parameters.items() if parameter.kind is not parameter.VAR_POSITIONAL
    ]
    try:
        fields = [field for _, field, *details in Formatter().parse(key) if field is not None and not any(details)]
        braces = sum(field is not None for _, field, *_ in Formatter().parse(key))
    except ValueError as error:
        raise HubDefinitionError(f"{where}: the key {key!r} cannot be read: {error}.") from None
    if len(fields) != braces or not set(fields) <= set(single):
        names = ", ".join(single) or "there is none"
        raise HubDefinitionError(
            f"{where}: braces in the key {key!r} may hold nothing but the name of a parameter ({names})."
        )


def key_of(key: str, signature: inspect.Signature, values: tuple[Any, ...]) -> str:
    """Return the key of a call.

    Args:
        key: The key, as `check_key` has checked it.
        signature: The parameters of the method.
        values: The values of all parameters, in wire order.
    """
    return key.format_map(dict(zip(signature.parameters, values, strict=False)))
