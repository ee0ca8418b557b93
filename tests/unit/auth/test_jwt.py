from __future__ import annotations

import base64
import json
import logging
import time
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.auth import JwtAuthBackend, JwtUser, Key, RefusedUser
from signalr_py.exceptions import OptionsError
from tests.support.json_web_tokens import SECRET, PrivateKey, accepted, answer, connection, pem, refused, token


async def test_a_good_token_makes_a_user() -> None:
    expiry = int(time.time()) + 60
    claims: dict[str, Any] = {"name": "Alice", "scope": "read write", "role": "admin", "exp": expiry}
    user = await accepted(JwtAuthBackend(SECRET), token(**claims))
    assert user.identity == user.user_id == "alice"
    assert user.display_name == "Alice"
    assert user.scopes == ("read", "write")
    assert user.roles == ("admin",)
    assert user.expires_at == expiry
    assert dict(user.claims) == {"sub": "alice", **claims}
    with pytest.raises(TypeError):
        cast("dict[str, Any]", user.claims)["sub"] = "mallory"
    assert "claims" not in repr(user)


async def test_a_user_without_a_name_is_called_by_the_id() -> None:
    assert (await accepted(JwtAuthBackend(SECRET), token())).display_name == "alice"


async def test_leeway_prolongs_the_token() -> None:
    expiry = int(time.time()) - 5
    user = await accepted(JwtAuthBackend(SECRET, leeway=3600), token(exp=expiry))
    assert user.expires_at == expiry + 3600


@pytest.mark.parametrize(
    ("claims", "roles", "scopes"),
    [
        ({}, (), ()),
        ({"roles": ["admin", "ops"]}, ("admin", "ops"), ()),
        ({"role": ["a", "b"], "roles": "b"}, ("a", "b"), ()),
        ({"role": "two words"}, ("two words",), ()),
        ({"role": 5, "roles": [1, "x", None, ["y"], ""]}, ("x",), ()),
        ({"scope": "  a  b "}, (), ("a", "b")),
        ({"scp": ["a", "b c"], "scope": "a"}, (), ("a", "b", "c")),
        ({"scope": {"a": True}, "scp": 7}, (), ()),
    ],
)
async def test_roles_and_scopes(claims: dict[str, Any], roles: tuple[str, ...], scopes: tuple[str, ...]) -> None:
    user = await accepted(JwtAuthBackend(SECRET), token(**claims))
    assert (user.roles, user.scopes) == (roles, scopes)


async def test_claims_have_names_of_choice() -> None:
    backend = JwtAuthBackend(
        SECRET, user_id_claim="oid", name_claims=("nick",), scope_claims=("permissions",), role_claims=()
    )
    user = await accepted(backend, token(sub=7, oid="x1", nick="X", permissions=["p"], role="admin"))
    assert (user.identity, user.display_name, user.scopes, user.roles) == ("x1", "X", ("p",), ())


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
async def test_public_keys(private_keys: dict[str, PrivateKey], algorithm: str) -> None:
    key = private_keys[algorithm]
    good = token(key, algorithm)
    for public in (pem(key), pem(key).encode(), cast("Key", key.public_key())):
        await accepted(JwtAuthBackend(public, algorithms=(algorithm,)), good)
    stranger = token(ed25519.Ed25519PrivateKey.generate(), "EdDSA")
    backend = JwtAuthBackend(pem(key), algorithms=(algorithm,))
    reason = (
        "The signature of the token is not valid" if algorithm == "EdDSA" else "The token is signed by an algorithm"
    )
    assert (await refused(backend, stranger)).startswith(reason)


async def test_one_key_may_serve_several_algorithms_of_its_kind(private_keys: dict[str, PrivateKey]) -> None:
    key = private_keys["RS256"]
    backend = JwtAuthBackend(pem(key), algorithms=("RS256", "PS256"))
    await accepted(backend, token(key, "RS256"))
    await accepted(backend, token(key, "PS256"))
    assert "algorithm" in await refused(backend, token(key, "RS512"))


def forged(header: dict[str, Any], signature: bytes = b"", **claims: Any) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    payload = {"sub": "alice", "exp": int(time.time()) + 60} | claims
    return f"{part(header)}.{part(payload)}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", None, 5, ["HS256"], {"a": 1}, "HS257"])
