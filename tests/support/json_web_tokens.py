"""Tokens, their keys, and what a backend makes of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import HTTPConnection

from signalr_py.auth import JwtAuthBackend, JwtUser, RefusedUser
from signalr_py.types import Challenge

if TYPE_CHECKING:
    from starlette.authentication import AuthCredentials

SECRET = "a-secret-for-these-tests-of-48-bytes-or-a-few-more"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def token(
    key: PrivateKey | str | bytes = SECRET,
    algorithm: str = "HS256",
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    payload = {"sub": "alice", "exp": int(time.time()) + 60} | claims
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers=header)


def connection(
    *, bearer: str | None = None, query: str = "", headers: list[tuple[bytes, bytes]] | None = None
) -> HTTPConnection:
    sent = list(headers or [])
    if bearer is not None:
        sent.append((b"authorization", f"Bearer {bearer}".encode()))
    scope = {"type": "http", "method": "GET", "path": "/chat", "query_string": query.encode(), "headers": sent}
    return HTTPConnection(scope)


async def answer(
    backend: JwtAuthBackend, conn: HTTPConnection | str
) -> tuple[AuthCredentials, JwtUser | RefusedUser] | None:
    return await backend.authenticate(connection(bearer=conn) if isinstance(conn, str) else conn)


async def accepted(backend: JwtAuthBackend, conn: HTTPConnection | str) -> JwtUser:
    result = await answer(backend, conn)
    assert result is not None
    credentials, user = result
    assert isinstance(user, JwtUser), user
    assert user.is_authenticated
    assert credentials.scopes == list(user.scopes)
    return user


async def refused(backend: JwtAuthBackend, conn: HTTPConnection | str) -> str:
    result = await answer(backend, conn)
    assert result is not None
    credentials, user = result
    assert isinstance(user, RefusedUser), user
    assert isinstance(user, Challenge)
    assert not user.is_authenticated
    assert (user.identity, user.display_name, credentials.scopes) == ("", "", [])
    assert user.www_authenticate == f'Bearer error="invalid_token", error_description="{user.reason}"'
    return user.reason
