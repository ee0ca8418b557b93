from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from synaxis.updates import AuditEventUpdate, ProviderHealthUpdate
from tests.synaxis.samples import AURORA, SAMPLES, WIRE

if TYPE_CHECKING:
    from synaxis.updates import Update
    from tests.synaxis.conftest import Clients, Notify


@pytest.mark.parametrize("update", SAMPLES, ids=lambda update: update.client_method)
def test_each_kind_has_exactly_the_members_of_the_contract(update: Update, connect: Clients, notify: Notify) -> None:
    client = connect("amelia")
    client.invoke("JoinOrganization", str(AURORA))
    notify(AURORA, update)
    text = client.next_update_text()
    message = json.loads(text, parse_float=str)
    assert message["target"] == update.client_method
    assert message["arguments"] == [json.loads(WIRE[update.client_method], parse_float=str)]
    assert f'"arguments":[{WIRE[update.client_method]}]' in text


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))],  # noqa: DTZ001 the point
    ids=["naive", "another zone"],
)
def test_a_time_that_is_not_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="performed_at must be a time in UTC"):
        AuditEventUpdate(
            id=AURORA, action="policy.updated", entity_type="Policy", performed_by="amelia", performed_at=moment
        )


def test_updates_cannot_be_changed() -> None:
    update = SAMPLES[0]
    assert isinstance(update, ProviderHealthUpdate)
    with pytest.raises(AttributeError):
        update.is_healthy = False  # type: ignore[misc]
