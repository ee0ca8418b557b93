"""How the values inside messages are written and read: arguments, results and items of streams.

What each format makes of a value, and what it accepts for a type:

- No value is coerced: `"5"` and `1.5` are no int, in MessagePack as in JSON. An int is accepted for a float.
- In JSON a float that is no number is written as null, as JavaScript does, and a `Decimal` that is none is refused
  where decimals are numbers; as a key it is text. JSON ints may have any size; MessagePack has 64 bits.
- Mappings, sequences and sets of any class are written as objects and arrays.
- By name, flags are their names with commas between them, and their digits where some have none.
- A `datetime` with a time zone is an ISO 8601 text in JSON (UTC ends in `Z`) and a timestamp in MessagePack, which
  keeps the moment and not the zone; one without a time zone is text in both.
- Bytes are base64 text in JSON and `bin` in MessagePack; UUIDs, dates, times and durations are text in both.
- A `TypedDict` is a dictionary: its keys are never renamed.
- Inside a Pydantic model, and in a union that has one, Pydantic's own rules and configuration decide what is accepted.
- Types that cannot be told apart on the wire, and constraints that nobody would check, are errors at start-up.
- `msgspec.Raw` is written as it is; it must be valid in the format.
"""

from __future__ import annotations

from signalr_py.protocol.payload.codec import PLAIN_KINDS, PayloadCodec, json_codec, messagepack_codec
from signalr_py.protocol.payload.values import ValueBindingError

__all__ = ["PLAIN_KINDS", "PayloadCodec", "ValueBindingError", "json_codec", "messagepack_codec"]
