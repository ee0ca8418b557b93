"""Authentication: who sent a request, told by a JSON Web Token."""

from __future__ import annotations

from signalr_py.auth.jwt import JwtAuthBackend
from signalr_py.auth.keys import Key, KeyFinder
from signalr_py.auth.users import JwtUser, RefusedUser

__all__ = ["JwtAuthBackend", "JwtUser", "Key", "KeyFinder", "RefusedUser"]
