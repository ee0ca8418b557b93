"""What one client sends, taken message by message: calls, streams and answers, and a gate that holds them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub import tasks, texts
from signalr_py.hub.invocations import ActiveInvocations, Invocation
from signalr_py.hub.methods import ConnectionBinder
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.hub.reconnection import Output, Reconnection
    from signalr_py.protocol.base import HubProtocol
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
        "_calls_without_slot",
        "_connection",
        "_frames",
        "_free_slots",
        "_handler",
        "_held",
        "_is_watched",
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
        self._is_watched = reconnection is not None or handler.dispatcher.hooks.sees_messages
        self._frames = protocol.frame_reader(handler.options.maximum_receive_message_size)
        self._binder = ConnectionBinder(handler.binders[protocol.name], handler.lifetime.results, protocol)
        self._free_slots = handler.options.maximum_parallel_invocations_per_client
        self._calls_without_slot = 0
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
        options = self._handler.options
        return self._calls_without_slot > 0 or self._free_slots < options.maximum_parallel_invocations_per_client

    @property
    def is_incomplete(self) -> bool:
        """Whether the last message has come in part."""
        return self._frames.buffered > 0

    def take(self, data: bytes = b"") -> None:
        """Take whole messages until one is held, more bytes are needed, or the connection does not want any.

        Args:
            data: The next bytes of the client.

        Raises:
            RemoteProtocolError: What comes next is no message, or an answer that is not the client's to give.
        """
        connection, frames = self._connection, self._frames
        if self._held is not None or not connection.takes_messages:
            if data:
                frames.feed(data)
            return
        frame = frames.next_frame(data)
        while frame is not None:
            message = self._protocol.decode(frame, self._binder)
            if message is None or (self._is_watched and not self._is_for_hub(message)):
                pass
            elif not _TAKE[type(message)](self, message):
                self._held = message
                self._output.pause_reading()
            if frames.is_exhausted or self._held is not None or not connection.takes_messages:
                return
            frame = frames.next_frame()

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
        if self._binder.invocations is not None:
            self._binder.invocations.connection_ended(error)

    def drop_held(self) -> None:
        """Forget the message that waits, because the connection ends."""
        self._held = None

    def take_held(self) -> None:
        """Go on with the message that is held, if it can be taken by now, and with those behind it."""
        held, self._held = self._held, None
        if held is None or not self._connection.takes_messages:
            return
        if not _TAKE[type(held)](self, held):
            self._held = held
            return
        self._connection.take_messages()
        if self._held is None:
            self._output.resume_reading()

    def _is_for_hub(self, message: HubMessage) -> bool:
        """Have a message counted, and looked at by the filters, where that is wanted; tell whether the hub gets it."""
        if self._reconnection is not None and not self._reconnection.receive(message):
            return False
        return not self._handler.dispatcher.hooks.sees_messages or self._is_admitted(message)

    def _is_admitted(self, message: HubMessage) -> bool:
        """Let the filters look at a message; one that they refuse is answered, or fails what waits for it."""
        try:
            self._handler.dispatcher.hooks.message(self._connection.context, message)
        except Exception as error:  # noqa: BLE001 - the application's code
            self._handler.dispatcher.refuse_message(self._connection, message, error)
            if isinstance(message, CompletionMessage) and self._binder.item_decoder(message.invocation_id) is None:
                text = self._handler.dispatcher.describe(texts.ANSWER_REFUSED, error)
                refused = CompletionMessage(message.invocation_id, error=text)
                self._handler.lifetime.results.complete(self._connection.connection_id, refused)
            elif isinstance(message, StreamItemMessage | StreamBindingFailure | CompletionMessage):
                self._fail_upload(message.invocation_id, error)
            return False
        return True

    def _fail_upload(self, stream_id: str, failure: Exception) -> None:
        invocations = self._binder.invocations
        if invocations is not None:
            invocations.fail_upload(stream_id, failure, detailed=self._handler.options.enable_detailed_errors)

    def _take_call(self, call: InvocationMessage | StreamInvocationMessage) -> bool:
        """Start a call, unless it has to wait for a slot; one that comes while the server shuts down is dropped."""
        connection, handler = self._connection, self._handler
        if connection.is_leaving:
            return True
        table = handler.table
        method = table.by_spelling.get(call.target) or table.find(call.target)
        assert method is not None
        has_streams = call.stream_ids or type(call) is StreamInvocationMessage
        if not (has_streams or self._free_slots):
            return False
        invocation = Invocation(method, call, self, not has_streams)
        if (has_streams or method.hears_cancellation) and not self._is_taken_up(invocation):
            return True
        if not has_streams:
            self._free_slots -= 1
        elif not invocation.is_stream:
            self._calls_without_slot += 1
        tasks.start(handler.dispatcher.invoke(connection, invocation), connection.variables.copy(), handler.running)
        return True

    def _is_taken_up(self, invocation: Invocation) -> bool:
        """Make a call known by its id, or refuse it."""
        handler, binder = self._handler, self._binder
        if binder.invocations is None:
            binder.invocations = ActiveInvocations(handler.options, self.take_held)
        decoders = handler.binders[self._protocol.name].item_decoders(invocation.method)
        refusal = binder.invocations.begin(invocation, decoders)
        if refusal is not None:
            handler.dispatcher.refuse_invocation(self._connection, invocation, refusal)
        return refusal is None

    def invocation_ended(self, invocation: Invocation) -> None:
        """Forget a call that is answered, and let one start that waits for its slot."""
        has_slot = invocation.has_slot
        if (invocation.method.hears_cancellation or not has_slot) and self._binder.invocations is not None:
            self._binder.invocations.end(invocation)
        if has_slot:
            self._free_slots += 1
            if self._held is not None:
                self.take_held()
        elif not invocation.is_stream:
            self._calls_without_slot -= 1
        if self._connection.is_leaving:
            self._connection.call_has_ended()

    def slot_is_free(self) -> None:
        """Let the call start that waits for a slot, if there is one."""
        self._calls_without_slot += 1
        self._free_slots += 1
        self.take_held()

    def check_waiting(self) -> None:
        """Refuse to let one more call go on without a slot: the client could start any number by never answering.

        Raises:
            LocalProtocolError: There are enough.
        """
        maximum = self._handler.options.maximum_streams_per_client
        if maximum is not None and self._calls_without_slot >= maximum:
            raise LocalProtocolError(
                f"{self._calls_without_slot} calls of this connection wait for answers of clients, or read uploads, "
                f"and no more may do so (maximum_streams_per_client={maximum})."
            )

    def _take_item(self, message: StreamItemMessage) -> bool:
        invocations = self._binder.invocations
        return invocations is None or invocations.take_item(message)

    def _take_completion(self, message: CompletionMessage) -> bool:
        invocations = self._binder.invocations
        if invocations is None or not invocations.end_upload(message):
            self._handler.lifetime.results.complete(self._connection.connection_id, message)
        return True

    def _refuse_call(self, failure: InvocationBindingFailure) -> bool:
        self._handler.dispatcher.refuse(self._connection, failure)
        return True

    def _refuse_item(self, failure: StreamBindingFailure) -> bool:
        self._fail_upload(failure.invocation_id, failure.failure)
        return True

    def _take_cancellation(self, message: CancelInvocationMessage) -> bool:
        if self._binder.invocations is not None:
            self._binder.invocations.cancel(message.invocation_id)
        return True

    def _take_ping(self, _: PingMessage) -> bool:
        self._connection.client_pinged()
        return True

    def _take_close(self, message: CloseMessage) -> bool:
        self._connection.client_closed(message.error)
        return True


def _skip(_: IncomingMessages, __: HubMessage) -> bool:
    return True


_CALLS: Final = (InvocationMessage, StreamInvocationMessage)
_TAKE: Final[Mapping[type, Callable[[IncomingMessages, Any], bool]]] = {
    InvocationMessage: IncomingMessages._take_call,
    StreamInvocationMessage: IncomingMessages._take_call,
    StreamItemMessage: IncomingMessages._take_item,
    CompletionMessage: IncomingMessages._take_completion,
    InvocationBindingFailure: IncomingMessages._refuse_call,
    StreamBindingFailure: IncomingMessages._refuse_item,
    CancelInvocationMessage: IncomingMessages._take_cancellation,
    PingMessage: IncomingMessages._take_ping,
    CloseMessage: IncomingMessages._take_close,
    AckMessage: _skip,
    SequenceMessage: _skip,
}
"""What is done about each type of message; each tells whether that was possible by now."""
