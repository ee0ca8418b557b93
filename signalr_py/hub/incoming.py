"""What one client sends, taken message by message: calls, streams and answers, and a gate that holds them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub import texts
from signalr_py.hub.invocations import ActiveInvocations, Invocation
from signalr_py.hub.methods import ConnectionBinder
from signalr_py.protocol.messages import (
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.hub.reconnection import Output, Reconnection
    from signalr_py.protocol.base import HubProtocol, ValueDecoder
    from signalr_py.protocol.messages import HubMessage

__all__ = ["IncomingMessages"]


@final
class IncomingMessages:
    """Takes the messages of one client in order.

    A call starts while a slot is free, and an item of an upload is taken while its stream has room. A message that
    cannot be taken is held, and nothing behind it is looked at until it can be, so nothing queues up; a single running
    call does not hold up other messages.

    Args:
        connection: What they come from.
        handler: What all connections of the hub share.
        protocol: The hub protocol that the client speaks.
        output: Whose reading is paused while a message is held.
        reconnection: Counts the messages, if the client may come back after a loss.
    """

    __slots__ = (
        "_binder",
        "_calls",
        "_connection",
        "_frames",
        "_free_slots",
        "_handler",
        "_held",
        "_invocations",
        "_output",
        "_protocol",
        "_reconnection",
    )

    def __init__(
        self,
        connection: HubConnection,
        handler: HubConnectionHandler,
        protocol: HubProtocol,
        output: Output,
        reconnection: Reconnection | None,
    ) -> None:
        self._connection = connection
        self._handler = handler
        self._protocol = protocol
        self._output = output
        self._reconnection = reconnection
        self._frames = protocol.frame_reader(handler.options.maximum_receive_message_size)
        self._invocations = ActiveInvocations(handler.options, self.take_held)
        self._binder = ConnectionBinder(handler.binders[protocol.name], self._invocations, self._result_decoder)
        self._free_slots = handler.options.maximum_parallel_invocations_per_client
        self._calls = 0
        self._held: HubMessage | None = None

    @property
    def is_held(self) -> bool:
        """Whether a message waits until it can be taken."""
        return self._held is not None

    @property
    def holds_call(self) -> bool:
        """Whether a call waits for a slot, which streams to the client have none of."""
        return isinstance(self._held, _CALLS)

    @property
    def is_busy(self) -> bool:
        """Whether calls run, other than streams to the client."""
        return self._calls > 0

    @property
    def is_incomplete(self) -> bool:
        """Whether the last message has come in part."""
        return self._frames.buffered > 0

    def feed(self, data: bytes) -> None:
        """Add the next bytes of the client; nothing is taken yet."""
        self._frames.feed(data)

    def take(self) -> None:
        """Take whole messages until one is held, more bytes are needed, or the connection does not want any.

        Raises:
            RemoteProtocolError: What comes next is no message, or an answer that is not the client's to give.
        """
        connection, frames, protocol, binder = self._connection, self._frames, self._protocol, self._binder
        reconnection, sees_messages = self._reconnection, self._handler.dispatcher.hooks.sees_messages
        while connection.takes_messages and self._held is None:
            frame = frames.next_frame()
            if frame is None:
                return
            message = protocol.decode(frame, binder)
            if message is None or (reconnection is not None and not reconnection.receive(message)):
                continue
            if sees_messages and not self._is_admitted(message):
                continue
            if not self._dispatch(message):
                self._held = message
                self._output.pause_reading()

    def start_over(self) -> None:
        """Drop what has come and was not taken yet, because the client has come back, and will send it again."""
        self._frames = self._protocol.frame_reader(self._handler.options.maximum_receive_message_size)

    def client_has_gone(self, error: Exception) -> None:
        """Cancel the calls that can be, and fail the uploads; nothing more is taken but what stands in line.

        Args:
            error: What the loops over uploads raise.
        """
        if isinstance(self._held, StreamItemMessage):
            self._held = None
        self._invocations.connection_ended(error)

    def drop_held(self) -> None:
        """Forget the message that waits, because the connection ends."""
        self._held = None

    def take_held(self) -> None:
        """Go on with the message that is held, if it can be taken by now, and with those behind it."""
        held, self._held = self._held, None
        if held is None or not self._connection.takes_messages:
            return
        if not self._dispatch(held):
            self._held = held
            return
        self._connection.take_messages()
        if self._held is None:
            self._output.resume_reading()

    def _dispatch(self, message: HubMessage) -> bool:
        """Do what a message asks for; tell whether that was possible by now."""
        if isinstance(message, _CALLS):
            return self._invoke(message)
        if isinstance(message, StreamItemMessage):
            return self._invocations.take_item(message)
        if isinstance(message, CompletionMessage):
            if not self._invocations.end_upload(message):
                self._handler.lifetime.results.complete(self._connection.connection_id, message)
        elif isinstance(message, InvocationBindingFailure):
            self._handler.dispatcher.refuse(self._connection, message)
        elif isinstance(message, StreamBindingFailure):
            self._fail_upload(message.invocation_id, message.failure)
        elif isinstance(message, CancelInvocationMessage):
            self._invocations.cancel(message.invocation_id)
        elif isinstance(message, PingMessage):
            self._connection.client_pinged()
        elif isinstance(message, CloseMessage):
            self._connection.client_closed(message.error)
        return True

    def _is_admitted(self, message: HubMessage) -> bool:
        """Let the filters look at a message; one that they refuse is answered, or fails what waits for it."""
        try:
            self._handler.dispatcher.hooks.message(self._connection.context, message)
        except Exception as error:  # noqa: BLE001 - the application's code
            self._handler.dispatcher.refuse_message(self._connection, message, error)
            if isinstance(message, CompletionMessage) and self._invocations.upload(message.invocation_id) is None:
                text = self._handler.dispatcher.describe(texts.ANSWER_REFUSED, error)
                refused = CompletionMessage(message.invocation_id, error=text)
                self._handler.lifetime.results.complete(self._connection.connection_id, refused)
            elif isinstance(message, StreamItemMessage | StreamBindingFailure | CompletionMessage):
                self._fail_upload(message.invocation_id, error)
            return False
        return True

    def _fail_upload(self, stream_id: str, failure: Exception) -> None:
        self._invocations.fail_upload(stream_id, failure, detailed=self._handler.options.enable_detailed_errors)

    def _invoke(self, call: InvocationMessage | StreamInvocationMessage) -> bool:
        """Start a call, unless it has to wait for a slot; one that comes while the server shuts down is dropped."""
        if self._connection.is_leaving:
            return True
        handler = self._handler
        method = handler.table.find(call.target)
        assert method is not None
        invocation = Invocation(method, call)
        is_limited = invocation.is_limited
        if is_limited and not self._free_slots:
            return False
        if invocation.is_found_by_id:
            refusal = self._invocations.begin(invocation, handler.binders[self._protocol.name].item_decoders(method))
            if refusal is not None:
                handler.dispatcher.refuse_invocation(self._connection, invocation, refusal)
                return True
        if is_limited:
            self._free_slots -= 1
            invocation.take_slot(self._slot_is_free, self._check_waiting)
        if not invocation.is_stream:
            self._calls += 1
        self._connection.start(self._run(invocation))
        return True

    async def _run(self, invocation: Invocation) -> None:
        try:
            await self._handler.dispatcher.invoke(self._connection, invocation)
        finally:
            if invocation.is_found_by_id:
                self._invocations.end(invocation)
            if not invocation.is_stream:
                self._calls -= 1
            invocation.give_back_slot()
            self._connection.call_has_ended()

    def _slot_is_free(self) -> None:
        self._free_slots += 1
        self.take_held()

    def _check_waiting(self) -> None:
        """Refuse to let one more call go on without a slot: the client could start any number by never answering."""
        options = self._handler.options
        without_slot = self._calls - (options.maximum_parallel_invocations_per_client - self._free_slots)
        maximum = options.maximum_streams_per_client
        if maximum is not None and without_slot >= maximum:
            raise LocalProtocolError(
                f"{without_slot} calls of this connection wait for answers of clients, or read uploads, and no more "
                f"may do so (maximum_streams_per_client={maximum})."
            )

    def _result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        return self._handler.lifetime.results.result_decoder(invocation_id, self._protocol)


_CALLS: Final = (InvocationMessage, StreamInvocationMessage)
