"""Whatever value an option is given, it is taken or refused with words; and options inherit by simple laws."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload, OptionsError, TransportType

Options: TypeAlias = HubOptions | HttpConnectionOptions

PLACES = [
    (kind, field.name)
    for kind in (HubOptions, HttpConnectionOptions, JsonPayload, MessagePackPayload)
    for field in dataclasses.fields(kind)
]


class Rude:
    """A value that fails at everything it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.sampled_from(list(TransportType)),
    st.sampled_from(["json", "messagepack", "camel", "pascal", "as_declared", "number", "string", "value", "name"]),
    st.sampled_from([0, 1, 2**63 - 1, 2**63, 1e308, Decimal("NaN")]),
    st.integers(10, 6000).map(lambda digits: 10**digits),
    st.integers(10, 6000).map(lambda digits: -(10**digits)),
    st.sampled_from([int, len, JsonPayload(), MessagePackPayload(), HubOptions()]),
    st.builds(Rude),
    st.builds(object),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
        st.frozensets(st.sampled_from([*TransportType, "json", "messagepack"]), max_size=3),
    ),
    max_leaves=5,
)


def taken_or_refused(kind: Any, name: str, value: Any) -> Any:
    try:
        return kind(**{name: value})
    except OptionsError as error:
        return error


@pytest.mark.parametrize(("kind", "name"), PLACES)
@given(value=VALUES)
def test_any_value_is_taken_or_refused_with_words(kind: Any, name: str, value: Any) -> None:
    taken = taken_or_refused(kind, name, value)
    if isinstance(taken, OptionsError):
        assert str(taken).startswith(f"{kind.__name__}({name}=")
        assert "): allowed is " in str(taken)
        assert len(str(taken)) < 500
    else:
        kept = getattr(taken, name)
        assert kept == value or set(kept) == set(value)
        assert name in repr(taken)


SECONDS = st.integers(1, 10**9) | st.floats(0.001, 10**9)
COUNTS = st.integers(1, 2**63 - 1)
MEMBERS: dict[type[Options], dict[str, st.SearchStrategy[Any]]] = {
    HubOptions: {
        "handshake_timeout": SECONDS,
        "client_timeout_interval": SECONDS,
        "supported_protocols": st.sampled_from([("json",), ("messagepack",), ("messagepack", "json")]),
        "maximum_receive_message_size": st.none() | COUNTS,
        "enable_detailed_errors": st.booleans(),
        "maximum_streams_per_client": st.none() | COUNTS,
        "json": st.builds(JsonPayload, naming=st.sampled_from(["camel", "pascal", "as_declared"])),
    },
    HttpConnectionOptions: {
        "transports": st.lists(st.sampled_from(TransportType), min_size=1, unique=True).map(tuple),
        "disconnect_timeout": SECONDS,
        "application_max_buffer_size": st.integers(0, 2**63 - 1),
        "maximum_connections": st.none() | COUNTS,
        "allow_stateful_reconnects": st.booleans(),
        "websocket_subprotocol_selector": st.sampled_from([None, min, max]),
    },
}
KINDS: tuple[type[Options], ...] = (HubOptions, HttpConnectionOptions)


@st.composite
def given_members(draw: st.DrawFn, kind: type[Options]) -> dict[str, Any]:
    """Return some members, often with the values that they have anyway."""
    fields = {field.name: getattr(kind(), field.name) for field in dataclasses.fields(kind)}
    names = draw(st.sets(st.sampled_from(sorted(MEMBERS[kind]))))
    return {name: draw(MEMBERS[kind][name] | st.just(fields[name])) for name in names}


def three(kind: type[Options]) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    return st.tuples(given_members(kind), given_members(kind), given_members(kind))


ANY = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), three(kind)))


@given(ANY)
def test_what_is_given_wins_and_the_rest_is_inherited(drawn: Any) -> None:
    kind, (own, inherited, _) = drawn
    merged = kind(**own).with_defaults(kind(**inherited))
    assert merged == kind(**(inherited | own))
    assert repr(merged) == repr(kind(**(inherited | own)))


@given(ANY)
def test_inheriting_is_associative_and_idempotent_and_nothing_given_changes_nothing(drawn: Any) -> None:
    kind, members = drawn
    a, b, c = (kind(**each) for each in members)
    assert a.with_defaults(b).with_defaults(c) == a.with_defaults(b.with_defaults(c))
    assert a.with_defaults(b).with_defaults(b) == a.with_defaults(b)
    assert a.with_defaults(a) == a
    assert kind().with_defaults(a) == a.with_defaults(kind()) == a


@given(ANY)
def test_copies_remember_what_was_given(drawn: Any) -> None:
    kind, (own, inherited, _) = drawn
    options, defaults = kind(**own), kind(**inherited)
    for each in (copy.copy(options), copy.deepcopy(options), pickle.loads(pickle.dumps(options))):
        assert each == options
        assert hash(each) == hash(options)
        assert repr(each) == repr(options)
        assert each.with_defaults(defaults) == options.with_defaults(defaults)


@given(ANY)
def test_replace_names_every_member(drawn: Any) -> None:
    kind, (own, changes, inherited) = drawn
    replaced = dataclasses.replace(kind(**own), **changes)
    assert replaced == kind(**(own | changes))
    assert replaced.with_defaults(kind(**inherited)) == replaced


def test_equality_is_that_of_the_values() -> None:
    assert HubOptions() == HubOptions(keep_alive_interval=15)
    assert HubOptions() != HubOptions(keep_alive_interval=16)
    assert dataclasses.asdict(HubOptions()) == dataclasses.asdict(HubOptions(keep_alive_interval=15))


def test_a_member_given_its_default_is_given() -> None:
    inherited = HubOptions(keep_alive_interval=5, handshake_timeout=5)
    merged = HubOptions(keep_alive_interval=15).with_defaults(inherited)
    assert (merged.keep_alive_interval, merged.handshake_timeout) == (15, 5)
