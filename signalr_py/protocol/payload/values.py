"""Reading values of a type that is known at start-up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from msgspec import Raw, Struct, inspect

from signalr_py.exceptions import BindingError, HubDefinitionError
from signalr_py.protocol.payload.annotations import check_constraints, with_unions_of_models
from signalr_py.protocol.payload.depth import MAXIMUM_DEPTH
from signalr_py.protocol.payload.naming import STYLES
from signalr_py.protocol.payload.pydantic import UnionOfModels, validate
from signalr_py.protocol.payload.reading import plan_reading
from signalr_py.protocol.payload.types import contents_of, name_of

if TYPE_CHECKING:
    from signalr_py.options import JsonPayload, MessagePackPayload
    from signalr_py.protocol.payload.formats import Format
    from signalr_py.protocol.payload.plans import Plan

T = TypeVar("T")

__all__ = ["Reading", "ValueBindingError", "ValueDecoder", "ValueReader", "reason"]


def reason(exc: Exception) -> str:
    """Return in words why a value could not be read or written."""
    if isinstance(exc, RecursionError):
        return "it is nested too deeply, or contains itself"
    if isinstance(exc, UnicodeEncodeError):
        return "text in it has half of a surrogate pair, which UTF-8 cannot carry"
    if isinstance(exc, OverflowError) and "serialize ints" in str(exc):
        return "an int in it does not fit 64 bits"
    return str(exc) or type(exc).__name__


class ValueBindingError(BindingError):
    """A value is not of the type that was asked for.

    Attributes:
        type_name: Name of the type.
        why: What is wrong with the value.
    """

    def __init__(self, type_name: str, why: str) -> None:
        super().__init__(f"A value of type '{type_name}' was expected: {why}")
        self.type_name = type_name
        self.why = why


class Reading(Struct, frozen=True):
    """How values of one type are read.

    Attributes:
        annotation: The type, in a form that msgspec knows.
        decode: Returns the value in some bytes; raises whatever the decoder and the classes in the type raise.
        is_direct: Whether msgspec alone reads the type, so that it can be part of a larger one.
        is_unbounded: Whether values of the type may be nested to any depth.
    """

    annotation: Any
    decode: Callable[[Raw], Any]
    is_direct: bool
    is_unbounded: bool


class ValueDecoder:
    """Reads values of one type."""

    __slots__ = ("_decode", "_type_name")

    def __init__(self, decode: Callable[[Raw], Any], type_name: str) -> None:
        self._decode = decode
        self._type_name = type_name

    def __call__(self, raw: Raw) -> Any:
        """Return the value in some bytes.

        Raises:
            ValueBindingError: It is not of the type.
        """
        try:
            return self._decode(raw)
        except Exception as exc:  # validators in the hub author's classes may raise anything
            raise ValueBindingError(self._type_name, reason(exc)) from exc


class ValueReader:
    """Makes decoders for one format and one set of options."""

    def __init__(self, wire_format: Format, options: JsonPayload | MessagePackPayload) -> None:
        """Choose the format and the spelling."""
        self.wire_format = wire_format
        self._style = STYLES[options.naming]
        self._enums_by_name = options.enums == "name"
        self._spells = options.naming != "as_declared" or self._enums_by_name
        self._models: dict[type, Plan] = {}

    def reading(self, annotation: Any) -> Reading:
        """Return how values of a type are read.

        Raises:
            HubDefinitionError: Values of this type cannot be read; the text names it.
        """
        check_constraints(annotation, f"The type '{name_of(annotation)}'")
        try:
            readable = with_unions_of_models(annotation)
            decode = self.direct_decoder(readable)
            node = inspect.type_info(readable)
        except Exception as exc:  # an annotation that cannot be evaluated may raise anything
            raise HubDefinitionError(
                f"The type '{name_of(annotation)}' cannot be read from {self.wire_format.name}: {exc}"
            ) from exc
        contents = contents_of(node)
        for record in contents.records:
            for name, hint in get_type_hints(record, include_extras=True).items():
                check_constraints(hint, f"{record.__qualname__}.{name}")
        for model in contents.models:
            self._models[model] = self._plan_for(model)
        plan = plan_reading(node, style=self._style, enums_by_name=self._enums_by_name) if self._spells else None
        if plan is not None:
            decode = self._planned(plan, decode)
        return Reading(readable, decode, is_direct=plan is None, is_unbounded=contents.is_unbounded)

    def limited(self, decode: Callable[[Raw], T], *readings: Reading) -> Callable[[Raw], T]:
        """Return a decoder that refuses values nested too deeply, where the format and the types allow for them."""
        is_too_deep = self.wire_format.is_too_deep
        if is_too_deep is None or not any(reading.is_unbounded for reading in readings):
            return decode

        def read(raw: Raw) -> T:
            value = decode(raw)
            if is_too_deep(raw):
                raise ValueError(f"it is nested more than {MAXIMUM_DEPTH} levels deep")
            return value

        return read

    def direct_decoder(self, annotation: Any) -> Callable[[Raw], Any]:
        """Return msgspec's decoder for a type, with Pydantic models read by Pydantic and names as declared."""
        return self.wire_format.decoder(annotation, dec_hook=self._read_model).decode

    def _plan_for(self, model: type[Any]) -> Plan:
        plan = None
        if self.wire_format.bytes_are_text:
            plan = plan_reading(inspect.CustomType(model), style=STYLES["as_declared"], bytes_are_text=True)
        read: Plan = model.validate if isinstance(model, UnionOfModels) else partial(validate, model)
        return read if plan is None else lambda value: read(plan(value))

    def _read_model(self, cls: type, value: Any) -> Any:
        return value if cls is object else self._models[cls](value)

    def _planned(self, plan: Plan, decode: Callable[[Raw], Any]) -> Callable[[Raw], Any]:
        read_plainly = self.wire_format.plain_decoder.decode
        write_plainly = self.wire_format.plain_encoder.encode

        def read(raw: Raw) -> Any:
            return decode(Raw(write_plainly(plan(read_plainly(raw)))))

        return read
