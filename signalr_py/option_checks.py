"""Checks of the values of options, whose errors name the option, the value and what is allowed."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from signalr_py.exceptions import OptionsError

__all__ = [
    "check_callable",
    "check_choice",
    "check_count",
    "check_flag",
    "check_kind",
    "check_seconds",
    "check_shutdown_timeout",
    "check_user_id",
    "check_word",
    "members_of",
    "options_given",
    "origins_of",
    "secret_keys_of",
]

T = TypeVar("T")

_LONGEST: Final = 10**9
_LARGEST: Final = sys.maxsize
_LONGEST_TEXT: Final = 200
_MINIMUM_KEY_LENGTH: Final = 16
_ORIGIN: Final = re.compile(r"\*|[^/*]+://[^/*]+")


def _shown(value: object) -> str:
    """Return the `repr` of any value at all, cut when it is long."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot be shown is still to be refused by name
        return f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."


def _refuse(where: str, name: str, value: object, allowed: str) -> OptionsError:
    return OptionsError(f"{where}({name}={_shown(value)}): allowed is {allowed}.")


def _refuse_member(options: object, name: str, allowed: str) -> OptionsError:
    return _refuse(type(options).__name__, name, getattr(options, name), allowed)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_word(options: object, name: str, allowed: tuple[str, ...]) -> None:
    """Check a member that is one of some words."""
    value = getattr(options, name)
    if not isinstance(value, str) or value not in allowed:
        raise _refuse_member(options, name, "one of " + ", ".join(repr(word) for word in allowed))


def check_flag(options: object, *names: str) -> None:
    """Check members that are True or False."""
    for name in names:
        if not isinstance(getattr(options, name), bool):
            raise _refuse_member(options, name, "True or False")


def check_kind(options: object, name: str, kind: type) -> None:
    """Check a member that is an object of a class."""
    if not isinstance(getattr(options, name), kind):
        raise _refuse_member(options, name, f"a {kind.__name__}")


def check_callable(options: object, name: str, text: str) -> None:
    """Check a member that is a plain callable or None."""
    value = getattr(options, name)
    if value is not None and (not callable(value) or inspect.iscoroutinefunction(value)):
        raise _refuse_member(options, name, text)


def members_of(options: object, name: str, kind: type[T], allowed: tuple[T, ...], text: str) -> tuple[T, ...]:
    """Return a member that holds one or more of some values, each of them once, in the order given."""
    values = getattr(options, name)
    is_collection = isinstance(values, Collection) and not isinstance(values, str)
    if not is_collection or not values or not all(isinstance(each, kind) and each in allowed for each in values):
        raise _refuse_member(options, name, f"a tuple of one or more {text}")
    return tuple(dict.fromkeys(values))


def check_seconds(options: object, *names: str, can_be_endless: bool = False) -> None:
    """Check members that are a number of seconds which every clock can add to its time."""
    endless = ", or infinity" if can_be_endless else ""
    for name in names:
        value = getattr(options, name)
        if not _is_number(value) or not (0 < value <= _LONGEST or (can_be_endless and value == math.inf)):
            raise _refuse_member(options, name, f"a number of seconds greater than 0, up to {_LONGEST}{endless}")


def check_count(
    options: object, unit: str, *names: str, can_be_none: bool = False, zero_is_endless: bool = False
) -> None:
    """Check members that are a whole number which a machine word holds."""
    minimum = 0 if zero_is_endless else 1
    also = (", or 0 for no limit" if zero_is_endless else "") + (", or None" if can_be_none else "")
    for name in names:
        value = getattr(options, name)
        if value is None and can_be_none:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= _LARGEST:
            raise _refuse_member(options, name, f"a whole number of {unit} from 1 to {_LARGEST}{also}")


def check_choice(options: object, name: str, allowed: tuple[int, ...]) -> None:
    """Check a member that is one of some whole numbers."""
    value = getattr(options, name)
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        raise _refuse_member(options, name, " or ".join(str(each) for each in allowed))


def options_given(where: str, name: str, value: object, kind: type[T]) -> T:
    """Return an object of options, or one with the defaults when it is None.

    Raises:
        OptionsError: It is something else.
    """
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise _refuse(where, name, value, f"an object of the class {kind.__name__}")
    return value


def check_shutdown_timeout(value: float) -> None:
    """Check the `shutdown_timeout` of `SignalR`.

    Raises:
        OptionsError: It is no number, less than 0, or more than any clock can add to its time.
    """
    if not _is_number(value) or not (0 <= value <= _LONGEST or value == math.inf):
        text = f"a number of seconds, 0 or more, up to {_LONGEST}, or infinity"
        raise _refuse("SignalR", "shutdown_timeout", value, text)


def check_user_id(value: Callable[..., object]) -> None:
    """Check the `user_id` of `SignalR`.

    Raises:
        OptionsError: It is no plain callable.
    """
    if not callable(value) or inspect.iscoroutinefunction(value):
        raise _refuse("SignalR", "user_id", value, "a plain callable, not an `async def`")


def origins_of(values: Sequence[str]) -> tuple[str, ...]:
    """Return the `allowed_origins` of `SignalR` in lower case.

    Raises:
        OptionsError: One is not an origin.
    """
    is_list = isinstance(values, Collection) and not isinstance(values, str)
    if not is_list or not all(isinstance(value, str) and _ORIGIN.fullmatch(value) for value in values):
        raise _refuse(
            "SignalR",
            "allowed_origins",
            values,
            'a list of origins with a scheme and without a path, such as ["https://example.org"], or ["*"]',
        )
    return tuple(value.lower() for value in values)


def secret_keys_of(values: Sequence[str], where: str) -> tuple[str, ...]:
    """Return secrets that are long enough.

    Args:
        values: The secrets.
        where: What gave them, for the error text.

    Raises:
        OptionsError: There is none, or one is too short; the text does not show them.
    """
    if not isinstance(values, Collection) or isinstance(values, str):
        raise OptionsError(f"{where}: allowed is a list of strings, not one string.")
    if not values or not all(isinstance(value, str) and len(value) >= _MINIMUM_KEY_LENGTH for value in values):
        raise OptionsError(f"{where}: allowed are one or more strings of {_MINIMUM_KEY_LENGTH} characters or more.")
    return tuple(values)
