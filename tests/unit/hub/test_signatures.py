from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations are read at run time
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import pytest
from msgspec import Meta, Struct

from signalr_py import Hub, HubDefinitionError
from signalr_py.hub.signatures import Signature, read_signature, type_arguments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
U = TypeVar("U")
Bound = TypeVar("Bound", bound=int)


class Sample:
    def nothing(self) -> None: ...

    def two(self, text: str, number: int) -> None: ...

    def untyped(self, value):  # type: ignore[no-untyped-def]
        return value

    def defaults(self, text: str, number: int = 1, flag: bool = False) -> None: ...

    def keyword_only(self, text: str, *, number: int) -> None: ...

    def optional_before_keyword(self, text: str = "", *, number: int) -> None: ...

    def keyword_default(self, *, text: str, number: int = 1) -> None: ...

    def positional_only(self, text: str, /, number: int) -> None: ...

    def variadic(self, text: str, *numbers: int) -> None: ...

    def variadic_untyped(self, *values) -> None: ...  # type: ignore[no-untyped-def]

    def variadic_and_keyword(self, *numbers: int, text: str = "") -> None: ...

    def no_self(*values: int) -> None: ...

    def constrained(self, number: Annotated[int, Meta(ge=0)]) -> None: ...

    def generic(self, item: T, items: list[T], other: dict[str, U | None], bounded: Bound) -> None: ...


def read(function: Callable[..., Any], meanings: dict[Any, Any] | None = None) -> Signature:
    return read_signature("H.method", function, meanings or {})


@pytest.mark.parametrize(
    ("function", "types", "required", "positional", "keywords"),
    [
        (Sample.nothing, (), 0, 0, ()),
        (Sample.two, (str, int), 2, 2, ()),
        (Sample.untyped, (Any,), 1, 1, ()),
        (Sample.defaults, (str, int, bool), 1, 3, ()),
        (Sample.keyword_only, (str, int), 2, 1, ("number",)),
        (Sample.optional_before_keyword, (str, int), 2, 1, ("number",)),
        (Sample.keyword_default, (str, int), 1, 0, ("text", "number")),
        (Sample.positional_only, (str, int), 2, 2, ()),
        (Sample.variadic, (str,), 1, 1, ()),
        (Sample.variadic_untyped, (), 0, 0, ()),
        (Sample.variadic_and_keyword, (), 0, 0, ()),
        (Sample.no_self, (), 0, 0, ()),
        (Sample.constrained, (Annotated[int, Meta(ge=0)],), 1, 1, ()),
    ],
)
def test_parameters(
    function: Callable[..., Any],
    types: tuple[Any, ...],
    required: int,
    positional: int,
    keywords: tuple[str, ...],
) -> None:
    signature = read(function)
    assert signature.parameters.types == types
    assert signature.parameters.required == required
    assert (signature.positional, signature.keywords) == (positional, keywords)


@pytest.mark.parametrize(
    ("function", "accepts_more", "variadic"),
    [
        (Sample.two, False, Any),
        (Sample.variadic, True, int),
        (Sample.variadic_untyped, True, Any),
        (Sample.variadic_and_keyword, True, int),
        (Sample.no_self, True, int),
    ],
)
def test_further_arguments(function: Callable[..., Any], accepts_more: bool, variadic: Any) -> None:
    parameters = read(function).parameters
    assert parameters.accepts_more is accepts_more
    assert parameters.variadic is variadic


def test_type_variables_are_replaced_at_any_depth() -> None:
    meanings: dict[Any, Any] = {T: bytes, U: list[int]}
    assert read(Sample.generic, meanings).parameters.types == (bytes, list[bytes], dict[str, list[int] | None], int)


def test_type_variables_without_a_meaning_are_their_bound_or_anything() -> None:
    assert read(Sample.generic).parameters.types == (Any, list[Any], dict[str, Any | None], int)


class Broken:
    def keywords(self, **values: int) -> None: ...

    def only_keywords(**values: int) -> None: ...

    def without_self() -> None: ...  # type: ignore[misc]

    def keyword_without_self(*, text: str) -> None: ...  # type: ignore[misc]

    def unreachable(self, *numbers: int, text: str) -> None: ...

    def typing_only(self, where: Path) -> None: ...

    def nonsense(self, value: 1 / 0) -> None: ...  # type: ignore[valid-type]

    def upload(self, items: AsyncIterator[int]) -> None: ...

    def optional_upload(self, items: AsyncIterable[int] | None) -> None: ...

    def annotated_upload(self, items: Annotated[AsyncIterator[int], "metadata"]) -> None: ...

    def bare_upload(self, items: AsyncIterable) -> None: ...  # type: ignore[type-arg]

    def uploads(self, *items: AsyncIterable[int]) -> None: ...

    def download(self) -> AsyncIterator[int]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (Broken.keywords, r"takes `\*\*values`, but callers send values without names.*functools\.wraps"),
        (Broken.only_keywords, r"takes no `self`"),
        (Broken.without_self, r"takes no `self`"),
        (Broken.keyword_without_self, r"takes no `self`"),
        (Broken.unreachable, r"takes `\*numbers`, so `text` can never be sent: give it a default"),
        (Broken.typing_only, r"name `Path`, which does not exist at run time.*outside of `if TYPE_CHECKING:`"),
        (Broken.nonsense, r"annotations cannot be evaluated: division by zero"),
        (Broken.upload, r"`items` is a stream, and streams are not supported yet"),
        (Broken.optional_upload, r"`items` is a stream"),
        (Broken.annotated_upload, r"`items` is a stream"),
        (Broken.bare_upload, r"`items` is a stream"),
        (Broken.uploads, r"`items` is a stream"),
        (Broken.download, r"the return value is a stream"),
    ],
)
def test_what_cannot_be_filled_from_the_wire_is_refused(function: Callable[..., Any], text: str) -> None:
    with pytest.raises(HubDefinitionError, match=rf"^H\.method.*{text}"):
        read(function)


def test_names_of_the_class_body_may_be_used_in_annotations() -> None:
    class Nested:
        class Item(Struct):
            size: int

        def method(self, item: Item) -> None: ...

    assert read_signature("H.method", Nested.method, {}, vars(Nested)).parameters.types == (Nested.Item,)


class Root(Generic[T]):
    pass


class Pair(Root[U], Generic[T, U]):
    pass


class PairHub(Hub, Pair[int, str]):
    pass


class LeafHub(PairHub):
    pass


def test_type_arguments_belong_to_the_class_that_declares_the_variable() -> None:
    arguments = type_arguments(LeafHub)
    assert arguments[Pair] == {T: int, U: str}
    assert arguments[Root] == {T: str}
    assert arguments[LeafHub] == arguments[PairHub] == {}
