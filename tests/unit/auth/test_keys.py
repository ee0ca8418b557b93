from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signalr_py.auth import JwtAuthBackend, Key
from signalr_py.exceptions import OptionsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


from tests.support.json_web_tokens import SECRET, PrivateKey, accepted, pem, refused, token


class KeysByName:
    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = keys

    async def __call__(self, header: Mapping[str, Any]) -> Key | None:
        return self._keys.get(header["kid"])


async def test_a_callable_finds_the_key(private_keys: dict[str, PrivateKey]) -> None:
    keys: dict[str, Key] = {"one": SECRET, "two": pem(private_keys["RS256"]), "three": pem(private_keys["ES256"])}
    threads: list[bool] = []

    def in_a_thread(header: Mapping[str, Any]) -> Key | None:
        threads.append(threading.current_thread() is threading.main_thread())
        return keys.get(header["kid"])

    async def on_the_loop(header: Mapping[str, Any]) -> Key | None:
        return keys.get(header["kid"])

    def hands_over_a_coroutine(header: Mapping[str, Any]) -> Awaitable[Key | None]:
        return on_the_loop(header)

    finders: tuple[Callable[[Mapping[str, Any]], Key | Awaitable[Key | None] | None], ...] = (
        in_a_thread,
        on_the_loop,
        hands_over_a_coroutine,
        KeysByName(keys),
    )
    for find in finders:
        backend = JwtAuthBackend(find, algorithms=("HS256", "RS256", "ES256"))
        await accepted(backend, token(header={"kid": "one"}))
        await accepted(backend, token(private_keys["RS256"], "RS256", {"kid": "two"}))
        await accepted(backend, token(private_keys["ES256"], "ES256", {"kid": "three"}))
        assert await refused(backend, token(header={"kid": "two"})) == "The key of the token is not known"
        assert await refused(backend, token(header={"kid": "four"})) == "The key of the token is not known"
    assert threads == [False] * 5


async def test_a_set_of_keys(private_keys: dict[str, PrivateKey]) -> None:
    members = [
        {
            **json.loads(jwt.get_algorithm_by_name(name).to_jwk(private_keys[name].public_key())),
            "kid": name,
            "alg": name,
        }
        for name in ("RS256", "ES256", "EdDSA")
    ]
    keys = jwt.PyJWKSet.from_json(json.dumps({"keys": members}))
    backend = JwtAuthBackend(lambda header: keys[header["kid"]], algorithms=("RS256", "RS512", "ES256", "EdDSA"))
    for name in ("RS256", "ES256", "EdDSA"):
        await accepted(backend, token(private_keys[name], name, {"kid": name}))
    assert await refused(backend, token(private_keys["RS256"], "RS512", {"kid": "RS256"})) == (
        "The key of the token is not known"
    )
    assert await refused(backend, token(private_keys["RS256"], "RS256")) == "The key of the token is not known"
    one = JwtAuthBackend(keys["ES256"], algorithms=("ES256",))
    await accepted(one, token(private_keys["ES256"], "ES256"))


def names_the_key(header: Mapping[str, Any]) -> Key:
    raise LookupError(f"no key for {header}")


@pytest.mark.parametrize(
    ("find", "cause"),
    [
        (names_the_key, "the callable given as JwtAuthBackend(key=...) raised LookupError"),
        (lambda header: None, "the callable given as JwtAuthBackend(key=...) returned None"),
        (
            lambda header: "short",
            "HS256 needs a key of at least 32 bytes (RFC 7518, section 3.2), this one has 5",
        ),
        (lambda header: 7, "the key is not one for HS256 (TypeError)"),
    ],
)
async def test_a_callable_without_an_answer(
    find: Callable[[Mapping[str, Any]], Key | None], cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "signalr_py"):
        reason = await refused(JwtAuthBackend(find), token(header={"kid": "secret-name"}))
    assert reason == "The key of the token is not known"
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", f"A token was refused: {reason}: {cause}.")
    ]
    assert "secret-name" not in caplog.text


def test_one_key_for_both_kinds_of_algorithms_is_refused(private_keys: dict[str, PrivateKey]) -> None:
    for key in (SECRET, pem(private_keys["RS256"])):
        with pytest.raises(OptionsError, match="a public key is no secret"):
            JwtAuthBackend(key, algorithms=("HS256", "RS256"))


@pytest.mark.parametrize(("algorithm", "minimum"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
async def test_short_secrets_are_refused(algorithm: str, minimum: int) -> None:
    with pytest.raises(OptionsError, match=f"{algorithm} needs a key of at least {minimum} bytes") as caught:
        JwtAuthBackend("s" * (minimum - 1), algorithms=(algorithm,))
    assert "sss" not in str(caught.value)
    with pytest.raises(OptionsError):
        JwtAuthBackend("s" * (minimum - 1), algorithms=("HS256", algorithm) if minimum > 32 else (algorithm,))
    await accepted(JwtAuthBackend("s" * minimum, algorithms=(algorithm,)), token("s" * minimum, algorithm))


def test_keys_of_another_kind_are_refused(private_keys: dict[str, PrivateKey]) -> None:
    public = pem(private_keys["RS256"])
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    private = weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    wrong: list[tuple[Any, str, str]] = [
        (public, "HS256", "the key is not one for HS256"),
        (public, "ES256", "the key is not one for ES256"),
        (public, "EdDSA", "the key is not one for EdDSA"),
        (pem(private_keys["ES384"]), "ES256", "the key is not one for ES256"),
        (SECRET, "RS256", "the key is not one for RS256"),
        ("", "HS256", "HS256"),
        (None, "HS256", "the key is not one for HS256"),
        (pem(weak), "RS256", "RS256 needs a key of at least 2048 bits, this one has 1024"),
        (private, "RS256", "RS256 needs a key of at least 2048 bits, this one has 1024"),
        (jwt.PyJWK({"kty": "oct", "k": "c2hvcnQ"}), "HS512", "the JWK is for HS256, not for HS512"),
        (jwt.PyJWK({"kty": "oct", "k": "c2hvcnQ"}), "HS256", "HS256 needs a key of at least 32 bytes"),
    ]
    for key, algorithm, words in wrong:
        with pytest.raises(OptionsError, match=words):
            JwtAuthBackend(key, algorithms=(algorithm,))
