"""Pydantic models as arguments and results; Pydantic itself is never imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from signalr_py.protocol.payload.naming import check_unique

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "UnionOfModels",
    "dump",
    "is_model",
    "is_model_type",
    "is_root_model_type",
    "model_of",
    "names_to_read",
    "names_to_write",
    "validate",
]


def is_model_type(cls: object) -> TypeGuard[type[Any]]:
    """Return whether a class is that of a Pydantic model."""
    return isinstance(cls, type) and hasattr(cls, "__pydantic_validator__") and hasattr(cls, "model_validate")


def is_root_model_type(cls: type[Any]) -> bool:
    """Return whether a model stands for the value of its only member, `root`."""
    return bool(getattr(cls, "__pydantic_root_model__", False))


def is_model(value: object) -> bool:
    """Return whether a value is a Pydantic model."""
    return is_model_type(type(value))


class UnionOfModels(type):
    """The class of a class that stands for a union with Pydantic models, which Pydantic tells apart.

    Attributes:
        root_model: The model whose only member is the union.
    """

    root_model: type[Any]

    def __instancecheck__(cls, instance: object) -> bool:
        """Let the decoder take whatever Pydantic has made of a value."""
        return True

    def validate(cls, value: Any) -> Any:
        """Return the value that Pydantic makes of a plain one.

        Raises:
            ValueError: The value is none of the union's types.
        """
        return validate(cls.root_model, value).root


def model_of(cls: Any) -> type[Any] | None:
    """Return the Pydantic model by which values of a class are read, or None where Pydantic has no part in it."""
    if isinstance(cls, UnionOfModels):
        return cls.root_model
    return cls if is_model_type(cls) else None


def dump(model: Any) -> Any:
    """Return the plain values of a model under its aliases; dates, decimals, bytes and the like stay what they are."""
    return model.model_dump(by_alias=True)


def validate(cls: type[Any], value: Any) -> Any:
    """Return a model made of plain values.

    Raises:
        ValueError: The values do not fit; the text names the members at fault and quotes none of the values.
    """
    try:
        return cls.model_validate(value)
    except ValueError as exc:
        errors: Callable[..., list[dict[str, Any]]] | None = getattr(exc, "errors", None)
        if errors is None:
            raise
        faults = errors(include_url=False, include_context=False, include_input=False)
        raise ValueError("; ".join(map(_sentence, faults))) from exc


def _sentence(fault: Mapping[str, Any]) -> str:
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def names_to_read(cls: type[Any], style: Callable[[str], str]) -> dict[str, tuple[str, Any]]:
    """Return, by name on the wire, the name that the model reads and the annotation; aliases stay."""
    names: dict[str, str] = {}
    members: dict[str, tuple[str, Any]] = {}
    for attribute, info in cls.model_fields.items():
        alias = info.validation_alias
        if alias is None or isinstance(alias, str):
            names[attribute] = wire = alias or style(attribute)
            members[wire] = (alias or attribute, info.annotation)
    check_unique(cls, names)
    return members


def names_to_write(cls: type[Any], style: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """Return, by name in a dump of the model, the attribute and the name on the wire; aliases stay."""
    aliases = {attribute: info.serialization_alias for attribute, info in cls.model_fields.items()}
    aliases |= {attribute: info.alias for attribute, info in cls.model_computed_fields.items()}
    names = check_unique(cls, {attribute: alias or style(attribute) for attribute, alias in aliases.items()})
    return {alias or attribute: (attribute, names[attribute]) for attribute, alias in aliases.items()}
