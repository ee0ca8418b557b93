"""Hub objects: a fresh one for each call, from the class itself or from the application's factory."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeAlias, final

from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.context import HubCallerContext
from signalr_py.hub.hub import Hub
from signalr_py.hub.providers import function_of
from signalr_py.hub.resources import enter, is_enterable

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

__all__ = ["HubActivator", "HubFactory"]

HubFactory: TypeAlias = Callable[
    [HubCallerContext], Hub[Any] | Awaitable[Hub[Any]] | AbstractAsyncContextManager[Hub[Any]] | AsyncIterator[Hub[Any]]
]
"""Makes the hub object of one call: returns it, or an awaitable or an asynchronous context manager of it."""


@final
class HubActivator:
    """Makes the hub objects of one hub class.

    Args:
        hub_type: The class.
        hub_factory: What the application makes them with; None to call the class without arguments.

    Raises:
        HubDefinitionError: The class needs arguments and there is no factory, or the factory cannot be called with a
            `HubCallerContext`.
    """

    def __init__(self, hub_type: type[Hub[Any]], hub_factory: HubFactory | None = None) -> None:
        self._hub_type = hub_type
        self._factory = hub_factory
        self._option = f"map_hub({hub_type.__name__}, hub_factory=...)"
        if hub_factory is None:
            self._check_class()
        else:
            self._check_factory(hub_factory)

    @property
    def is_plain(self) -> bool:
        """Whether there is no factory: `create` is enough, and nothing is to be closed."""
        return self._factory is None

    def create(self) -> Hub:
        """Return a hub object made by calling the class."""
        return self._hub_type()

    async def open(self, context: HubCallerContext, scope: AsyncExitStack) -> Hub:
        """Return a hub object made by the factory.

        Args:
            context: The connection that makes the call.
            scope: Ends with the call. A context manager of a hub is entered for as long; its exit sees the exception
                that ended the call, and cannot hide it.

        Raises:
            HubDefinitionError: The factory made something else than a fresh object of the hub class.
        """
        made: Any = self.create() if self._factory is None else self._factory(context)
        while not isinstance(made, Hub):
            if is_enterable(made):
                made = await enter(made, scope)
            elif inspect.isawaitable(made):
                made = await made
            else:
                break
        if type(made) is not self._hub_type:
            raise HubDefinitionError(
                f"{self._option} made {_described(made)}: it must make an object of {self._hub_type.__name__}, by "
                "returning it, or as an awaitable or an asynchronous context manager of it. Methods and hooks are "
                "those of the class that is mapped, so map the subclass itself to use its overrides."
            )
        if "clients" in vars(made):
            raise HubDefinitionError(
                f"{self._option} made the same object twice, but a hub object serves one call: "
                f"create a {self._hub_type.__name__} each time, and share what it works with."
            )
        return made

    def _check_class(self) -> None:
        name = self._hub_type.__name__
        try:
            self._hub_type()
        except TypeError as error:
            raise HubDefinitionError(
                f"{name} cannot be created without arguments, as every call does: {error}. Give `map_hub` a factory, "
                f"such as `hub_factory=lambda context: {name}(...)`."
            ) from error

    def _check_factory(self, factory: HubFactory) -> None:
        if isinstance(factory, Hub) or not callable(factory):
            raise HubDefinitionError(
                f"{self._option}: {_described(factory)} is no factory: write a function of the `HubCallerContext` "
                f"that makes a {self._hub_type.__name__}, such as `lambda context: {self._hub_type.__name__}(...)`."
            )
        if inspect.isgeneratorfunction(inspect.unwrap(function_of(factory))):
            raise HubDefinitionError(
                f"{self._option}: a factory that yields must be an `async def`, because it runs on the event loop."
            )
        try:
            inspect.signature(factory).bind(None)
        except TypeError as error:
            raise HubDefinitionError(
                f"{self._option}: the factory is called with the `HubCallerContext` of the call: {error}. Write "
                "`lambda context: ...` around one that takes something else."
            ) from error
        except ValueError:
            return


def _described(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"an object of {type(value).__name__}"
