"""The keys that verify tokens: checked at start-up when there is one, looked up per token when there are many."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

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

__all__ = [
    *("ALGORITHMS", "FoundKeys", "Key", "KeyFinder", "KeyNotLookedUpError", "OneKey"),
    *("UnsuitableKeyError", "VerifyingKey"),
]

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
_ANSWER_SECONDS = 30
_KNOWN_SECONDS = 300
_MAXIMUM_REMEMBERED = 512
_MAXIMUM_FAILURES = 20
_FAILURES_SECONDS = 5

_Value = TypeVar("_Value")

ALGORITHMS = (*_MINIMUM_SECRET_BYTES, *_ASYMMETRIC)
"""Signature algorithms that may be accepted; `none` is not among them."""


class UnsuitableKeyError(Exception):
    """A key cannot verify tokens of an algorithm; the text says why and does not show the key."""


class KeyNotLookedUpError(Exception):
    """The callable was not asked for a key, since it lately failed; the text says why and does not show the header."""


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
    """A key per token, from the application's callable; a plain one runs in a worker thread.

    Anyone can send tokens that name keys (`kid`) nobody has. Lest they keep good tokens waiting:

    * A key that was found is used for 30 seconds for tokens with the same header, the 512 last ones.
    * A `kid` is known for 5 minutes after a key was found for it. Lookups of unknown ones run four at a time and take
      no thread from those of known ones; without a `kid`, the whole header counts.
    * A failed lookup of an unknown `kid` is not repeated for 30 seconds for the same header, the 512 last ones. When
      20 failed within 5 seconds, no unknown one is looked up until these are over.

    Args:
        find: The application's callable.
        clock: Monotonic clock in seconds.
    """

    def __init__(self, find: KeyFinder, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._is_async = inspect.iscoroutinefunction(find) or inspect.iscoroutinefunction(type(find).__call__)
        self._clock = clock
        self._threads_for_known = anyio.CapacityLimiter(_LOOKUPS_AT_ONCE)
        self._threads_for_unknown = anyio.CapacityLimiter(_LOOKUPS_AT_ONCE)
        self._unknown_at_once = anyio.CapacityLimiter(_LOOKUPS_AT_ONCE)
        self._found: _Recent[VerifyingKey] = _Recent(_ANSWER_SECONDS, clock)
        self._failed: _Recent[bool] = _Recent(_ANSWER_SECONDS, clock)
        self._known: _Recent[bool] = _Recent(_KNOWN_SECONDS, clock)
        self._failures = 0
        self._failures_end = -math.inf

    async def key_for(self, header: Mapping[str, Any]) -> VerifyingKey | None:
        """Return the key for a token, or None when the callable knows none.

        Raises:
            UnsuitableKeyError: It cannot verify this token.
            KeyNotLookedUpError: It was not looked up, because lookups failed just before.
            Exception: Whatever the callable raises.
        """
        asked = _digest(header)
        name = _digest(header.get("kid", header))
        found = self._found.get(asked)
        if found is not None:
            return found
        if self._known.get(name):
            return await self._look_up(header, asked, name, self._threads_for_known)
        self._check_failures(asked)
        async with self._unknown_at_once:
            found = self._found.get(asked)
            if found is not None:
                return found
            self._check_failures(asked)
            try:
                found = await self._look_up(header, asked, name, self._threads_for_unknown)
            except Exception:
                self._note_failure(asked)
                raise
            if found is None:
                self._note_failure(asked)
            return found

    async def _look_up(
        self, header: Mapping[str, Any], asked: bytes, name: bytes, threads: anyio.CapacityLimiter
    ) -> VerifyingKey | None:
        answer = self._find(header) if self._is_async else await to_thread.run_sync(self._find, header, limiter=threads)
        key = await answer if inspect.isawaitable(answer) else answer
        if key is None:
            return None
        prepared = _prepare(key, header["alg"])
        self._found.put(asked, prepared)
        self._known.put(name, value=True)
        return prepared

    def _check_failures(self, asked: bytes) -> None:
        if self._failed.get(asked):
            raise KeyNotLookedUpError(f"a lookup for the same header failed in the last {_ANSWER_SECONDS} seconds")
        if self._failures >= _MAXIMUM_FAILURES and self._clock() < self._failures_end:
            raise KeyNotLookedUpError(
                f"{_MAXIMUM_FAILURES} lookups of unknown keys failed within {_FAILURES_SECONDS} seconds"
            )

    def _note_failure(self, asked: bytes) -> None:
        self._failed.put(asked, value=True)
        now = self._clock()
        if now >= self._failures_end:
            self._failures, self._failures_end = 0, now + _FAILURES_SECONDS
        self._failures += 1


class _Recent(Generic[_Value]):
    """Values that are forgotten after some time, or when there are too many younger ones."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._values: dict[bytes, tuple[float, _Value]] = {}

    def get(self, name: bytes) -> _Value | None:
        end, value = self._values.get(name, (-math.inf, None))
        return value if self._clock() < end else None

    def put(self, name: bytes, value: _Value) -> None:
        self._values.pop(name, None)
        self._values[name] = (self._clock() + self._seconds, value)
        if len(self._values) > _MAXIMUM_REMEMBERED:
            del self._values[next(iter(self._values))]


def _digest(value: object) -> bytes:
    """Return a name for a value from a header, which is JSON, that is short however long the value is."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()


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
