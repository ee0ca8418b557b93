from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest

from synaxis.updates import CostOptimizationUpdate, ProviderHealthUpdate
from tests.synaxis.samples import AURORA, HARBOR, SAMPLES

if TYPE_CHECKING:
    from synaxis.updates import Update
    from tests.synaxis.conftest import Clients, Notify

_LOGGER = "synaxis.notifier"


@pytest.mark.parametrize("update", SAMPLES, ids=lambda update: update.client_method)
def test_an_update_reaches_the_organization_and_no_other(update: Update, connect: Clients, notify: Notify) -> None:
    amelia, noor = connect("amelia"), connect("noor")
    amelia.invoke("JoinOrganization", str(AURORA))
    noor.invoke("JoinOrganization", str(HARBOR))
    notify(AURORA, update)
    notify(HARBOR, SAMPLES[-1])
    assert amelia.next_update()[0] == update.client_method
    assert noor.next_update()[0] == SAMPLES[-1].client_method


def test_nobody_needs_to_listen(notify: Notify) -> None:
    notify(AURORA, SAMPLES[0])


def test_a_failed_send_is_logged_and_does_not_break_the_caller(
    connect: Clients, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect("amelia")
    client.invoke("JoinOrganization", str(AURORA))
    good = SAMPLES[0]
    assert isinstance(good, ProviderHealthUpdate)
    notify(AURORA, msgspec.structs.replace(good, health_score=Decimal("NaN")))
    (record,) = [record for record in caplog.records if record.name == _LOGGER]
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"ProviderHealthChanged could not be sent to organization {AURORA}."
    assert record.exc_info is not None
    notify(AURORA, SAMPLES[1])
    assert client.next_update()[0] == CostOptimizationUpdate.client_method


def test_sends_are_logged_at_debug_and_alerts_at_info(notify: Notify, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, _LOGGER)
    notify(AURORA, SAMPLES[0])
    notify(AURORA, SAMPLES[3])
    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == _LOGGER]
    assert lines == [
        ("DEBUG", f"Sent ProviderHealthChanged to organization {AURORA}."),
        ("INFO", f"Security alert weak_secret (critical) in organization {AURORA}."),
        ("DEBUG", f"Sent SecurityAlert to organization {AURORA}."),
    ]
