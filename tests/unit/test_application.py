from __future__ import annotations

import asyncio
import multiprocessing
import signal
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient as FastAPITestClient
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient, WebSocketDenialResponse

from signalr_py import (
    Hub,
    HubDefinitionError,
    HubOptions,
    JsonPayload,
    OptionsError,
    SignalR,
    WrongThreadError,
    authorize,
)
from signalr_py.transports.tokens import ConnectionTokens
from tests.support.asgi import hub_session, lifespan_without_leaks
from tests.support.tasks import no_task_left, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

KEY = "a secret of sixteen characters or more"
OTHER_KEY = "another secret of that kind"
NEGOTIATE = "/chat/negotiate?negotiateVersion=1"


class ChatHub(Hub):
    async def say(self, text: str) -> None:
        await self.clients.all.send("Said", text)

    async def echo(self, value: Any) -> Any:
        return value

    async def user(self) -> str | None:
        return self.context.user_identifier

    async def room(self) -> Any:
        return self.context.request.path_params.get("room")


class OtherHub(Hub):
    async def say(self, text: str) -> None:
        await self.clients.all.send("Said elsewhere", text)


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNALR_SECRET_KEYS", raising=False)


def serving(signalr: SignalR, *routes: BaseRoute, middleware: Sequence[Middleware] = ()) -> Starlette:
    """Return an application whose lifespan asserts that nothing is left behind."""
    return Starlette(
        routes=[signalr.map_hub("/chat", ChatHub), *routes],
        lifespan=lambda _: lifespan_without_leaks(signalr),
        middleware=list(middleware),
    )


def token_of(client: TestClient, path: str = NEGOTIATE) -> str:
    token: str = client.post(path).json()["connectionToken"]
    return token


# Mapping hubs.


def test_several_clients_in_one_application() -> None:
    signalr = SignalR()
    with (
        TestClient(serving(signalr)) as client,
        hub_session(client, "/chat") as one,
        hub_session(client, "/chat") as two,
    ):
        assert one.invoke("Echo", "hi") == "hi"
        two.start("Say", "hello")
        assert one.expect("Said") == two.expect("Said") == ["hello"]


def test_one_class_at_two_paths_is_one_audience() -> None:
    signalr = SignalR()
    app = serving(signalr, signalr.map_hub("/also", ChatHub))
    with TestClient(app) as client, hub_session(client, "/chat") as one, hub_session(client, "/also") as two:
        two.start("Say", "hello")
        assert one.expect("Said") == two.expect("Said") == ["hello"]


def test_two_classes_are_two_audiences() -> None:
    signalr = SignalR()
    app = serving(signalr, signalr.map_hub("/other", OtherHub))
    with TestClient(app) as client, hub_session(client, "/chat") as one, hub_session(client, "/other") as two:
        two.start("Say", "hello")
        assert two.expect("Said elsewhere") == ["hello"]
        assert two.receive()["type"] == 3
        assert one.invoke("Echo", 1) == 1


def test_two_classes_need_two_names() -> None:
    signalr = SignalR()
    signalr.map_hub("/chat", ChatHub)
    namesake = type("ChatHub", (Hub,), {})
    with pytest.raises(HubDefinitionError, match=r"^Two hub classes have the name 'ChatHub': .*name=\.\.\."):
        signalr.map_hub("/namesake", namesake)
    signalr.map_hub("/namesake", namesake, name="Namesake")
    with pytest.raises(HubDefinitionError, match="'Namesake'"):
        signalr.map_hub("/third", OtherHub, name="Namesake")


def test_a_class_that_cannot_be_served_does_not_take_its_name() -> None:
    def method(self: Hub, **values: int) -> None: ...

    signalr = SignalR()
    with pytest.raises(HubDefinitionError, match=r"^ChatHub\.method takes `\*\*values`"):
        signalr.map_hub("/broken", type("ChatHub", (Hub,), {"method": method}))
    signalr.map_hub("/chat", ChatHub)


@pytest.mark.parametrize("value", [ChatHub(), int, "ChatHub", None])
def test_only_hub_classes_can_be_mapped(value: Any) -> None:
    with pytest.raises(HubDefinitionError, match="is not a subclass of Hub"):
        SignalR().map_hub("/chat", value)


