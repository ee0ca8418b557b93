"""Who may use a hub or one of its methods: `@authorize`, and the checks behind it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, final, overload

from starlette.authentication import BaseUser, UnauthenticatedUser

from signalr_py.exceptions import HubDefinitionError
from signalr_py.types import Challenge

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

__all__ = [
    "AuthorizationContext",
    "AuthorizationRequirement",
    "Denial",
    "Policy",
    "authorize",
    "authorize_request",
    "check",
    "requirements_of",
]

_log = logging.getLogger("signalr_py.authorization")

_MARK: Final = "__signalr_authorization__"

_TargetT = TypeVar("_TargetT", bound=Callable[..., object])


@final
@dataclass(frozen=True, kw_only=True)
class AuthorizationContext:
    """What a policy may look at.

    Attributes:
        user: The user, who is authenticated when a policy is asked.
        scopes: The user's scopes.
        request: The request that carries the connection; on the hub itself, the one to be decided on.
        hub: Name of the hub.
        method: Name of the hub method, or None when the hub itself is asked for.
        arguments: Arguments of the call.
    """

    user: BaseUser
    scopes: tuple[str, ...]
    request: HTTPConnection
    hub: str
    method: str | None = None
    arguments: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls, request: HTTPConnection, hub: str, *, method: str | None = None, arguments: tuple[Any, ...] = ()
    ) -> AuthorizationContext:
        """Return the context for the user whom Starlette's `AuthenticationMiddleware` found, or for nobody."""
        user = request.scope.get("user")
        return cls(
            user=user if isinstance(user, BaseUser) else UnauthenticatedUser(),
            scopes=tuple(getattr(request.scope.get("auth"), "scopes", ())),
            request=request,
            hub=hub,
            method=method,
            arguments=arguments,
        )


Policy: TypeAlias = Callable[[AuthorizationContext], bool | Awaitable[bool]]
"""Decides whether a user may go on; a plain one runs on the event loop and must not block."""


