"""Tokens for the secure hub of the interop servers."""

from __future__ import annotations

import time

import jwt

__all__ = ["SIGNING_KEY", "token"]

SIGNING_KEY = "interop-test-key-of-32-bytes-min!"


def token(user: str, *, life: float = 60, key: str = SIGNING_KEY, **claims: object) -> str:
    """Return a token that the secure hub accepts for `life` seconds."""
    payload = {"sub": user, "iss": "interop", "aud": "hub", "exp": int(time.time() + life)} | claims
    return jwt.encode(payload, key, algorithm="HS256")