def test_one_audience_has_one_spelling() -> None:
    signalr = SignalR()
    signalr.map_hub("/chat", ChatHub)
    signalr.map_hub("/same", ChatHub, options=HubOptions(keep_alive_interval=5))
    with pytest.raises(OptionsError, match=r"^ChatHub is mapped twice.*HubOptions\(json=\.\.\., messagepack=\.\.\.\)"):
        signalr.map_hub("/camel", ChatHub, options=HubOptions(json=JsonPayload(naming="camel")))


def test_a_hub_may_have_options_of_its_own() -> None:
    signalr = SignalR(HubOptions(enable_detailed_errors=True))
    app = serving(signalr, signalr.map_hub("/other", OtherHub, options=HubOptions()))
    with TestClient(app) as client, hub_session(client, "/chat") as one, hub_session(client, "/other") as two:
        one.start("Say")
        two.start("Say")
        assert "BindingError" in one.receive()["error"]
        assert "BindingError" not in two.receive()["error"]


def test_only_supported_protocols_are_served() -> None:
    signalr = SignalR(HubOptions(supported_protocols=("messagepack",)))
    with TestClient(serving(signalr)) as client, client.websocket_connect("/chat") as socket:
        socket.send_text('{"protocol":"json","version":1}\x1e')
        assert socket.receive_text() == '{"error":"The protocol \'json\' is not supported."}\x1e'


def test_the_route_has_a_name_and_takes_path_parameters() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/rooms/{room}", ChatHub)], lifespan=signalr.lifespan)
    assert app.url_path_for("ChatHub", room="5") == "/rooms/5"
    with TestClient(app) as client, hub_session(client, "/rooms/blue") as session:
        assert session.invoke("Room") == "blue"


# Where it can be served.


def test_under_a_mount() -> None:
    signalr = SignalR()
    inner = Starlette(routes=[signalr.map_hub("/chat", ChatHub)])
    app = Starlette(routes=[Mount("/inner", app=inner)], lifespan=lambda _: lifespan_without_leaks(signalr))
    with TestClient(app) as client, hub_session(client, "/inner/chat") as session:
        assert session.invoke("Echo", 1) == 1
        assert client.post("/inner" + NEGOTIATE).status_code == 200


def test_behind_a_root_path() -> None:
    with (
        TestClient(serving(SignalR()), root_path="/api") as client,
        hub_session(client, "/api/chat") as session,
    ):
        assert session.invoke("Echo", 1) == 1
        assert client.post("/api" + NEGOTIATE).status_code == 200


def test_in_fastapi_with_a_plain_endpoint_that_sends() -> None:
    signalr = SignalR()
    app = FastAPI(routes=[signalr.map_hub("/chat", ChatHub)], lifespan=lambda _: lifespan_without_leaks(signalr))
    everybody = signalr.hub_context(ChatHub).clients.all

    @app.post("/in-thread")
    def in_thread() -> None:
        everybody.send_from_thread("Said", "in a thread")

    @app.post("/on-loop")
    async def on_loop() -> None:
        await everybody.send("Said", "on the loop")

    with FastAPITestClient(app) as client, hub_session(client, "/chat") as session:
        for path, text in (("/in-thread", "in a thread"), ("/on-loop", "on the loop")):
            assert client.post(path).status_code == 200
            assert session.expect("Said") == [text]


def test_routes_may_be_added_to_fastapi_later() -> None:
    signalr = SignalR()
    app = FastAPI(lifespan=signalr.lifespan)
    app.router.routes.append(signalr.map_hub("/chat", ChatHub))
    with FastAPITestClient(app) as client, hub_session(client, "/chat") as session:
        assert session.invoke("Echo", 1) == 1


def test_without_a_lifespan_serving_starts_at_the_first_request() -> None:
    client = TestClient(Starlette(routes=[SignalR().map_hub("/chat", ChatHub)]))
    for number in range(2):
        assert client.post(NEGOTIATE).status_code == 200
        with hub_session(client, "/chat") as session:
            assert session.invoke("Echo", number) == number


