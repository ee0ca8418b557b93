from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import AuthCredentials, BaseUser, SimpleUser, UnauthenticatedUser
from starlette.requests import HTTPConnection

from signalr_py.auth import JwtUser, RefusedUser
from signalr_py.exceptions import HubDefinitionError
from signalr_py.hub.authorization import (
    AuthorizationContext,
    AuthorizationRequirement,
    Denial,
    Policy,
    authorize,
    authorize_request,
    check,
    requirements_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

ANYBODY = AuthorizationRequirement()


def request(user: object = None, scopes: Sequence[str] = ()) -> HTTPConnection:
    scope = {"type": "http", "method": "GET", "path": "/chat", "query_string": b"", "headers": []}
    return HTTPConnection(scope if user is None else {**scope, "user": user, "auth": AuthCredentials(scopes)})


def context(user: object = None, scopes: Sequence[str] = (), method: str | None = "Send") -> AuthorizationContext:
    return AuthorizationContext.of(request(user, scopes), "Chat", method=method, arguments=("hi",))


def alice(*roles: str) -> JwtUser:
    return JwtUser(user_id="alice", roles=roles, expires_at=0)


class UserWithRoles(SimpleUser):
    def __init__(self, roles: object) -> None:
        super().__init__("alice")
        self.roles = roles


def agree(context: AuthorizationContext) -> bool:
    return True


def test_every_form_of_the_decorator() -> None:
    @authorize
    class Hub:
        @authorize
        def bare(self) -> None: ...

        @authorize()
        def called(self) -> None: ...

        @authorize("a", "b")
        async def scopes(self) -> None: ...

        @authorize(roles="admin")
        def role(self) -> None: ...

        @authorize("a", roles=["admin", "ops"], policy=agree)
        def everything(self) -> None: ...

        @authorize("a")
        @authorize(policy=agree)
        def stacked(self) -> None: ...

        def free(self) -> None: ...

    assert requirements_of(Hub) == (ANYBODY,)
    assert requirements_of(Hub.bare) == requirements_of(Hub.called) == requirements_of(Hub().bare) == (ANYBODY,)
    assert requirements_of(Hub.scopes) == (AuthorizationRequirement(scopes=("a", "b")),)
    assert requirements_of(Hub.role) == (AuthorizationRequirement(roles=("admin",)),)
    assert requirements_of(Hub.everything) == (
        AuthorizationRequirement(scopes=("a",), roles=("admin", "ops"), policy=agree),
    )
    assert requirements_of(Hub.stacked) == (
        AuthorizationRequirement(scopes=("a",)),
        AuthorizationRequirement(policy=agree),
    )
    assert requirements_of(Hub.free) == ()
    assert requirements_of(None) == ()


def test_a_class_inherits_and_an_overriding_method_does_not() -> None:
    class Mixin:
        @authorize("mixin")
        def mixed(self) -> None: ...

    @authorize("base")
    class Base:
        @authorize("method")
        def kept(self) -> None: ...

        @authorize("method")
        def replaced(self) -> None: ...

    @authorize("left")
    class Left(Base):
        def replaced(self) -> None: ...

    class Plain(Base): ...

    @authorize("both")
    class Both(Mixin, Left): ...

    assert [r.scopes for r in requirements_of(Base)] == [("base",)]
    assert [r.scopes for r in requirements_of(Plain)] == [("base",)]
    assert [r.scopes for r in requirements_of(Both)] == [("base",), ("left",), ("both",)]
    assert requirements_of(Mixin) == ()
    assert [r.scopes for r in requirements_of(Both.kept)] == [("method",)]
    assert [r.scopes for r in requirements_of(Both.mixed)] == [("mixin",)]
    assert requirements_of(Both.replaced) == ()


def test_a_wrapper_that_tells_what_it_wraps_keeps_the_requirement() -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            return function(*arguments)

        return call

    @authorize("outer")
    @logged
    @authorize("inner")
    def method() -> str:
        return "called"

    assert [r.scopes for r in requirements_of(method)] == [("outer",), ("inner",)]
    assert method() == "called"


@pytest.mark.parametrize(
    "target",
    [None, 5, b"x", ["scope"], len, [].append, staticmethod(agree), classmethod(lambda cls: True), property(agree)],
)
def test_what_cannot_be_decorated(target: Any) -> None:
    with pytest.raises(HubDefinitionError, match="for hub classes and their methods"):
        authorize(target)


@pytest.mark.parametrize("scopes", [("",), ("a b",), (" a",), ("a", 5), ("a\n",), (agree, "a")])
def test_scopes_that_no_token_can_have(scopes: tuple[Any, ...]) -> None:
    with pytest.raises(HubDefinitionError, match="a scope is a string without blanks"):
        authorize(*scopes)


@pytest.mark.parametrize("roles", [(), [], "", [""], ("admin", 5)])
def test_roles_that_nobody_can_have(roles: Any) -> None:
    with pytest.raises(HubDefinitionError, match="name at least one role"):
        authorize(roles=roles)


def test_a_policy_is_callable() -> None:
    with pytest.raises(HubDefinitionError, match="policy=True"):
        authorize(policy=True)  # type: ignore[call-overload]


@pytest.mark.parametrize("user", [None, "alice", UnauthenticatedUser(), RefusedUser("no")])
async def test_nobody_meets_nothing(user: object) -> None:
    assert await check((), context(user))
    assert not await check((ANYBODY,), context(user, ["a"]))
    assert not await check((AuthorizationRequirement(policy=agree),), context(user))


async def test_scopes_are_all_needed() -> None:
    needed = (AuthorizationRequirement(scopes=("a", "b")),)
    assert await check(needed, context(alice(), ["b", "a", "c"]))
    assert not await check(needed, context(alice(), ["a"]))
    assert not await check(needed, context(alice()))


@pytest.mark.parametrize(
    ("roles", "answer"),
    [
        (("admin",), True),
        ({"x", "ops"}, True),
        (["Admin"], False),
        ("admin", True),
        ("administrator", False),
        ((), False),
        (None, False),
    ],
)
async def test_one_role_is_enough(roles: object, answer: bool) -> None:
    needed = (AuthorizationRequirement(roles=("admin", "ops")),)
    assert await check(needed, context(UserWithRoles(roles))) is answer
    assert not await check(needed, context(SimpleUser("alice"), ["admin"]))


async def test_requirements_add_up() -> None:
    needed = (AuthorizationRequirement(roles=("admin",)), AuthorizationRequirement(roles=("ops",)))
    assert await check(needed, context(alice("admin", "ops")))
    assert not await check(needed, context(alice("admin")))


class AwaitedPolicy:
    async def __call__(self, context: AuthorizationContext) -> bool:
        await anyio.lowlevel.checkpoint()
        return context.user.identity == "alice"


async def test_policies_see_the_call_and_decide() -> None:
    seen: list[AuthorizationContext] = []

    def plain(context: AuthorizationContext) -> bool:
        seen.append(context)
        return context.arguments == ("hi",)

    async def slow(context: AuthorizationContext) -> bool:
        await anyio.lowlevel.checkpoint()
        return context.scopes == ("a",)

    def hands_over(context: AuthorizationContext) -> Awaitable[bool]:
        return slow(context)

    policies: tuple[Policy, ...] = (plain, slow, hands_over, AwaitedPolicy(), lambda context: context.method == "Send")
    needed = tuple(AuthorizationRequirement(policy=policy) for policy in policies)
    asked = context(alice(), ["a"])
    assert await check(needed, asked)
    assert seen == [asked]
    assert (asked.hub, asked.method, asked.user, asked.request.url.path) == ("Chat", "Send", alice(), "/chat")
    assert "hi" not in repr(asked)
    for refusing in (lambda context: False, AwaitedPolicy()):
        bob = context(SimpleUser("bob"))
        assert not await check((AuthorizationRequirement(policy=refusing),), bob)


async def test_a_policy_is_asked_only_when_the_rest_agrees() -> None:
    seen: list[AuthorizationContext] = []

    def policy(context: AuthorizationContext) -> bool:
        seen.append(context)
        return True

    needed = (AuthorizationRequirement(scopes=("a",), policy=policy), AuthorizationRequirement(policy=policy))
    assert not await check(needed, context(alice()))
    assert seen == []


def raises(context: AuthorizationContext) -> bool:
    raise LookupError("not here")


async def raises_later(context: AuthorizationContext) -> bool:
    await anyio.lowlevel.checkpoint()
    raise LookupError("not here")


@pytest.mark.parametrize("policy", [raises, raises_later])
@pytest.mark.parametrize(("method", "subject"), [("Send", "Chat.Send"), (None, "Chat")])
async def test_a_policy_that_raises_refuses(
    policy: Policy, method: str | None, subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    needed = (AuthorizationRequirement(policy=policy),) * 2
    assert not await check(needed, context(alice(), method=method))
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (
        "ERROR",
        f"An authorization policy of {subject} raised; access is refused.",
    )
    assert "not here" in caplog.text


@pytest.mark.parametrize("verdict", [None, 1, "yes", [True], object()])
async def test_a_policy_that_is_unclear_refuses(verdict: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert not await check((AuthorizationRequirement(policy=lambda context: verdict),), context(alice()))
    (record,) = caplog.records
    words = f"An authorization policy of Chat.Send returned {type(verdict).__name__}, not a boolean; access is refused."
    assert (record.levelname, record.getMessage()) == ("ERROR", words)


async def test_cancellation_passes_through_a_policy() -> None:
    async def waits(context: AuthorizationContext) -> bool:
        await anyio.sleep_forever()
        return True

    with anyio.CancelScope() as scope:
        scope.cancel()
        await check((AuthorizationRequirement(policy=waits),), context(alice()))
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("user", "denial"),
    [
        (alice("admin"), None),
        (alice(), Denial(status=403)),
        (UnauthenticatedUser(), Denial(status=401, headers={"WWW-Authenticate": "Bearer"})),
        (
            RefusedUser("Too old"),
            Denial(
                status=401,
                headers={"WWW-Authenticate": 'Bearer error="invalid_token", error_description="Too old"'},
            ),
        ),
    ],
)
async def test_answers_to_requests(user: BaseUser, denial: Denial | None, caplog: pytest.LogCaptureFixture) -> None:
    answer = await authorize_request((AuthorizationRequirement(roles=("admin",)),), request(user), "Chat")
    assert answer == denial
    assert answer is None or answer.body == b""
    assert caplog.records == []
    assert await authorize_request((), request(user), "Chat") is None


async def test_a_hub_policy_sees_no_method() -> None:
    seen: list[AuthorizationContext] = []

    def policy(context: AuthorizationContext) -> bool:
        seen.append(context)
        return False

    asked = request(alice())
    assert await authorize_request((AuthorizationRequirement(policy=policy),), asked, "Chat") == Denial(status=403)
    (found,) = seen
    assert (found.hub, found.method, found.arguments, found.request) == ("Chat", None, (), asked)


@pytest.mark.parametrize("user", [None, "alice", object()])
async def test_without_the_middleware(user: object, caplog: pytest.LogCaptureFixture) -> None:
    answer = await authorize_request((ANYBODY,), request(user), "Chat")
    assert answer == Denial(status=401, headers={"WWW-Authenticate": "Bearer"})
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "Hub Chat" in record.getMessage()
    assert "AuthenticationMiddleware" in record.getMessage()


NAMES = st.sampled_from(["a", "b", "c"])
REQUIREMENTS = st.lists(
    st.builds(
        AuthorizationRequirement,
        scopes=st.lists(NAMES, max_size=2).map(tuple),
        roles=st.lists(NAMES, max_size=2).map(tuple),
        policy=st.sampled_from([None, agree, lambda context: False]),
    ),
    max_size=3,
)


@given(REQUIREMENTS, REQUIREMENTS, st.lists(NAMES), st.lists(NAMES))
async def test_together_they_agree_when_each_does(
    some: list[AuthorizationRequirement], more: list[AuthorizationRequirement], scopes: list[str], roles: list[str]
) -> None:
    asked = context(alice(*roles), scopes)
    each = [await check((requirement,), asked) for requirement in (*some, *more)]
    assert await check((*some, *more), asked) is all(each)
    assert not await check((*some, *more, ANYBODY), context(UnauthenticatedUser(), scopes))