async def test_a_token_cannot_choose_its_algorithm(name: object) -> None:
    asked: list[object] = []
    for backend in (JwtAuthBackend(SECRET), JwtAuthBackend(lambda header: asked.append(header))):
        assert (
            await refused(backend, forged({"alg": name})) == "The token is signed by an algorithm that is not accepted"
        )
        assert (
            await refused(backend, forged({"typ": "JWT"})) == "The token is signed by an algorithm that is not accepted"
        )
    assert asked == []


async def test_a_public_key_is_no_secret(private_keys: dict[str, PrivateKey]) -> None:
    public = pem(private_keys["RS256"])
    confused = jwt.api_jws.PyJWS()
    head = {"alg": "HS256", "typ": "JWT"}
    body = forged(head).rsplit(".", 1)[0]
    algorithm = confused.get_algorithm_by_name("HS256")
    signature = base64.urlsafe_b64encode(algorithm.sign(body.encode(), public.encode())).decode().rstrip("=")
    for backend in (
        JwtAuthBackend(public, algorithms=("RS256",)),
        JwtAuthBackend(lambda header: public, algorithms=("RS256", "HS256")),
    ):
        await refused(backend, f"{body}.{signature}")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 0}, "The token expired at 1970-01-01T00:00:00Z"),
        ({"exp": -(10**30)}, "The token expired at 1970-01-01T00:00:00Z"),
        ({"exp": 1_700_000_000}, "The token expired at 2023-11-14T22:13:20Z"),
        ({"exp": True}, "The token expired at 1970-01-01T00:00:01Z"),
        ({"exp": None}, "The token has no 'exp'"),
        ({"exp": "4102444800"}, "The expiry of the token is not a time"),
        ({"exp": 10**400}, "The expiry of the token is not a time"),
        ({"exp": 1e300}, "The expiry of the token is not a time"),
        ({"exp": float("nan")}, "The token is not a valid JSON Web Token"),
        ({"exp": float("inf")}, "The token is not a valid JSON Web Token"),
        ({"exp": {}}, "The token is not a valid JSON Web Token"),
        ({"nbf": 4_102_444_800}, "The token is not valid yet"),
        ({"nbf": "soon"}, "The token is not a valid JSON Web Token"),
        ({"iss": "someone"}, "The token comes from an issuer that is not accepted"),
        ({"iss": ["interop"]}, None),
        ({"iss": None}, "The token has no 'iss'"),
        ({"aud": "elsewhere"}, "The token is meant for another audience"),
        ({"aud": ["elsewhere", "other"]}, "The token is meant for another audience"),
        ({"aud": 5}, "The token is meant for another audience"),
        ({"aud": None}, "The token has no 'aud'"),
        ({"sub": None}, "The token names no user"),
        ({"sub": ""}, "The token names no user"),
        ({"sub": 5}, "The token names no user"),
        ({"sub": ["alice"]}, "The token names no user"),
        ({"sub": "half \ud800"}, "The token names no user"),
    ],
)
async def test_refused_claims(claims: dict[str, Any], reason: str | None) -> None:
    backend = JwtAuthBackend(SECRET, issuer="interop", audience="hub")
    payload = {"sub": "alice", "iss": "interop", "aud": "hub", "exp": int(time.time()) + 60} | claims
    text = json.dumps({name: value for name, value in payload.items() if value is not None})
    bad = jwt.api_jws.PyJWS().encode(text.encode(), SECRET, "HS256")
    given_reason = await refused(backend, bad)
    assert reason is None or given_reason == reason


async def test_issued_in_the_future_is_fine() -> None:
    await accepted(JwtAuthBackend(SECRET), token(iat=int(time.time()) + 30))


async def test_issuers_and_audiences() -> None:
    backend = JwtAuthBackend(SECRET, issuer=("a", "b"), audience=["x", "y"])
    await accepted(backend, token(iss="b", aud=["z", "x"]))
    await refused(backend, token(iss="ab", aud="x"))
    await refused(backend, token(iss="a", aud="xy"))
    assert await refused(JwtAuthBackend(SECRET), token(aud="x")) == "The token is meant for another audience"
    await accepted(JwtAuthBackend(SECRET), token(iss="anyone"))


async def test_another_key() -> None:
    stranger = token("another-secret-of-more-than-32-bytes")
    assert await refused(JwtAuthBackend(SECRET), stranger) == "The signature of the token is not valid"


@pytest.mark.parametrize("text", ["garbage", "a.b.c", "..", "e30.e30.e30", "\xe9", "[" * 20_000, "." * 5_000])
async def test_what_is_no_token(text: str) -> None:
    await refused(JwtAuthBackend(SECRET), text)


