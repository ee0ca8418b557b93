"""Private keys of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

if TYPE_CHECKING:
    from tests.support.json_web_tokens import PrivateKey


@pytest.fixture(scope="module")
def private_keys() -> dict[str, PrivateKey]:
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "RS256": pair,
        "RS512": pair,
        "PS256": pair,
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
