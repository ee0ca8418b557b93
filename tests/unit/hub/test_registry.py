from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from signalr_py.hub.registry import ConnectionRegistry
from signalr_py.hub.targets import All, Connections, Groups, Target, Users

USERS = st.sampled_from(["ann", "bob", "Bob", None])
GROUPS = st.sampled_from(["g", "G", "h", "x y"])


@dataclass(frozen=True)
class Member:
    connection_id: str
    user_id: str | None = None


def ids(registry: ConnectionRegistry[Member], target: Target) -> list[str]:
    return [member.connection_id for member in registry.select(target)]


@pytest.fixture
def registry() -> ConnectionRegistry[Member]:
    """Four connections; a and b are Ann's, c is Bob's, d is nobody's; a, b and c are in g, b and d in h."""
    registry: ConnectionRegistry[Member] = ConnectionRegistry()
    for name, user in (("a", "ann"), ("b", "ann"), ("c", "bob"), ("d", None)):
        registry.add(Member(name, user))
    for name, group in (("a", "g"), ("b", "g"), ("c", "g"), ("b", "h"), ("d", "h")):
        registry.join(name, group)
    return registry


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (All(), "abcd"),
        (All(("b", "missing")), "acd"),
        (All(("a", "b", "c", "d")), ""),
        (Connections(("c",)), "c"),
        (Connections(("missing",)), ""),
        (Connections(("c", "a", "c", "missing")), "ca"),
        (Connections(()), ""),
        (Groups(("g",)), "abc"),
        (Groups(("G",)), ""),
        (Groups(("g",), ("b",)), "ac"),
        (Groups(("g", "h")), "abcbd"),
        (Groups(("g", "g")), "abcabc"),
        (Groups(("g", "h"), ("b",)), "acd"),
        (Groups(("missing",)), ""),
        (Groups(()), ""),
        (Users(("ann",)), "ab"),
        (Users(("Ann",)), ""),
        (Users(("bob", "ann", "bob", "missing")), "cab"),
        (Users(()), ""),
    ],
)
def test_every_kind_of_target(registry: ConnectionRegistry[Member], target: Target, expected: str) -> None:
    assert ids(registry, target) == list(expected)


def test_what_is_unknown_is_ignored(registry: ConnectionRegistry[Member]) -> None:
    registry.join("missing", "g")
    registry.leave("missing", "g")
    registry.leave("a", "h")
    registry.leave("a", "missing")
    registry.remove(Member("missing"))
    assert registry.get("missing") is None
    assert registry.groups_of("missing") == frozenset()
    assert ids(registry, Groups(("g", "h"))) == list("abcbd")
    assert len(registry) == 4


def test_joining_and_leaving_twice_is_as_good_as_once(registry: ConnectionRegistry[Member]) -> None:
    registry.join("a", "g")
    assert ids(registry, Groups(("g",))) == list("abc")
    registry.leave("a", "g")
    registry.leave("a", "g")
    assert ids(registry, Groups(("g",))) == list("bc")
    assert registry.groups_of("a") == frozenset()


def test_the_last_member_takes_the_group_away(registry: ConnectionRegistry[Member]) -> None:
    assert registry.group_count == 2
    registry.leave("b", "h")
    registry.remove(Member("d"))
    assert registry.group_count == 1


@pytest.mark.parametrize(
    ("target", "expected"), [(All(), "abcd"), (All(("d",)), "abc"), (Groups(("g",)), "abc"), (Users(("ann",)), "ab")]
)
def test_receivers_are_those_of_the_beginning(
    registry: ConnectionRegistry[Member], target: Target, expected: str
) -> None:
    seen = []
    for member in registry.select(target):
        seen.append(member.connection_id)
        registry.add(Member(f"new {member.connection_id}", "ann"))
        registry.join(f"new {member.connection_id}", "g")
        registry.leave("c", "g")
        registry.remove(Member("b", "ann"))
    assert "".join(seen) == expected


