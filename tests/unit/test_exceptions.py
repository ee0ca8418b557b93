from __future__ import annotations

import inspect

import pytest

import signalr_py
from signalr_py import exceptions

ERRORS = [getattr(exceptions, name) for name in exceptions.__all__]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_one_base_and_says_what_it_is(error: type[Exception]) -> None:
    assert issubclass(error, exceptions.SignalRError)
    assert inspect.getdoc(error)
    assert str(error("why")) == "why"


def test_the_module_lists_every_error_that_it_defines() -> None:
    defined = {name for name, value in vars(exceptions).items() if inspect.isclass(value)}
    assert defined == set(exceptions.__all__)


def test_the_tree_in_the_documentation_is_complete() -> None:
    tree = exceptions.__doc__ or ""
    for error in ERRORS:
        assert error.__name__ in tree


def test_all_but_an_internal_one_are_public() -> None:
    assert set(exceptions.__all__) - set(signalr_py.__all__) == {"ConnectionLimitError"}


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (exceptions.WrongThreadError, RuntimeError),
        (exceptions.HubDefinitionError, TypeError),
        (exceptions.OptionsError, ValueError),
    ],
)
def test_mistakes_of_the_programmer_are_also_what_python_calls_them(
    error: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(error, builtin)
