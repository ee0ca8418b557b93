from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from signalr_py.exceptions import OptionsError
from signalr_py.transports import tokens as module
from signalr_py.transports.tokens import ConnectionToken, ConnectionTokens, fingerprint, new_connection_id

KEY = "a key of sixteen characters or more"
OTHER_KEY = "another key of sixteen characters"
TOKENS = ConnectionTokens([KEY], "Chat")
TOKEN = ConnectionToken("AAECAwQFBgcICQoLDA0ODw", b"the home", fingerprint("user alice"), False, 1_700_000_000)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


connection_tokens = st.builds(
    ConnectionToken,
    connection_id=st.binary(min_size=16, max_size=16).map(unpadded),
    home=st.binary(min_size=8, max_size=8),
    identity=st.binary(min_size=16, max_size=16),
    stateful=st.booleans(),
    expires_at=st.integers(0, 2**64 - 1),
    negotiate_version=st.sampled_from([0, 1]),
)


@given(connection_tokens)
def test_what_is_issued_is_read_back(token: ConnectionToken) -> None:
    assert TOKENS.read(TOKENS.issue(token)) == token


@given(connection_tokens)
def test_a_token_needs_no_escaping_in_a_query(token: ConnectionToken) -> None:
    text = TOKENS.issue(token)
    assert re.fullmatch("[A-Za-z0-9_-]+", text)
    assert quote(text) == text


@given(connection_tokens, st.data())
def test_a_token_with_a_flipped_bit_is_refused(token: ConnectionToken, data: st.DataObject) -> None:
    raw = bytearray(raw_of(TOKENS.issue(token)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    assert TOKENS.read(unpadded(bytes(raw))) is None


def test_every_flipped_bit_of_one_token_is_refused() -> None:
    raw = raw_of(TOKENS.issue(TOKEN))
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert TOKENS.read(unpadded(bytes(flipped))) is None


@given(st.integers(0, len(TOKENS.issue(TOKEN)) - 1), st.sampled_from(ALPHABET))
@example(len(TOKENS.issue(TOKEN)) - 1, "B")
def test_a_token_with_another_character_is_refused(place: int, character: str) -> None:
    text = TOKENS.issue(TOKEN)
    assume(text[place] != character)
    assert TOKENS.read(text[:place] + character + text[place + 1 :]) is None


@given(st.integers(0, len(TOKENS.issue(TOKEN)) - 1))
def test_a_part_of_a_token_is_refused(length: int) -> None:
    text = TOKENS.issue(TOKEN)
    assert TOKENS.read(text[:length]) is None
    assert TOKENS.read(text[len(text) - length :]) is None


@given(st.text(min_size=1))
@example("=")
@example("\n")
@example(" ")
@example("é")
def test_a_token_with_more_around_it_is_refused(more: str) -> None:
    text = TOKENS.issue(TOKEN)
    assert TOKENS.read(text + more) is None
    assert TOKENS.read(more + text) is None


@given(st.text())
@example("")
@example("A")
@example("\ud800")
def test_arbitrary_text_is_refused(text: str) -> None:
    assert TOKENS.read(text) is None


@given(st.binary(min_size=82, max_size=82))
def test_arbitrary_bytes_of_the_right_length_are_refused(raw: bytes) -> None:
    assert len(raw) == len(raw_of(TOKENS.issue(TOKEN)))
    assert TOKENS.read(unpadded(raw)) is None


def test_a_token_of_another_hub_is_refused() -> None:
    assert ConnectionTokens([KEY], "News").read(TOKENS.issue(TOKEN)) is None


def test_a_token_signed_with_another_key_is_refused() -> None:
    assert ConnectionTokens([OTHER_KEY], "Chat").read(TOKENS.issue(TOKEN)) is None


def test_the_first_key_signs_and_all_verify() -> None:
    rotated = ConnectionTokens([OTHER_KEY, KEY], "Chat")
    assert rotated.read(TOKENS.issue(TOKEN)) == TOKEN
    assert TOKENS.read(rotated.issue(TOKEN)) is None
    assert ConnectionTokens([OTHER_KEY], "Chat").read(rotated.issue(TOKEN)) == TOKEN


def test_a_key_may_be_text_or_bytes() -> None:
    assert ConnectionTokens([KEY.encode()], "Chat").read(TOKENS.issue(TOKEN)) == TOKEN


def test_a_token_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_VERSION", 2)
    later = TOKENS.issue(TOKEN)
    assert TOKENS.read(later) == TOKEN
    monkeypatch.undo()
    assert TOKENS.read(later) is None


@given(st.binary(min_size=16, max_size=16).map(unpadded))
def test_a_connection_id_is_never_a_token(connection_id: str) -> None:
    assert TOKENS.read(connection_id) is None


def test_a_connection_id_is_22_url_safe_characters_and_never_the_same() -> None:
    ids = {new_connection_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[A-Za-z0-9_-]{22}", connection_id) for connection_id in ids)


def test_a_token_does_not_show_the_identity() -> None:
    raw = raw_of(TOKENS.issue(TOKEN))
    assert b"alice" not in raw
    assert KEY.encode() not in raw


def test_fingerprints_of_identities_differ() -> None:
    identities = ["", "user", "user ", "user alice", "user Alice", "user \ud800"]
    assert len({fingerprint(identity) for identity in identities}) == len(identities)
    assert {len(fingerprint(identity)) for identity in identities} == {16}


@pytest.mark.parametrize("keys", [[], [""], ["too short"], [KEY, "too short"], [b"fifteen bytes.."]])
def test_a_short_key_is_an_error_that_does_not_show_it(keys: list[str | bytes]) -> None:
    with pytest.raises(OptionsError, match=r"SignalR\(secret_keys=\.\.\.\).*16 characters") as caught:
        ConnectionTokens(keys, "Chat")
    assert "too short" not in str(caught.value)
    assert "fifteen" not in str(caught.value)
