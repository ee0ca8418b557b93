from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_validator,
)

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.naming import STYLES, camel, pascal
from signalr_py.protocol.payload.pydantic import (
    dump,
    is_model,
    is_model_type,
    is_root_model_type,
    names_to_read,
    names_to_write,
    validate,
)


class Order(BaseModel):
    order_id: int
    placed_at: datetime = Field(default=datetime(2026, 1, 2, tzinfo=UTC), alias="placed")
    read_as: int = Field(default=0, validation_alias="readAs")
    written_as: int = Field(default=0, serialization_alias="writtenAs")
    many_names: int = Field(default=0, validation_alias=AliasChoices("one", "two"))

    @computed_field
    def is_new(self) -> bool:
        return True

    @computed_field(alias="is-old")
    def is_old(self) -> bool:
        return False


class Root(RootModel[list[int]]):
    pass


class Resembling:
    def model_validate(self) -> None:
        """Have the name of a method of Pydantic's."""


def test_models_are_told_from_others() -> None:
    assert is_model_type(Order)
    assert is_model(Order(order_id=1))
    for other in (Resembling, Order(order_id=1), int, list[int], None):
        assert not is_model_type(other)
    assert not is_model(Order)
    assert is_root_model_type(Root)
    assert not is_root_model_type(Order)


def test_a_dump_has_aliases_and_leaves_values_alone() -> None:
    assert dump(Order(order_id=1)) == {
        "order_id": 1,
        "placed": datetime(2026, 1, 2, tzinfo=UTC),
        "read_as": 0,
        "writtenAs": 0,
        "many_names": 0,
        "is_new": True,
        "is-old": False,
    }
    assert dump(Root([1])) == [1]


def test_a_model_is_made_of_plain_values() -> None:
    assert validate(Order, {"order_id": 1, "two": 5}) == Order.model_validate({"order_id": 1, "one": 5})


class Checked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amounts: list[int] = []

    @field_validator("amounts")
    @classmethod
    def check(cls, amounts: list[int]) -> list[int]:
        if amounts == [13]:
            raise ValueError("no thirteen")
        return amounts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"amounts": [1, "secret"]},
            "amounts.1: Input should be a valid integer, unable to parse string as an integer",
        ),
        ({"amounts": [13]}, "amounts: Value error, no thirteen"),
        (
            {"amounts": None, "more": "secret"},
            "amounts: Input should be a valid list; more: Extra inputs are not permitted",
        ),
        (["secret"], "Input should be a valid dictionary or instance of Checked"),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        validate(Checked, value)


def test_another_error_of_a_model_passes() -> None:
    class Failing(BaseModel):
        @classmethod
        def model_validate(cls, *_: Any, **__: Any) -> Any:
            raise ValueError("of its own")

    with pytest.raises(ValueError, match="of its own") as raised:
        validate(Failing, {})
    assert raised.value.__cause__ is None


def test_names_to_read_keep_aliases() -> None:
    names = {wire: name for wire, (name, _) in names_to_read(Order, pascal).items()}
    assert names == {
        "OrderId": "order_id",
        "placed": "placed",
        "readAs": "readAs",
        "WrittenAs": "written_as",
    }
    assert names_to_read(Order, STYLES["as_declared"])["order_id"] == ("order_id", int)


def test_names_to_write_keep_aliases() -> None:
    assert names_to_write(Order, camel) == {
        "order_id": ("order_id", "orderId"),
        "placed": ("placed_at", "placed"),
        "read_as": ("read_as", "readAs"),
        "writtenAs": ("written_as", "writtenAs"),
        "many_names": ("many_names", "manyNames"),
        "is_new": ("is_new", "isNew"),
        "is-old": ("is_old", "is-old"),
    }


class Clashing(BaseModel):
    user_name: int = 0
    other: int = Field(default=0, alias="userName")


def test_names_that_clash_are_refused() -> None:
    for names in (names_to_read, names_to_write):
        with pytest.raises(HubDefinitionError, match="'user_name' and 'other' of Clashing are both 'userName'"):
            names(Clashing, camel)


def test_pydantic_is_not_imported_by_the_package() -> None:
    script = "import sys, signalr_py.protocol.json, signalr_py.protocol.messagepack; print('pydantic' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "False"
