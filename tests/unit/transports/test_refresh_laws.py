"""Whatever is sent to `{hub}/refresh`, the answer is one that is written down, and no connection but its own ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import SimpleUser, UnauthenticatedUser

from signalr_py.options import HttpConnectionOptions
from tests.support.endpoints import ServedHub, token_of
from tests.support.exchanges import HttpExchange, http_scope

if TYPE_CHECKING:
    from tests.support.exchanges import Answer

CODES: dict[int, set[str | None]] = {
    200: {None},
    400: {"missing_connection_token", "unsupported_negotiate_version"},
    401: {"invalid_token"},
    403: {"permission_change_rejected"},
    404: {"refresh_disabled", "connection_not_found"},
}
METHODS = st.sampled_from(["POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW", ""])
USERS = st.one_of(st.none(), st.builds(UnauthenticatedUser), st.text().map(SimpleUser))
AUTHORIZATIONS = st.none() | st.text("Bearer abc.é", max_size=30)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
QUERIES = st.one_of(
    st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")),
    TEXTS.map(lambda text: f"id={quote(text)}"),
    st.text("ABCabc012-_", max_size=200).map(lambda text: f"id={text}"),
)


async def ask(hub: ServedHub, method: str, query: str, user: object, body: bytes, token: str | None) -> Answer:
    headers = {} if token is None else {"Authorization": token}
    scope = http_scope(method, "/hub/refresh", query="", headers=headers, user=user)
    async with HttpExchange(hub.app, {**scope, "query_string": query.encode("latin-1")}, body=body) as exchange:
        return await exchange.answer()


def is_written_down(answer: Answer, method: str) -> bool:
    if method != "POST":
        return (answer.status, answer.body) == (405, b"")
    code: str | None = json.loads(answer.body).get("error")
    return answer.headers["content-type"] == "application/json" and code in CODES[answer.status]


@given(
    METHODS, QUERIES, USERS, st.binary(max_size=100), st.none() | st.text("Bearer abc.é", max_size=30), st.booleans()
)
def test_anything_gets_an_answer_that_is_written_down(
    method: str, query: str, user: object, body: bytes, token: str | None, is_enabled: bool
) -> None:
    async def run() -> None:
        hub = ServedHub(HttpConnectionOptions(enable_authentication_refresh=is_enabled))
        alice = SimpleUser("alice")
        negotiated = await hub.negotiate(user=alice)
        await hub.request(id=negotiated.token, user=alice)
        assert is_written_down(await ask(hub, method, query, user, body, token), method)
        assert hub.connection(negotiated).takes_input
        assert hub.handlers.latest.expirations == 0

    asyncio.run(run())


@given(USERS, st.integers(0, 1000), st.integers(1, 255))
def test_a_token_with_a_changed_character_finds_nothing(user: object, place: int, change: int) -> None:
    async def run() -> None:
        hub = ServedHub(HttpConnectionOptions(enable_authentication_refresh=True))
        token = token_of(hub)
        index = place % len(token)
        changed = token[:index] + chr(ord(token[index]) ^ change) + token[index + 1 :]
        answer = await hub.request("POST", "/hub/refresh", query=f"id={quote(changed)}", user=user)
        assert (answer.status, json.loads(answer.body)) == (404, {"error": "connection_not_found"})

    asyncio.run(run())
