"""Parameters that the server fills in, anywhere in a signature, and the values of a message around them."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py import CancellationToken  # noqa: TC001 - annotations are read at run time
from signalr_py.hub.dependencies import Depends
from signalr_py.hub.signatures import Signature, Source, is_stream, read_signature

if TYPE_CHECKING:
    from collections.abc import Callable

DEPENDENCY: Final = Depends(lambda: None)


class Sample:
    def upload(self, items: AsyncIterable[int]) -> None: ...

    def uploads(self, first: AsyncIterable[int], text: str, second: AsyncIterator[list[str]]) -> None: ...

    def bare_upload(self, items: AsyncIterable) -> None: ...  # type: ignore[type-arg]

    def annotated_upload(self, items: Annotated[AsyncIterator[int], "metadata"]) -> None: ...

    def keyword_upload(self, *, items: AsyncIterable[int], text: str) -> None: ...

    def token(self, token: CancellationToken, text: str) -> None: ...

    def optional_token(self, text: str, token: CancellationToken | None = None) -> None: ...

    def optional_token_in_old_words(self, token: Optional[CancellationToken] = None) -> None: ...  # noqa: UP045

    def annotated_token(self, token: Annotated[CancellationToken, "metadata"]) -> None: ...

    def dependency(self, text: str, session: Annotated[str, DEPENDENCY]) -> None: ...

    def variadic(
        self, text: str, token: CancellationToken, *numbers: int, session: Annotated[str, DEPENDENCY]
    ) -> None: ...

    def everything(
        self,
        items: AsyncIterable[int],
        /,
        text: str,
        token: CancellationToken,
        number: int = 5,
        *,
        session: Annotated[str, DEPENDENCY],
        flag: bool = False,
    ) -> None: ...


def read(function: Callable[..., Any]) -> Signature:
    return read_signature("H.method", function, {})


@pytest.mark.parametrize(
    ("function", "types", "required", "streams"),
    [
        (Sample.upload, (), 0, (("items", int),)),
        (Sample.uploads, (str,), 1, (("first", int), ("second", list[str]))),
        (Sample.bare_upload, (), 0, (("items", Any),)),
        (Sample.annotated_upload, (), 0, (("items", int),)),
        (Sample.keyword_upload, (str,), 1, (("items", int),)),
        (Sample.token, (str,), 1, ()),
        (Sample.everything, (str, int, bool), 1, (("items", int),)),
    ],
)
def test_what_is_filled_in_is_no_value_of_the_wire(
    function: Callable[..., Any], types: tuple[Any, ...], required: int, streams: tuple[tuple[str, Any], ...]
) -> None:
    signature = read(function)
    assert (signature.parameters.types, signature.parameters.required) == (types, required)
    assert signature.streams == streams
    assert not signature.is_plain


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (Sample.token, "token"),
        (Sample.optional_token, "token"),
        (Sample.optional_token_in_old_words, "token"),
        (Sample.annotated_token, "token"),
        (Sample.upload, None),
    ],
)
def test_tokens(function: Callable[..., Any], name: str | None) -> None:
    assert read(function).token == name


def test_dependencies() -> None:
    assert read(Sample.dependency).dependencies == {"session": DEPENDENCY}
    assert read(Sample.dependency).parameters.types == (str,)


def test_the_sources_of_a_signature_in_order() -> None:
    signature = read(Sample.everything)
    assert signature.positional == (
        Source("items", is_filled=True),
        Source("text", is_filled=False),
        Source("token", is_filled=True),
        Source("number", is_filled=False),
    )
    assert signature.keywords == (Source("session", is_filled=True), Source("flag", is_filled=False))


def test_variadics_take_what_is_left() -> None:
    signature = read(Sample.variadic)
    filled = {"token": "T", "session": "S"}
    assert signature.arrange(("a",), filled) == (("a", "T"), {"session": "S"})
    assert signature.arrange(("a", 1, 2), filled) == (("a", "T", 1, 2), {"session": "S"})


def test_what_is_left_out_keeps_its_default() -> None:
    signature = read(Sample.everything)
    filled = {"items": "I", "token": "T", "session": "S"}
    assert signature.arrange(("a",), filled) == (("I", "a", "T"), {"session": "S"})
    assert signature.arrange(("a", 1, True), filled) == (("I", "a", "T", 1), {"session": "S", "flag": True})


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        *[(kind, True) for kind in (AsyncIterable[int], AsyncIterator[int], AsyncIterable, AsyncIterator)],
        *[(kind, False) for kind in (int, list[int], Any, None, "AsyncIterable", int | None, Annotated[int, 1])],
    ],
)
def test_what_is_iterated_over(annotation: object, expected: object) -> None:
    assert is_stream(annotation) is expected


class _Parameter:
    """One parameter of a made-up method."""

    def __init__(self, kind: str, *, is_filled: bool, has_default: bool) -> None:
        self.kind = kind
        self.is_filled = is_filled
        self.has_default = has_default


@st.composite
def made_up_methods(draw: st.DrawFn) -> list[_Parameter]:
    """Return parameters in an order that Python accepts and the server can fill."""
    kinds = draw(st.lists(st.sampled_from(["/", "p", "k"]), max_size=7).map(lambda k: sorted(k, key="/pk".index)))
    if draw(st.booleans()):
        kinds.insert(sum(kind != "k" for kind in kinds), "*")
    parameters: list[_Parameter] = []
    has_default = has_optional_value = False
    for kind in kinds:
        is_filled = kind != "*" and draw(st.booleans())
        if kind == "/" and is_filled and has_optional_value:
            is_filled = False
        default = draw(st.booleans())
        if kind in "/p":
            has_default = default = default or has_default
        if kind == "k" and "*" in kinds and not is_filled:
            default = True
        has_optional_value = has_optional_value or (default and not is_filled)
        parameters.append(_Parameter(kind, is_filled=is_filled, has_default=default and kind != "*"))
    return parameters


def written(parameters: list[_Parameter]) -> str:
    """Write a method in Python that returns what each parameter got."""
    parts = ["self"]
    kinds = [parameter.kind for parameter in parameters]
    for number, parameter in enumerate(parameters):
        if parameter.kind == "k" and "*" not in kinds and kinds.index("k") == number:
            parts.append("*")
        annotation = f"Annotated[int, {f'Depends({number})'}]" if parameter.is_filled else "int"
        default = f" = 'default {number}'" if parameter.has_default else ""
        parts.append(f"{'*' if parameter.kind == '*' else ''}a{number}: {annotation}{default}")
        if parameter.kind == "/" and kinds[number + 1 : number + 2] != ["/"]:
            parts.append("/")
    return f"def method({', '.join(parts)}): return {{k: v for k, v in locals().items() if k != 'self'}}"


def naively_bound(parameters: list[_Parameter], values: list[int]) -> dict[str, Any]:
    """Say in the plainest way what each parameter must get."""
    left = list(values)
    bound: dict[str, Any] = {}
    for number, parameter in enumerate(parameters):
        if parameter.kind == "*":
            continue
        if parameter.is_filled:
            bound[f"a{number}"] = f"filled {number}"
        elif left and not (parameter.kind == "k" and any(p.kind == "*" for p in parameters)):
            bound[f"a{number}"] = left.pop(0)
        else:
            bound[f"a{number}"] = f"default {number}"
    for number, parameter in enumerate(parameters):
        if parameter.kind == "*":
            bound[f"a{number}"] = tuple(left)
    return bound


@given(made_up_methods(), st.integers(0, 9))
def test_a_call_gives_every_parameter_what_it_must_get(parameters: list[_Parameter], more: int) -> None:
    names: dict[str, Any] = {"Annotated": Annotated, "Depends": lambda number: DEPENDENCY}
    exec(written(parameters), names)
    method = names["method"]
    signature = read(method)
    wire = signature.parameters
    most = len(wire.types) + (3 if wire.accepts_more else 0)
    values = list(range(min(wire.required + more, most)))
    filled = {f"a{number}": f"filled {number}" for number, each in enumerate(parameters) if each.is_filled}
    positional, named = signature.arrange(tuple(values), filled)
    inspect.signature(method).bind(None, *positional, **named)
    assert method(None, *positional, **named) == naively_bound(parameters, values)
    if signature.is_plain:
        assert (positional, named) == (tuple(values), {})
