"""Reading the array of arguments of a call."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, defstruct
from msgspec.structs import astuple

from signalr_py.exceptions import BindingError
from signalr_py.protocol.payload.formats import MISMATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msgspec import Raw

    from signalr_py.protocol.base import Parameters
    from signalr_py.protocol.payload.values import ValueReader

__all__ = ["ArgumentsReader"]


class ArgumentsReader:
    """Reads the arguments of one method: all at once where msgspec can, else one by one."""

    __slots__ = ("_decode", "_each", "_format", "_others", "_parameters")

    def __init__(self, parameters: Parameters, values: ValueReader) -> None:
        """Prepare for the parameters of a method.

        Args:
            parameters: What the method takes.
            values: Makes the decoders.

        Raises:
            HubDefinitionError: A parameter has a type that cannot be read.
        """
        self._format = values.wire_format
        self._parameters = parameters
        readings = [values.reading(annotation) for annotation in parameters.types]
        others = [values.reading(parameters.variadic)] if parameters.accepts_more else []
        self._each = [reading.decode for reading in readings]
        self._others = others[0].decode if others else None
        decode: Callable[[Raw], tuple[Any, ...]] = self._one_by_one
        if all(reading.is_direct for reading in (*readings, *others)):
            if not others:
                decode = self._at_once(values, tuple([reading.annotation for reading in readings]))
            elif not readings:
                decode = values.direct_decoder(GenericAlias(tuple, (others[0].annotation, ...)))
        self._decode = values.limited(decode, *readings, *others)

    def read(self, raw: Raw) -> tuple[Any, ...]:
        """Return the arguments in an array; fewer than the method has when the rest have defaults.

        Raises:
            BindingError: Their number or their types are not what the method takes.
        """
        try:
            return self._decode(raw)
        except Exception as exc:  # validators in the hub author's classes may raise anything
            raise BindingError(self._fault(raw)) from exc

    def _at_once(self, values: ValueReader, types: tuple[Any, ...]) -> Callable[[Raw], tuple[Any, ...]]:
        required = self._parameters.required
        if required == len(types):
            return values.direct_decoder(GenericAlias(tuple, types))
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            (f"_{place}", kind) if place < required else (f"_{place}", kind, UNSET) for place, kind in enumerate(types)
        ]
        decode = values.direct_decoder(defstruct("Arguments", fields, array_like=True, forbid_unknown_fields=True))

        def read(raw: Raw) -> tuple[Any, ...]:
            return tuple([value for value in astuple(decode(raw)) if value is not UNSET])

        return read

    def _one_by_one(self, raw: Raw) -> tuple[Any, ...]:
        items = self._format.items_decoder.decode(raw)
        if self._wanted(len(items)) != len(items):
            raise ValueError("wrong number of arguments")
        return tuple([decode(item) for decode, item in self._pairs(items)])

    def _pairs(self, items: list[Raw]) -> Iterator[tuple[Callable[[Raw], Any], Raw]]:
        yield from zip(self._each, items, strict=False)
        if self._others is not None:
            for item in items[len(self._each) :]:
                yield self._others, item

    def _wanted(self, count: int) -> int:
        """Return the number of arguments nearest to `count` that the method takes."""
        count = max(count, self._parameters.required)
        return count if self._parameters.accepts_more else min(count, len(self._parameters.types))

    def _fault(self, raw: Raw) -> str:
        count = self._format.count(raw)
        if count is None:
            return self._format.uncountable
        wanted = self._wanted(count)
        if wanted != count and (self._format.count_first or self._have_right_types(raw)):
            return f"Invocation provides {count} argument(s) but target expects {wanted}."
        return MISMATCH

    def _have_right_types(self, raw: Raw) -> bool:
        try:
            for decode, item in self._pairs(self._format.items_decoder.decode(raw)):
                decode(item)
        except Exception:  # noqa: BLE001 - validators in the hub author's classes may raise anything
            return False
        return True
