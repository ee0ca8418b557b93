"""The calls of one connection that are not answered yet, with their streams and their cancellation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, final

from signalr_py.exceptions import HubException
from signalr_py.hub import cancellation, texts
from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.uploads import UploadStream
from signalr_py.protocol.messages import CompletionMessage, StreamInvocationMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AsyncExitStack

    from signalr_py.hub.methods import HubMethod
    from signalr_py.options import HubOptions
    from signalr_py.protocol.base import ValueDecoder
    from signalr_py.protocol.messages import InvocationMessage, StreamItemMessage

__all__ = ["ActiveInvocations", "Invocation"]


@final
class Invocation:
    """One call of a hub method, until it is answered; satisfies `CallScope`.

    Attributes:
        method: What is called.
        arguments: With which values from the wire.
        invocation_id: Id that the answer carries; None when no answer is wanted.
        is_stream: Whether the caller wants a stream.
        stream_ids: Ids of the streams that the caller uploads.
        uploads: These streams, when the method reads as many.
        token: Set when the call is cancelled, for methods that take one.
        is_cancellable: Whether the client can cancel the call: a stream, or a method that asked for it.
        is_found_by_id: Whether messages may come that belong to the call, so that `ActiveInvocations` must know it.
        is_limited: Whether the call counts against `maximum_parallel_invocations_per_client`.
        is_cancelled: Whether the client has cancelled the call, or has gone.
        has_items: Whether the method has begun to stream.
        wrapped: What a method that streams returned to filters, which may have put something around it.
        scope: What is closed once the method has ended; None while there is no such thing.
    """

    __slots__ = (
        "_check_waiting",
        "_give_back",
        "_has_cancelled_task",
        "_task",
        "arguments",
        "has_items",
        "invocation_id",
        "is_cancellable",
        "is_cancelled",
        "is_found_by_id",
        "is_limited",
        "is_stream",
        "method",
        "scope",
        "stream_ids",
        "token",
        "uploads",
        "wrapped",
    )

    def __init__(self, method: HubMethod, call: InvocationMessage | StreamInvocationMessage) -> None:
        self.method: HubMethod = method
        self.arguments: tuple[Any, ...] = call.arguments
        self.invocation_id: str | None = call.invocation_id
        self.is_stream: bool = type(call) is StreamInvocationMessage
        self.stream_ids: tuple[str, ...] = call.stream_ids
        self.uploads: tuple[UploadStream, ...] = ()
        self.token: CancellationToken | None = CancellationToken() if method.signature.token else None
        self.is_cancellable: bool = self.is_stream or method.is_cancellable or self.token is not None
        self.is_found_by_id: bool = self.is_cancellable or bool(self.stream_ids)
        self.is_limited: bool = not self.is_stream and not self.stream_ids
        self.is_cancelled: bool = False
        self.has_items: bool = False
        self.wrapped: tuple[Any, ...] = ()
        self.scope: AsyncExitStack | None = None
        self._task: asyncio.Task[Any] | None = None
        self._has_cancelled_task = False
        self._give_back: Callable[[], None] | None = None
        self._check_waiting: Callable[[], None]

    def answered(self, result: Any) -> CompletionMessage | None:
        """Return the answer with a result; None when no answer is wanted."""
        invocation_id = self.invocation_id
        return None if invocation_id is None else CompletionMessage(invocation_id, result=result, has_result=True)

    def streamed(self) -> CompletionMessage | None:
        """Return the end of the stream; None when no answer is wanted."""
        return None if self.invocation_id is None else CompletionMessage(self.invocation_id)

    def failed(self, text: str) -> CompletionMessage | None:
        """Return the answer with an error, in words for the client; None when no answer is wanted."""
        return None if self.invocation_id is None else CompletionMessage(self.invocation_id, error=text)

    def take_slot(self, give_back: Callable[[], None], check_waiting: Callable[[], None]) -> None:
        """Note that the call has a slot.

        Args:
            give_back: Gives it back.
            check_waiting: Raises an error if the call may not give it back before its end.
        """
        self._give_back = give_back
        self._check_waiting = check_waiting

    def give_back_slot(self) -> None:
        """Give the slot back, unless that has happened."""
        if self._give_back is not None:
            give_back, self._give_back = self._give_back, None
            give_back()

    def enter_client_result(self) -> None:
        """Give the slot back, so that what the client does to find its answer may call the hub.

        Raises:
            LocalProtocolError: Too many calls of the caller wait for answers already.
        """
        if self._give_back is not None:
            self._check_waiting()
            self.give_back_slot()

    def begin(self) -> None:
        """Note that the running task runs the call; if the call is cancelled already, so is the task."""
        self._task = asyncio.current_task()
        if self.is_cancelled:
            self._cancel_task()

    def cancel(self) -> None:
        """Tell the method that nobody wants its answer any more, in the way that it asked for."""
        if self.is_cancelled:
            return
        self.is_cancelled = True
        if self.token is not None:
            cancellation.cancel(self.token)
        self._cancel_task()

    def forgive_cancellation(self, error: BaseException) -> bool:
        """Tell whether an exception is what `cancel` did to the task and nobody else; the task may then go on."""
        return (
            self._has_cancelled_task
            and isinstance(error, asyncio.CancelledError)
            and self._task is not None
            and self._task.cancelling() > 0
            and self._task.uncancel() == 0
        )

    def _cancel_task(self) -> None:
        if self._task is not None and (self.is_stream or self.method.is_cancellable):
            self._has_cancelled_task = True
            self._task.cancel()


@final
class ActiveInvocations:
    """What a connection must find again by an id: calls that can be cancelled, and streams that are uploaded.

    Args:
        options: Options of the hub.
        has_room: Called whenever an upload that was full is not any more.
    """

    __slots__ = ("_by_id", "_cancellable", "_capacity", "_has_room", "_maximum", "_stream_count", "_uploads")

    def __init__(self, options: HubOptions, has_room: Callable[[], None]) -> None:
        self._capacity = options.stream_buffer_capacity
        self._maximum = options.maximum_streams_per_client
        self._has_room = has_room
        self._by_id: dict[str, Invocation] = {}
        self._cancellable: set[Invocation] = set()
        self._uploads: dict[str, UploadStream] = {}
        self._stream_count = 0

    def begin(self, invocation: Invocation, item_decoders: Sequence[ValueDecoder]) -> str | None:
        """Take up a call that `is_found_by_id`, and open its uploads when the method reads as many.

        Args:
            invocation: The call.
            item_decoders: Read the items of the streams that the method reads.

        Returns:
            Why the call is refused, in words for the client; None when it is not.
        """
        method, invocation_id, stream_ids = invocation.method, invocation.invocation_id, invocation.stream_ids
        count = len(stream_ids) + invocation.is_stream
        if self._maximum is not None and self._stream_count + count > self._maximum:
            return texts.too_many_streams(method.name, self._maximum)
        used = self._used_id(stream_ids)
        if used is not None:
            return texts.stream_id_in_use(method.name, used)
        if invocation.is_cancellable:
            if invocation_id in self._by_id:
                return texts.invocation_id_in_use(invocation_id)
            if invocation_id is not None:
                self._by_id[invocation_id] = invocation
            self._cancellable.add(invocation)
        self._stream_count += count
        if len(stream_ids) == len(item_decoders):
            invocation.uploads = tuple([UploadStream(d, self._capacity, self._has_room) for d in item_decoders])
            self._uploads.update(zip(stream_ids, invocation.uploads, strict=True))
        return None

    def end(self, invocation: Invocation) -> None:
        """Forget a call that is answered, and free its uploads."""
        if invocation.is_cancellable:
            self._cancellable.discard(invocation)
            if invocation.invocation_id is not None:
                self._by_id.pop(invocation.invocation_id, None)
        self._stream_count -= len(invocation.stream_ids) + invocation.is_stream
        for stream_id, upload in zip(invocation.stream_ids, invocation.uploads, strict=False):
            if self._uploads.get(stream_id) is upload:
                del self._uploads[stream_id]
            upload.abandon()

    def _used_id(self, stream_ids: tuple[str, ...]) -> str | None:
        """Return an id that another upload has, or an earlier one of the same call."""
        seen: set[str] = set()
        for stream_id in stream_ids:
            if stream_id in self._uploads or stream_id in seen:
                return stream_id
            seen.add(stream_id)
        return None

    def upload(self, stream_id: str) -> UploadStream | None:
        """Return the stream with an id, if a method reads it."""
        return self._uploads.get(stream_id)

    def take_item(self, message: StreamItemMessage) -> bool:
        """Hand an item to its stream; tell whether there was room. One of an unknown stream is dropped."""
        upload = self._uploads.get(message.invocation_id)
        if upload is None:
            return True
        if upload.is_full:
            return False
        upload.put(message.item)
        return True

    def end_upload(self, message: CompletionMessage) -> bool:
        """End the stream that a message names; tell whether there is such a stream."""
        upload = self._uploads.pop(message.invocation_id, None)
        if upload is None:
            return False
        upload.end(HubException(message.error) if message.error is not None else None)
        return True

    def fail_upload(self, stream_id: str, failure: Exception, *, detailed: bool) -> None:
        """Fail a stream because of an item that does not fit; the rest of it is dropped."""
        upload = self._uploads.pop(stream_id, None)
        if upload is not None:
            upload.end(HubException(texts.with_detail(texts.ITEM_BINDING_FAILED, failure, detailed=detailed)))

    def cancel(self, invocation_id: str) -> None:
        """Cancel a call; unknown ids are ignored."""
        invocation = self._by_id.get(invocation_id)
        if invocation is not None:
            invocation.cancel()

    def connection_ended(self, error: Exception) -> None:
        """Cancel every call that can be, and fail every upload."""
        for invocation in tuple(self._cancellable):
            invocation.cancel()
        for upload in self._uploads.values():
            upload.end(error)
        self._uploads.clear()
