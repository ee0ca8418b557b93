from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.json_reader import MALFORMED, MAXIMUM_DEPTH, Member, is_too_deep, read_members


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def fault_in(text: bytes) -> str:
    with pytest.raises(RemoteProtocolError) as raised:
        list(read_members(text))
    return str(raised.value)


def test_members_come_in_order_with_their_bytes() -> None:
    members = list(read_members(b' { "a" : [1, {"b":null}] ,"c":"\\u00e9\xc3\xa9","a":-1.5e3} trailing }'))
    assert [(member.name, member.raw) for member in members] == [
        ("a", b'[1, {"b":null}]'),
        ("c", b'"\\u00e9\xc3\xa9"'),
        ("a", b"-1.5e3"),
    ]
    assert members[0].value == [1, {"b": None}]
    assert isinstance(members[1].value, str)
    assert members[2].value == -1500.0


@pytest.mark.parametrize("text", [b"{}", b" {\n}", b"{}}", b"{} // no JSON \xff"])
def test_an_object_may_be_empty_and_what_follows_it_is_ignored(text: bytes) -> None:
    assert list(read_members(text)) == []


def test_members_in_front_of_a_fault_are_read() -> None:
    members = read_members(b'{"type":"1",nonsense')
    assert next(members) == Member("type", "1", b'"1"')
    with pytest.raises(RemoteProtocolError):
        next(members)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (b"[]", "Array"),
        (b"[nonsense", "Array"),
        (b'"text"', "String"),
        (b"1", "Number"),
        (b"-1.5", "Number"),
        (b" true", "True"),
        (b"false", "False"),
        (b"null", "Null"),
    ],
)
def test_anything_but_an_object_is_refused_by_its_name(text: bytes, token: str) -> None:
    assert fault_in(text) == f"Unexpected JSON Token Type '{token}'. Expected a JSON Object."


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b" ", b"{", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b"{,}", b'{"a" 1}', b'{"a":1 "b":2}'),
        *(b"{a:1}", b"{'a':1}", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":01}', b'{"a":1.}', b'{"a":+1}', b'{"a":"\n"}'),
        *(b'{"a":"\\x"}', b'{"a":1/**/}', b"\xef\xbb\xbf{}", b"nul", b'{"a":[1,]}', b'{"a":]}', b'{"\xff'),
    ],
)
def test_text_that_is_no_json_is_refused(text: bytes) -> None:
    assert fault_in(text) == MALFORMED


def test_an_integer_of_any_length_is_a_number() -> None:
    assert [member.value for member in read_members(b'{"a":%s,"b":-12345678901234567890}' % (b"9" * 5000))] == [
        float("inf"),
        float("inf"),
    ]
    assert [member.value for member in read_members(b'{"a":18446744073709551615}')] == [2**64 - 1]


@pytest.mark.parametrize(
    ("text", "too_deep"),
    [
        (nested(MAXIMUM_DEPTH), False),
        (nested(MAXIMUM_DEPTH + 1), True),
        (b'{"a":' * 65 + b"1" + b"}" * 65, True),
        (b'{"a":[' * 32 + b"1" + b"]}" * 32, False),
        (b"[" + b"[]," * 500 + b"[]]", False),
        (b'["' + b"[" * 500 + b'"]', False),
        (b'["\\"' + b"[" * 500 + b'\\\\","\\\\"]', False),
        (b'["]",' * 65 + b"1" + b"]" * 65, True),
        (b"[" * 100_000, True),
    ],
)
def test_depth_counts_brackets_outside_of_strings(text: bytes, too_deep: bool) -> None:
    assert is_too_deep(text) is too_deep


def test_an_object_nested_too_deeply_is_refused() -> None:
    assert len(list(read_members(b'{"a":' + nested(MAXIMUM_DEPTH - 1) + b"}"))) == 1
    assert fault_in(b'{"a":' + nested(MAXIMUM_DEPTH) + b"}") == MALFORMED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="ascii")), json_values), st.sampled_from([None, 1]), st.binary())
def test_every_object_is_read_as_the_standard_library_reads_it(
    value: dict[str, Any], indent: int | None, trailing: bytes
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    members = list(read_members(text + trailing)) if not is_too_deep(text + trailing) else []
    for member in members:
        assert json.loads(member.raw.decode("utf-8", "surrogatepass")) == value[member.name]
    assert is_too_deep(text + trailing) or {member.name for member in members} == value.keys()


@given(st.binary() | st.text(alphabet='{}[]":,\\ntruefals1-.e ').map(str.encode))
def test_arbitrary_bytes_give_members_or_a_remote_protocol_error(text: bytes) -> None:
    try:
        members = list(read_members(text))
    except RemoteProtocolError:
        return
    assert all(member.raw in text for member in members)


@given(json_values)
def test_depth_agrees_with_a_naive_count(value: Any) -> None:
    wrapped = value
    for _ in range(60):
        wrapped = [wrapped]
    text = json.dumps([wrapped, [[]] * 40]).encode()
    assert is_too_deep(text) is (depth_of([wrapped]) > MAXIMUM_DEPTH)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0
