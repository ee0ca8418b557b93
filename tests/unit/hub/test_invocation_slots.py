from __future__ import annotations

from typing import final

import pytest

from signalr_py import Hub
from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub.invocations import Invocation
from signalr_py.hub.methods import MethodTable
from signalr_py.protocol.messages import InvocationMessage


class SampleHub(Hub):
    async def plain(self) -> None: ...


@final
class Owner:
    """Notes what a call tells it, and may object to a call that waits."""

    def __init__(self, objection: Exception | None = None) -> None:
        self.told: list[str] = []
        self._objection = objection

    def check_waiting(self) -> None:
        self.told.append("checked")
        if self._objection is not None:
            raise self._objection

    def slot_is_free(self) -> None:
        self.told.append("free")

    def invocation_ended(self, invocation: Invocation) -> None:
        self.told.append("ended")


def started_by(owner: Owner | None) -> Invocation:
    method = MethodTable(SampleHub).find("plain")
    assert method is not None
    return Invocation(method, InvocationMessage("plain"), owner)


def test_a_slot_is_given_back_once_to_wait_for_a_client() -> None:
    owner = Owner()
    invocation = started_by(owner)
    invocation.enter_client_result()
    invocation.has_slot = True
    invocation.enter_client_result()
    invocation.enter_client_result()
    assert owner.told == ["checked", "free"]


def test_a_call_that_may_not_wait_keeps_its_slot() -> None:
    owner = Owner(LocalProtocolError("no"))
    invocation = started_by(owner)
    invocation.has_slot = True
    with pytest.raises(LocalProtocolError, match=r"^no$"):
        invocation.enter_client_result()
    assert invocation.has_slot
    assert owner.told == ["checked"]


def test_a_call_that_nobody_has_started_tells_nobody() -> None:
    invocation = started_by(None)
    invocation.has_slot = True
    invocation.enter_client_result()
    assert invocation.has_slot
