"""Reading the members of a JSON message, arguments and the like left encoded: quickly, or exactly if that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.json_reader import MALFORMED, MAXIMUM_DEPTH, is_too_deep, read_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signalr_py.protocol.json_reader import Member

__all__ = ["ABSENT", "Envelope", "check_arguments", "read_envelope"]

ABSENT: Final = Raw()
"""Stands for an encoded member that was not sent."""

_ARRAY_START: Final = ord("[")
_SHORTEST_THAT_IS_TOO_DEEP: Final = 2 * (MAXIMUM_DEPTH + 1)
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)

_Int32: TypeAlias = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
_Int64: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Envelope(Struct, gc=False, rename="camel"):
    """The members of a message of any type; unknown ones are ignored, and of those sent twice the last counts."""

    type: _Int32
    target: str | UnsetType = UNSET
    arguments: Raw = ABSENT
    invocation_id: str | UnsetType = UNSET
    stream_ids: tuple[str, ...] = ()
    headers: dict[str, str] | UnsetType = UNSET
    item: Raw = ABSENT
    result: Raw = ABSENT
    error: str | UnsetType = UNSET
    allow_reconnect: bool = False
    sequence_id: _Int64 | UnsetType = UNSET


_decode: Final = msgspec.json.Decoder(Envelope).decode


def read_envelope(frame: bytes) -> Envelope:
    """Return the members of a message; that `arguments` is an array is for `check_arguments` to find out.

    Raises:
        RemoteProtocolError: The frame is no JSON object, or a member is not of its type.
    """
    try:
        envelope = _decode(frame)
    except (MsgspecError, ValueError, RecursionError):
        return _read_exactly(frame)
    if len(frame) >= _SHORTEST_THAT_IS_TOO_DEEP and is_too_deep(frame):
        raise RemoteProtocolError(MALFORMED)
    return envelope


def check_arguments(envelope: Envelope) -> None:
    """Make sure that `arguments` is an array, where it is not read as one.

    Raises:
        RemoteProtocolError: It is something else.
    """
    if envelope.arguments is not ABSENT and memoryview(envelope.arguments)[0] != _ARRAY_START:
        raise _wrong_type("arguments", "Array")


def _read_exactly(frame: bytes) -> Envelope:
    members: dict[str, Any] = {}
    for member in read_members(frame):
        known = _MEMBERS.get(member.name)
        if known is not None:
            attribute, read = known
            members[attribute] = read(member)
    if "type" not in members:
        raise RemoteProtocolError("Missing required property 'type'.")
    return Envelope(**members)


def _wrong_type(name: str, kind: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"Expected '{name}' to be of type {kind}.")


def _decoded(member: Member, kind: Any) -> Any:
    try:
        return msgspec.json.decode(member.raw, type=kind)
    except (MsgspecError, ValueError) as exc:
        raise RemoteProtocolError(MALFORMED) from exc


def _raw(member: Member) -> Raw:
    return Raw(member.raw)


def _array(member: Member) -> Raw:
    if not isinstance(member.value, list):
        raise _wrong_type(member.name, "Array")
    return Raw(member.raw)


def _text(member: Member) -> Any:
    if not isinstance(member.value, str):
        raise _wrong_type(member.name, "String")
    return _decoded(member, str)


def _integer(member: Member, bounds: range, bits: int) -> int:
    value = member.value
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _wrong_type(member.name, "Number")
    if isinstance(value, float) or value not in bounds:
        raise RemoteProtocolError(f"Expected '{member.name}' to be a whole number of {bits} bits.")
    return value


def _int32(member: Member) -> int:
    return _integer(member, _INT32, 32)


def _int64(member: Member) -> int:
    return _integer(member, _INT64, 64)


def _boolean(member: Member) -> bool:
    if not isinstance(member.value, bool):
        raise RemoteProtocolError(f"Expected '{member.name}' to be true or false.")
    return member.value


def _texts(member: Member) -> Any:
    if not isinstance(member.value, list):
        raise _wrong_type(member.name, "Array")
    for item in member.value:
        if item is None:
            raise RemoteProtocolError(f"Null value for '{member.name}' is not valid.")
        if not isinstance(item, str):
            raise RemoteProtocolError(f"Expected '{member.name}' to hold values of type String.")
    return _decoded(member, tuple[str, ...])


def _headers(member: Member) -> Any:
    if not isinstance(member.value, dict):
        raise _wrong_type(member.name, "StartObject")
    for name, value in member.value.items():
        if not isinstance(value, str):
            readable = name.encode("latin-1", "replace").decode("utf-8", "replace")
            raise RemoteProtocolError(f"Expected header '{readable}' to be of type String.")
    return _decoded(member, dict[str, str])


_MEMBERS: Final[Mapping[str, tuple[str, Callable[[Member], Any]]]] = {
    "type": ("type", _int32),
    "target": ("target", _text),
    "arguments": ("arguments", _array),
    "invocationId": ("invocation_id", _text),
    "streamIds": ("stream_ids", _texts),
    "headers": ("headers", _headers),
    "item": ("item", _raw),
    "result": ("result", _raw),
    "error": ("error", _text),
    "allowReconnect": ("allow_reconnect", _boolean),
    "sequenceId": ("sequence_id", _int64),
}
