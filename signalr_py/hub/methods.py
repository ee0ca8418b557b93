"""The methods of a hub class: found once at start-up, looked up by the names that clients use."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final, Protocol, final

from signalr_py.exceptions import HubDefinitionError, HubException
from signalr_py.hub.definitions import HubMethod, MethodKind, cancellable, check_hooks, hub_method, methods_of
from signalr_py.hub.hub import Hub
from signalr_py.hub.texts import METHOD_DOES_NOT_EXIST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from signalr_py.hub.invocations import ActiveInvocations
    from signalr_py.hub.uploads import UploadStream
    from signalr_py.protocol.base import ArgumentsDecoder, HubProtocol, ValueDecoder

__all__ = ["ConnectionBinder", "HubBinder", "HubMethod", "MethodKind", "MethodTable", "cancellable", "hub_method"]


@final
class MethodTable:
    """The methods of one hub class.

    Attributes:
        hub_type: The class.
        by_spelling: The methods by the names that clients usually give them.

    Args:
        hub_type: The class.

    Raises:
        HubDefinitionError: It is no hub class, a method cannot be served, or two of them answer to one name.
    """

    def __init__(self, hub_type: type[Hub]) -> None:
        if not (isinstance(hub_type, type) and issubclass(hub_type, Hub)):
            raise HubDefinitionError(f"{hub_type!r} is not a subclass of Hub: pass the class itself.")
        self.hub_type: type[Hub] = hub_type
        self.by_spelling: dict[str, HubMethod] = {}
        self._by_fold: dict[str, HubMethod] = {}
        check_hooks(hub_type)
        for method in methods_of(hub_type):
            self._add(method)

    def __iter__(self) -> Iterator[HubMethod]:
        return iter(self._by_fold.values())

    def find(self, target: str) -> HubMethod | None:
        """Return the method that a client means."""
        return self.by_spelling.get(target) or self._by_fold.get(_fold(target))

    def _add(self, method: HubMethod) -> None:
        hub = self.hub_type.__name__
        folded = _fold(method.name)
        if folded in _RESERVED:
            raise HubDefinitionError(
                f"{hub}.{method.attribute} answers to `{method.name}`, which belongs to the base class: rename it "
                f"(hooks are `on_connected`, `on_authentication_refreshed` and `on_disconnected`)."
            )
        other = self._by_fold.setdefault(folded, method)
        if other is not method:
            raise HubDefinitionError(
                f"{hub}.{method.attribute} and {hub}.{other.attribute} both answer to `{method.name}`: "
                "rename one of them; overloading is not supported."
            )
        camel = method.name[:1].lower() + method.name[1:]
        spellings = [method.name, camel, *([method.attribute] if _fold(method.attribute) == folded else [])]
        self.by_spelling.update(dict.fromkeys(spellings, method))


@final
class HubBinder:
    """Knows the types of a hub's methods in one protocol; decoders are made at start-up.

    Attributes:
        arguments_decoder: Returns the decoder for calls of a method, given the name that the client has for it; raises
            `HubException` when there is no such method.
    """

    def __init__(self, table: MethodTable, protocol: HubProtocol) -> None:
        decoders: dict[str, ArgumentsDecoder] = {}
        self._item_decoders: dict[str, tuple[ValueDecoder, ...]] = {}
        for method in table:
            signature = method.signature
            try:
                decoders[method.name] = protocol.arguments_decoder(signature.parameters)
                self._item_decoders[method.name] = tuple(protocol.value_decoder(item) for _, item in signature.streams)
            except TypeError as error:
                raise HubDefinitionError(f"{table.hub_type.__name__}.{method.attribute}: {error}") from error
        self.arguments_decoder: Callable[[str], ArgumentsDecoder] = _DecodersByName(table, decoders).__getitem__

    def item_decoders(self, method: HubMethod) -> tuple[ValueDecoder, ...]:
        """Return what reads the items of the streams that a method takes, in their order."""
        return self._item_decoders[method.name]


class _DecodersByName(dict[str, "ArgumentsDecoder"]):
    """Holds the names that clients usually give to methods, and finds the decoders of others."""

    def __init__(self, table: MethodTable, decoders: Mapping[str, ArgumentsDecoder]) -> None:
        super().__init__((spelling, decoders[method.name]) for spelling, method in table.by_spelling.items())
        self._table = table
        self._decoders = decoders

    def __missing__(self, target: str) -> ArgumentsDecoder:
        method = self._table.find(target)
        if method is None:
            raise HubException(METHOD_DOES_NOT_EXIST)
        return self._decoders[method.name]


class ResultDecoders(Protocol):
    """Knows the calls of clients that wait for an answer."""

    def result_decoder(self, invocation_id: str, protocol: HubProtocol) -> ValueDecoder | None:
        """Return what reads the answer to a call in a protocol, or None when nobody waits for it."""
        ...


@final
class ConnectionBinder:
    """Knows the types of all that one client may send; satisfies `InvocationBinder`.

    Attributes:
        arguments_decoder: Returns the decoder for calls of a method; see `HubBinder`.
        invocations: Knows the streams that the client uploads; None while there has been no such thing.

    Args:
        hub: Knows the types of the methods.
        results: Knows the calls of clients that wait for an answer.
        protocol: The hub protocol that the client speaks.
    """

    __slots__ = ("_protocol", "_results", "arguments_decoder", "invocations")

    def __init__(self, hub: HubBinder, results: ResultDecoders, protocol: HubProtocol) -> None:
        self.arguments_decoder: Callable[[str], ArgumentsDecoder] = hub.arguments_decoder
        self.invocations: ActiveInvocations | None = None
        self._results = results
        self._protocol = protocol

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        """Return what reads the result of a call that the server made, unless a stream has that id."""
        if self._upload(invocation_id) is not None:
            return None
        return self._results.result_decoder(invocation_id, self._protocol)

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        """Return what reads the items of a stream, or None when no method reads it."""
        upload = self._upload(stream_id)
        return None if upload is None else upload.decode

    def _upload(self, stream_id: str) -> UploadStream | None:
        return None if self.invocations is None else self.invocations.upload(stream_id)


def _fold(name: str) -> str:
    return name.casefold().replace("_", "")


_REFERENCE_HOOKS: Final = ("OnConnectedAsync", "OnDisconnectedAsync", "OnAuthenticationRefreshedAsync")
_RESERVED: Final = frozenset(
    _fold(name) for name in (*vars(Hub), *inspect.get_annotations(Hub), *_REFERENCE_HOOKS) if not name.startswith("_")
)
