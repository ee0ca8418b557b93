from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signalr_py.transports.query import QueryValues
from tests.support.exchanges import http_scope


def query(text: str) -> QueryValues:
    return QueryValues(http_scope(query=text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id=a", "a"),
        ("ID=a", "a"),
        ("Id=a&other=b", "a"),
        ("id=a%20b+c", "a b c"),
        ("id=%C3%A9", "é"),
        ("id=a&id=b", "a,b"),
        ("id=a&ID=b&iD=c", "a,b,c"),
        ("id=&id=b", ",b"),
        ("id=", ""),
        ("id", ""),
        ("id=a=b", "a=b"),
        ("", None),
        ("other=a", None),
        ("&&=&", None),
    ],
)
@pytest.mark.parametrize("name", ["id", "ID"])
def test_keys_count_in_any_case_and_repeated_ones_are_joined(text: str, value: str | None, name: str) -> None:
    assert query(text).get(name) == value


@given(st.lists(st.tuples(st.text(), st.text())))
def test_values_come_back(pairs: list[tuple[str, str]]) -> None:
    values = query(urlencode(pairs))
    for name, _ in pairs:
        assert values.get(name) == ",".join(value for other, value in pairs if other.lower() == name.lower())


@given(st.text(st.characters(max_codepoint=0x7F)))
@example("%")
@example("%ff=%fe")
@example(";")
def test_any_query_is_read(text: str) -> None:
    assert isinstance(query(text).get("id"), str | None)


def test_raw_bytes_beyond_ascii_are_read() -> None:
    scope = {**http_scope(), "query_string": b"id=\xff\xfe"}
    assert QueryValues(scope).get("id") is not None
