"""Random conversations: what is in order is echoed however it is cut, and anything else ends without a trace."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

import pytest

from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import BINARY, CONTINUATION, PING, PONG, TEXT, close, frame

if TYPE_CHECKING:
    from tests.hosts.asgi.conftest import Serve

SEEDS = range(8)
SIZES = [0, 1, 2, 125, 126, 127, 1000, 65_535, 65_536, 200_000]
CHARACTERS = "aé€🎉"


def pieces(data: bytes, chooser: random.Random, most: int) -> list[bytes]:
    cuts = sorted(chooser.randrange(len(data) + 1) for _ in range(chooser.randrange(most)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_messages_are_echoed_however_they_are_cut(serve: Serve, seed: int) -> None:
    chooser = random.Random(seed)
    expected: list[str | bytes] = []
    pongs: list[bytes] = []
    stream = b""
    for _ in range(30):
        size = chooser.choice(SIZES)
        message: str | bytes
        message = chooser.randbytes(size) if chooser.random() < 0.5 else chooser.choice(CHARACTERS) * (size // 4)
        expected.append(message)
        data = message.encode() if isinstance(message, str) else message
        fragments = pieces(data, chooser, 4)
        for index, fragment in enumerate(fragments):
            kind = TEXT if isinstance(message, str) else BINARY
            stream += frame(CONTINUATION if index else kind, fragment, fin=index == len(fragments) - 1)
            if chooser.random() < 0.3:
                pongs.append(chooser.randbytes(chooser.randrange(126)))
                stream += frame(PING, pongs[-1]) + frame(PONG, b"unsolicited")
    server = await serve(Echo())
    client = await server.open()

    async def send() -> None:
        for segment in pieces(stream, chooser, 40):
            client.write(segment)
            await client.writer.drain()

    received: list[str | bytes] = []
    answers: list[bytes] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        while len(received) < len(expected) or len(answers) < len(pongs):
            answer = await client.frame()
            data = bytes(answer.data)
            if answer.opcode == PONG:
                answers.append(data)
            else:
                received.append(data.decode() if answer.opcode == TEXT else data)
    assert received == expected
    assert answers == pongs
    await client.leave()
    await server.idle()


@pytest.mark.parametrize("seed", SEEDS)
async def test_garbage_ends_the_connection_and_nothing_else(
    serve: Serve, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chooser = random.Random(seed)
    caplog.set_level(logging.INFO)
    server = await serve(Echo(), ws_max_size=10_000)
    for _ in range(20):
        client = await server.open()
        data = bytearray(
            b"".join(
                frame(chooser.randrange(16), chooser.randbytes(chooser.choice([0, 5, 200])), fin=chooser.random() < 0.7)
                for _ in range(5)
            )
            + close(1000)
        )
        for _ in range(chooser.randrange(4)):
            data[chooser.randrange(len(data))] = chooser.randrange(256)
        client.write(bytes(data))
        client.writer.write_eof()
        answers = await client.frames_until_end()
        assert [kind for kind, _ in answers[:-1]].count("close") == 0
    await server.idle()
    assert [record for record in caplog.records if "[accepted]" not in record.message] == []
