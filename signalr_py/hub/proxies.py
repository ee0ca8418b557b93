"""Some clients of a hub, and what can be done with them: send to them, and ask one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, final, overload

from signalr_py.hub.call_scope import current_call_scope
from signalr_py.hub.client_results import ClientCall
from signalr_py.hub.deliveries import delivery_of
from signalr_py.hub.targets import Connections
from signalr_py.protocol.messages import InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage

if TYPE_CHECKING:
    from signalr_py.hub.lifetime import LifetimeManager
    from signalr_py.hub.targets import Target
    from signalr_py.hub.threads import HomeLoop
    from signalr_py.types import ConnectionId, SlowClientPolicy

__all__ = ["ClientProxy", "SingleClientProxy"]

T = TypeVar("T")


class ClientProxy:
    """Some clients of a hub, chosen by one of the selectors."""

    __slots__ = ("_home", "_lifetime", "_target")

    _is_single: ClassVar[bool] = False

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop, target: Target) -> None:
        self._lifetime = lifetime
        self._home = home
        self._target = target

    async def send(
        self, method: str, /, *args: Any, policy: SlowClientPolicy | None = None, key: str | None = None
    ) -> None:
        """Call a method of the clients and want no answer.

        Each client receives it at most once; messages of one sender arrive at one receiver in the order they were sent.
        Sending to many clients never waits for a slow one. Sending to a single connection waits while it is slow,
        unless the message may be dropped. It is no error when nobody is there. When the calling task is cancelled, some
        of many clients may go without the message.

        A client that takes less than is sent to it has messages waiting, up to
        `HttpConnectionOptions(maximum_send_buffer_size=..., maximum_send_buffer_messages=...)`. When as much waits,
        the policy says what happens next:

        * `"disconnect"`: the client is disconnected.
        * `"drop_oldest"`: the oldest waiting messages of this policy are dropped.
        * `"drop_new"`: the message is dropped.
        * `"latest"`: the message replaces the one with the same `key` that waits, whether or not much waits.
        * `"wait"`: it never comes to that: who sends to a single client waits until there is room.

        Args:
            method: Name of the clients' handler. The .NET and Java clients compare it with regard to case.
            *args: Its arguments, of any type that the hub protocols can write.
            policy: What happens when a client does not keep up; by default what
                `HubOptions(slow_client_policy=...)` says.
            key: What the message is the newest value of, such as `"price:7"`. It implies `"latest"`.

        Raises:
            SerializationError: An argument cannot be written; nobody has received the message.
            LocalProtocolError: `policy` and `key` do not go together, or `"wait"` with several clients.
            WrongThreadError: This is not the event loop of the server; use `send_from_thread`.
        """
        self._home.check("send_from_thread(...)")
        says_nothing = policy is None and key is None
        delivery = None if says_nothing else delivery_of(policy, key, is_single=self._is_single)
        await self._lifetime.send(self._target, SerializedHubMessage(InvocationMessage(method, args), delivery))

    def send_from_thread(
        self, method: str, /, *args: Any, policy: SlowClientPolicy | None = None, key: str | None = None
    ) -> None:
        """Do what `send` does, from a thread: a plain hub method, a `def` endpoint of FastAPI, a job.

        It returns when the message is on its way, and raises what `send` raises.

        Args:
            method: Name of the clients' handler.
            *args: Its arguments.
            policy: What happens when a client does not keep up.
            key: What the message is the newest value of.

        Raises:
            SerializationError: An argument cannot be written.
            LocalProtocolError: `policy` and `key` do not go together, or `"wait"` with several clients.
            WrongThreadError: This thread runs an event loop; use `await send(...)`.
        """
        says_nothing = policy is None and key is None
        delivery = None if says_nothing else delivery_of(policy, key, is_single=self._is_single)
        message = SerializedHubMessage(InvocationMessage(method, args), delivery)
        self._home.call(self._lifetime.send(self._target, message), "send(...)")


@final
class SingleClientProxy(ClientProxy):
    """One client of a hub, by its connection id; it can also be asked for an answer."""

    __slots__ = ("_connection_id",)

    _is_single = True

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop, connection_id: ConnectionId) -> None:
        super().__init__(lifetime, home, Connections((connection_id,)))
        self._connection_id = connection_id

    @overload
    async def invoke(self, method: str, /, *args: Any, result_type: type[T], timeout: float | None = ...) -> T: ...  # noqa: ASYNC109

    @overload
    async def invoke(self, method: str, /, *args: Any, result_type: Any = ..., timeout: float | None = ...) -> Any: ...  # noqa: ASYNC109

    async def invoke(self, method: str, /, *args: Any, result_type: Any = Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """Call a method of the client and return what it answers.

        While a hub method waits here, its caller may have another call running, so that two calls cannot wait for each
        other. In `on_connected` it is not allowed, because nothing is read from a client until that has ended. When
        the calling task is cancelled, the client is not told, and its answer is ignored.

        Args:
            method: Name of the client's handler. The .NET and Java clients compare it with regard to case.
            *args: Its arguments, of any type that the hub protocols can write.
            result_type: What the answer is converted to and must fit, such as `int` or `list[User]`.
            timeout: Seconds that the client has to answer, or `math.inf`; by default those of
                `HubOptions(client_result_timeout=...)`.

        Raises:
            HubException: The client answered with an error, with nothing, or with what does not fit `result_type`.
            ClientDisconnectedError: The client left, or there is no such connection.
            ClientResultTimeoutError: The client did not answer in time.
            SerializationError: An argument cannot be written; the client has received nothing.
            HubDefinitionError: Values of `result_type` cannot be read.
            LocalProtocolError: This is `on_connected`, or `timeout` is not a number above 0, or too many calls of this
                call's client wait for answers (`HubOptions(maximum_streams_per_client=...)`).
            WrongThreadError: This is not the event loop of the server; use `invoke_from_thread`.
        """
        self._home.check("invoke_from_thread(...)")
        return await self._ask(ClientCall(method, args, result_type, timeout))

    @overload
    def invoke_from_thread(
        self, method: str, /, *args: Any, result_type: type[T], timeout: float | None = ...
    ) -> T: ...

    @overload
    def invoke_from_thread(
        self, method: str, /, *args: Any, result_type: Any = ..., timeout: float | None = ...
    ) -> Any: ...

    def invoke_from_thread(
        self, method: str, /, *args: Any, result_type: Any = Any, timeout: float | None = None
    ) -> Any:
        """Do what `invoke` does, from a thread: a plain hub method, a `def` endpoint of FastAPI, a job.

        It blocks the thread until the client has answered, and raises what `invoke` raises.

        Args:
            method: Name of the client's handler.
            *args: Its arguments.
            result_type: What the answer is converted to and must fit.
            timeout: Seconds that the client has to answer, or `math.inf`.

        Raises:
            WrongThreadError: This thread runs an event loop; use `await invoke(...)`.
        """
        return self._home.call(self._ask(ClientCall(method, args, result_type, timeout)), "invoke(...)")

    async def _ask(self, call: ClientCall) -> Any:
        scope = current_call_scope.get()
        if scope is not None:
            scope.enter_client_result()
        return await self._lifetime.invoke(self._connection_id, call)
