from __future__ import annotations

import pytest

from signalr_py.protocol.messages import CompletionMessage, InvocationMessage, PingMessage


def test_messages_are_compared_by_value() -> None:
    assert InvocationMessage("Add", (1, 2), "1") == InvocationMessage("Add", (1, 2), "1")
    assert PingMessage() == PingMessage()
    assert CompletionMessage("1") != CompletionMessage("1", has_result=True)


def test_messages_are_frozen() -> None:
    with pytest.raises(AttributeError):
        InvocationMessage("Add").target = "Subtract"  # type: ignore[misc]
