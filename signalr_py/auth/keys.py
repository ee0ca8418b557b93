"""The keys that verify tokens: checked at start-up when there is one, looked up per token when there are many."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import anyio
import jwt
from anyio import to_thread
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from signalr_py.exceptions import OptionsError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALGORITHMS", "FoundKeys", "Key", "KeyFinder", "OneKey", "UnsuitableKeyError", "VerifyingKey"]

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey

Key: TypeAlias = str | bytes | PublicKey | jwt.PyJWK
"""A shared secret for HS algorithms, a public key (PEM or an object of `cryptography`) for the others, or a JWK."""

KeyFinder: TypeAlias = Callable[[Mapping[str, Any]], Key | Awaitable[Key | None] | None]
"""Returns the key for a token, told its header, which is not verified yet; None when there is none."""

VerifyingKey: TypeAlias = PublicKey | bytes
"""A key after parsing."""

_MINIMUM_SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_MINIMUM_RSA_BITS = 2048
_ASYMMETRIC = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES256K", "ES384", "ES512", "EdDSA"),
)
_LOOKUPS_AT_ONCE = 4

ALGORITHMS = (*_MINIMUM_SECRET_BYTES, *_ASYMMETRIC)
"""Signature algorithms that may be accepted; `none` is not among them."""


class UnsuitableKeyError(Exception):
    """A key cannot verify tokens of an algorithm; the text says why and does not show the key."""


class OneKey:
    """The same key for every token.

    Raises:
        OptionsError: It does not fit the algorithms.
    """

    def __init__(self, key: Key, algorithms: Sequence[str]) -> None:
        if len({algorithm in _MINIMUM_SECRET_BYTES for algorithm in algorithms}) > 1:
            raise OptionsError(
                f"JwtAuthBackend(algorithms={tuple(algorithms)!r}): one key cannot serve HS algorithms and public key "
                "algorithms, since a public key is no secret; use one kind, or give a callable as `key`."
            )
        try:
            self._prepared = {algorithm: _prepare(key, algorithm) for algorithm in algorithms}
        except UnsuitableKeyError as error:
            raise OptionsError(f"JwtAuthBackend(key=..., algorithms={tuple(algorithms)!r}): {error}.") from error

    async def key_for(self, header: Mapping[str, Any]) -> VerifyingKey:
        """Return the key for a token whose algorithm is one of those given."""
        return self._prepared[header["alg"]]


class FoundKeys:
    """A key per token, from the application's callable; a plain one runs in a worker thread."""

    def __init__(self, find: KeyFinder) -> None:
        self._find = find
        self._is_async = inspect.iscoroutinefunction(find) or inspect.iscoroutinefunction(type(find).__call__)
        self._limiter = anyio.CapacityLimiter(_LOOKUPS_AT_ONCE)

    async def key_for(self, header: Mapping[str, Any]) -> VerifyingKey | None:
        """Return the key for a token, or None when the callable knows none.

        Raises:
            UnsuitableKeyError: It cannot verify this token.
            Exception: Whatever the callable raises.
        """
        if self._is_async:
            found = self._find(header)
        else:
            found = await to_thread.run_sync(self._find, header, limiter=self._limiter)
        key = await found if inspect.isawaitable(found) else found
        return None if key is None else _prepare(key, header["alg"])


def _prepare(key: Key, algorithm: str) -> VerifyingKey:
    """Parse a key once, and see that it is of the right kind and strong enough."""
    if isinstance(key, jwt.PyJWK):
        if key.algorithm_name != algorithm:
            raise UnsuitableKeyError(f"the JWK is for {key.algorithm_name}, not for {algorithm}")
        key = key.key
    try:
        prepared = jwt.get_algorithm_by_name(algorithm).prepare_key(key)
    except (jwt.InvalidKeyError, TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise UnsuitableKeyError(f"the key is not one for {algorithm} ({type(error).__name__})") from error
    minimum = _MINIMUM_SECRET_BYTES.get(algorithm)
    if minimum is not None and len(prepared) < minimum:
        raise UnsuitableKeyError(
            f"{algorithm} needs a key of at least {minimum} bytes (RFC 7518, section 3.2), this one has {len(prepared)}"
        )
    if isinstance(prepared, RSAPublicKey | RSAPrivateKey) and prepared.key_size < _MINIMUM_RSA_BITS:
        raise UnsuitableKeyError(
            f"{algorithm} needs a key of at least {_MINIMUM_RSA_BITS} bits, this one has {prepared.key_size}"
        )
    return cast("VerifyingKey", prepared)
