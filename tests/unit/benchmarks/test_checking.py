"""A lost, doubled or wrong message is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dialects import Dialect, DialectError
from benchmarks.dialects.signalr import JsonDialect, MessagePackDialect
from benchmarks.load.checking import Expected, LoadError, Script

COUNT = 8


def answer(number: int, text: str | None = None) -> bytes:
    return b'{"type":3,"invocationId":"%d","result":"%s"}\x1e' % (number, (text or f"text {number}").encode())


ANSWERS = [answer(number) for number in range(COUNT)]
PING = b'{"type":6}\x1e'


@pytest.fixture
def script() -> Script:
    return Script(JsonDialect(), [Expected("result", str(number), f"text {number}") for number in range(COUNT)])


def play(script: Script, payloads: list[bytes]) -> int:
    position = 0
    for payload in payloads:
        position += script.take(position, payload)
    return position


def test_what_has_to_come_is_counted_again_and_again(script: Script) -> None:
    assert play(script, ANSWERS * 3) == COUNT * 3


def test_several_messages_in_one_frame_count_each(script: Script) -> None:
    assert play(script, [b"".join(ANSWERS[:3]), b"".join(ANSWERS[3:]), b"".join(ANSWERS)]) == COUNT * 2


def test_pings_do_not_count(script: Script) -> None:
    assert play(script, [PING, ANSWERS[0], PING + ANSWERS[1]]) == 2


def test_the_order_of_members_does_not_matter(script: Script) -> None:
    assert play(script, [b'{"result":"text 0","type":3,"invocationId":"0"}\x1e', ANSWERS[1]]) == 2


@given(warm=st.integers(0, 3), place=st.integers(0, COUNT - 1))
def test_a_lost_message_is_found_wherever_it_is_missing(warm: int, place: int) -> None:
    script = Script(JsonDialect(), [Expected("result", str(number), f"text {number}") for number in range(COUNT)])
    payloads = [*ANSWERS * warm, *ANSWERS[:place], *ANSWERS[place + 1 :], *ANSWERS]
    with pytest.raises(LoadError, match=r"out of order \(1 lost\)"):
        play(script, payloads)


@given(warm=st.integers(0, 3), place=st.integers(0, COUNT - 1))
def test_a_doubled_message_is_found_wherever_it_is(warm: int, place: int) -> None:
    script = Script(JsonDialect(), [Expected("result", str(number), f"text {number}") for number in range(COUNT)])
    payloads = [*ANSWERS * warm, *ANSWERS[: place + 1], ANSWERS[place]]
    with pytest.raises(LoadError, match=r"doubled or late \(by 1\)"):
        play(script, payloads)


@pytest.mark.parametrize(
    "payload",
    [
        answer(0, "another text"),
        answer(70),
        b'{"type":2,"invocationId":"0","item":"text 0"}\x1e',
        b'{"type":1,"target":"Receive","arguments":["text 0"]}\x1e',
    ],
)
@pytest.mark.parametrize("warm", [0, 1])
def test_a_wrong_message_is_found(script: Script, payload: bytes, warm: int) -> None:
    with pytest.raises(LoadError, match="is wrong: expected result 0 'text 0', got"):
        play(script, [*ANSWERS * warm, payload])


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":3,"invocationId":"0","error":"no"}\x1e',
        b'{"type":7}\x1e',
        b"{}",
        b"nonsense\x1e",
        b'{"type":1,"target":"Receive","arguments":[1,2]}\x1e',
    ],
)
def test_an_error_or_nonsense_is_found(script: Script, payload: bytes) -> None:
    with pytest.raises(LoadError, match="message 1: "):
        script.take(0, payload)


def test_a_push_is_compared_by_its_text_alone() -> None:
    script = Script(JsonDialect(), [Expected("push", "", "one"), Expected("push", "", "two")])
    assert play(script, [JsonDialect().push("one"), JsonDialect().push("two"), JsonDialect().push("one")]) == 3
    with pytest.raises(LoadError, match="push 'two'"):
        script.take(3, JsonDialect().push("one"))


def test_long_values_are_cut_in_the_message() -> None:
    script = Script(JsonDialect(), [Expected("push", "", "x" * 500)])
    with pytest.raises(LoadError) as caught:
        script.take(0, JsonDialect().push("y" * 500))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("dialect", [JsonDialect(), MessagePackDialect()])
def test_an_empty_frame_is_no_message(dialect: Dialect) -> None:
    if dialect.is_binary:
        assert dialect.read(b"") == []
    else:
        with pytest.raises(DialectError):
            dialect.read(b"")
