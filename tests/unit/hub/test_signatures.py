from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable  # noqa: TC003 - annotations are read at run time
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import pytest
from msgspec import Meta, Struct

from signalr_py import CancellationToken, Hub, HubDefinitionError
from signalr_py.hub.signatures import Signature, Source, read_signature, type_arguments

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
        (Sample.nothing, (), 0, (), ()),
        (Sample.two, (str, int), 2, ("text", "number"), ()),
        (Sample.untyped, (Any,), 1, ("value",), ()),
        (Sample.defaults, (str, int, bool), 1, ("text", "number", "flag"), ()),
        (Sample.keyword_only, (str, int), 2, ("text",), ("number",)),
        (Sample.optional_before_keyword, (str, int), 2, ("text",), ("number",)),
        (Sample.keyword_default, (str, int), 1, (), ("text", "number")),
        (Sample.positional_only, (str, int), 2, ("text", "number"), ()),
        (Sample.variadic, (str,), 1, ("text",), ()),
        (Sample.variadic_untyped, (), 0, (), ()),
        (Sample.variadic_and_keyword, (), 0, (), ()),
        (Sample.no_self, (), 0, (), ()),
        (Sample.constrained, (Annotated[int, Meta(ge=0)],), 1, ("number",), ()),
    ],
)
def test_parameters(
    function: Callable[..., Any],
    types: tuple[Any, ...],
    required: int,
    positional: tuple[str, ...],
    keywords: tuple[str, ...],
) -> None:
    signature = read(function)
    assert signature.parameters.types == types
    assert signature.parameters.required == required
    assert signature.positional == tuple(Source(name, is_filled=False) for name in positional)
    assert signature.keywords == tuple(Source(name, is_filled=False) for name in keywords)
    assert signature.is_plain is (not keywords)


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

    def optional_upload(self, items: AsyncIterable[int] | None) -> None: ...

    def list_of_uploads(self, items: list[AsyncIterable[int]]) -> None: ...

    def generator_upload(self, items: AsyncGenerator[int, None]) -> None: ...

    def uploads(self, *items: AsyncIterable[int]) -> None: ...

    def list_of_streams(self) -> list[AsyncIterable[int]]:
        raise NotImplementedError

    def stream_or_number(self) -> AsyncIterable[int] | int:
        raise NotImplementedError

    def two_tokens(self, first: CancellationToken, second: CancellationToken) -> None: ...

    def filled_behind_optional(self, number: int = 1, token: CancellationToken | None = None, /) -> None: ...


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
        (Broken.optional_upload, r"`items` is or holds a stream in a form that clients cannot upload: annotate it"),
        (Broken.list_of_uploads, r"`items` is or holds a stream in a form that clients cannot upload.*for each stream"),
        (Broken.generator_upload, r"`items` is or holds a stream in a form that clients cannot upload"),
        (Broken.uploads, r"`items` is or holds a stream in a form that clients cannot upload"),
        (Broken.list_of_streams, r"return value holds a stream, and only a stream as a whole can be sent"),
        (Broken.stream_or_number, r"return value holds a stream, and only a stream as a whole can be sent"),
        (Broken.two_tokens, r"takes 2 cancellation tokens; one is enough"),
        (Broken.filled_behind_optional, r"`token` is filled in by the server, and stands behind a positional-only"),
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
