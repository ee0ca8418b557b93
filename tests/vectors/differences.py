"""Rows of `protocol.json` that are not matched, by section and index, each with the reason.

The tests hold this table fixed: every row in it must differ indeed, and every other row must match.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DIFFERENCES"]

_OWN_WORDS: Final = "the reference's text is its runtime's own; the outcome is the same"
_MICROSECONDS: Final = "fractions of a second are written with six digits"

DIFFERENCES: Final[dict[tuple[str, int], str]] = {
    ("write json", 5): _MICROSECONDS,
    ("write json", 13): _MICROSECONDS,
    ("write values json", 37): _MICROSECONDS,
    ("write values json", 41): "a duration is written in ISO 8601",
    ("write values json", 48): _MICROSECONDS,
    ("write values msgpack", 26): "Python has no float of 32 bits",
    ("write values msgpack", 35): "a character is text",
    ("write values msgpack", 38): "a moment is written as a timestamp, without its offset",
    ("write values msgpack", 39): "a date is written in ISO 8601",
    ("write values msgpack", 40): "a time is written in ISO 8601",
    ("write values msgpack", 41): "a duration is written in ISO 8601",
    ("write values msgpack", 49): "an int takes as few bytes as it can, in arrays of mixed types too",
    ("read json", 18): "an empty invocation id is read as none, as in MessagePack",
    ("read json", 30): _OWN_WORDS,
    ("read json", 34): _OWN_WORDS,
    ("read json", 54): _OWN_WORDS,
    ("read json", 73): "names are matched exactly, and members without a default must be sent",
    ("read json", 80): _OWN_WORDS,
    ("read msgpack", 29): _OWN_WORDS,
    ("read msgpack", 31): _OWN_WORDS,
    ("read msgpack", 32): _OWN_WORDS,
}
