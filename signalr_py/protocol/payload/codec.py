"""Writing and reading the values inside messages, for one format and one set of options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import MsgspecError, Raw

from signalr_py.exceptions import SerializationError
from signalr_py.protocol.messages import (
    CompletionMessage,
    InvocationMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)
from signalr_py.protocol.payload.arguments import ArgumentsReader
from signalr_py.protocol.payload.faults import find_fault
from signalr_py.protocol.payload.formats import JSON, MESSAGEPACK
from signalr_py.protocol.payload.naming import STYLES
from signalr_py.protocol.payload.types import name_of
from signalr_py.protocol.payload.values import ValueDecoder, ValueReader, reason
from signalr_py.protocol.payload.writing import Turning, write_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signalr_py.options import JsonPayload, MessagePackPayload
    from signalr_py.protocol.base import ArgumentsDecoder, Parameters
    from signalr_py.protocol.messages import HubMessage
    from signalr_py.protocol.payload.formats import Format

__all__ = ["PLAIN_KINDS", "PayloadCodec", "json_codec", "messagepack_codec"]

PLAIN_KINDS: Final = frozenset({bool, bytes, float, int, str, type(None)})
"""Types of values that need not be prepared, and that `PayloadCodec.encode_plain` writes."""

_ANY_JSON: Final = msgspec.json.Decoder(Raw)
_N, _F, _QUOTE = b'Nf"'
_NOT_A_NUMBER: Final = re.compile(rb"NaN|Infinity")
_DIGIT_IN_FRONT_OF_COLON: Final = re.compile(rb":(?<=[0-9]:)")
_BARE_FIRST_KEY: Final = re.compile(rb"\{-?[0-9]")
_BARE_LATER_KEY: Final = re.compile(rb",-?[0-9][0-9.E+-]*:")
_TEXT_OR_BARE_KEY: Final = re.compile(rb'("(?:[^"\\]|\\.)*")|([{,])(-?[0-9][0-9.E+-]*):')


class PayloadCodec:
    """Writes and reads values.

    Attributes:
        format_name: Name of the format, for error texts.
        encode: Returns the bytes of anything that holds prepared values; raises whatever the encoder raises.
        encode_plain: The same for values of `PLAIN_KINDS`, at less cost.
        prepare: Applied to values before they are encoded; None when msgspec writes them as they are.
    """

    __slots__ = ("_values", "encode", "encode_plain", "format_name", "prepare")

    def __init__(self, wire_format: Format, options: JsonPayload | MessagePackPayload) -> None:
        """Choose the format and the spelling."""
        self.format_name: str = wire_format.name
        encode = wire_format.encoder(enc_hook=write_unknown, decimal_format=options.decimals).encode
        self.encode: Callable[[Any], bytes] = encode
        self.encode_plain: Callable[[Any], bytes] = encode
        if options.decimals == "number" and wire_format is JSON:
            self.encode = _always_json(encode)
        self.prepare: Callable[[Any], Any] | None = None
        if options.naming != "as_declared" or options.enums == "name":
            self.prepare = Turning(STYLES[options.naming], enums_by_name=options.enums == "name")
        self._values = ValueReader(wire_format, options)

    def arguments_decoder(self, parameters: Parameters) -> ArgumentsDecoder:
        """Return what reads the arguments of a method.

        Raises:
            HubDefinitionError: A parameter has a type that cannot be read.
        """
        return ArgumentsReader(parameters, self._values).read

    def value_decoder(self, annotation: Any) -> ValueDecoder:
        """Return what reads one value.

        Raises:
            HubDefinitionError: Values of this type cannot be read.
        """
        reading = self._values.reading(annotation)
        return ValueDecoder(self._values.limited(reading.decode, reading), name_of(annotation))

    def refusal(self, message: HubMessage, exc: Exception) -> SerializationError:
        """Return the error that says which value of a message could not be written, given what the encoder raised."""
        for place, value in _values_in(message):
            fault = find_fault(value, self._write)
            if fault is not None:
                where = f"{place}: {fault.path}" if fault.path else place
                kind, why = name_of(type(fault.culprit)), reason(fault.error)
                return SerializationError(f"{where}, of type '{kind}', cannot be written as {self.format_name}: {why}.")
        kind = name_of(type(message))
        return SerializationError(f"A message of type '{kind}' cannot be written as {self.format_name}: {reason(exc)}.")

    def _write(self, value: Any) -> bytes:
        return self.encode(value if self.prepare is None else self.prepare(value))


def _values_in(message: HubMessage) -> Iterator[tuple[str, Any]]:
    match message:
        case InvocationMessage() | StreamInvocationMessage():
            for number, value in enumerate(message.arguments, 1):
                yield f"Argument {number} of '{message.target}'", value
        case StreamItemMessage():
            yield f"An item of the stream {message.invocation_id!a}", message.item
        case CompletionMessage(has_result=True):
            yield f"The result of invocation {message.invocation_id!a}", message.result


def _always_json(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    # msgspec writes a Decimal as a number where JSON has none: as a key, and if it is not finite. The tests in front
    # are the cheapest that let nearly all messages pass: bytes are looked for as numbers, since `b"N" in data` is slow.
    def encode_json(value: Any) -> bytes:
        data = encode(value)
        if (data.rfind(b"{") or data[1] != _QUOTE) and _may_have_bare_keys(data):
            data = _TEXT_OR_BARE_KEY.sub(_with_text_for_key, data)
        if (_N in data or _F in data) and _NOT_A_NUMBER.search(data) and not _is_json(data):
            raise ValueError("a Decimal in it is not a finite number")
        return data

    return encode_json


def _may_have_bare_keys(data: bytes) -> bool:
    return _DIGIT_IN_FRONT_OF_COLON.search(data) is not None and (
        _BARE_FIRST_KEY.search(data) is not None or _BARE_LATER_KEY.search(data) is not None
    )


def _with_text_for_key(match: re.Match[bytes]) -> bytes:
    text, in_front, key = match.groups()
    return text or b'%b"%b":' % (in_front, key)


def _is_json(data: bytes) -> bool:
    try:
        _ANY_JSON.decode(data)
    except (MsgspecError, ValueError):
        return False
    return True


def json_codec(options: JsonPayload) -> PayloadCodec:
    """Return what writes and reads values in JSON."""
    return PayloadCodec(JSON, options)


def messagepack_codec(options: MessagePackPayload) -> PayloadCodec:
    """Return what writes and reads values in MessagePack."""
    return PayloadCodec(MESSAGEPACK, options)
