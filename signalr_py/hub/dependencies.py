"""The injected parameters of one hub method: planned at start-up, provided for each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.providers import Depends, Given, ProviderKind, dependency_of, kind_of, name_of, needs_of
from signalr_py.hub.resources import enter, enter_in_thread, in_thread, is_enterable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AsyncExitStack

    from signalr_py.hub.context import HubCallerContext

__all__ = ["DependencyResolver", "Depends", "dependency_of"]

_STARTING_VALUES: Final = {Given.CONTEXT: 0, Given.REQUEST: 1}


class _Step(NamedTuple):
    """One call of a provider; values are named by their places in the list of values so far."""

    provider: Callable[..., Any]
    kind: ProviderKind
    positional: tuple[int, ...]
    keywords: tuple[tuple[str, int], ...]


@final
class DependencyResolver:
    """Provides the values of a method's injected parameters.

    Args:
        where: Name of the method for error texts, such as `ChatHub.send_message`.
        dependencies: What its parameters depend on, by their names.

    Raises:
        HubDefinitionError: A provider cannot be given what it needs, or needs itself.
    """

    def __init__(self, where: str, dependencies: Mapping[str, Depends]) -> None:
        self._where = where
        self._steps: list[_Step] = []
        self._shared: dict[object, int] = {}
        self._results = {name: self._plan(dependency, ()) for name, dependency in dependencies.items()}

    async def resolve(self, context: HubCallerContext, scope: AsyncExitStack) -> dict[str, Any]:
        """Call the providers, each once, and return the values by name of the parameter.

        Args:
            context: The connection that makes the call.
            scope: Ends with the call, and closes what the providers opened.
        """
        values: list[Any] = [context, context.request]
        for provider, kind, positional, keywords in self._steps:
            call = partial(provider, *[values[n] for n in positional], **{name: values[n] for name, n in keywords})
            values.append(await _provide(call, kind, scope))
        return {name: values[number] for name, number in self._results.items()}

    def _plan(self, dependency: Depends, dependants: tuple[Callable[..., Any], ...]) -> int:
        provider = dependency.provider
        if provider in dependants:
            circle = " -> ".join(map(name_of, (*dependants[dependants.index(provider) :], provider)))
            raise HubDefinitionError(f"{self._where}: a provider depends on itself: {circle}.")
        key = _key(provider)
        if dependency.use_cache and key in self._shared:
            return self._shared[key]
        positional: list[int] = []
        keywords: list[tuple[str, int]] = []
        for need in needs_of(self._where, provider):
            number = (
                _STARTING_VALUES[need.source]
                if isinstance(need.source, Given)
                else self._plan(need.source, (*dependants, provider))
            )
            if need.is_positional:
                positional.append(number)
            else:
                keywords.append((need.name, number))
        self._steps.append(_Step(provider, kind_of(provider), tuple(positional), tuple(keywords)))
        number = len(_STARTING_VALUES) + len(self._steps) - 1
        if dependency.use_cache:
            self._shared[key] = number
        return number


async def _provide(call: Callable[[], Any], kind: ProviderKind, scope: AsyncExitStack) -> Any:
    if kind is ProviderKind.COROUTINE:
        return await call()
    if kind is ProviderKind.ASYNC_MANAGER:
        made = call()
        return await enter(made, scope) if is_enterable(made) else made
    if kind is ProviderKind.MANAGER:
        made = call()
        manager = contextmanager(lambda: made)() if inspect.isgenerator(made) else made
        return await enter_in_thread(manager, scope) if isinstance(manager, AbstractContextManager) else manager
    made = await in_thread(call)
    return await made if inspect.iscoroutine(made) else made


def _key(provider: Callable[..., Any]) -> object:
    try:
        hash(provider)
    except TypeError:
        return id(provider)
    return provider
