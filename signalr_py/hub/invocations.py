"""The calls of one connection that are not answered yet, with their streams and their cancellation."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol, final

from msgspec import Struct

from signalr_py.exceptions import HubException
from signalr_py.hub import cancellation, texts
from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.definitions import HubMethod
from signalr_py.hub.uploads import UploadStream
from signalr_py.protocol.messages import CompletionMessage, InvocationMessage, StreamInvocationMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signalr_py.options import HubOptions
    from signalr_py.protocol.base import ValueDecoder
    from signalr_py.protocol.messages import StreamItemMessage

__all__ = ["ActiveInvocations", "Invocation", "InvocationOwner"]


class InvocationOwner(Protocol):
    """What started a call, and learns about it."""

    def check_waiting(self) -> None:
        """Make sure that a call may give back its slot before its end.

        Raises:
            LocalProtocolError: It may not.
        """
        ...

    def slot_is_free(self) -> None:
        """Learn that a call has given back its slot."""
        ...

    def invocation_ended(self, invocation: Invocation) -> None:
        """Learn that a call is answered."""
        ...


@final
class Invocation(Struct, eq=False):
    """One call of a hub method, until it is answered; satisfies `CallScope`.

    Attributes:
        method: What is called.
        call: The message that asks for it.
        owner: What has started the call; None for nobody.
        has_slot: Whether it holds one of the slots of `maximum_parallel_invocations_per_client`, and so has no streams.
        uploads: The streams that the caller uploads, when the method reads as many.
        is_cancelled: Whether the client has cancelled the call, or has gone.
        has_items: Whether the method has begun to stream.
        wrapped: What a method that streams returned to filters, which may have put something around it.
        scope: What is closed once the method has ended; None while there is no such thing.
    """

    method: HubMethod
    call: InvocationMessage | StreamInvocationMessage
    owner: InvocationOwner | None = None
    has_slot: bool = False
    uploads: tuple[UploadStream, ...] = ()
    is_cancelled: bool = False
    has_items: bool = False
    wrapped: tuple[Any, ...] = ()
    scope: AsyncExitStack | None = None
    _token: CancellationToken | None = None
    _task: asyncio.Task[Any] | None = None
    _has_cancelled_task: bool = False

    @property
    def is_stream(self) -> bool:
        """Whether the caller wants a stream."""
        return type(self.call) is StreamInvocationMessage

    @property
    def invocation_id(self) -> str | None:
        """Id that the answer carries; None when no answer is wanted."""
        return self.call.invocation_id

    @property
    def is_cancellable(self) -> bool:
        """Whether the client can cancel the call: a stream, or a method that asked for it."""
        return self.method.hears_cancellation or self.is_stream

    @property
    def token(self) -> CancellationToken | None:
        """Set when the call is cancelled, for methods that take one."""
        if self._token is None and self.method.signature.token is not None:
            self._token = CancellationToken()
        return self._token

    def answered(self, result: Any) -> CompletionMessage | None:
        """Return the answer with a result; None when no answer is wanted."""
        invocation_id = self.call.invocation_id
        return None if invocation_id is None else CompletionMessage(invocation_id, None, result, has_result=True)

    def streamed(self) -> CompletionMessage | None:
        """Return the end of the stream; None when no answer is wanted."""
        return None if self.invocation_id is None else CompletionMessage(self.invocation_id)

    def failed(self, text: str) -> CompletionMessage | None:
        """Return the answer with an error, in words for the client; None when no answer is wanted."""
        return None if self.invocation_id is None else CompletionMessage(self.invocation_id, error=text)

    def enter_client_result(self) -> None:
        """Give the slot back, so that what the client does to find its answer may call the hub.

        Raises:
            LocalProtocolError: Too many calls of the caller wait for answers already.
        """
        if self.has_slot and self.owner is not None:
            self.owner.check_waiting()
            self.has_slot = False
            self.owner.slot_is_free()

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
        """Take up a call to which more messages may belong, and open its uploads when the method reads as many.

        Args:
            invocation: The call.
            item_decoders: Read the items of the streams that the method reads.

        Returns:
            Why the call is refused, in words for the client; None when it is not.
        """
        method, invocation_id, stream_ids = invocation.method, invocation.invocation_id, invocation.call.stream_ids
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
        stream_ids = invocation.call.stream_ids
        if invocation.is_cancellable:
            self._cancellable.discard(invocation)
            if invocation.invocation_id is not None:
                self._by_id.pop(invocation.invocation_id, None)
        self._stream_count -= len(stream_ids) + invocation.is_stream
        for stream_id, upload in zip(stream_ids, invocation.uploads, strict=False):
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
