"""From a message to a hub method and its answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

import anyio.to_thread

from signalr_py.exceptions import ClientDisconnectedError, HubException, SerializationError
from signalr_py.hub import tasks, texts
from signalr_py.hub.activation import HubActivator
from signalr_py.hub.authorization import AuthorizationContext, check
from signalr_py.hub.call_scope import current_call_scope
from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.dependencies import DependencyResolver
from signalr_py.hub.filters import HubInvocationContext, fold_invocations
from signalr_py.hub.hooks import HubHooks
from signalr_py.hub.invocations import Invocation
from signalr_py.hub.methods import MethodKind
from signalr_py.hub.resources import in_thread
from signalr_py.protocol.messages import (
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Sequence

    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.filters import HubFilter
    from signalr_py.hub.hub import Hub
    from signalr_py.hub.methods import HubMethod, MethodTable
    from signalr_py.protocol.messages import HubMessage

__all__ = ["HubDispatcher"]

_ITEMS_PER_TURN: Final = 64
_log = logging.getLogger("signalr_py.hub")


@final
class HubDispatcher:
    """Runs the methods and hooks of one hub class.

    Args:
        name: Name of the hub.
        table: Its methods.
        detailed_errors: Whether clients see the text of every exception.
        filters: What is around its calls, the outermost first.
        activator: Makes its hub objects; None to call the class.
    """

    def __init__(
        self,
        name: str,
        table: MethodTable,
        *,
        detailed_errors: bool,
        filters: Sequence[HubFilter] = (),
        activator: HubActivator | None = None,
    ) -> None:
        self.name = name
        self.table = table
        self.hooks: HubHooks = HubHooks(table.hub_type, filters, self._open_hub)
        self._hub_type = table.hub_type
        self._detailed_errors = detailed_errors
        self._activator = activator or HubActivator(table.hub_type, None)
        self._resolvers = {
            method.name: DependencyResolver(
                f"{table.hub_type.__name__}.{method.attribute}", method.signature.dependencies
            )
            for method in table
            if method.signature.dependencies
        }
        self._is_scoped = not self._activator.is_plain or bool(self._resolvers)
        unfiltered = self._invoke_unfiltered
        self._filtered = fold_invocations(filters, unfiltered)
        self._is_filtered = self._filtered is not unfiltered
        self._calls_directly = self._activator.is_plain and not self._is_filtered

    def describe(self, text: str, error: BaseException) -> str:
        """Append what an exception says, if clients may know it."""
        return texts.with_detail(text, error, detailed=self._detailed_errors)

    async def invoke(self, connection: HubConnection, invocation: Invocation) -> None:
        """Run the method that a call names and answer it, if an answer is wanted.

        Nothing that the method does ends the connection.
        """
        current_call_scope.set(invocation)
        method = invocation.method
        try:
            if method.is_direct and invocation.has_slot and self._calls_directly:
                hub = self._hub_type()
                connection.equip(hub)
                answer = invocation.answered(await method.function(hub, *invocation.call.arguments))
            else:
                answer = await self._perform(connection, invocation)
        except (Exception, asyncio.CancelledError, BaseExceptionGroup) as error:
            is_forgiven = invocation.forgive_cancellation(error)
            failure = self._failed(connection, invocation, error, is_cancelled=is_forgiven)
            if failure is not None:
                self._answer(connection, invocation, failure)
            if not is_forgiven and tasks.is_cancelled(error):
                raise
        else:
            if answer is not None:
                self._answer(connection, invocation, answer)
        finally:
            if invocation.owner is not None:
                invocation.owner.invocation_ended(invocation)

    async def _perform(self, connection: HubConnection, invocation: Invocation) -> CompletionMessage | None:
        """Do whatever a call may need before, around and behind its method, and return the answer."""
        method = invocation.method
        if invocation.is_cancellable:
            invocation.begin()
        if invocation.is_cancelled:
            await asyncio.sleep(0)
        if method.requirements and not await self._is_authorized(connection, invocation):
            return invocation.failed(texts.unauthorized(method.name))
        if method.is_streaming is not invocation.is_stream:
            wrong_mode = texts.streaming if method.is_streaming else texts.not_streaming
            return invocation.failed(wrong_mode(method.name))
        given, wanted = len(invocation.call.stream_ids), len(method.signature.streams)
        if given != wanted:
            raise HubException(texts.wrong_stream_count(given, wanted))
        if self._is_scoped:
            return await self._run_in_scope(connection, invocation)
        hub = self._activator.create()
        connection.equip(hub)
        return await self._run(connection, invocation, hub)

    def refuse(self, connection: HubConnection, failure: InvocationBindingFailure) -> None:
        """Answer a call that names no method, or whose arguments do not fit."""
        _log.debug(
            "%s: a call of %r by connection %s is refused: %s",
            self.name,
            failure.target,
            connection.connection_id,
            failure.failure,
        )
        if failure.invocation_id is not None:
            method = self.table.find(failure.target)
            target = failure.target if method is None else method.name
            text = self.describe(texts.binding_failed(target), failure.failure)
            connection.send(CompletionMessage(failure.invocation_id, error=text))

    def refuse_invocation(self, connection: HubConnection, invocation: Invocation, text: str) -> None:
        """Answer a call that cannot be taken up, in words for the client."""
        _log.info("%s: connection %s: %s", self.name, connection.connection_id, ascii(text))
        answer = invocation.failed(text)
        if answer is not None:
            connection.send(answer)

    def refuse_message(self, connection: HubConnection, message: HubMessage, error: Exception) -> None:
        """Note that a filter refuses a message, and answer it if it is a call that wants an answer."""
        if isinstance(error, HubException):
            words = texts.for_log(error)
            _log.info("%s: a message of connection %s is refused: %s", self.name, connection.connection_id, words)
        else:
            _log.error("%s: on_message failed for connection %s.", self.name, connection.connection_id, exc_info=error)
        if isinstance(message, InvocationMessage | StreamInvocationMessage | InvocationBindingFailure):
            self.refuse(connection, InvocationBindingFailure(message.target, message.invocation_id, error))

    async def _is_authorized(self, connection: HubConnection, invocation: Invocation) -> bool:
        method = invocation.method
        context = AuthorizationContext.of(
            connection.request, self.name, method=method.name, arguments=invocation.call.arguments
        )
        if await check(method.requirements, context):
            return True
        _log.info("%s.%s: connection %s is not authorized.", self.name, method.name, connection.connection_id)
        return False

    async def _run_in_scope(self, connection: HubConnection, invocation: Invocation) -> CompletionMessage | None:
        answer: CompletionMessage | None = None
        async with AsyncExitStack() as scope:
            invocation.scope = scope
            answer = await self._run(connection, invocation, await self._open_hub(connection, scope))
        return answer

    async def _run(self, connection: HubConnection, invocation: Invocation, hub: Hub) -> CompletionMessage | None:
        method = invocation.method
        if self._is_filtered:
            context = HubInvocationContext(connection.context, hub, method.name, invocation.call.arguments, invocation)
            result = await self._filtered(context)
        else:
            result = await self._call(invocation, hub, method, invocation.call.arguments)
        if not invocation.is_stream:
            return invocation.answered(result)
        if not hasattr(type(result), "__aiter__"):
            return invocation.failed(texts.not_a_stream(method.name))
        await self._stream(connection, invocation, result)
        return invocation.streamed()

    async def _invoke_unfiltered(self, context: HubInvocationContext) -> Any:
        """Call the method that the innermost filter asks for."""
        invocation = context._scope or current_call_scope.get()
        assert isinstance(invocation, Invocation)
        method = invocation.method
        if context.method_name != method.name:
            found = self.table.find(context.method_name)
            if found is None:
                raise HubException(texts.unknown_hub_method(context.method_name))
            method = found
        result = await self._call(invocation, context.hub, method, context.arguments)
        if invocation.is_stream:
            invocation.wrapped = (*invocation.wrapped, result)
        return result

    async def _call(self, invocation: Invocation, hub: Hub, method: HubMethod, arguments: tuple[Any, ...]) -> Any:
        filled = _NOTHING if method.is_plain else await self._filled(invocation, hub, method)
        if method.kind is MethodKind.FUNCTION:
            # A session may not be closed while a thread works with it, even if nobody waits for the thread any more.
            run = anyio.to_thread.run_sync if invocation.scope is None else in_thread
            result = await run(partial(method.call, hub, arguments, filled))
        else:
            result = method.call(hub, arguments, filled)
        return await result if inspect.isawaitable(result) else result

    async def _filled(self, invocation: Invocation, hub: Hub, method: HubMethod) -> dict[str, Any]:
        """Return the arguments that do not come from the wire, by name."""
        signature = method.signature
        if len(signature.streams) != len(invocation.uploads):
            raise HubException(texts.wrong_stream_count(len(invocation.uploads), len(signature.streams)))
        filled: dict[str, Any] = {
            name: upload for (name, _), upload in zip(signature.streams, invocation.uploads, strict=True)
        }
        if signature.token is not None:
            filled[signature.token] = invocation.token or CancellationToken()
        resolver = self._resolvers.get(method.name)
        if resolver is not None:
            assert invocation.scope is not None
            filled |= await resolver.resolve(hub.context, invocation.scope)
        return filled

    async def _stream(self, connection: HubConnection, invocation: Invocation, items: AsyncIterable[Any]) -> None:
        """Send item by item, waiting for the client when it is slow, and close what gives the items at the end."""
        invocation_id, send = invocation.invocation_id, connection.send
        assert invocation_id is not None
        invocation.has_items = True
        iterator = aiter(items)
        count = 0
        async with AsyncExitStack() as closing:
            for wrapped in invocation.wrapped:
                closing.push_async_callback(tasks.end_iteration, wrapped)
            closing.push_async_callback(tasks.end_iteration, iterator)
            async for item in iterator:
                if invocation.is_cancelled:
                    break
                if not send(StreamItemMessage(invocation_id, item)):
                    await connection.drain_stream()
                count += 1
                if count % _ITEMS_PER_TURN == 0:
                    await asyncio.sleep(0)

    def _failed(
        self, connection: HubConnection, invocation: Invocation, error: BaseException, *, is_cancelled: bool
    ) -> CompletionMessage | None:
        method = invocation.method
        if is_cancelled:
            _log.debug("%s.%s: connection %s cancelled the call.", self.name, method.name, connection.connection_id)
            if invocation.is_stream:
                return invocation.streamed()
        elif isinstance(error, HubException | ClientDisconnectedError):
            words = texts.for_log(error)
            _log.info("%s.%s: connection %s: %s", self.name, method.name, connection.connection_id, words)
        else:
            _log.error(
                "%s.%s failed for connection %s.", self.name, method.name, connection.connection_id, exc_info=error
            )
        text = texts.STREAM_FAILED if invocation.has_items else texts.invocation_failed(method.name)
        return invocation.failed(self.describe(text, error))

    def _answer(self, connection: HubConnection, invocation: Invocation, answer: CompletionMessage) -> None:
        try:
            connection.send(answer)
        except SerializationError as error:
            method = invocation.method
            _log.error("%s.%s returned what cannot be sent: %s", self.name, method.name, texts.for_log(error))
            text = self.describe(texts.invocation_failed(method.name), error)
            connection.send(CompletionMessage(answer.invocation_id, error=text))

    async def _open_hub(self, connection: HubConnection, scope: AsyncExitStack) -> Hub:
        """Make a hub object in the application's way; what belongs to it is closed with the scope."""
        hub = await self._activator.open(connection.context, scope)
        connection.equip(hub)
        return hub


_NOTHING: Final[dict[str, Any]] = {}
