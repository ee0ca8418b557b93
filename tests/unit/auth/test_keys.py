from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signalr_py.auth import JwtAuthBackend, Key
from signalr_py.auth.keys import FoundKeys, KeyNotLookedUpError, UnsuitableKeyError
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


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Provider:
    """Has one key, counts what it is asked, and can be made to fail."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.keys: dict[object, str] = {"good": SECRET}
        self.is_down = False

    async def __call__(self, header: Mapping[str, Any]) -> Key | None:
        self.asked.append(header.get("kid"))
        if self.is_down:
            raise ConnectionError
        return self.keys.get(header.get("kid"))


def head(kid: str, **more: str) -> dict[str, str]:
    return {"alg": "HS256", "kid": kid, **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Provider:
    return Provider()


async def test_unknown_keys_do_not_keep_known_ones_waiting(clock: Clock) -> None:
    is_stuck, may_go_on = threading.Event(), threading.Event()
    stuck: list[object] = []

    def find(header: Mapping[str, Any]) -> Key | None:
        if header["kid"] == "good":
            return SECRET
        stuck.append(header["kid"])
        if len(stuck) == 4:
            is_stuck.set()
        may_go_on.wait(30)
        return None

    keys = FoundKeys(find, clock=clock)
    assert await keys.key_for(head("good")) == SECRET.encode()
    refusals: list[KeyNotLookedUpError] = []

    async def ask(number: int) -> None:
        try:
            assert await keys.key_for(head(f"bad {number}")) is None
        except KeyNotLookedUpError as error:
            refusals.append(error)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(ask, number)
            await anyio.to_thread.run_sync(is_stuck.wait, 10)
            assert await keys.key_for(head("good")) == SECRET.encode()
            clock.now += 31
            assert await keys.key_for(head("good")) == SECRET.encode()
            assert len(stuck) == 4
            may_go_on.set()
    assert 20 <= len(stuck) <= 23
    assert len(refusals) == 100 - len(stuck)


async def test_a_key_that_was_found_is_used_for_a_while(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    for _ in range(3):
        assert await keys.key_for(head("good")) == SECRET.encode()
    assert provider.asked == ["good"]
    assert await keys.key_for(head("good", typ="JWT")) == SECRET.encode()
    assert provider.asked == ["good", "good"]
    provider.keys["good"] = SECRET * 2
    clock.now += 29.9
    assert await keys.key_for(head("good")) == SECRET.encode()
    clock.now += 0.1
    assert await keys.key_for(head("good")) == SECRET.encode() * 2


async def test_those_who_wait_for_the_same_key_get_it_together(clock: Clock) -> None:
    asked: list[object] = []
    may_go_on = anyio.Event()

    async def find(header: Mapping[str, Any]) -> Key | None:
        asked.append(header["kid"])
        await may_go_on.wait()
        return SECRET

    keys = FoundKeys(find, clock=clock)
    found: list[object] = []

    async def ask() -> None:
        found.append(await keys.key_for(head("good")))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            may_go_on.set()
    assert len(asked) == 4
    assert found == [SECRET.encode()] * 50


@pytest.mark.parametrize("is_down", [False, True])
async def test_a_failed_lookup_is_not_repeated_at_once(clock: Clock, provider: Provider, *, is_down: bool) -> None:
    keys = FoundKeys(provider, clock=clock)
    provider.is_down = is_down
    try:
        assert await keys.key_for(head("new")) is None
    except ConnectionError:
        assert is_down
    provider.is_down = False
    provider.keys["new"] = SECRET
    clock.now += 29.9
    with pytest.raises(KeyNotLookedUpError, match="failed in the last 30 seconds"):
        await keys.key_for(head("new"))
    assert provider.asked == ["new"]
    assert await keys.key_for(head("new", typ="JWT")) == SECRET.encode()


async def test_a_failed_lookup_is_repeated_later(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    assert await keys.key_for(head("new")) is None
    clock.now += 30
    provider.keys["new"] = SECRET
    assert await keys.key_for(head("new")) == SECRET.encode()


async def test_failures_of_a_known_key_are_not_remembered(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    await keys.key_for(head("good"))
    clock.now += 31
    provider.is_down = True
    for _ in range(30):
        with pytest.raises(ConnectionError):
            await keys.key_for(head("good"))
        with pytest.raises(ConnectionError):
            await keys.key_for(head("good", alg="HS512"))
    provider.is_down = False
    assert await keys.key_for(head("good")) == SECRET.encode()
    assert await keys.key_for(head("unknown")) is None


async def test_a_key_that_was_known_long_ago_is_unknown(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    await keys.key_for(head("good"))
    clock.now += 300
    del provider.keys["good"]
    assert await keys.key_for(head("good")) is None
    with pytest.raises(KeyNotLookedUpError):
        await keys.key_for(head("good"))


async def test_a_refused_token_does_not_make_the_key_unknown_to_others(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    with pytest.raises(UnsuitableKeyError):
        await keys.key_for({"alg": "RS256", "kid": "good"})
    with pytest.raises(KeyNotLookedUpError):
        await keys.key_for({"alg": "RS256", "kid": "good"})
    assert await keys.key_for(head("good")) == SECRET.encode()


async def test_many_unknown_keys_are_not_looked_up_for_a_while(clock: Clock, provider: Provider) -> None:
    keys = FoundKeys(provider, clock=clock)
    await keys.key_for(head("good"))
    for number in range(20):
        assert await keys.key_for({"alg": "HS256", "x5t": str(number)}) is None
    with pytest.raises(KeyNotLookedUpError, match="20 lookups of unknown keys failed within 5 seconds"):
        await keys.key_for(head("bad"))
    assert await keys.key_for(head("good", typ="JWT")) == SECRET.encode()
    clock.now += 5
    assert await keys.key_for(head("bad")) is None
    assert await keys.key_for(head("worse")) is None


async def test_only_the_last_keys_are_remembered(clock: Clock) -> None:
    asked: list[object] = []

    async def find(header: Mapping[str, Any]) -> Key | None:
        asked.append(header["kid"])
        return SECRET

    keys = FoundKeys(find, clock=clock)
    for number in range(513):
        await keys.key_for(head(str(number)))
    asked.clear()
    for number in (512, 1, 0):
        await keys.key_for(head(str(number)))
    assert asked == ["0"]


async def test_the_log_says_why_a_key_was_not_looked_up(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    backend = JwtAuthBackend(provider)
    await refused(backend, token(header={"kid": "secret-name"}))
    caplog.clear()
    with caplog.at_level(logging.INFO, "signalr_py"):
        assert await refused(backend, token(header={"kid": "secret-name"})) == "The key of the token is not known"
    cause = "a lookup for the same header failed in the last 30 seconds"
    assert caplog.messages == [f"A token was refused: The key of the token is not known: {cause}."]
