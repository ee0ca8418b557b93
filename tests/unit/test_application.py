from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient as FastAPITestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from signalr_py import (
    Hub,
    HubDefinitionError,
    HubOptions,
    JsonPayload,
    OptionsError,
    SignalR,
    WrongThreadError,
)
from tests.support.applications import NEGOTIATE, ChatHub, serving
from tests.support.asgi import hub_session, lifespan_without_leaks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response


class OtherHub(Hub):
    async def say(self, text: str) -> None:
        await self.clients.all.send("Said elsewhere", text)


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
    for other in (HubOptions(json=JsonPayload(naming="camel")), HubOptions(client_result_timeout=5)):
        with pytest.raises(
            OptionsError, match=r"^ChatHub is mapped twice.*json=.*messagepack=.*client_result_timeout="
        ):
            signalr.map_hub("/other", ChatHub, options=other)


def test_a_hub_may_have_options_of_its_own() -> None:
    signalr = SignalR(HubOptions(enable_detailed_errors=True))
    app = serving(signalr, signalr.map_hub("/other", OtherHub, options=HubOptions(enable_detailed_errors=False)))
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