def test_connections_are_counted_and_listed(registry: ConnectionRegistry[Member]) -> None:
    assert len(registry) == 4
    assert [member.connection_id for member in registry] == list("abcd")
    assert registry.get("c") == Member("c", "bob")
    assert registry.groups_of("b") == {"g", "h"}


Pairs: TypeAlias = set[tuple[str, str]]


class RegistryAgainstAModel(RuleBasedStateMachine):
    """The registry holds what a set of connections and a set of pairs hold."""

    connections = Bundle("connections")

    def __init__(self) -> None:
        super().__init__()
        self.registry: ConnectionRegistry[Member] = ConnectionRegistry()
        self.known: dict[str, Member] = {}
        self.memberships: Pairs = set()
        self.number = 0

    @rule(target=connections, user=USERS)
    def add(self, user: str | None) -> Member:
        self.number += 1
        member = Member(f"c{self.number}", user)
        self.registry.add(member)
        self.known[member.connection_id] = member
        return member

    @rule(member=consumes(connections))
    def remove(self, member: Member) -> None:
        self.registry.remove(member)
        self.registry.remove(member)
        del self.known[member.connection_id]
        self.memberships = {pair for pair in self.memberships if pair[0] != member.connection_id}

    @rule(member=connections, group=GROUPS)
    def join(self, member: Member, group: str) -> None:
        self.registry.join(member.connection_id, group)
        self.memberships.add((member.connection_id, group))

    @rule(member=connections, group=GROUPS)
    def leave(self, member: Member, group: str) -> None:
        self.registry.leave(member.connection_id, group)
        self.memberships.discard((member.connection_id, group))

    @rule(group=GROUPS)
    def join_of_an_unknown_connection(self, group: str) -> None:
        self.registry.join("unknown", group)
        self.registry.leave("unknown", group)

    @rule(names=st.lists(GROUPS, max_size=3), excluded=st.sets(connections, max_size=2))
    def select_groups(self, names: list[str], excluded: set[Member]) -> None:
        left_out = {member.connection_id for member in excluded}
        expected = [c for name in names for c, group in self.memberships if group == name and c not in left_out]
        assert sorted(ids(self.registry, Groups(tuple(names), tuple(left_out)))) == sorted(expected)

    @rule(excluded=st.sets(connections, max_size=3))
    def select_all(self, excluded: set[Member]) -> None:
        left_out = {member.connection_id for member in excluded}
        assert set(ids(self.registry, All(tuple(left_out)))) == self.known.keys() - left_out

    @rule(users=st.lists(USERS.filter(bool), max_size=3))
    def select_users(self, users: list[str]) -> None:
        expected = [member.connection_id for member in self.known.values() if member.user_id in users]
        assert sorted(ids(self.registry, Users(tuple(users)))) == sorted(expected)

    @rule(members=st.lists(connections, max_size=3))
    def select_connections(self, members: list[Member]) -> None:
        wanted = [member.connection_id for member in members]
        assert ids(self.registry, Connections((*wanted, "unknown"))) == list(dict.fromkeys(wanted))

    @invariant()
    def knows_every_connection_with_its_groups(self) -> None:
        assert {member.connection_id: member for member in self.registry} == self.known
        assert len(self.registry) == len(self.known)
        for connection_id, member in self.known.items():
            assert self.registry.get(connection_id) is member
            groups = {group for c, group in self.memberships if c == connection_id}
            assert self.registry.groups_of(connection_id) == groups

    @invariant()
    def keeps_nothing_of_those_that_left(self) -> None:
        assert self.registry.group_count == len({group for _, group in self.memberships})
        assert vars(self.registry)["_groups_of"].keys() == {connection_id for connection_id, _ in self.memberships}
        if not self.known:
            assert not any(vars(self.registry).values())


TestRegistryAgainstAModel = RegistryAgainstAModel.TestCase
TestRegistryAgainstAModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
