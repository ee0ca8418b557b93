from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py import HttpConnectionOptions, OptionsError
from signalr_py.transports.subprotocols import choose_subprotocol
from tests.support.endpoints import ServedHub
from tests.support.exchanges import WebSocketExchange, websocket_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signalr_py.options import SubprotocolSelector


def last(offered: Sequence[str]) -> str:
    return offered[-1]


def choose(selector: SubprotocolSelector | None, *offered: str) -> str | None:
    return choose_subprotocol(selector, {**websocket_scope(), "subprotocols": list(offered)})


@pytest.mark.parametrize(
    ("selector", "offered", "chosen"),
    [
        (None, ("v1",), None),
        (last, ("v1", "v2"), "v2"),
        (lambda offered: None, ("v1", "v2"), None),
        (lambda offered: "v1" if "v1" in offered else None, ("v2",), None),
    ],
)
def test_the_selector_picks_one_of_the_offered_ones_or_none(
    selector: SubprotocolSelector | None, offered: tuple[str, ...], chosen: str | None
) -> None:
    assert choose(selector, *offered) == chosen


def test_a_client_that_offers_none_is_not_asked_about() -> None:
    asked: list[Sequence[str]] = []
    assert choose(asked.append) is None
    assert choose_subprotocol(asked.append, {"type": "websocket"}) is None
    assert asked == []


@pytest.mark.parametrize("answer", ["v3", "", 5])
def test_what_is_not_offered_is_not_chosen(answer: str) -> None:
    with pytest.raises(OptionsError) as caught:
        choose(lambda offered: answer, "v1", "v2\n")
    assert str(caught.value).startswith("HttpConnectionOptions(websocket_subprotocol_selector=<function ")
    assert str(caught.value).endswith(
        f"returned {answer!r}: allowed is None, or one of those that the client offers: ('v1', 'v2\\n')."
    )


def socket_offering(hub: ServedHub, *offered: str) -> WebSocketExchange:
    return WebSocketExchange(hub.app, {**websocket_scope("/hub"), "subprotocols": list(offered)})


async def test_the_socket_is_accepted_with_the_chosen_subprotocol() -> None:
    hub = ServedHub(HttpConnectionOptions(websocket_subprotocol_selector=last))
    async with socket_offering(hub, "v1", "v2") as socket, socket_offering(hub) as other:
        await socket.accepted()
        await other.accepted()
        assert (socket.sent[0]["subprotocol"], other.sent[0]["subprotocol"]) == ("v2", None)


async def test_a_selector_that_fails_leaves_no_connection_behind() -> None:
    hub = ServedHub(HttpConnectionOptions(websocket_subprotocol_selector=lambda offered: "v3"))
    socket = socket_offering(hub, "v1")
    with pytest.raises(OptionsError):
        async with socket:
            await socket.finished()
    assert socket.sent == []
    assert list(hub.manager.connections) == []
    assert hub.handlers.latest.ends == 1