def test_two_event_loops_at_once_are_refused_with_a_hint() -> None:
    client = TestClient(Starlette(routes=[SignalR().map_hub("/chat", ChatHub)]))
    with (
        hub_session(client, "/chat") as session,
        pytest.raises(WrongThreadError, match=r"with TestClient\(app\) as client"),
    ):
        client.post(NEGOTIATE)
    assert session is not None


def test_lifespans_compose() -> None:
    signalr = SignalR()
    steps: list[str] = []

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            steps.append(f"disconnected {error}")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        steps.append("up")
        async with lifespan_without_leaks(signalr):
            yield
        steps.append("down")

    app = Starlette(routes=[signalr.map_hub("/chat", H)], lifespan=lifespan)
    with TestClient(app) as client:
        with hub_session(client, "/chat"):
            pass
        assert steps == ["up", "disconnected None"]
    assert steps == ["up", "disconnected None", "down"]


def test_lifespan_is_what_starlette_takes() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)], lifespan=signalr.lifespan)
    with TestClient(app) as client:
        assert client.post(NEGOTIATE).status_code == 200


def test_it_serves_again_after_a_shutdown() -> None:
    app = serving(SignalR())
    for number in range(3):
        with TestClient(app) as client, hub_session(client, "/chat") as session:
            assert session.invoke("Echo", number) == number


# Sending from outside.


def test_a_hub_context_may_come_before_its_hub_and_send_from_a_background_task() -> None:
    signalr = SignalR()
    context = signalr.hub_context(ChatHub)
    wanted = asyncio.Event()

    async def announce() -> None:
        await wanted.wait()
        await context.clients.all.send("Said", "from a task")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with lifespan_without_leaks(signalr):
            task = asyncio.ensure_future(announce())
            yield
            await task

    async def want(request: Request) -> Response:
        wanted.set()
        return PlainTextResponse("")

    app = Starlette(
        routes=[Route("/want", want, methods=["POST"]), signalr.map_hub("/chat", ChatHub)], lifespan=lifespan
    )
    with TestClient(app) as client, hub_session(client, "/chat") as session:
        client.post("/want")
        assert session.expect("Said") == ["from a task"]


async def test_sending_before_anything_is_served_reaches_nobody() -> None:
    context = SignalR().hub_context(ChatHub)
    await context.clients.all.send("Said", 1)
    await context.groups.add("unknown", "g")


# Shutting down.


def application_with_shutdown(signalr: SignalR) -> Starlette:
    shutting_down: list[asyncio.Task[None]] = []

    async def shut_down(request: Request) -> Response:
        shutting_down.append(asyncio.create_task(signalr.shutdown()))
        await asyncio.sleep(0)
        return PlainTextResponse("")

    return serving(signalr, Route("/shutdown", shut_down, methods=["POST"]))


def test_shutdown_invites_every_client_to_reconnect() -> None:
    signalr = SignalR()
    with (
        TestClient(application_with_shutdown(signalr)) as client,
        hub_session(client, "/chat") as one,
        hub_session(client, "/chat") as two,
    ):
        assert client.post("/shutdown").status_code == 200
        for session in (one, two):
            assert session.receive() == {"type": 7, "allowReconnect": True}
            assert session.socket.receive() == {"type": "websocket.close", "code": 1000, "reason": ""}


