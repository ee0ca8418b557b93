"""What values are on the wire, told by the options alone and not by the code under test."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.payload.codec import PayloadCodec, json_codec, messagepack_codec
from tests.unit.protocol.second_opinion import unpacked

if TYPE_CHECKING:
    import enum
    from datetime import datetime

    from signalr_py.options import Naming

__all__ = ["SPELLINGS", "Sample", "Spelling"]


@dataclass(frozen=True)
class Spelling:
    """A protocol with payload options, and how they spell what they govern."""

    protocol: Literal["json", "messagepack"]
    naming: Naming
    decimals: Literal["number", "string"]
    enums: Literal["value", "name"]

    def __str__(self) -> str:
        return "-".join((self.protocol, self.naming, self.decimals, self.enums))

    def codec(self) -> PayloadCodec:
        """Return the codec with these options."""
        if self.protocol == "json":
            return json_codec(JsonPayload(naming=self.naming, decimals=self.decimals, enums=self.enums))
        return messagepack_codec(MessagePackPayload(naming=self.naming, decimals=self.decimals, enums=self.enums))

    def read(self, data: bytes) -> Any:
        """Return what is on the wire, read by another library; numbers of JSON without loss."""
        return json.loads(data, parse_float=Decimal) if self.protocol == "json" else unpacked(data)

    def name(self, declared: str) -> str:
        """Return the name of a member."""
        first, *others = declared.split("_")
        match self.naming:
            case "camel":
                return first + "".join(map(str.title, others))
            case "pascal":
                return "".join(map(str.title, (first, *others)))
        return declared

    def key(self, value: object) -> object:
        """Return a key of a dictionary."""
        return str(value) if self.protocol == "json" else value

    def number(self, value: float) -> object:
        """Return a number that may have a fraction."""
        return Decimal(repr(value)) if self.protocol == "json" else value

    def decimal(self, text: str) -> object:
        """Return a Decimal."""
        if self.decimals == "string":
            return text
        return Decimal(text) if self.protocol == "json" else float(text)

    def member(self, member: enum.Enum) -> Any:
        """Return a member of an enumeration."""
        return member.name if self.enums == "name" else member.value

    def data(self, value: bytes) -> object:
        """Return bytes."""
        return base64.b64encode(value).decode() if self.protocol == "json" else value

    def moment(self, value: datetime) -> object:
        """Return a date with a time."""
        if self.protocol == "messagepack" and value.tzinfo is not None:
            return value
        return value.isoformat().replace("+00:00", "Z")


Spelled: TypeAlias = Callable[[Spelling], Any]


@dataclass(frozen=True)
class Sample:
    """A value of a type.

    Attributes:
        annotation: The type as a hub method declares it.
        value: A value of it.
        spelled: What it is on the wire; a function of the spelling where the options have a say.
        is_readable: Whether the type can be that of a parameter.
    """

    annotation: Any
    value: Any
    spelled: Any
    is_readable: bool = True

    def __str__(self) -> str:
        name = getattr(self.annotation, "__name__", str(self.annotation))
        shown = bytes(self.value) if isinstance(self.value, memoryview) else self.value
        return f"{name} {shown!r}"[:60]

    def expected(self, spelling: Spelling) -> Any:
        """Return what the value is on the wire."""
        return self.spelled(spelling) if callable(self.spelled) else self.spelled


SPELLINGS = [
    Spelling(protocol, naming, decimals, enums)
    for protocol in ("json", "messagepack")
    for naming in ("as_declared", "camel", "pascal")
    for decimals in ("number", "string")
    for enums in ("value", "name")
]
