from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from synaxis.application import create_app
from synaxis.directory import User
from synaxis.tokens import TokenIssuer
from tests.synaxis.conftest import no_jobs, user
from tests.synaxis.hub_client import HubClient, HubError
from tests.synaxis.samples import AURORA, HARBOR, SAMPLES

if TYPE_CHECKING:
    from synaxis.settings import Settings
    from tests.synaxis.conftest import Clients, Notify

FIRST, SECOND, *_ = SAMPLES
NEGOTIATE = "/hubs/synaxis/negotiate?negotiateVersion=1"


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage() for record in caplog.records if record.levelno == level and record.name == "synaxis.hub"
    ]


def test_who_joined_receives_updates(connect: Clients, notify: Notify) -> None:
    client = connect("amelia")
    assert client.invoke("JoinOrganization", str(AURORA)) is None
    notify(AURORA, FIRST)
    assert client.next_update()[0] == "ProviderHealthChanged"


@pytest.mark.parametrize("text", [str(AURORA).upper(), f"  {AURORA} ", AURORA.hex])
def test_an_id_may_be_spelled_in_any_way_that_uuids_are(text: str, connect: Clients, notify: Notify) -> None:
    client = connect("amelia")
    client.invoke("JoinOrganization", text)
    notify(AURORA, FIRST)
    assert client.next_update()[0] == "ProviderHealthChanged"


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_a_blank_id_cannot_be_joined(blank: str | None, connect: Clients) -> None:
    with pytest.raises(HubError, match=r"HubException: An organization id is required\.$"):
        connect("amelia").invoke("JoinOrganization", blank)


def test_something_else_than_a_uuid_cannot_be_joined(connect: Clients) -> None:
    with pytest.raises(HubError, match=r"HubException: The organization id is not a UUID\.$"):
        connect("amelia").invoke("JoinOrganization", "aurora")


