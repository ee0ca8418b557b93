from __future__ import annotations

from pathlib import Path

import pytest

from synaxis.settings import Settings, SettingsError

KEY = "0123456789abcdef0123456789abcdef"


def test_a_key_is_all_that_is_needed() -> None:
    settings = Settings.from_environment({"SYNAXIS_JWT_KEY": KEY})
    assert settings == Settings(jwt_key=KEY)
    assert not settings.demo
    assert settings.front_end.parts[-2:] == ("frontend", "dist")


def test_everything_may_be_set() -> None:
    settings = Settings.from_environment(
        {
            "SYNAXIS_JWT_KEY": KEY,
            "SYNAXIS_JWT_ISSUER": "https://id.example",
            "SYNAXIS_JWT_AUDIENCE": "gateway",
            "SYNAXIS_ALLOWED_ORIGINS": "https://app.example.com/, http://localhost:5173,",
            "SYNAXIS_DEMO": "yes",
            "SYNAXIS_FRONT_END": "page",
            "SYNAXIS_SEED": "7",
        }
    )
    assert settings == Settings(
        jwt_key=KEY,
        jwt_issuer="https://id.example",
        jwt_audience="gateway",
        allowed_origins=("https://app.example.com", "http://localhost:5173"),
        demo=True,
        front_end=Path("page"),
        seed=7,
    )


def test_the_demo_makes_a_key_of_its_own() -> None:
    first, second = (Settings.from_environment({}, demo=True) for _ in range(2))
    assert first.jwt_key != second.jwt_key
    assert Settings.from_environment({"SYNAXIS_JWT_KEY": KEY}, demo=True).jwt_key == KEY


@pytest.mark.parametrize(("demo", "expected"), [(None, True), (False, False)])
def test_the_command_line_goes_before_the_environment(demo: bool | None, *, expected: bool) -> None:
    environment = {"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_DEMO": "1"}
    assert Settings.from_environment(environment, demo=demo).demo is expected


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "SYNAXIS_JWT_KEY is not set"),
        ({"SYNAXIS_JWT_KEY": "short"}, "SYNAXIS_JWT_KEY is too short"),
        ({"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_DEMO": "maybe"}, "SYNAXIS_DEMO='maybe'"),
        ({"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_SEED": "x"}, "SYNAXIS_SEED='x'"),
        ({"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_ALLOWED_ORIGINS": "*"}, "SYNAXIS_ALLOWED_ORIGINS has '\\*'"),
        ({"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_ALLOWED_ORIGINS": "app.example.com"}, "SYNAXIS_ALLOWED_ORIGINS has"),
        ({"SYNAXIS_JWT_KEY": KEY, "SYNAXIS_ALLOWED_ORIGINS": "https://a.example/path"}, "SYNAXIS_ALLOWED_ORIGINS has"),
    ],
)
def test_a_bad_setting_is_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment(environment)


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(Settings(jwt_key=KEY))
