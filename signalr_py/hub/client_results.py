"""Calls of clients that wait for an answer."""

from __future__ import annotations

import asyncio
import logging
import math
from itertools import count
from typing import TYPE_CHECKING, Any, Final, final

from msgspec import Struct

from signalr_py.exceptions import (
    ClientDisconnectedError,
    ClientResultTimeoutError,
    HubException,
    LocalProtocolError,
    RemoteProtocolError,
)
from signalr_py.protocol.messages import CompletionMessage, InvocationMessage

if TYPE_CHECKING:
    from types import TracebackType

    from signalr_py.protocol.base import HubProtocol, ValueDecoder
    from signalr_py.types import ConnectionId

__all__ = ["ClientCall", "ClientResults", "PendingResult", "disconnected"]

_DECODERS_KEPT: Final = 1_024

_log = logging.getLogger("signalr_py.hub")


class ClientCall(Struct, frozen=True):
    """A call of a client's method that wants an answer, as data.

    Attributes:
        method: Name of the client's handler.
        arguments: Its arguments.
        result_type: What the answer must be, as an annotation; `Any` takes everything.
        timeout: Seconds that the client has, may be infinite; None for those of the options.
    """

    method: str
    arguments: tuple[Any, ...] = ()
    result_type: Any = Any
    timeout: float | None = None


@final
class PendingResult:
    """One call that is not answered yet; as a context manager, it is forgotten at the end of the block.

    Attributes:
        connection_id: Who must answer.
        call: What was asked.
        message: The call as the message to send.
    """

    __slots__ = ("_outcome", "_results", "_timeout", "call", "connection_id", "message")

    def __init__(
        self,
        results: ClientResults,
        connection_id: ConnectionId,
        call: ClientCall,
        message: InvocationMessage,
        timeout: float,
    ) -> None:
        self.connection_id: ConnectionId = connection_id
        self.call: ClientCall = call
        self.message: InvocationMessage = message
        self._results = results
        self._timeout = timeout
        self._outcome: asyncio.Future[CompletionMessage | Exception] = asyncio.get_running_loop().create_future()

    def __enter__(self) -> PendingResult:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._results._forget(self)

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._outcome.done()

    def end(self, outcome: CompletionMessage | Exception) -> None:
        """Let the waiting code go on; only the first outcome counts.

        Args:
            outcome: The client's answer, or why there will be none.
        """
        self._results._forget(self)
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    async def value(self) -> Any:
        """Wait for the answer and return its value.

        Raises:
            HubException: The client answered with an error, with nothing, or with what does not fit the type.
            ClientDisconnectedError: The client left.
            ClientResultTimeoutError: The client did not answer in time.
        """
        timer = None
        if self._timeout != math.inf:
            timer = asyncio.get_running_loop().call_later(self._timeout, self._expire)
        try:
            outcome = await self._outcome
        finally:
            if timer is not None:
                timer.cancel()
        if not isinstance(outcome, CompletionMessage):
            raise outcome
        if outcome.error is not None:
            raise HubException(outcome.error)
        if not outcome.has_result:
            raise HubException(f"The client answered '{self.call.method}' with neither a result nor an error.")
        return outcome.result

    def _expire(self) -> None:
        self.end(
            ClientResultTimeoutError(
                f"Connection '{self.connection_id}' did not answer '{self.call.method}' within {self._timeout:g} "
                "seconds. HubOptions(client_result_timeout=...) sets the time, and `timeout=` that of one call."
            )
        )


@final
class ClientResults:
    """The calls of one hub's clients that are not answered yet, in this process.

    Attributes:
        default_timeout: Seconds that a client has to answer, for calls that do not say; may be infinite.
    """

    def __init__(self, default_timeout: float = 30.0) -> None:
        self.default_timeout: float = default_timeout
        self._numbers = count(1)
        self._pending: dict[str, PendingResult] = {}
        self._by_connection: dict[ConnectionId, dict[PendingResult, None]] = {}
        self._decoders: dict[tuple[HubProtocol, Any], ValueDecoder] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def expect(self, connection_id: ConnectionId, call: ClientCall) -> PendingResult:
        """Note a call before its message is sent.

        Raises:
            LocalProtocolError: Its time limit is not a number above 0.
        """
        timeout = self.default_timeout if call.timeout is None else call.timeout
        if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not timeout > 0:
            raise LocalProtocolError(
                f"Waiting for the answer of '{call.method}' with timeout={timeout!r}: allowed is a number of seconds "
                "above 0, or math.inf for no limit."
            )
        invocation_id = f"s{next(self._numbers)}"
        message = InvocationMessage(call.method, call.arguments, invocation_id)
        pending = self._pending[invocation_id] = PendingResult(self, connection_id, call, message, timeout)
        self._by_connection.setdefault(connection_id, {})[pending] = None
        return pending

    def decoder(self, protocol: HubProtocol, result_type: Any) -> ValueDecoder:
        """Return what reads answers of a type; it is made once, as long as there are not too many.

        Raises:
            HubDefinitionError: Values of this type cannot be read.
        """
        try:
            decoder = self._decoders.get((protocol, result_type))
        except TypeError:  # an annotation with metadata that has no hash
            return protocol.value_decoder(result_type)
        if decoder is None:
            if len(self._decoders) == _DECODERS_KEPT:
                self._decoders.clear()
            decoder = self._decoders[protocol, result_type] = protocol.value_decoder(result_type)
        return decoder

    def result_decoder(self, invocation_id: str, protocol: HubProtocol) -> ValueDecoder | None:
        """Return what reads the answer to a call, or None when nobody waits for it."""
        pending = self._pending.get(invocation_id)
        if pending is None or pending.is_over:
            return None
        return self.decoder(protocol, pending.call.result_type)

    def complete(self, connection_id: ConnectionId, completion: CompletionMessage) -> None:
        """Hand an answer to the code that waits for it; one that nobody waits for is ignored.

        Args:
            connection_id: Who sent the answer.
            completion: The answer.

        Raises:
            RemoteProtocolError: Another client was asked.
        """
        pending = self._pending.get(completion.invocation_id)
        if pending is None:
            _log.debug("Connection %s answers a call that nobody waits for.", connection_id)
        elif pending.connection_id != connection_id:
            raise RemoteProtocolError(
                f"Connection ID '{connection_id}' is not valid for invocation ID '{completion.invocation_id}'."
            )
        else:
            pending.end(completion)

    def connection_ended(self, connection_id: ConnectionId) -> None:
        """Fail every call that this client has not answered."""
        for pending in tuple(self._by_connection.get(connection_id, ())):
            pending.end(disconnected(connection_id))

    def _forget(self, pending: PendingResult) -> None:
        assert pending.message.invocation_id is not None
        if self._pending.pop(pending.message.invocation_id, None) is None:
            return
        of_connection = self._by_connection[pending.connection_id]
        del of_connection[pending]
        if not of_connection:
            del self._by_connection[pending.connection_id]


def disconnected(connection_id: ConnectionId) -> ClientDisconnectedError:
    """Return the error of a call whose client has left."""
    return ClientDisconnectedError(f"Connection '{connection_id}' disconnected.")