def test_somebody_elses_organization_cannot_be_joined(
    connect: Clients, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect("amelia")
    with pytest.raises(HubError, match=f"HubException: You are not a member of organization {HARBOR}\\.$"):
        client.invoke("JoinOrganization", str(HARBOR))
    assert messages(caplog, logging.WARNING) == [f"User amelia was refused organization {HARBOR}."]
    client.invoke("JoinOrganization", str(AURORA))
    notify(HARBOR, FIRST)
    notify(AURORA, SECOND)
    assert client.next_update()[0] == "CostOptimizationApplied"


def test_an_organization_has_its_members_only(connect: Clients, notify: Notify) -> None:
    amelia, noor, mateo = connect("amelia"), connect("noor"), connect("mateo")
    amelia.invoke("JoinOrganization", str(AURORA))
    noor.invoke("JoinOrganization", str(HARBOR))
    mateo.invoke("JoinOrganization", str(AURORA))
    mateo.invoke("JoinOrganization", str(HARBOR))
    notify(AURORA, FIRST)
    notify(HARBOR, SECOND)
    assert amelia.next_update()[0] == "ProviderHealthChanged"
    assert noor.next_update()[0] == "CostOptimizationApplied"
    assert [mateo.next_update()[0] for _ in range(2)] == ["ProviderHealthChanged", "CostOptimizationApplied"]


def test_who_left_receives_nothing_more(connect: Clients, notify: Notify) -> None:
    client = connect("mateo")
    client.invoke("JoinOrganization", str(AURORA))
    client.invoke("JoinOrganization", str(HARBOR))
    client.invoke("LeaveOrganization", str(AURORA).upper())
    notify(AURORA, FIRST)
    notify(HARBOR, SECOND)
    assert client.next_update()[0] == "CostOptimizationApplied"


@pytest.mark.parametrize("text", ["", "  ", None, "aurora"])
def test_leaving_without_a_usable_id_is_ignored_with_a_warning(
    text: str | None, connect: Clients, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect("amelia")
    client.invoke("JoinOrganization", str(AURORA))
    assert client.invoke("LeaveOrganization", text) is None
    assert len(messages(caplog, logging.WARNING)) == 1
    notify(AURORA, FIRST)
    assert client.next_update()[0] == "ProviderHealthChanged"


def test_leaving_an_organization_that_was_not_joined_does_nothing(connect: Clients) -> None:
    assert connect("amelia").invoke("LeaveOrganization", str(HARBOR)) is None


@pytest.mark.parametrize("arguments", [(), (1,), ({},), (str(AURORA), "more")])
@pytest.mark.parametrize("method", ["JoinOrganization", "LeaveOrganization"])
def test_other_arguments_fail_the_call_and_not_the_connection(
    method: str, arguments: tuple[object, ...], connect: Clients
) -> None:
    client = connect("amelia")
    with pytest.raises(HubError, match=f"Failed to invoke '{method}' due to an error on the server"):
        client.invoke(method, *arguments)
    client.invoke("JoinOrganization", str(AURORA))


def test_connects_and_disconnects_are_logged(
    settings: Settings, issuer: TokenIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = issuer.issue(user("noor"))
    with (
        TestClient(create_app(settings, make_jobs=no_jobs)) as web,
        web.websocket_connect(f"/hubs/synaxis?access_token={token}") as socket,
    ):
        HubClient(socket).invoke("JoinOrganization", str(HARBOR))
    words = [message.replace(message.split()[1], "ID") for message in messages(caplog, logging.INFO)]
    assert words[:2] == ["Connection ID of user noor opened.", f"Connection ID joined organization {HARBOR}."]
    assert words[2].startswith("Connection ID of user noor closed")
    assert token not in caplog.text


def test_nobody_connects_without_a_token(web: TestClient) -> None:
    answer = web.post(NEGOTIATE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    with pytest.raises(WebSocketDisconnect), web.websocket_connect("/hubs/synaxis"):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"jwt_key": "another key than the server's, 32 bytes"},
        {"jwt_issuer": "https://elsewhere.example"},
        {"jwt_audience": "another"},
        {"demo_token_lifetime": timedelta(seconds=-1)},
    ],
    ids=lambda change: str(*change),
)
def test_a_token_that_is_not_ours_or_too_old_is_refused(
    change: dict[str, object], settings: Settings, web: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    token = TokenIssuer(replace(settings, **change)).issue(user("amelia"))  # type: ignore[arg-type]  # one of several fields
    answer = web.post(NEGOTIATE, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    (warning,) = [record for record in caplog.records if record.name == "synaxis.authentication"]
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith("Authentication failed at /hubs/synaxis/negotiate: The")
    assert token not in caplog.text


def test_the_header_carries_a_token_too(web: TestClient, issuer: TokenIssuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.issue(user('amelia'))}"}
    assert web.post(NEGOTIATE, headers=headers).status_code == 200
    with web.websocket_connect("/hubs/synaxis", headers=headers) as socket:
        HubClient(socket).invoke("JoinOrganization", str(AURORA))


def test_without_the_demo_the_token_names_the_organizations(settings: Settings) -> None:
    settings = replace(settings, demo=False)
    aurora = user("amelia").organizations
    token = TokenIssuer(settings, clock=lambda: datetime.now(UTC)).issue(User("somebody else", aurora))
    with (
        TestClient(create_app(settings, make_jobs=no_jobs)) as web,
        web.websocket_connect(f"/hubs/synaxis?access_token={token}") as socket,
    ):
        client = HubClient(socket)
        client.invoke("JoinOrganization", str(AURORA))
        with pytest.raises(HubError, match="not a member"):
            client.invoke("JoinOrganization", str(HARBOR))


def test_in_the_demo_the_directory_has_the_last_word(web: TestClient, issuer: TokenIssuer) -> None:
    token = issuer.issue(User("somebody else", user("amelia").organizations))
    with (
        web.websocket_connect(f"/hubs/synaxis?access_token={token}") as socket,
        pytest.raises(HubError, match="not a member"),
    ):
        HubClient(socket).invoke("JoinOrganization", str(AURORA))
