"""Pydantic models of every kind, with what each is on the wire."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field, field_validator
from pydantic.alias_generators import to_camel

from tests.unit.protocol.payload.spelling import Sample, Spelling

__all__ = ["MODEL_SAMPLES"]

T = TypeVar("T")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


class Kind(enum.Enum):
    BIG = "b"


class Part(BaseModel):
    part_name: str
    unit_price: Decimal = Decimal(0)


class Machine(BaseModel):
    machine_id: UUID
    built_at: datetime
    raw_data: bytes
    kind: Kind | None = None
    all_parts: list[Part] = []
    by_name: dict[str, Part] = {}


class Aliased(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    given_name: str


class Named(BaseModel):
    plain_name: int
    odd_name: int = Field(alias="ODD")


class Checked(BaseModel):
    short_text: str

    @field_validator("short_text")
    @classmethod
    def be_short(cls, value: str) -> str:
        if len(value) > 3:
            raise ValueError("too long")
        return value


class Parts(RootModel[list[Part]]):
    pass


class Page(BaseModel, Generic[T]):
    all_items: list[T]
    next_page: int | None = None


class Rectangle(BaseModel):
    the_width: int

    @computed_field
    def the_area(self) -> int:
        return self.the_width**2


class Cat(BaseModel):
    pet_type: Literal["cat"] = "cat"
    cat_name: str


class Dog(BaseModel):
    pet_type: Literal["dog"] = "dog"
    dog_name: str


class Blob(BaseModel):
    raw_data: bytes


class Owner(BaseModel):
    the_pet: Annotated[Cat | Dog, Field(discriminator="pet_type")]
    either_of: int | str


class Frozen(BaseModel, frozen=True):
    is_frozen: bool


class Tree(BaseModel):
    tree_name: str
    sub_trees: list[Tree] = []


def _part(spelling: Spelling, name: str, price: str = "0") -> dict[str, Any]:
    return {spelling.name("part_name"): name, spelling.name("unit_price"): spelling.decimal(price)}


def _dog(spelling: Spelling) -> dict[str, Any]:
    return {spelling.name("pet_type"): "dog", spelling.name("dog_name"): "d"}


MODEL_SAMPLES: Final[list[Sample]] = [
    Sample(Part, Part(part_name="nut", unit_price=Decimal("12.50")), lambda s: _part(s, "nut", "12.50")),
    Sample(
        Machine,
        Machine(
            machine_id=UUID(int=1),
            built_at=MOMENT,
            raw_data=b"\x00\xff",
            kind=Kind.BIG,
            all_parts=[Part(part_name="a")],
            by_name={"as_is": Part(part_name="b")},
        ),
        lambda s: {
            s.name("machine_id"): "00000000-0000-0000-0000-000000000001",
            s.name("built_at"): s.moment(MOMENT),
            s.name("raw_data"): s.data(b"\x00\xff"),
            s.name("kind"): s.member(Kind.BIG),
            s.name("all_parts"): [_part(s, "a")],
            s.name("by_name"): {"as_is": _part(s, "b")},
        },
    ),
    Sample(Aliased, Aliased(given_name="a"), {"givenName": "a"}),
    Sample(Named, Named(plain_name=1, ODD=2), lambda s: {s.name("plain_name"): 1, "ODD": 2}),
    Sample(Checked, Checked(short_text="abc"), lambda s: {s.name("short_text"): "abc"}),
    Sample(Parts, Parts([Part(part_name="a")]), lambda s: [_part(s, "a")]),
    Sample(
        Page[Part],
        Page[Part](all_items=[Part(part_name="a")]),
        lambda s: {s.name("all_items"): [_part(s, "a")], s.name("next_page"): None},
    ),
    Sample(Rectangle, Rectangle(the_width=3), lambda s: {s.name("the_width"): 3, s.name("the_area"): 9}),
    Sample(
        Owner,
        Owner(the_pet=Dog(dog_name="d"), either_of="1"),
        lambda s: {
            s.name("the_pet"): {s.name("pet_type"): "dog", s.name("dog_name"): "d"},
            s.name("either_of"): "1",
        },
    ),
    Sample(Frozen, Frozen(is_frozen=True), lambda s: {s.name("is_frozen"): True}),
    Sample(
        Tree,
        Tree(tree_name="a", sub_trees=[Tree(tree_name="b")]),
        lambda s: {
            s.name("tree_name"): "a",
            s.name("sub_trees"): [{s.name("tree_name"): "b", s.name("sub_trees"): []}],
        },
    ),
    Sample(Annotated[Cat | Dog, Field(discriminator="pet_type")], Dog(dog_name="d"), _dog),
    Sample(list[Cat | Dog | None], [None, Dog(dog_name="d")], lambda s: [None, _dog(s)]),
    Sample(dict[str, Part | list[int]], {"a": [1]}, {"a": [1]}),
    Sample(Part | int | None, None, None),
    Sample(Blob | Part, Blob(raw_data=b"\xff"), lambda s: {s.name("raw_data"): s.data(b"\xff")}),
    Sample(tuple[Cat | Dog, int], (Dog(dog_name="d"), 1), lambda s: [_dog(s), 1]),
    Sample(list[Part | None], [None, Part(part_name="a")], lambda s: [None, _part(s, "a")]),
    Sample(
        dict[str, Page[int]],
        {"k_k": Page[int](all_items=[1])},
        lambda s: {"k_k": {s.name("all_items"): [1], s.name("next_page"): None}},
    ),
]
