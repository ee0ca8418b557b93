"""From a message to a hub method and its answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, final

import anyio.to_thread

from signalr_py.exceptions import HubDefinitionError, HubException, SerializationError
from signalr_py.hub import tasks, texts
from signalr_py.hub.authorization import AuthorizationContext, check
from signalr_py.hub.methods import MethodKind
from signalr_py.protocol.messages import (
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    StreamInvocationMessage,
)

if TYPE_CHECKING:
    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.groups import GroupManager
    from signalr_py.hub.hub import Hub
    from signalr_py.hub.methods import HubMethod, MethodTable

__all__ = ["HubDispatcher"]

_log = logging.getLogger("signalr_py.hub")


@final
class HubDispatcher:
    """Runs the methods and hooks of one hub class.

    Args:
        name: Name of the hub.
        table: Its methods.
        groups: Its groups.
        detailed_errors: Whether clients see the text of every exception.
    """

    def __init__(self, name: str, table: MethodTable, groups: GroupManager, *, detailed_errors: bool) -> None:
        self.name = name
        self.table = table
        self._hub_type = table.hub_type
        self._groups = groups
        self._detailed_errors = detailed_errors
        try:
            self._hub_type()
        except TypeError as error:
            raise HubDefinitionError(
                f"{self._hub_type.__name__} cannot be created without arguments, as every call does: {error}"
            ) from error

    def describe(self, text: str, error: BaseException) -> str:
        """Append what an exception says, if clients may know it."""
        return texts.with_detail(text, error, detailed=self._detailed_errors)

    async def connected(self, connection: HubConnection) -> None:
        """Run `on_connected`."""
        await self._create_hub(connection).on_connected()

    async def disconnected(self, connection: HubConnection, error: Exception | None) -> None:
        """Run `on_disconnected`."""
        await self._create_hub(connection).on_disconnected(error)

    async def invoke(self, connection: HubConnection, call: InvocationMessage | StreamInvocationMessage) -> None:
        """Run the method that a call names and answer it, if an answer is wanted.

        Nothing that the method does ends the connection.
        """
        method = self.table.find(call.target)
        assert method is not None
        try:
            answer = await self._run(connection, method, call)
        except (Exception, asyncio.CancelledError) as error:
            self._answer(connection, method, self._failed(connection, method, call, error))
            if tasks.is_cancelled(error):
                raise
        else:
            self._answer(connection, method, answer)

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
            connection.answer(CompletionMessage(failure.invocation_id, error=text))

    async def _run(
        self, connection: HubConnection, method: HubMethod, call: InvocationMessage | StreamInvocationMessage
    ) -> CompletionMessage | None:
        invocation_id = call.invocation_id
        if method.requirements:
            context = AuthorizationContext.of(
                connection.request, self.name, method=method.name, arguments=call.arguments
            )
            if not await check(method.requirements, context):
                _log.info("%s.%s: connection %s is not authorized.", self.name, method.name, connection.connection_id)
                return _error(invocation_id, texts.unauthorized(method.name))
        if isinstance(call, StreamInvocationMessage):
            return _error(invocation_id, texts.not_streaming(method.name))
        if call.stream_ids:
            raise HubException(texts.wrong_stream_count(len(call.stream_ids), 0))
        result = await self._call(self._create_hub(connection), method, call.arguments)
        return None if invocation_id is None else CompletionMessage(invocation_id, result=result, has_result=True)

    async def _call(self, hub: Hub, method: HubMethod, arguments: tuple[Any, ...]) -> Any:
        if method.kind is MethodKind.COROUTINE:
            result = method.call(hub, arguments)
        else:
            result = await anyio.to_thread.run_sync(partial(method.call, hub, arguments))
        return await result if inspect.isawaitable(result) else result

    def _failed(
        self,
        connection: HubConnection,
        method: HubMethod,
        call: InvocationMessage | StreamInvocationMessage,
        error: BaseException,
    ) -> CompletionMessage | None:
        if isinstance(error, HubException):
            _log.info("%s.%s: connection %s: %s", self.name, method.name, connection.connection_id, error)
        else:
            _log.error(
                "%s.%s failed for connection %s.", self.name, method.name, connection.connection_id, exc_info=error
            )
        return _error(call.invocation_id, self.describe(texts.invocation_failed(method.name), error))

    def _answer(self, connection: HubConnection, method: HubMethod, answer: CompletionMessage | None) -> None:
        if answer is None:
            return
        try:
            connection.answer(answer)
        except SerializationError as error:
            _log.error("%s.%s returned what cannot be sent: %s", self.name, method.name, error)
            text = self.describe(texts.invocation_failed(method.name), error)
            connection.answer(CompletionMessage(answer.invocation_id, error=text))

    def _create_hub(self, connection: HubConnection) -> Hub:
        hub = self._hub_type()
        hub.context = connection.context
        hub.clients = connection.clients
        hub.groups = self._groups
        return hub


def _error(invocation_id: str | None, text: str) -> CompletionMessage | None:
    return None if invocation_id is None else CompletionMessage(invocation_id, error=text)
