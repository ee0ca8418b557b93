from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from starlette.testclient import TestClient

from synaxis.application import create_app
from tests.synaxis.conftest import no_jobs
from tests.synaxis.samples import AURORA, HARBOR

if TYPE_CHECKING:
    from synaxis.settings import Settings

AURORA_LABS = {"id": str(AURORA), "name": "Aurora Labs"}
HARBOR_LOGISTICS = {"id": str(HARBOR), "name": "Harbor Logistics"}


def test_the_users_and_their_organizations_are_listed(web: TestClient) -> None:
    assert web.get("/demo/users").json() == [
        {"user": "amelia", "organizations": [AURORA_LABS]},
        {"user": "mateo", "organizations": [AURORA_LABS, HARBOR_LOGISTICS]},
        {"user": "noor", "organizations": [HARBOR_LOGISTICS]},
    ]


def test_a_user_gets_a_token_for_an_hour(web: TestClient, settings: Settings) -> None:
    answer = web.post("/demo/token", json={"user": "mateo"})
    assert answer.status_code == 200
    body = answer.json()
    claims = jwt.decode(
        body.pop("token"),
        settings.jwt_key,
        algorithms=["HS256"],
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )
    assert body == {"user": "mateo", "organizations": [AURORA_LABS, HARBOR_LOGISTICS]}
    assert claims["sub"] == "mateo"
    assert claims["organizations"] == [str(AURORA), str(HARBOR)]
    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(hours=1)


def test_an_unknown_user_is_not_found(web: TestClient) -> None:
    answer = web.post("/demo/token", json={"user": "mallory"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no such demo user; GET /demo/users lists them."}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"amelia",
        b'"amelia"',
        b"[]",
        b"{}",
        b'{"user": 7}',
        b'{"user": null}',
        b'{"user": "amelia"',
        b'{"user": "\xff"}',
        b"[" * 4000,
    ],
)
def test_a_bad_body_is_answered_with_words(body: bytes, web: TestClient) -> None:
    answer = web.post("/demo/token", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith('The body must be JSON like {"user": "amelia"}.')


def test_a_long_body_is_not_read_to_its_end(web: TestClient) -> None:
    answer = web.post("/demo/token", content=b" " * 5000)
    assert answer.status_code == 413
    assert answer.json() == {"error": "The body is longer than 4096 bytes."}


def test_without_the_demo_there_is_no_such_thing(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, demo=False), make_jobs=no_jobs)) as web:
        assert web.get("/demo/users").status_code == 404
        assert web.post("/demo/token", json={"user": "amelia"}).status_code == 404


def test_health_is_told_to_anybody(web: TestClient) -> None:
    assert web.get("/health").json() == {"status": "ok"}
