from __future__ import annotations

import inspect
from typing import Any

import pytest

from signalr_py import HubDefinitionError
from signalr_py.hub.keys import check_key, key_of


def price(symbol: str, exchange: str = "XETRA", *, value: float = 0.0) -> None: ...


def several(first: str, *others: str) -> None: ...


PRICE = inspect.signature(price)
SEVERAL = inspect.signature(several)


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("prices", ("SAP", "XETRA", 1.5), "prices"),
        ("price:{symbol}", ("SAP", "XETRA", 1.5), "price:SAP"),
        ("{exchange}/{symbol}", ("SAP", "XETRA", 1.5), "XETRA/SAP"),
        ("{value}", ("SAP", "XETRA", 1.5), "1.5"),
        ("{{symbol}}", ("SAP", "XETRA", 1.5), "{symbol}"),
        ("{symbol}", ("{exchange}", "XETRA", 1.5), "{exchange}"),
    ],
)
def test_braces_hold_parameters(key: str, values: tuple[Any, ...], expected: str) -> None:
    check_key("Client.price", key, PRICE)
    assert key_of(key, PRICE, values) == expected


def test_parameters_in_front_of_others() -> None:
    check_key("Client.several", "{first}", SEVERAL)
    assert key_of("{first}", SEVERAL, ("a", "b", "c")) == "a"


@pytest.mark.parametrize(
    "key", ["{}", "{0}", "{other}", "{symbol.upper}", "{symbol[0]}", "{symbol!r}", "{symbol:>5}", "{symbol:{value}}"]
)
def test_braces_hold_nothing_else(key: str) -> None:
    with pytest.raises(HubDefinitionError) as caught:
        check_key("Client.price", key, PRICE)
    assert str(caught.value) == (
        f"Client.price: braces in the key {key!r} may hold nothing but the name of a parameter "
        "(symbol, exchange, value)."
    )


def test_several_values_make_no_key() -> None:
    with pytest.raises(HubDefinitionError, match=r"nothing but the name of a parameter \(first\)"):
        check_key("Client.several", "{others}", SEVERAL)


@pytest.mark.parametrize("key", ["{", "}", "{symbol"])
def test_a_key_that_cannot_be_read(key: str) -> None:
    with pytest.raises(HubDefinitionError, match=r"^Client\.price: the key '.*' cannot be read: "):
        check_key("Client.price", key, PRICE)
