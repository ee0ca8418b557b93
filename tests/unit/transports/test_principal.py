from __future__ import annotations

import pytest
from starlette.authentication import AuthCredentials, BaseUser, SimpleUser, UnauthenticatedUser
from starlette.requests import HTTPConnection

from signalr_py.transports.principal import adopt_user, expires_at, identity_of, user_name
from tests.support.exchanges import http_scope


class User(BaseUser):
    """A user with an identity and an expiry."""

    def __init__(self, identity: object, expires_at: object = None) -> None:
        self._identity = identity
        self.expires_at = expires_at

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return "a name to show"

    @property
    def identity(self) -> str:
        return self._identity  # type: ignore[return-value]


class NamelessUser(BaseUser):
    """A user of an application that has no use for identities."""

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return "a name to show"


def connection(user: object = None) -> HTTPConnection:
    return HTTPConnection(http_scope(user=user))


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (None, None),
        (UnauthenticatedUser(), None),
        (SimpleUser("alice"), "alice"),
        (User("42"), "42"),
        (User(42), "42"),
        (User(""), ""),
        (NamelessUser(), "a name to show"),
    ],
)
def test_the_name_of_a_user_is_its_identity_or_its_display_name(user: object, name: str | None) -> None:
    assert user_name(connection(user)) == name


def test_nobody_and_a_user_without_a_name_are_different() -> None:
    identities = [identity_of(connection(user)) for user in (None, User(""), User("alice"), User("Alice"))]
    assert len(set(identities)) == 4
    assert identity_of(connection(UnauthenticatedUser())) == identities[0]


@pytest.mark.parametrize(
    ("user", "expiry"),
    [
        (None, None),
        (SimpleUser("alice"), None),
        (User("alice", 1_700_000_000), 1_700_000_000.0),
        (User("alice", 1.5), 1.5),
        (User("alice", "tomorrow"), None),
        (User("alice", None), None),
    ],
)
def test_the_expiry_of_a_user_is_its_attribute_when_that_is_a_number(user: object, expiry: float | None) -> None:
    assert expires_at(connection(user)) == expiry


def test_a_connection_adopts_the_user_of_a_later_request() -> None:
    first, later = connection(SimpleUser("alice")), connection(User("alice"))
    later.scope["auth"] = AuthCredentials(["admin"])
    adopt_user(first, later)
    assert first.user is later.user
    assert first.auth.scopes == ["admin"]


def test_a_later_request_without_a_user_changes_nothing() -> None:
    user = SimpleUser("alice")
    first = connection(user)
    adopt_user(first, connection())
    assert first.user is user
    assert "auth" not in first.scope
