from __future__ import annotations

from typing import Any

import pytest

from signalr_py import HttpConnectionOptions, HubOptions, OptionsError
from signalr_py.option_checks import check_shutdown_timeout, check_user_id, options_given, origins_of, secret_keys_of


@pytest.mark.parametrize("value", [0, 0.5, 5, 10**9, float("inf")])
def test_a_shutdown_timeout_that_is_allowed(value: float) -> None:
    check_shutdown_timeout(value)


@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan"), 10**9 + 1, 10**400])
def test_a_shutdown_timeout_that_is_not_allowed(value: Any) -> None:
    text = (
        r"^SignalR\(shutdown_timeout=.*\): allowed is a number of seconds, 0 or more, up to 1000000000, or infinity\.$"
    )
    with pytest.raises(OptionsError, match=text):
        check_shutdown_timeout(value)


@pytest.mark.parametrize("value", ["sub", None, 5])
def test_a_user_id_that_cannot_be_called(value: Any) -> None:
    with pytest.raises(
        OptionsError, match=r"^SignalR\(user_id=.*\): allowed is a plain callable, not an `async def`\.$"
    ):
        check_user_id(value)


def test_origins_are_compared_in_lower_case() -> None:
    assert origins_of(["https://Example.org:8443", "http://[::1]:80", "*"]) == (
        "https://example.org:8443",
        "http://[::1]:80",
        "*",
    )
    assert origins_of(()) == ()


@pytest.mark.parametrize("values", [5, b"https://example.org", object()])
def test_origins_are_a_list(values: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(allowed_origins=.*\): allowed is a list of origins"):
        origins_of(values)


def test_secret_keys_stay_in_order_and_are_never_shown() -> None:
    keys = ("a secret of some length", "another secret of some length")
    assert secret_keys_of(list(keys), "here") == keys
    with pytest.raises(OptionsError) as caught:
        secret_keys_of([keys[0], "hunter2"], "here")
    assert str(caught.value) == "here: allowed are one or more strings of 16 characters or more."


@pytest.mark.parametrize("values", [5, "one string that is long enough", b"bytes that are long enough", object()])
def test_secret_keys_are_a_list(values: Any) -> None:
    with pytest.raises(OptionsError, match=r"^here: allowed") as caught:
        secret_keys_of(values, "here")
    assert "long enough" not in str(caught.value)


def test_no_options_are_those_with_the_defaults() -> None:
    given = HubOptions(keep_alive_interval=5)
    assert options_given("map_hub", "options", given, HubOptions) is given
    assert options_given("map_hub", "options", None, HubOptions) == HubOptions()


@pytest.mark.parametrize("value", [HttpConnectionOptions(), {}, 0, False, HubOptions])
def test_options_of_another_kind(value: Any) -> None:
    with pytest.raises(OptionsError) as caught:
        options_given("map_hub", "options", value, HubOptions)
    shown = repr(value)[:200]
    assert str(caught.value).startswith(f"map_hub(options={shown}")
    assert str(caught.value).endswith("): allowed is an object of the class HubOptions.")
