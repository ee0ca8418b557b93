"""Lets people sign in as one of the demo's users, without a password: for demonstrations only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from synaxis.directory import Directory, User
    from synaxis.tokens import TokenIssuer

__all__ = ["demo_routes"]

_LARGEST_BODY = 4_096


class _TokenRequest(Struct):
    user: str


def _failure(status_code: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status_code)


def _organizations(user: User) -> list[dict[str, str]]:
    return [{"id": str(organization.id), "name": organization.name} for organization in user.organizations]


async def _read(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)


def demo_routes(directory: Directory, issuer: TokenIssuer) -> list[Route]:
    """Return `GET /users` and `POST /token`, to be mounted where the front end looks for them."""

    async def users(_: Request) -> JSONResponse:
        return JSONResponse([{"user": user.name, "organizations": _organizations(user)} for user in directory.users])

    async def token(request: Request) -> JSONResponse:
        body = await _read(request)
        if body is None:
            return _failure(413, f"The body is longer than {_LARGEST_BODY} bytes.")
        try:
            wanted = msgspec.json.decode(body, type=_TokenRequest).user
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            return _failure(400, f'The body must be JSON like {{"user": "amelia"}}. {exc}.')
        user = directory.user(wanted)
        if user is None:
            return _failure(404, "There is no such demo user; GET /demo/users lists them.")
        return JSONResponse({"token": issuer.issue(user), "user": user.name, "organizations": _organizations(user)})

    return [Route("/users", users), Route("/token", token, methods=["POST"])]
