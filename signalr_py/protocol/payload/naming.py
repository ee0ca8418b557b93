"""Names of members on the wire, for classes that do not name them themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, defstruct

from signalr_py.exceptions import HubDefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signalr_py.options import Naming

__all__ = ["STYLES", "camel", "check_unique", "pascal", "struct_names"]

_LEADING_CAPITALS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]")
_PROBE: Final = "probe_Of_Renaming"


def pascal(name: str) -> str:
    """Return a name in PascalCase: `user_name` and `userName` become `UserName`; underscores in front stay."""
    front, words = _words(name)
    return front + "".join(map(_capitalized, words))


def camel(name: str) -> str:
    """Return a name in camelCase: `user_name` and `UserName` become `userName`; underscores in front stay."""
    front, words = _words(name)
    capitals = _LEADING_CAPITALS.match(words[0]) if words else None
    if capitals is not None:
        words[0] = capitals[0].lower() + words[0][capitals.end() :]
    return front + "".join(words[:1]) + "".join(map(_capitalized, words[1:]))


def _words(name: str) -> tuple[str, list[str]]:
    bare = name.lstrip("_")
    text = bare.lower() if bare.isupper() else bare
    return name[: len(name) - len(bare)], [word for word in text.split("_") if word]


def _capitalized(word: str) -> str:
    return word[0].upper() + word[1:]


def _as_declared(name: str) -> str:
    return name


STYLES: Final[Mapping[Naming, Callable[[str], str]]] = {"as_declared": _as_declared, "camel": camel, "pascal": pascal}
"""How each value of the `naming` option spells a declared name."""


def struct_names(cls: type[Struct], style: Callable[[str], str]) -> dict[str, str]:
    """Return the wire name of each member of a Struct by its attribute; names that the Struct gives itself stay."""
    pairs = zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True)
    if _is_renamed(cls):
        return check_unique(cls, dict(pairs))
    return check_unique(cls, {name: encoded if encoded != name else style(name) for name, encoded in pairs})


def check_unique(cls: type[Any], names: dict[str, str]) -> dict[str, str]:
    """Return names on the wire by attribute.

    Raises:
        HubDefinitionError: Two members have the same name on the wire.
    """
    attributes: dict[str, str] = {}
    for attribute, name in names.items():
        other = attributes.setdefault(name, attribute)
        if other != attribute:
            raise HubDefinitionError(
                f"The members '{other}' and '{attribute}' of {cls.__qualname__} are both '{name}' on the wire: rename "
                "one, give one an explicit name, or choose another `naming` in JsonPayload or MessagePackPayload."
            )
    return names


def _is_renamed(cls: type[Struct]) -> bool:
    # msgspec does not tell whether a class has `rename`, but a subclass inherits it; a hook must not see that subclass.
    if any("__init_subclass__" in vars(base) for base in cls.__mro__[: cls.__mro__.index(Struct)]):
        return cls.__struct_fields__ != cls.__struct_encode_fields__
    probe = defstruct(cls.__name__, [(_PROBE, int, 0)], bases=(cls,), kw_only=True)
    return _PROBE not in probe.__struct_encode_fields__
