from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, json

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.json_envelope import ABSENT, Envelope, check_arguments, read_envelope

FULL = (
    b'{"type":1,"target":"T","arguments":[1],"invocationId":"1","streamIds":["2"],"headers":{"a":"b"},'
    b'"item":null,"result":{},"error":"e","allowReconnect":true,"sequenceId":9223372036854775807}'
)


def contents(envelope: Envelope) -> dict[str, object]:
    values = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
    return values | {name: bytes(values[name]) for name in ("arguments", "item", "result")}


def fault_in(text: str | bytes) -> str:
    with pytest.raises(RemoteProtocolError) as raised:
        check_arguments(read_envelope(text if isinstance(text, bytes) else text.encode()))
    return str(raised.value)


@pytest.mark.parametrize("trailing", [b"", b" {", b"\xff"])
def test_every_member_is_read_quickly_and_exactly(trailing: bytes) -> None:
    assert contents(read_envelope(FULL + trailing)) == {
        "type": 1,
        "target": "T",
        "arguments": b"[1]",
        "invocation_id": "1",
        "stream_ids": ("2",),
        "headers": {"a": "b"},
        "item": b"null",
        "result": b"{}",
        "error": "e",
        "allow_reconnect": True,
        "sequence_id": 2**63 - 1,
    }


@pytest.mark.parametrize("trailing", ["", "x"])
def test_members_that_were_not_sent_are_told_apart(trailing: str) -> None:
    envelope = read_envelope(f'{{"type":6}}{trailing}'.encode())
    assert envelope.arguments is envelope.item is envelope.result is ABSENT
    assert envelope.target is envelope.invocation_id is envelope.error is envelope.sequence_id is UNSET
    assert (envelope.stream_ids, envelope.headers, envelope.allow_reconnect) == ((), UNSET, False)


@pytest.mark.parametrize("trailing", ["", "x"])
@pytest.mark.parametrize(
    "text", ['{"unknown":{"type":[7]},"type":6}', '{"type":7,"type":6}', ' {\n"type" :\t6 } ', '{"\\u0074ype":6}']
)
def test_unknown_members_are_skipped_and_the_last_of_two_counts(text: str, trailing: str) -> None:
    assert read_envelope((text + trailing).encode()).type == 6


@pytest.mark.parametrize("trailing", ["", "x"])
@pytest.mark.parametrize(
    ("member", "fault"),
    [
        *(
            (f'"type":{value}', "Expected 'type' to be of type Number.")
            for value in ('"1"', "null", "true", "[]", "{}")
        ),
        *(
            (f'"type":{value}', "Expected 'type' to be a whole number of 32 bits.")
            for value in ("1.5", "1.0", "2147483648", "-2147483649", "1e2", "9" * 400)
        ),
        *(
            (f'"{name}":{value}', f"Expected '{name}' to be of type String.")
            for name in ("target", "invocationId", "error")
            for value in ("null", "1", "[]", "false")
        ),
        *(
            (f'"{name}":{value}', f"Expected '{name}' to be of type Array.")
            for name in ("arguments", "streamIds")
            for value in ("null", "{}", '"x"', "1")
        ),
        *((f'"headers":{value}', "Expected 'headers' to be of type StartObject.") for value in ("null", "[]", "1")),
        ('"headers":{"é":1}', "Expected header 'é' to be of type String."),
        ('"headers":{"\\u4e2d":null}', "Expected header '?' to be of type String."),
        ('"streamIds":["a",null]', "Null value for 'streamIds' is not valid."),
        ('"streamIds":[1,null]', "Expected 'streamIds' to hold values of type String."),
        ('"allowReconnect":"yes"', "Expected 'allowReconnect' to be true or false."),
        ('"allowReconnect":null', "Expected 'allowReconnect' to be true or false."),
        ('"sequenceId":"3"', "Expected 'sequenceId' to be of type Number."),
        ('"sequenceId":9223372036854775808', "Expected 'sequenceId' to be a whole number of 64 bits."),
    ],
)
def test_a_member_of_a_wrong_type_is_named(member: str, fault: str, trailing: str) -> None:
    assert fault_in(f'{{"type":6,{member}}}{trailing}') == fault
    assert fault_in(f'{{{member},"type":6}}{trailing}') == fault


def test_the_first_fault_in_the_text_is_the_one_that_counts() -> None:
    assert fault_in('{"target":1,"type":"x"}') == "Expected 'target' to be of type String."
    assert fault_in('{"target":1,nonsense') == "Expected 'target' to be of type String."
    assert fault_in('{"target":"t"}') == "Missing required property 'type'."
    assert fault_in("{}") == "Missing required property 'type'."
    assert fault_in('{"Type":6}') == "Missing required property 'type'."


@pytest.mark.parametrize(
    "text",
    [
        b'{"type":1,"target":"\xff"}',
        b'{"type":1,"target":"\\ud800"}',
        b'{"type":1,"streamIds":["\xff"]}',
        b'{"type":1,"headers":{"\\udc00":"x"}}',
        b'{"type":1,"arguments":[NaN]}',
        b'{"type":1,"arguments":' + b"[" * 64 + b"]" * 64 + b"}",
        b'{"type":1,"arguments":' + b"[" * 100_000,
        b"\xef\xbb\xbf{}",
    ],
)
def test_malformed_text_is_refused(text: bytes) -> None:
    assert fault_in(text) == "Error reading JSON."


@pytest.mark.parametrize(
    "text", [b'{"type":6,"x":"\xff"}', b'{"type":6,"x":"\\ud800"}', b'{"type":6,"item":["\\ud800"]}']
)
def test_text_that_nobody_reads_may_be_no_text(text: bytes) -> None:
    assert read_envelope(text).type == 6


def test_half_a_surrogate_pair_in_arguments_is_left_to_their_decoder() -> None:
    assert bytes(read_envelope(b'{"type":1,"arguments":["\\ud800"]}').arguments) == b'["\\ud800"]'


members = st.one_of(
    st.tuples(st.sampled_from(["type", "sequenceId"]), st.integers() | st.floats(allow_nan=False) | st.none()),
    st.tuples(st.sampled_from(["target", "invocationId", "error", "x"]), st.text() | st.none() | st.integers()),
    st.tuples(st.sampled_from(["arguments", "item", "result"]), st.lists(st.integers()) | st.none() | st.text()),
    st.tuples(st.just("streamIds"), st.lists(st.text() | st.none()) | st.none()),
    st.tuples(st.just("headers"), st.dictionaries(st.text(), st.text() | st.none()) | st.none()),
    st.tuples(st.just("allowReconnect"), st.booleans() | st.none()),
)


@given(st.lists(st.one_of(members, st.tuples(st.just("type"), st.integers(-5, 15)))))
def test_both_ways_of_reading_agree(sent: list[tuple[str, object]]) -> None:
    text = json.encode({name: value for name, value in sent if is_encodable(value)})
    assert outcome(text) == outcome(text + b" trailing")


def is_encodable(value: object) -> bool:
    try:
        json.encode(value)
    except UnicodeEncodeError:
        return False
    return True


def outcome(text: bytes) -> dict[str, object] | str:
    try:
        envelope = read_envelope(text)
        check_arguments(envelope)
        return contents(envelope)
    except RemoteProtocolError as exc:
        return str(exc)
