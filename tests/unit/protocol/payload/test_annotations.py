from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import annotated_types
import pytest
from msgspec import Meta, Raw, Struct
from pydantic import AfterValidator, BaseModel, Field

from signalr_py.exceptions import BindingError, HubDefinitionError
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.payload.annotations import with_unions_of_models
from signalr_py.protocol.payload.pydantic import UnionOfModels
from tests.unit.protocol.payload.spelling import SPELLINGS


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(default=9, le=9)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


@dataclass
class First:
    name: str


@dataclass
class Second:
    name: str


class Untagged(Struct):
    name: str


class Other(Struct):
    name: str


class Color(enum.Enum):
    RED = "r"


class Keys(TypedDict):
    count: Annotated[int, Field(gt=0)]


class Place(NamedTuple):
    x: Annotated[int, annotated_types.Ge(0)]


@dataclass
class Limited:
    text: list[Annotated[str, Field(max_length=2)]]


class Nested(Struct):
    limited: Limited | None


CODECS = {str(spelling): spelling.codec() for spelling in SPELLINGS if spelling.decimals == "string"}
EACH = pytest.mark.parametrize("spelling", CODECS)


@EACH
@pytest.mark.parametrize(
    "annotation",
    [
        First | Second,
        First | dict[str, int],
        Untagged | Other,
        Untagged | First,
        str | datetime,
        datetime | date,
        str | bytes,
        str | UUID,
        str | Color,
        Decimal | str,
        list[int] | set[int],
        list[int] | tuple[int, ...],
        dict[str, First | Second],
        Cat | Untagged,
    ],
    ids=str,
)
def test_types_that_cannot_be_told_apart_are_refused_at_start_up(spelling: str, annotation: Any) -> None:
    codec = CODECS[spelling]
    with pytest.raises(HubDefinitionError, match="cannot be read"):
        codec.value_decoder(annotation)
    with pytest.raises(HubDefinitionError, match="cannot be read"):
        codec.arguments_decoder(Parameters((annotation,), 1))


@EACH
@pytest.mark.parametrize("value", [{"kind": "cow"}, {}, 5, {"kind": "cat", "lives": 10}, None])
def test_a_value_of_no_type_in_a_union_of_models_is_refused(spelling: str, value: Any) -> None:
    codec = CODECS[spelling]
    pet = Annotated[Cat | Dog, Field(discriminator="kind")]
    for annotation, sent in ((pet, value), (list[pet], [value])):
        with pytest.raises(BindingError):
            codec.value_decoder(annotation)(Raw(codec.encode(sent)))


@EACH
def test_further_arguments_may_be_of_a_union_of_models(spelling: str) -> None:
    codec = CODECS[spelling]
    sent = Raw(codec.encode([{"Kind" if "pascal" in spelling else "kind": "dog"}, 5]))
    decode = codec.arguments_decoder(Parameters((), 0, variadic=Cat | Dog | int, accepts_more=True))
    assert decode(sent) == (Dog(), 5)


@pytest.mark.parametrize(
    "annotation",
    [
        int,
        Cat,
        Cat | None,
        list[Cat],
        dict[str, list[Cat | None]],
        tuple[int, ...],
        Literal["a"],
        int | str | None,
        Annotated[int, Meta(gt=0)],
        Annotated[list[Cat], Meta(max_length=3)],
        Any,
    ],
    ids=str,
)
def test_other_annotations_stay_what_they_are(annotation: Any) -> None:
    assert with_unions_of_models(annotation) == annotation


def test_each_union_with_models_is_handed_to_pydantic() -> None:
    for annotation in (Cat | Dog, Cat | int | None, Annotated[Cat | Dog, Field(discriminator="kind")]):
        assert isinstance(with_unions_of_models(annotation), UnionOfModels)
    (inner,) = with_unions_of_models(list[Cat | Dog]).__args__
    assert isinstance(inner, UnionOfModels)
    (inner, none) = with_unions_of_models(list[Cat | Dog] | None).__args__
    assert isinstance(inner.__args__[0], UnionOfModels)
    assert none is type(None)
    limited = with_unions_of_models(Annotated[list[Cat | Dog], Meta(max_length=1)])
    assert limited.__metadata__ == (Meta(max_length=1),)


@pytest.mark.parametrize(
    ("annotation", "place"),
    [
        (Annotated[int, Field(gt=3)], "The type 'Annotated"),
        (list[Annotated[int, annotated_types.Gt(3)]], "The type 'list"),
        (Annotated[str, AfterValidator(str.strip)] | None, "The type '"),
        (Keys, r"Keys\.count: "),
        (Place, r"Place\.x: "),
        (Nested, r"Limited\.text: "),
    ],
    ids=str,
)
@EACH
def test_a_constraint_that_nobody_would_check_is_refused_at_start_up(
    spelling: str, annotation: Any, place: str
) -> None:
    with pytest.raises(HubDefinitionError, match=rf"^{place}.*has no effect outside of a Pydantic model"):
        CODECS[spelling].value_decoder(annotation)


@EACH
def test_words_and_models_keep_what_pydantic_knows(spelling: str) -> None:
    codec = CODECS[spelling]
    described = Annotated[int, Field(description="a number")]
    assert codec.value_decoder(described)(Raw(codec.encode(5))) == 5
    assert codec.value_decoder(Cat)(Raw(codec.encode({}))) == Cat()