def test_while_leaving_every_new_connection_is_refused_with_503() -> None:
    signalr = SignalR()
    with TestClient(application_with_shutdown(signalr)) as client:
        token = token_of(client)
        client.post("/shutdown")
        assert client.get(f"/chat?id={token}", headers={"Accept": "text/event-stream"}).status_code == 503
        for method, path in (("POST", NEGOTIATE), ("GET", f"/chat?id={token}"), ("POST", f"/chat?id={token}")):
            answer = client.request(method, path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.text == "The server is shutting down."
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/chat"):
            pass
        assert caught.value.status_code == 503


async def test_a_second_shutdown_waits_for_the_first_and_survives_its_caller() -> None:
    may_end = asyncio.Event()

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            await may_end.wait()

    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", H)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        await client.get(f"/chat?id={token}")
        await client.post(f"/chat?id={token}", content=b'{"protocol":"json","version":1}\x1e')
        first, second = (asyncio.ensure_future(signalr.shutdown()) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        assert not second.done()
        may_end.set()
        while (await client.get(f"/chat?id={token}")).status_code == 200:
            pass
        await second
        await signalr.shutdown()


async def test_a_request_that_was_checked_while_the_shutdown_began_is_refused_as_well() -> None:
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow_policy(_: Any) -> bool:
        entered.set()
        await may_go_on.wait()
        return True

    signalr = SignalR()
    hub_type = authorize(policy=slow_policy)(type("SlowHub", (Hub,), {}))
    app = Starlette(
        routes=[signalr.map_hub("/chat", hub_type)],
        middleware=[Middleware(AuthenticationMiddleware, backend=Everybody())],
    )
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        asking = asyncio.ensure_future(client.post(NEGOTIATE))
        await entered.wait()
        await signalr.shutdown()
        may_go_on.set()
        assert (await asking).status_code == 503


async def test_a_client_in_the_middle_of_its_handshake_is_ended() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        assert (await client.get(f"/chat?id={token}")).status_code == 200
        polling = asyncio.ensure_future(client.get(f"/chat?id={token}"))
        await settle()
        await signalr.shutdown()
        assert (await polling).status_code == 204


async def test_a_poll_gets_the_goodbye() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        await client.get(f"/chat?id={token}")
        await client.post(f"/chat?id={token}", content=b'{"protocol":"json","version":1}\x1e')
        assert (await client.get(f"/chat?id={token}")).content == b"{}\x1e"
        polling = asyncio.ensure_future(client.get(f"/chat?id={token}"))
        await settle()
        shutting_down = asyncio.ensure_future(signalr.shutdown())
        assert (await polling).content == b'{"type":7,"allowReconnect":true}\x1e'
        assert (await client.get(f"/chat?id={token}")).status_code == 204
        await shutting_down


async def test_on_uvicorn_its_signal_handlers_are_borrowed_and_given_back() -> None:
    signalr = SignalR()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during: list[Any] = []

    async def look(request: Request) -> Response:
        during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))
        return PlainTextResponse("")

    app = serving(signalr, Route("/look", look))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving_task = asyncio.ensure_future(server.serve(sockets=[listener]))
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/look")
        server.should_exit = True
        await serving_task
    assert [handler.__module__ for handler in during] == ["signalr_py.servers.uvicorn"] * 2
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# Keys.


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
    return ConnectionTokens([key], "ChatHub /chat").read(token) is not None


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


def test_one_of_several_processes_is_warned_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    signalr = SignalR()
    signalr.map_hub("/chat", ChatHub)
    signalr.map_hub("/other", OtherHub)
    (message,) = caplog.messages
    assert "SignalR(secret_keys=[...])" in message
    assert "SIGNALR_SECRET_KEYS" in message


# Other options.


@pytest.mark.parametrize("value", [-1, "5", None, float("nan"), True])
def test_a_shutdown_timeout_that_is_not_allowed(value: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(shutdown_timeout=.*\): allowed is a number of seconds"):
        SignalR(shutdown_timeout=value)


async def find_user_later(connection: HTTPConnection) -> str | None:
    return None


def test_the_user_id_must_be_a_plain_callable() -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(user_id=.*find_user_later.*\): allowed is a plain callable"):
        SignalR(user_id=find_user_later)  # type: ignore[arg-type]


class Everybody(AuthenticationBackend):
    """Everybody is Bob, except those who say that they are nobody."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        return None if "x-nobody" in conn.headers else (AuthCredentials(["authenticated"]), SimpleUser("bob"))


class UserWithIdentity(SimpleUser):
    @property
    def identity(self) -> str:
        return f"id of {self.username}"


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


# Origins.


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


def test_cors_needs_origins() -> None:
    with pytest.raises(OptionsError, match=r"needs SignalR\(allowed_origins=\[\.\.\.\]\)"):
        SignalR().cors_middleware()


def client_with_cors(origins: list[str]) -> TestClient:
    signalr = SignalR(allowed_origins=origins)
    return TestClient(serving(signalr, middleware=[signalr.cors_middleware()]))


@pytest.mark.parametrize("origins", [["https://example.org"], ["https://Example.org", "https://x.org"], ["*"]])
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
