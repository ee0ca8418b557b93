from __future__ import annotations

import pytest
from starlette.authentication import SimpleUser
from starlette.requests import HTTPConnection

from signalr_py.transports.forwarding import NoForwarding
from signalr_py.transports.lookup import ConnectionLookup, NotFound, Why
from signalr_py.transports.query import QueryValues
from signalr_py.transports.tokens import ConnectionToken, fingerprint, new_connection_id
from tests.support.endpoints import NODE, ServedHub
from tests.support.exchanges import http_scope

ALICE = SimpleUser("alice")


class Site:
    """A lookup with one open connection of Alice, and requests to find it with."""

    def __init__(self) -> None:
        self.hub = ServedHub()
        self.lookup = ConnectionLookup(self.hub.manager, self.hub.tokens, NODE, NoForwarding())
        self.token = self.new_token()
        self.text = self.hub.tokens.issue(self.token)
        self.connection = self.hub.manager.claim(self.token)

    def new_token(self, *, negotiate_version: int = 1, life: int = 15) -> ConnectionToken:
        expiry = int(self.hub.wall_clock()) + life
        return ConnectionToken(
            new_connection_id(), NODE, fingerprint("user alice"), False, expiry, negotiate_version=negotiate_version
        )

    async def find(self, text: str | None, user: object = ALICE) -> object:
        request, query = ask(text, user)
        return await self.lookup.find(request, query, receive, send)


def ask(text: str | None, user: object = ALICE) -> tuple[HTTPConnection, QueryValues]:
    scope = http_scope(query="" if text is None else f"id={text}", user=user)
    return HTTPConnection(scope), QueryValues(scope)


async def receive() -> dict[str, object]:
    raise AssertionError("a lookup reads nothing")


async def send(message: object) -> None:
    raise AssertionError("a lookup without another node answers nothing")


@pytest.fixture
def site() -> Site:
    return Site()


async def test_an_open_connection_is_found(site: Site) -> None:
    assert await site.find(site.text) is site.connection


async def test_a_token_that_may_open_a_connection_is_found(site: Site) -> None:
    token = site.new_token()
    assert await site.find(site.hub.tokens.issue(token)) == token


@pytest.mark.parametrize("text", [None, ""])
async def test_a_request_without_an_id(site: Site, text: str | None) -> None:
    assert await site.find(text) == NotFound(Why.NO_ID)


async def test_ids_that_lead_nowhere(site: Site) -> None:
    stale = site.hub.tokens.issue(site.new_token(life=-10))
    for text in ("unknown", site.token.connection_id, stale):
        assert await site.find(text) == NotFound(Why.UNKNOWN_ID)


@pytest.mark.parametrize("user", [None, SimpleUser("bob")])
async def test_the_connection_of_another_user_is_told_apart(site: Site, user: object) -> None:
    assert await site.find(site.text, user) == NotFound(Why.OTHER_USER, site.connection)
    unused = site.hub.tokens.issue(site.new_token())
    assert await site.find(unused, user) == NotFound(Why.OTHER_USER)


@pytest.mark.parametrize(("user", "is_own"), [(ALICE, True), (SimpleUser("bob"), False), (None, False)])
def test_ones_own_connection_is_found_without_asking_elsewhere(site: Site, user: object, *, is_own: bool) -> None:
    assert site.lookup.own(*ask(site.text, user)) is (site.connection if is_own else None)


@pytest.mark.parametrize("text", [None, "", "unknown"])
def test_without_a_token_there_is_no_connection_of_ones_own(site: Site, text: str | None) -> None:
    assert site.lookup.own(*ask(text)) is None


def test_a_token_tells_the_version_of_its_negotiation(site: Site) -> None:
    old = site.hub.tokens.issue(site.new_token(negotiate_version=0))
    answers = [site.lookup.was_negotiated_as_0(ask(text)[1]) for text in (old, site.text, "unknown", None)]
    assert answers == [True, False, False, False]
