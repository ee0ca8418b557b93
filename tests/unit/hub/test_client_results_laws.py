"""Whatever clients answer, and whenever they leave: each call gets its one outcome, and nothing is left of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from signalr_py.exceptions import ClientDisconnectedError, HubException, RemoteProtocolError
from signalr_py.hub.client_results import ClientCall
from signalr_py.hub.lifetime import LocalLifetimeManager
from tests.support.receivers import JSON, MESSAGEPACK, AnsweringClient, InMemoryReceiver
from tests.support.tasks import settle

NAMES = st.sampled_from("abc")
ENDINGS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, result=st.integers(-5, 5)),
    st.just({"result": "no number"}),
    st.builds(dict, error=st.sampled_from(["", "x"])),
    st.just({}),
)


@dataclass
class Asked:
    """What the model knows of a call: who was asked, and what came of it."""

    name: str
    invocation_id: str
    asking: asyncio.Future[int]
    outcome: object = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None


def outcome_of(ending: dict[str, Any]) -> object:
    return ending["result"] if isinstance(ending.get("result"), int) else HubException


class ClientResultsMachine(RuleBasedStateMachine):
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.lifetime = LocalLifetimeManager()
        self.clients: dict[str, AnsweringClient] = {}
        self.asked: list[Asked] = []

    def settle(self) -> None:
        self.loop.run_until_complete(settle())

    @initialize()
    def connect_all(self) -> None:
        for name in "abc":
            self.connect(name)

    @rule(name=NAMES)
    def connect(self, name: str) -> None:
        if name not in self.clients:
            receiver = InMemoryReceiver(name, MESSAGEPACK if name == "b" else JSON)
            self.lifetime.connected(receiver)
            self.clients[name] = AnsweringClient(receiver, self.lifetime.results)

    @rule(target=calls, name=NAMES)
    def ask(self, name: str) -> Asked:
        call = ClientCall("Ask", (), int, float("inf"))
        asking = self.loop.create_task(self.lifetime.invoke(name, call))
        self.settle()
        if name in self.clients:
            asked = Asked(name, f"s{1 + sum(call.invocation_id != '' for call in self.asked)}", asking)
            assert self.clients[name].receiver.messages[-1]["invocationId"] == asked.invocation_id
        else:
            asked = Asked(name, "", asking, ClientDisconnectedError)
        self.asked.append(asked)
        return asked

    @rule(call=calls, name=NAMES, ending=ENDINGS)
    def answer(self, call: Asked, name: str, ending: dict[str, Any]) -> None:
        client = self.clients.get(name)
        if client is None or not call.invocation_id:
            return
        parsed = len(client.parsed)
        if call.is_open and call.name != name:
            with pytest.raises(RemoteProtocolError, match="is not valid for invocation ID"):
                client.answer(call.invocation_id, **ending)
            return
        client.answer(call.invocation_id, **ending)
        assert len(client.parsed) - parsed == (call.is_open and "result" in ending)
        if call.is_open:
            call.outcome = outcome_of(ending)

    @rule(call=calls)
    def cancel(self, call: Asked) -> None:
        call.asking.cancel()
        if call.is_open:
            call.outcome = asyncio.CancelledError

    @rule(name=NAMES)
    def leave(self, name: str) -> None:
        client = self.clients.pop(name, None)
        if client is None:
            return
        self.lifetime.disconnected(client.receiver)
        for call in self.asked:
            if call.name == name and call.is_open:
                call.outcome = ClientDisconnectedError

    @invariant()
    def every_call_has_its_outcome_and_only_open_ones_are_kept(self) -> None:
        self.settle()
        results = self.lifetime.results
        still_open = [call for call in self.asked if call.is_open]
        assert len(results) == len(still_open)
        assert set(results._by_connection) == {call.name for call in still_open}
        for call in self.asked:
            assert call.asking.done() is not call.is_open
            if isinstance(call.outcome, type):
                with pytest.raises(call.outcome):
                    call.asking.result()
            elif not call.is_open:
                assert call.asking.result() == call.outcome

    def teardown(self) -> None:
        for name in "abc":
            self.leave(name)
        self.every_call_has_its_outcome_and_only_open_ones_are_kept()
        self.loop.close()


TestClientResults = ClientResultsMachine.TestCase
TestClientResults.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
