from __future__ import annotations

from typing import Any

import pytest

from signalr_py.protocol.base import FrameReader, HubProtocol, InvocationBinder, Parameters
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from tests.unit.protocol.samples import Binder


@pytest.mark.parametrize("protocol", [JsonHubProtocol(), MessagePackHubProtocol()])
def test_both_protocols_are_hub_protocols(protocol: HubProtocol) -> None:
    reader: FrameReader = protocol.frame_reader(None)
    assert reader.next_frame() is None


def test_a_binder_is_anything_with_its_three_methods() -> None:
    binder: InvocationBinder = Binder()
    assert binder.result_decoder("1") is None


def test_parameters_take_no_further_arguments_unless_said() -> None:
    parameters = Parameters((int, str), 1)
    assert (parameters.accepts_more, parameters.variadic) == (False, Any)
