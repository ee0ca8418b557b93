"""Clients as a `Protocol` of their methods: calls that type checkers understand."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, cast, final, get_args, get_origin

from signalr_py.exceptions import HubDefinitionError, LocalProtocolError
from signalr_py.hub.client_methods import ClientMethod, client_method, client_methods_of, resolved
from signalr_py.hub.clients import ClientT
from signalr_py.hub.hub import Hub
from signalr_py.hub.proxies import ClientProxy, SingleClientProxy
from signalr_py.hub.signatures import type_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from signalr_py.hub.client_results import ClientResults
    from signalr_py.protocol.base import HubProtocol

__all__ = ["TypedClients", "call_from_thread", "client_method", "typed_clients_of"]

_FROM_THREAD: Final = "call_from_thread(client.method, ...)"

P = ParamSpec("P")
T = TypeVar("T")


class TypedProxy:
    """The base of the classes that are made of a `Protocol`."""

    __slots__ = ("_proxy",)

    def __init__(self, proxy: ClientProxy) -> None:
        self._proxy = proxy


@final
class TypedClients(Generic[ClientT]):
    """The two classes that stand for a `Protocol` of clients' methods, made once.

    Args:
        client_type: The protocol, or a generic one with its arguments.

    Raises:
        HubDefinitionError: It is no protocol, or one of its methods cannot be called on a client.
    """

    def __init__(self, client_type: Any) -> None:
        many: dict[str, Any] = {"__slots__": ()}
        single: dict[str, Any] = {"__slots__": ()}
        methods = tuple(client_methods_of(client_type))
        for method in methods:
            many[method.attribute] = _refusing(method) if method.wants_answer else _sending(method)
            single[method.attribute] = _asking(method) if method.wants_answer else _sending(method)
        self._questions = tuple(method for method in methods if method.wants_answer)
        self._many = type(f"{_name_of(client_type)}Clients", (TypedProxy,), many)
        self._single = type(f"{_name_of(client_type)}Client", (TypedProxy,), single)

    def make_decoders(self, results: ClientResults, protocols: Iterable[HubProtocol]) -> None:
        """Make what reads the answers of the clients, before there are any.

        Raises:
            HubDefinitionError: Values of a return type cannot be read.
        """
        for protocol in protocols:
            for method in self._questions:
                try:
                    results.decoder(protocol, method.result_type)
                except HubDefinitionError as error:
                    raise HubDefinitionError(f"{method.where}: {error}") from error

    def many(self, proxy: ClientProxy) -> ClientT:
        """Return a typed client for several connections."""
        return cast("ClientT", self._many(proxy))

    def single(self, proxy: SingleClientProxy) -> ClientT:
        """Return a typed client for one connection."""
        return cast("ClientT", self._single(proxy))


def typed_clients_of(hub_type: type[Hub[ClientT]]) -> TypedClients[ClientT] | None:
    """Return the typed clients of a hub class, or None when it is a plain `Hub`.

    Raises:
        HubDefinitionError: `Hub[...]` names something else than a protocol that clients can satisfy, or the bases of
            the class do not agree.
    """
    found: list[Any] = []
    for client_type in _client_types(hub_type):
        if client_type not in found:
            found.append(client_type)
    if len(found) > 1:
        names = " and ".join("`Hub`" if c is ClientProxy else f"`Hub[{_name_of(c)}]`" for c in found)
        raise HubDefinitionError(
            f"{hub_type.__name__} has bases that extend {names}, which have different clients: let them extend the "
            "same, or make a base generic, as in `class Base(Hub[C])`."
        )
    if not found or found[0] is ClientProxy:
        return None
    try:
        return _typed_clients(found[0])
    except HubDefinitionError as error:
        raise HubDefinitionError(f"{hub_type.__name__}: {error}") from error


def _client_types(hub_type: type[Hub[Any]]) -> Iterator[Any]:
    """Return what the class and its bases say that clients are; what is left open is left out."""
    meanings = type_arguments(hub_type)
    for owner in hub_type.__mro__:
        for base in vars(owner).get("__orig_bases__", owner.__bases__):
            if base is Hub:
                yield ClientProxy
            elif get_origin(base) is Hub:
                client_type = resolved(get_args(base)[0], meanings.get(owner, {}))
                if client_type is not Any:
                    yield client_type


def _name_of(client_type: Any) -> str:
    return str(getattr(client_type, "__name__", client_type))


@lru_cache(maxsize=256)
def _typed_clients(client_type: Any) -> TypedClients[Any]:
    return TypedClients(client_type)


def call_from_thread(method: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a method of a typed client from a thread: a plain hub method, a `def` endpoint of FastAPI, a job.

    It returns when the message is on its way, or with the client's answer where the method has one.

    ```python
    call_from_thread(self.clients.all.receive_message, "ann", "hello")
    ```

    Args:
        method: A method of a typed client.
        *args: Its arguments.
        **kwargs: Its arguments by name.

    Raises:
        LocalProtocolError: It is no method of a typed client.
        WrongThreadError: This thread runs an event loop; use `await method(...)`.
    """
    client = getattr(method, "__self__", None)
    if not isinstance(client, TypedProxy):
        raise LocalProtocolError(
            f"call_from_thread({method!r}): only a method of a typed client can be called, such as "
            "`self.clients.all.receive_message`."
        )
    return client._proxy._home.call(method(*args, **kwargs), f"{method.__name__}(...)")


def _sending(method: ClientMethod) -> Callable[..., Any]:
    name, values, policy, key_of = method.name, method.values, method.policy, method.key_of

    async def send(self: TypedProxy, /, *args: Any, **kwargs: Any) -> None:
        self._proxy._home.check(_FROM_THREAD)
        sent = values(args, kwargs)
        await self._proxy.send(name, *sent, policy=policy, key=key_of(sent))

    return method.dress(send)


def _asking(method: ClientMethod) -> Callable[..., Any]:
    name, values, result_type = method.name, method.values, method.result_type

    async def ask(self: TypedProxy, /, *args: Any, **kwargs: Any) -> Any:
        proxy = cast("SingleClientProxy", self._proxy)
        proxy._home.check(_FROM_THREAD)
        return await proxy.invoke(name, *values(args, kwargs), result_type=result_type)

    return method.dress(ask)


def _refusing(method: ClientMethod) -> Callable[..., Any]:
    async def refuse(self: TypedProxy, /, *args: Any, **kwargs: Any) -> Any:
        raise LocalProtocolError(
            f"{method.where} wants an answer, and only one client can give it: call it on `clients.caller` or "
            "`clients.client(connection_id)`."
        )

    return method.dress(refuse)
