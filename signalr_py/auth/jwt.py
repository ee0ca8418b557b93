"""JSON Web Tokens for Starlette's `AuthenticationMiddleware`."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeGuard

import jwt
from starlette.authentication import AuthCredentials, AuthenticationBackend

from signalr_py.auth.bearer import bearer_tokens
from signalr_py.auth.keys import ALGORITHMS, FoundKeys, KeyNotLookedUpError, OneKey, UnsuitableKeyError
from signalr_py.auth.users import JwtUser, RefusedUser
from signalr_py.exceptions import OptionsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import HTTPConnection

    from signalr_py.auth.keys import Key, KeyFinder, VerifyingKey

__all__ = ["JwtAuthBackend"]

_log = logging.getLogger("signalr_py.auth")

_REASONS: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.InvalidAlgorithmError, "The token is signed by an algorithm that is not accepted"),
    (jwt.InvalidSignatureError, "The signature of the token is not valid"),
    (jwt.ImmatureSignatureError, "The token is not valid yet"),
    (jwt.InvalidIssuerError, "The token comes from an issuer that is not accepted"),
    (jwt.InvalidAudienceError, "The token is meant for another audience"),
)
_UNKNOWN_KEY = "The key of the token is not known"
_END_OF_TIME = 253_402_300_800


class JwtAuthBackend(AuthenticationBackend):
    """Authenticates requests by a JSON Web Token, from their header or, for hubs, from their query string.

    ```python
    backend = JwtAuthBackend(SECRET, issuer="https://id.example", audience="chat")
    app = Starlette(
        routes=[signalr.map_hub("/chat", ChatHub)],
        middleware=[Middleware(AuthenticationMiddleware, backend=backend)],
        lifespan=signalr.lifespan,
    )
    ```

    With the keys of an identity provider, or with a set of keys that is at hand:

    ```python
    provider = jwt.PyJWKClient("https://id.example/.well-known/jwks.json")
    JwtAuthBackend(lambda header: provider.get_signing_key(header["kid"]), algorithms=("RS256",), audience="chat")

    keys = jwt.PyJWKSet.from_json(text)
    JwtAuthBackend(lambda header: keys[header["kid"]], algorithms=("ES256",), audience="chat")
    ```

    A request without a token is left to Starlette's `UnauthenticatedUser`; one whose token is not accepted gets a
    `RefusedUser`, who is not authenticated and carries the reason. Neither is answered here: what needs a user says so
    with `@authorize`. A token must expire and name a user. Its `iat` is not looked at.

    Browsers cannot set headers on WebSockets and event streams, so clients there send `?access_token=`. It is accepted
    on the paths of hubs only, and only when no `Authorization: Bearer` header is there. `install_redaction` keeps it
    out of the logs.

    Args:
        key: The secret (HS algorithms), the public key (all others), a `jwt.PyJWK`, or a callable that is given the
            token's header, not verified yet, and returns one of these or None. A plain callable runs in a worker
            thread, a coroutine function on the event loop. When it raises or returns None, the token is refused. A
            key it found serves tokens with the same header for 30 seconds. When it failed, it is not asked again with
            the same header for 30 seconds, unless it found a key with that `kid` in the last 5 minutes; and while many
            lookups of unknown ones fail, it is asked for known ones only, for up to 5 seconds.
        algorithms: Signature algorithms that are accepted, whatever a token says of itself.
        issuer: The accepted `iss`, or several; None accepts any.
        audience: The accepted `aud`, or several; None accepts only tokens that name no audience.
        leeway: Seconds by which the clocks of issuer and server may differ.
        user_id_claim: Claim with the user's id, a string.
        name_claims: Claims with the user's name; the first that is there counts.
        scope_claims: Claims with scopes, as a list or separated by blanks.
        role_claims: Claims with roles, as a list or a single one.

    Raises:
        OptionsError: A value is not allowed, or the key does not fit the algorithms.
    """

    def __init__(
        self,
        key: Key | KeyFinder,
        *,
        algorithms: Sequence[str] = ("HS256",),
        issuer: str | Sequence[str] | None = None,
        audience: str | Sequence[str] | None = None,
        leeway: float = 0,
        user_id_claim: str = "sub",
        name_claims: Sequence[str] = ("name", "preferred_username"),
        scope_claims: Sequence[str] = ("scope", "scp"),
        role_claims: Sequence[str] = ("role", "roles"),
    ) -> None:
        self._algorithms = _names("algorithms", algorithms)
        unknown = [name for name in self._algorithms if name not in ALGORITHMS]
        if unknown:
            raise OptionsError(f"JwtAuthBackend(algorithms={unknown!r}): allowed is any of {', '.join(ALGORITHMS)}.")
        if isinstance(leeway, bool) or not isinstance(leeway, int | float) or not 0 <= leeway < math.inf:
            raise OptionsError(f"JwtAuthBackend(leeway={leeway!r}): allowed is a number of seconds, 0 or more.")
        self._keys = FoundKeys(key) if callable(key) else OneKey(key, self._algorithms)
        self._issuers = None if issuer is None else _names("issuer", issuer)
        self._audiences = None if audience is None else _names("audience", audience)
        self._leeway = leeway
        (self._user_id_claim,) = _names("user_id_claim", (user_id_claim,))
        self._name_claims = _names("name_claims", name_claims, minimum=0)
        self._scope_claims = _names("scope_claims", scope_claims, minimum=0)
        self._role_claims = _names("role_claims", role_claims, minimum=0)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, JwtUser | RefusedUser] | None:
        """Return who sent a request, or None when no token came with it."""
        tokens = bearer_tokens(conn)
        if not tokens:
            return None
        try:
            if len(tokens) > 1:
                raise _RefusedError("The request carries more than one token")
            user = await self._user(tokens[0])
        except _RefusedError as refused:
            if refused.cause:
                _log.warning("A token was refused: %s: %s.", refused.reason, refused.cause)
            else:
                _log.info("A token was refused: %s.", refused.reason)
            return AuthCredentials(), RefusedUser(refused.reason)
        return AuthCredentials(user.scopes), user

    async def _user(self, token: str) -> JwtUser:
        claims = await self._verified_claims(token)
        user_id = claims.get(self._user_id_claim)
        if not _is_text(user_id):
            raise _RefusedError("The token names no user")
        return JwtUser(
            user_id=user_id,
            name=next((claims[name] for name in self._name_claims if _is_text(claims.get(name))), ""),
            roles=_unique(role for name in self._role_claims for role in _texts(claims.get(name))),
            scopes=_unique(
                scope for name in self._scope_claims for text in _texts(claims.get(name)) for scope in text.split()
            ),
            expires_at=int(claims["exp"]) + self._leeway,
            claims=MappingProxyType(claims),
        )

    async def _verified_claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in self._algorithms:
                raise jwt.InvalidAlgorithmError
        except Exception as error:
            raise _RefusedError(_reason(error, token)) from error
        key = await self._key(header)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                issuer=self._issuers,
                audience=self._audiences,
                leeway=self._leeway,
                options={"require": ["exp"], "verify_iat": False, "verify_sub": False},
            )
        except Exception as error:
            raise _RefusedError(_reason(error, token)) from error
        expiry = claims["exp"]
        if isinstance(expiry, bool) or not isinstance(expiry, int | float) or expiry >= _END_OF_TIME:
            raise _RefusedError("The expiry of the token is not a time")
        return claims

    async def _key(self, header: Mapping[str, Any]) -> VerifyingKey:
        try:
            key = await self._keys.key_for(header)
        except (UnsuitableKeyError, KeyNotLookedUpError) as error:
            raise _RefusedError(_UNKNOWN_KEY, cause=str(error)) from error
        except Exception as error:
            _log.debug("The callable given as JwtAuthBackend(key=...) failed.", exc_info=error)
            cause = f"the callable given as JwtAuthBackend(key=...) raised {type(error).__name__}"
            raise _RefusedError(_UNKNOWN_KEY, cause=cause) from error
        if key is None:
            raise _RefusedError(_UNKNOWN_KEY, cause="the callable given as JwtAuthBackend(key=...) returned None")
        return key


class _RefusedError(Exception):
    """A token is refused: the reason is for the client, the cause, which the application can change, for the log."""

    def __init__(self, reason: str, *, cause: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.cause = cause


def _reason(error: Exception, token: str) -> str:
    if isinstance(error, jwt.ExpiredSignatureError):
        expiry = int(jwt.decode(token, options={"verify_signature": False})["exp"])
        return f"The token expired at {datetime.fromtimestamp(max(expiry, 0), UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"The token has no {error.claim!r}"
    return next((text for kind, text in _REASONS if isinstance(error, kind)), "The token is not a valid JSON Web Token")


def _names(option: str, value: str | Sequence[str], *, minimum: int = 1) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value)
    if len(names) < minimum or not all(isinstance(name, str) and name for name in names):
        raise OptionsError(f"JwtAuthBackend({option}={value!r}): allowed are strings that are not empty.")
    return names


def _is_text(value: object) -> TypeGuard[str]:
    """Tell whether a claim is a string that can be written anywhere: JSON can smuggle in half a surrogate pair."""
    return isinstance(value, str) and value != "" and not any("\ud800" <= character <= "\udfff" for character in value)


def _texts(value: object) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if _is_text(item)]


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