async def test_a_deeply_nested_token() -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":"HS256","x":' + b"[" * 20_000).decode().rstrip("=")
    assert await refused(JwtAuthBackend(SECRET), f"{deep}.e30.AA") == "The token is not a valid JSON Web Token"


@pytest.mark.parametrize("value", ["Bearer {}", "bearer {}", "BEARER   {}  "])
async def test_the_scheme_is_written_in_any_case(value: str) -> None:
    conn = connection(headers=[(b"authorization", value.format(token()).encode())])
    await accepted(JwtAuthBackend(SECRET), conn)


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer  ", "Basic YTpi", "Token x", "Bearerx y"])
async def test_nothing_to_look_at(value: str | None) -> None:
    headers = [] if value is None else [(b"authorization", value.encode())]
    assert await answer(JwtAuthBackend(SECRET), connection(headers=headers)) is None


async def test_two_tokens_are_none() -> None:
    header = (b"authorization", f"Bearer {token()}".encode())
    assert await refused(JwtAuthBackend(SECRET), connection(headers=[header, header])) == (
        "The request carries more than one token"
    )
    await accepted(JwtAuthBackend(SECRET), connection(headers=[(b"authorization", b"Basic YTpi"), header]))


async def test_a_token_in_the_query_of_nowhere_is_ignored() -> None:
    assert await answer(JwtAuthBackend(SECRET), connection(query=f"access_token={token()}")) is None


async def test_refusals_are_logged_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    bad = token(exp=5)
    with caplog.at_level(logging.INFO, "signalr_py"):
        await refused(JwtAuthBackend(SECRET), bad)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "A token was refused: The token expired at 1970-01-01T00:00:05Z.")
    ]


def test_a_reason_is_safe_in_a_header() -> None:
    user = RefusedUser('a "b" \\ \r\n ü \x00')
    assert user.www_authenticate == 'Bearer error="invalid_token", error_description="a \'b\' ? ?? ? ?"'
    assert user.www_authenticate.isascii()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"algorithms": ()}, "algorithms"),
        ({"algorithms": ("none",)}, "algorithms=.'none'.*allowed is any of HS256"),
        ({"algorithms": ("HS256", "ROT13")}, "ROT13"),
        ({"algorithms": (5,)}, "algorithms"),
        ({"issuer": ""}, "issuer"),
        ({"issuer": ()}, "issuer"),
        ({"audience": ["a", ""]}, "audience"),
        ({"audience": [None]}, "audience"),
        ({"leeway": -1}, "leeway=-1"),
        ({"leeway": True}, "leeway=True"),
        ({"leeway": "5"}, "leeway='5'"),
        ({"leeway": float("nan")}, "leeway=nan"),
        ({"leeway": float("inf")}, "leeway=inf"),
        ({"user_id_claim": ""}, "user_id_claim"),
        ({"scope_claims": ("",)}, "scope_claims"),
        ({"role_claims": (5,)}, "role_claims"),
        ({"name_claims": ("",)}, "name_claims"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionsError, match=words):
        JwtAuthBackend(SECRET, **options)


PARTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["Bearer ", "bearer", " ", ".", "=", "e30", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0", "%2E"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("HS256"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["alg", "typ", "kid", "crit", "b64", "exp", "sub", "x"]), inner, max_size=4
            )
        ),
        max_leaves=6,
    ).map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")),
)


@given(st.lists(PARTS, max_size=8).map("".join), st.lists(PARTS, min_size=3, max_size=3).map(".".join))
async def test_no_text_is_a_user(text: str, shaped: str) -> None:
    backend = JwtAuthBackend(SECRET)
    for value in (text, f"Bearer {text}", f"Bearer {shaped}"):
        header = (b"authorization", value.encode("utf-8", "replace"))
        result = await backend.authenticate(connection(headers=[header]))
        if result is not None:
            assert isinstance(result[1], RefusedUser)
            assert result[1].www_authenticate.isprintable()


@given(st.data())
async def test_no_changed_token_is_a_user(data: st.DataObject) -> None:
    good = token(exp=4_102_444_800)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~=/+ é"))
    bad = good[:at] + other + good[at + 1 :]
    result = await JwtAuthBackend(SECRET).authenticate(connection(bearer=bad))
    assert result is not None
    assert isinstance(result[1], JwtUser if bad == good else RefusedUser)
