"""Close frames of the client, with every code that it may and may not send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import CLOSE, close, frame

if TYPE_CHECKING:
    from tests.hosts.asgi.conftest import Serve
    from tests.hosts.asgi.serving import Serving

VALID = [1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)]
INVALID = [0, 999, 1004, 1005, 1006, 1015, *range(1016, 3000), 5000, 9999, 65535]


async def answers(server: Serving, app: Echo, data: bytes) -> tuple[int, int]:
    """Return the code that the client is answered, and the one that the application sees."""
    client = await server.open()
    client.write(data)
    code, _ = await client.expect_closed()
    return code, (await app.disconnects.get())["code"]


async def test_every_valid_code_is_answered_with_itself(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    for code in [*VALID[:14], *VALID[14::97], 4999]:
        assert await answers(server, app, close(code)) == (code, code)
    await server.idle()


async def test_every_other_code_is_answered_with_1002(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    for code in [*INVALID[:8], *INVALID[8:-3:97], 2999, *INVALID[-3:]]:
        assert await answers(server, app, close(code)) == (1002, 1002), code
    await server.idle()


async def test_a_close_without_a_code_is_answered_without_one(serve: Serve) -> None:
    app = Echo()
    assert await answers(await serve(app), app, close()) == (1005, 1005)


async def test_half_a_code_is_answered_with_1002(serve: Serve) -> None:
    app = Echo()
    assert await answers(await serve(app), app, frame(CLOSE, b"\x03")) == (1002, 1002)


@pytest.mark.parametrize("reason", [b"\xff", b"fine until \xc3", b"\xed\xa0\x80"])
async def test_a_reason_that_is_not_utf8_is_answered_with_1007(serve: Serve, reason: bytes) -> None:
    app = Echo()
    assert await answers(await serve(app), app, close(1000, reason)) == (1007, 1007)


async def test_the_longest_reason_reaches_the_application(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    client.write(close(1000, "é".encode() * 61 + b"!"))
    assert (await client.expect_closed())[0] == 1000
    assert (await app.disconnects.get())["reason"] == "é" * 61 + "!"
