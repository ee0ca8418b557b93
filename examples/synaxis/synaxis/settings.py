"""Everything that an installation may set, read from environment variables."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "SettingsError"]

_FRONT_END = Path(__file__).parent.parent / "frontend" / "dist"
_KEY_BYTES = 32
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class SettingsError(ValueError):
    """A setting is missing or has a value that is not allowed; the message names the variable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process.

    Attributes:
        jwt_key: What tokens are signed with (HS256), at least 32 bytes; `SYNAXIS_JWT_KEY`.
        jwt_issuer: Who must have issued a token; `SYNAXIS_JWT_ISSUER`.
        jwt_audience: Whom a token must be meant for; `SYNAXIS_JWT_AUDIENCE`.
        allowed_origins: Other origins whose pages may connect; `SYNAXIS_ALLOWED_ORIGINS`, separated by commas.
        demo: Whether anybody may sign in as a demo user; `SYNAXIS_DEMO`.
        demo_token_lifetime: How long a token of the demo is good.
        front_end: The folder with the built page; `SYNAXIS_FRONT_END`.
        seed: Makes the simulated world repeat its history; `SYNAXIS_SEED`.
    """

    jwt_key: str = field(repr=False)
    jwt_issuer: str = "https://synaxis.example"
    jwt_audience: str = "synaxis"
    allowed_origins: tuple[str, ...] = ()
    demo: bool = False
    demo_token_lifetime: timedelta = timedelta(hours=1)
    front_end: Path = _FRONT_END
    seed: int | None = None

    def __post_init__(self) -> None:
        if len(self.jwt_key.encode()) < _KEY_BYTES:
            raise SettingsError(f"SYNAXIS_JWT_KEY is too short: HS256 wants a secret of {_KEY_BYTES} bytes or more.")
        for origin in self.allowed_origins:
            _check_origin(origin)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, demo: bool | None = None) -> Settings:
        """Read the settings; `demo`, unless it is None, goes before `SYNAXIS_DEMO`.

        The demo makes a random key when none is set, since its tokens need not outlive the process.

        Raises:
            SettingsError: A variable is missing or has a value that is not allowed.
        """
        is_demo = _flag(environment, "SYNAXIS_DEMO") if demo is None else demo
        key = environment.get("SYNAXIS_JWT_KEY") or (secrets.token_urlsafe(_KEY_BYTES) if is_demo else None)
        if key is None:
            raise SettingsError(
                "SYNAXIS_JWT_KEY is not set: give the secret that signs tokens, or start the demo with --demo."
            )
        return cls(
            jwt_key=key,
            jwt_issuer=environment.get("SYNAXIS_JWT_ISSUER") or cls.jwt_issuer,
            jwt_audience=environment.get("SYNAXIS_JWT_AUDIENCE") or cls.jwt_audience,
            allowed_origins=_origins(environment.get("SYNAXIS_ALLOWED_ORIGINS", "")),
            demo=is_demo,
            front_end=Path(environment.get("SYNAXIS_FRONT_END") or cls.front_end),
            seed=_number(environment, "SYNAXIS_SEED"),
        )


def _flag(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower()
    if text not in _YES + _NO:
        raise SettingsError(f"{name}={text!r}: allowed is 1 or 0.")
    return text in _YES


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r}: allowed is a whole number.") from None


def _origins(text: str) -> tuple[str, ...]:
    return tuple(origin for part in text.split(",") if (origin := part.strip().rstrip("/")))


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
        raise SettingsError(
            f"SYNAXIS_ALLOWED_ORIGINS has {origin!r}: an origin is a scheme, a host and maybe a port, "
            "as in https://app.example.com."
        )
