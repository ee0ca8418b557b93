"""What `SignalR` is given: keys, the id of users, origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.testclient import TestClient, WebSocketDenialResponse

from signalr_py import (
    Hub,
    OptionsError,
    SignalR,
    authorize,
)
from signalr_py.transports.tokens import ConnectionTokens
from tests.support.applications import NEGOTIATE, ChatHub, Everybody, serving
from tests.support.asgi import hub_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

KEY = "a secret of sixteen characters or more"
OTHER_KEY = "another secret of that kind"


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNALR_SECRET_KEYS", raising=False)


def token_of(client: TestClient, path: str = NEGOTIATE) -> str:
    token: str = client.post(path).json()["connectionToken"]
    return token


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("one string that is long enough", r"secret_keys=\.\.\.\): allowed is a list of strings, not one string"),
        ([], r"secret_keys=\.\.\.\): .*one or more"),
        (["too short"], r"secret_keys=\.\.\.\): .*16 characters or more"),
        ([KEY, ""], r"16 characters or more"),
        ([KEY.encode()], r"secret_keys=\.\.\.\): .*strings"),
        ([None], r"secret_keys=\.\.\.\): .*strings"),
    ],
)
def test_keys_that_are_not_allowed(keys: Any, text: str) -> None:
    with pytest.raises(OptionsError, match=text) as caught:
        SignalR(secret_keys=keys)
    assert "too short" not in str(caught.value)
    assert KEY not in str(caught.value)


def signed_with(signalr: SignalR, key: str) -> bool:
    """Tell whether a key verifies the tokens that an application issues."""
    with TestClient(serving(signalr)) as client:
        token = token_of(client)
        assert client.post(f"/chat?id={token}", content=b"").status_code == 200
    return ConnectionTokens([key], "ChatHub /chat 1").read(token) is not None


def test_the_first_key_signs() -> None:
    assert signed_with(SignalR(secret_keys=[KEY, OTHER_KEY]), KEY)
    assert not signed_with(SignalR(secret_keys=[KEY, OTHER_KEY]), OTHER_KEY)


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALR_SECRET_KEYS", f" {KEY} ,{OTHER_KEY},")
    assert signed_with(SignalR(), KEY)
    monkeypatch.setenv("SIGNALR_SECRET_KEYS", f"{OTHER_KEY},{KEY}")
    assert signed_with(SignalR(), OTHER_KEY)


def test_keys_that_are_given_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALR_SECRET_KEYS", KEY)
    assert signed_with(SignalR(secret_keys=[OTHER_KEY]), OTHER_KEY)


@pytest.mark.parametrize("variable", [None, "", " , "])
def test_without_keys_every_process_makes_one_of_its_own(monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    if variable is not None:
        monkeypatch.setenv("SIGNALR_SECRET_KEYS", variable)
    with TestClient(serving(SignalR())) as one, TestClient(serving(SignalR())) as two:
        assert two.post(f"/chat?id={token_of(one)}", content=b"").status_code == 404


def test_a_short_key_in_the_environment_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALR_SECRET_KEYS", "short")
    with pytest.raises(OptionsError, match=r"^SIGNALR_SECRET_KEYS: .*16 characters or more"):
        SignalR().map_hub("/chat", ChatHub)


def test_a_token_belongs_to_one_path() -> None:
    signalr = SignalR(secret_keys=[KEY])
    with TestClient(serving(signalr, signalr.map_hub("/also", ChatHub))) as client:
        token = token_of(client)
        assert client.post(f"/also?id={token}", content=b"").status_code == 404
        assert client.post(f"/chat?id={token}", content=b"").status_code == 200


def test_one_process_alone_is_not_warned_about_keys(caplog: pytest.LogCaptureFixture) -> None:
    SignalR().map_hub("/chat", ChatHub)
    assert caplog.messages == []


@pytest.mark.parametrize("value", [-1, "5", None, float("nan"), True])
def test_a_shutdown_timeout_that_is_not_allowed(value: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(shutdown_timeout=.*\): allowed is a number of seconds"):
        SignalR(shutdown_timeout=value)


async def find_user_later(connection: HTTPConnection) -> str | None:
    return None


def test_the_user_id_must_be_a_plain_callable() -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(user_id=.*find_user_later.*\): allowed is a plain callable"):
        SignalR(user_id=find_user_later)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user_id", "expected"), [(None, "bob"), (lambda connection: connection.user.display_name.upper(), "BOB")]
)
def test_the_id_of_a_user(user_id: Callable[[HTTPConnection], str | None] | None, expected: str) -> None:
    signalr = SignalR() if user_id is None else SignalR(user_id=user_id)
    app = serving(signalr, middleware=[Middleware(AuthenticationMiddleware, backend=Everybody())])
    with TestClient(app) as client, hub_session(client, "/chat") as session:
        assert session.invoke("User") == expected


def test_without_authentication_there_is_no_user() -> None:
    with TestClient(serving(SignalR())) as client, hub_session(client, "/chat") as session:
        assert session.invoke("User") is None


@authorize
class MembersHub(Hub):
    async def echo(self, value: Any) -> Any:
        return value


def test_an_authorized_hub_refuses_every_request_of_strangers() -> None:
    signalr = SignalR()
    app = Starlette(
        routes=[signalr.map_hub("/chat", MembersHub)],
        lifespan=signalr.lifespan,
        middleware=[Middleware(AuthenticationMiddleware, backend=Everybody())],
    )
    stranger = {"X-Nobody": "1"}
    with TestClient(app) as client:
        assert client.post(NEGOTIATE).status_code == 200
        answer = client.post(NEGOTIATE, headers=stranger)
        assert (answer.status_code, answer.headers["www-authenticate"], answer.content) == (401, "Bearer", b"")
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/chat", headers=stranger):
            pass
        assert caught.value.status_code == 401
        with hub_session(client, "/chat") as session:
            assert session.invoke("Echo", 1) == 1


@pytest.mark.parametrize(
    "origins",
    [
        "https://example.org",
        ["https://example.org/"],
        ["https://example.org/path"],
        ["example.org"],
        ["https://"],
        [""],
        [None],
        [b"https://example.org"],
        ["https://example.org", "*.example.org"],
    ],
)
def test_origins_that_are_not_allowed(origins: Any) -> None:
    with pytest.raises(OptionsError, match=r'^SignalR\(allowed_origins=.*\): allowed is a list .*\["\*"\]'):
        SignalR(allowed_origins=origins)


@pytest.mark.parametrize(
    ("allowed", "origin", "welcome"),
    [
        (None, "https://evil.example", True),
        (["https://example.org"], "https://example.org", True),
        (["https://Example.org"], "https://EXAMPLE.org", True),
        (["https://example.org:8443", "http://localhost:5173"], "http://localhost:5173", True),
        (["https://example.org"], None, True),
        (["*"], "https://evil.example", True),
        (["https://example.org"], "https://evil.example", False),
        (["https://example.org"], "https://example.org.evil.example", False),
        (["https://example.org"], "http://example.org", False),
        (["https://example.org"], "null", False),
        ([], "https://example.org", False),
    ],
)
def test_the_origin_of_a_websocket(
    caplog: pytest.LogCaptureFixture, allowed: list[str] | None, origin: str | None, welcome: object
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    with TestClient(serving(SignalR(allowed_origins=allowed))) as client:
        assert client.post(NEGOTIATE, headers=headers).status_code == 200
        if welcome:
            with hub_session(client, "/chat", headers) as session:
                assert session.invoke("Echo", 1) == 1
            return
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/chat", headers=headers):
            pass
    assert caught.value.status_code == 403
    (message,) = [record.getMessage() for record in caplog.records if record.name == "signalr_py"]
    assert repr(origin) in message
    assert "allowed_origins" in message


@pytest.mark.parametrize("origins", [None, ["*"], ["https://example.org", "*"]])
def test_cors_needs_origins_by_name(origins: list[str] | None) -> None:
    with pytest.raises(OptionsError, match=r"needs SignalR\(allowed_origins=\[\.\.\.\]\) with the origins by name"):
        SignalR(allowed_origins=origins).cors_middleware()


def client_with_cors(origins: list[str]) -> TestClient:
    signalr = SignalR(allowed_origins=origins)
    return TestClient(serving(signalr, middleware=[signalr.cors_middleware()]))


@pytest.mark.parametrize("origins", [["https://example.org"], ["https://Example.org", "https://x.org"]])
def test_cors_lets_pages_of_allowed_origins_use_the_hub_with_credentials(origins: list[str]) -> None:
    with client_with_cors(origins) as client:
        for method in ("GET", "POST", "DELETE"):
            answer = client.options(
                NEGOTIATE,
                headers={
                    "Origin": "https://example.org",
                    "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": "x-requested-with,x-signalr-user-agent,authorization",
                },
            )
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "https://example.org"
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert method in answer.headers["access-control-allow-methods"]
            assert "x-signalr-user-agent" in answer.headers["access-control-allow-headers"]
        answer = client.post(NEGOTIATE, headers={"Origin": "https://example.org"})
        assert answer.headers["access-control-allow-origin"] == "https://example.org"
        assert answer.headers["access-control-allow-credentials"] == "true"


def test_cors_tells_other_pages_nothing() -> None:
    with client_with_cors(["https://example.org"]) as client:
        answer = client.post(NEGOTIATE, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers
