"""The two formats in which values are written, and what msgspec offers for each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Protocol

import msgspec
from msgspec import MsgspecError, Raw, Struct

from signalr_py.protocol.messagepack_reader import array_length
from signalr_py.protocol.payload.depth import is_too_deep_messagepack

__all__ = ["JSON", "MESSAGEPACK", "MISMATCH", "Decoder", "Encoder", "Format"]

MISMATCH: Final = (
    "Error binding arguments. Make sure that the types of the provided values match the types of the hub method being "
    "invoked."
)
"""What is said of arguments of a wrong type."""


class Encoder(Protocol):
    """Writes values."""

    def encode(self, obj: Any, /) -> bytes:
        """Return the bytes of a value."""
        ...


class Decoder(Protocol):
    """Reads values of one type."""

    def decode(self, buf: bytes | Raw, /) -> Any:
        """Return the value in some bytes."""
        ...


class Format(Struct, frozen=True):
    """One format.

    Attributes:
        name: Its name, for error texts.
        encoder: Makes an encoder out of msgspec's options.
        decoder: Makes a decoder out of a type and msgspec's options.
        plain_encoder: Writes what `plain_decoder` read.
        plain_decoder: Reads plain values, numbers without loss.
        items_decoder: Reads an array, its items still encoded.
        count: Returns how many items an array has; None for anything but an array.
        uncountable: Says what is wrong with arguments that are no array.
        count_first: Whether arguments of a wrong number are reported before those of a wrong type.
        bytes_are_text: Whether bytes travel as base64 text.
        is_too_deep: Returns whether a value is nested too deeply; None where whole messages are held to a depth.
    """

    name: str
    encoder: Callable[..., Encoder]
    decoder: Callable[..., Decoder]
    plain_encoder: Encoder
    plain_decoder: Decoder
    items_decoder: Decoder
    count: Callable[[Raw], int | None]
    uncountable: str
    count_first: bool
    bytes_are_text: bool
    is_too_deep: Callable[[Raw], bool] | None


_JSON_ITEMS: Final = msgspec.json.Decoder(list[Raw])


def _count_json(data: Raw) -> int | None:
    try:
        return len(_JSON_ITEMS.decode(data))
    except (MsgspecError, ValueError, RecursionError):
        return None


JSON: Final = Format(
    name="JSON",
    encoder=msgspec.json.Encoder,
    decoder=msgspec.json.Decoder,
    plain_encoder=msgspec.json.Encoder(decimal_format="number"),
    plain_decoder=msgspec.json.Decoder(float_hook=Decimal),
    items_decoder=_JSON_ITEMS,
    count=_count_json,
    uncountable=MISMATCH,
    count_first=False,
    bytes_are_text=True,
    is_too_deep=None,
)

MESSAGEPACK: Final = Format(
    name="MessagePack",
    encoder=msgspec.msgpack.Encoder,
    decoder=msgspec.msgpack.Decoder,
    plain_encoder=msgspec.msgpack.Encoder(),
    plain_decoder=msgspec.msgpack.Decoder(),
    items_decoder=msgspec.msgpack.Decoder(list[Raw]),
    count=array_length,
    uncountable="Reading array length for 'arguments' failed.",
    count_first=True,
    bytes_are_text=False,
    is_too_deep=is_too_deep_messagepack,
)
