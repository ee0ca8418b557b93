from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.naming import STYLES, camel, check_unique, pascal, struct_names


@pytest.mark.parametrize(
    ("name", "in_camel", "in_pascal"),
    [
        ("user_name", "userName", "UserName"),
        ("userName", "userName", "UserName"),
        ("UserName", "userName", "UserName"),
        ("id", "id", "Id"),
        ("ID", "id", "Id"),
        ("USER_ID", "userId", "UserId"),
        ("HTTPServer", "httpServer", "HTTPServer"),
        ("http_server", "httpServer", "HttpServer"),
        ("x", "x", "X"),
        ("a_b_test", "aBTest", "ABTest"),
        ("A1", "a1", "A1"),
        ("line_1", "line1", "Line1"),
        ("savings_per_1m_tokens", "savingsPer1mTokens", "SavingsPer1mTokens"),
        ("class_", "class", "Class"),
        ("user__name", "userName", "UserName"),
        ("_private", "_private", "_Private"),
        ("__user_name", "__userName", "__UserName"),
        ("_", "_", "_"),
        ("", "", ""),
        ("größe_über", "größeÜber", "GrößeÜber"),
    ],
)
def test_names_are_spelled_in_both_styles(name: str, in_camel: str, in_pascal: str) -> None:
    assert (camel(name), pascal(name)) == (in_camel, in_pascal)
    assert STYLES["camel"](name) == in_camel
    assert STYLES["pascal"](name) == in_pascal
    assert STYLES["as_declared"](name) == name


@given(st.from_regex(r"_{0,2}[a-z]{2,}(_[a-z]+)*", fullmatch=True))
def test_spelling_a_spelled_name_changes_nothing(name: str) -> None:
    assert camel(camel(name)) == camel(name)
    assert pascal(pascal(name)) == pascal(name) == pascal(camel(name))


class Plain(Struct):
    user_name: str
    other: int = field(name="explicit", default=0)


class Renamed(Struct, rename="lower"):
    id: int
    Name: str


class Inheriting(Renamed):
    more_names: int = 0


def test_names_that_a_struct_gives_itself_stay() -> None:
    assert struct_names(Plain, camel) == {"user_name": "userName", "other": "explicit"}
    assert struct_names(Plain, pascal) == {"user_name": "UserName", "other": "explicit"}
    assert struct_names(Renamed, pascal) == {"id": "id", "Name": "name"}
    assert struct_names(Inheriting, pascal) == {"id": "id", "Name": "name", "more_names": "more_names"}


def test_two_members_of_one_name_are_an_error_that_says_what_to_change() -> None:
    with pytest.raises(HubDefinitionError) as raised:
        check_unique(Plain, {"user_name": "userName", "userName": "userName"})
    assert str(raised.value) == (
        "The members 'user_name' and 'userName' of Plain are both 'userName' on the wire: rename one, "
        "give one an explicit name, or choose another `naming` in JsonPayload or MessagePackPayload."
    )
    assert check_unique(Plain, {"a": "A", "b": "B"}) == {"a": "A", "b": "B"}


def test_a_struct_whose_names_clash_is_refused() -> None:
    class Clashing(Struct):
        user_name: int
        userName: int

    with pytest.raises(HubDefinitionError, match="both 'userName'"):
        struct_names(Clashing, camel)


def test_a_struct_that_watches_its_subclasses_sees_none() -> None:
    subclasses: list[type] = []

    class Watching(Struct):
        user_name: int = 0

        def __init_subclass__(cls) -> None:
            subclasses.append(cls)

    class Renaming(Watching, rename="camel"):
        other_name: int = 0

    assert struct_names(Watching, pascal) == {"user_name": "UserName"}
    assert struct_names(Renaming, pascal) == {"user_name": "user_name", "other_name": "otherName"}
    assert subclasses == [Renaming]
