from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import AuthCredentials, BaseUser, SimpleUser, UnauthenticatedUser
from starlette.requests import HTTPConnection

from signalr_py.transports.principal import (
    adopt_user,
    credentials_of,
    expires_at,
    identity_of,
    is_authenticated,
    restore_user,
    token_lifetime,
    user_name,
)
from tests.support.exchanges import http_scope

NOW = 1_700_000_000.5


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
        (User("alice", True), None),
        (User("alice", math.inf), None),
        (User("alice", math.nan), None),
        (User("alice", 10**400), None),
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


def test_the_earlier_user_can_be_given_back() -> None:
    first, later = connection(SimpleUser("alice")), connection(User("alice"))
    later.scope["auth"] = AuthCredentials(["admin"])
    before = dict(first.scope)
    restore_user(first, adopt_user(first, later))
    assert first.scope == before


@pytest.mark.parametrize(
    ("user", "is_known"), [(None, False), (UnauthenticatedUser(), False), (SimpleUser("alice"), True)]
)
def test_a_user_who_is_known_is_authenticated(user: object, *, is_known: bool) -> None:
    assert is_authenticated(connection(user)) is is_known


@pytest.mark.parametrize(
    ("expiry", "lifetime"),
    [(None, None), (NOW + 60, 60), (NOW + 59.9, 59), (NOW - 60, 0), (1e300, 2**31 - 1), (math.inf, None)],
)
def test_a_lifetime_is_told_in_whole_seconds(expiry: float | None, lifetime: int | None) -> None:
    assert token_lifetime(connection(User("alice", expiry)), NOW) == lifetime


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.text(), st.none()), st.floats(0, 1e12))
def test_no_expiry_makes_a_lifetime_fail(expiry: object, now: float) -> None:
    lifetime = token_lifetime(connection(User("alice", expiry)), now)
    assert lifetime is None or 0 <= lifetime < 2**31


def with_token(headers: dict[str, str] | None = None, query: str = "") -> bytes:
    return credentials_of(HTTPConnection(http_scope(headers=headers, query=query)))


def test_credentials_are_the_same_wherever_the_token_travels() -> None:
    expected = with_token({"Authorization": "Bearer abc"})
    assert with_token({"Authorization": "bearer  abc "}) == expected
    assert with_token(query="access_token=abc&id=1") == expected
    assert with_token({"Authorization": "Bearer abc"}, query="access_token=other") == expected


def test_other_tokens_are_other_credentials_and_none_are_shown() -> None:
    requests = [{"Authorization": "Bearer abc"}, {"Authorization": "Bearer abe"}, {}]
    digests = [with_token(headers) for headers in requests]
    assert len(set(digests)) == len(requests)
    assert not any(b"ab" in digest for digest in digests)


def test_requests_without_a_token_have_the_same_credentials() -> None:
    assert with_token() == with_token(query="access_token=") == with_token({"Authorization": "Bearer"})