@final
@dataclass(frozen=True, kw_only=True)
class AuthorizationRequirement:
    """What one `@authorize` asks for, beside an authenticated user.

    Attributes:
        scopes: Scopes of which the user needs all.
        roles: Roles of which the user needs one; empty for no such wish.
        policy: What else must agree.
    """

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    policy: Policy | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Denial:
    """The answer to a request that may not go on.

    Attributes:
        status: 401 when nobody, or nobody acceptable, asks; 403 when that user may not.
        headers: Headers of the answer.
        body: Body of the answer.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""


@overload
def authorize(target: _TargetT, /) -> _TargetT: ...
@overload
def authorize(
    *scopes: str, roles: str | Sequence[str] | None = None, policy: Policy | None = None
) -> Callable[[_TargetT], _TargetT]: ...
def authorize(
    *scopes: Any, roles: str | Sequence[str] | None = None, policy: Policy | None = None
) -> Callable[..., object]:
    """Let only some users use a hub, or one of its methods; the reference's `[Authorize]`.

    ```python
    @authorize
    class ChatHub(Hub):
        @authorize("chat.write", roles=("editor", "admin"))
        async def publish(self, text: str) -> None: ...

        @authorize(policy=lambda context: context.user.identity != "mallory")
        async def erase(self) -> None: ...
    ```

    On a hub it is checked on every request, which is answered with 401 or 403; on a method on every call, which fails.
    An authenticated user is always asked for. Decorators add up: those of a hub, of its base classes and of a method
    must all agree. A method that overrides another also keeps
    what that one asks for. Put it above decorators that replace a method.

    Args:
        *scopes: Scopes of which the user needs all.
        roles: Roles of which the user needs one, taken from the user's `roles`.
        policy: A plain callable or a coroutine function that is given an `AuthorizationContext` and decides; raising
            counts as a refusal.

    Raises:
        HubDefinitionError: It is used on something else, or with values that can never be met.
    """
    if len(scopes) == 1 and not isinstance(scopes[0], str) and roles is None and policy is None:
        target: Callable[..., object] = scopes[0]
        _mark(target, AuthorizationRequirement())
        return target
    requirement = _requirement(scopes, roles, policy)

    def decorate(target: _TargetT) -> _TargetT:
        _mark(target, requirement)
        return target

    return decorate


def requirements_of(target: object) -> tuple[AuthorizationRequirement, ...]:
    """Return what `@authorize` asks for on a hub class, with its base classes, or on a method."""
    if isinstance(target, type):
        return tuple(item for base in reversed(target.__mro__) for item in vars(base).get(_MARK, ()))
    return tuple(getattr(target, _MARK, ()))


async def check(requirements: Sequence[AuthorizationRequirement], context: AuthorizationContext) -> bool:
    """Tell whether a user meets all requirements; none are met by anybody.

    A policy that raises, or answers with something else than a boolean, refuses; the log says so.
    """
    if not requirements:
        return True
    if not context.user.is_authenticated:
        return False
    roles = getattr(context.user, "roles", None) or ()
    roles = (roles,) if isinstance(roles, str) else roles
    for requirement in requirements:
        if not all(scope in context.scopes for scope in requirement.scopes):
            return False
        if requirement.roles and not any(role in roles for role in requirement.roles):
            return False
        if requirement.policy is not None and not await _agrees(requirement.policy, context):
            return False
    return True


async def authorize_request(
    requirements: Sequence[AuthorizationRequirement], connection: HTTPConnection, hub: str
) -> Denial | None:
    """Decide on a request to a hub.

    Returns:
        The answer when it may not go on: 401 with a challenge when nobody asks or the credentials were refused, 403
        when the user may not.
    """
    if not requirements:
        return None
    user = connection.scope.get("user")
    if not isinstance(user, BaseUser):
        _log.error(
            "Hub %s needs an authenticated user, but its requests carry no user at all: add Starlette's "
            "AuthenticationMiddleware, with a backend such as JwtAuthBackend, to the application.",
            hub,
        )
        return _challenge("Bearer")
    if not user.is_authenticated:
        return _challenge(user.www_authenticate if isinstance(user, Challenge) else "Bearer")
    if not await check(requirements, AuthorizationContext.of(connection, hub)):
        return Denial(status=403)
    return None


def _challenge(value: str) -> Denial:
    return Denial(status=401, headers=MappingProxyType({"WWW-Authenticate": value}))


async def _agrees(policy: Policy, context: AuthorizationContext) -> bool:
    subject = context.hub if context.method is None else f"{context.hub}.{context.method}"
    try:
        verdict = policy(context)
        if inspect.isawaitable(verdict):
            verdict = await verdict
    except Exception:  # noqa: BLE001 a policy is the application's, and whatever it raises must not let anybody in
        _log.exception("An authorization policy of %s raised; access is refused.", subject)
        return False
    if not isinstance(verdict, bool):
        _log.error(
            "An authorization policy of %s returned %s, not a boolean; access is refused.",
            subject,
            type(verdict).__name__,
        )
        return False
    return verdict


def _requirement(
    scopes: tuple[Any, ...], roles: str | Sequence[str] | None, policy: Policy | None
) -> AuthorizationRequirement:
    for scope in scopes:
        if not isinstance(scope, str) or scope.split() != [scope]:
            raise HubDefinitionError(
                f"@authorize({scope!r}): a scope is a string without blanks; name several one by one."
            )
    names = (roles,) if isinstance(roles, str) else tuple(roles or ())
    if roles is not None and (not names or not all(isinstance(name, str) and name for name in names)):
        raise HubDefinitionError(f"@authorize(roles={roles!r}): name at least one role, or leave `roles` out.")
    if policy is not None and not callable(policy):
        raise HubDefinitionError(f"@authorize(policy={policy!r}): a policy is a function of an AuthorizationContext.")
    return AuthorizationRequirement(scopes=scopes, roles=names, policy=policy)


def _mark(target: Callable[..., object], requirement: AuthorizationRequirement) -> None:
    own = vars(target).get(_MARK, ()) if isinstance(target, type) else getattr(target, _MARK, ())
    try:
        if not callable(target) or isinstance(target, staticmethod | classmethod):
            raise TypeError
        setattr(target, _MARK, (requirement, *own))
    except (AttributeError, TypeError):
        raise HubDefinitionError(f"@authorize is for hub classes and their methods, not for {target!r}.") from None
