"""Annotations that msgspec cannot read as they are, or would read and ignore a part of."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.pydantic import UnionOfModels, is_model_type

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_constraints", "with_unions_of_models"]

_UNIONS = (Union, types.UnionType)


def with_unions_of_models(annotation: Any) -> Any:
    """Return an annotation in which each union with Pydantic models is a class that stands for it.

    A model that may also be None needs no such class, and unions inside other classes stay what they are.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = with_unions_of_models(arguments[0])
        return _stand_in(annotation) if isinstance(inner, UnionOfModels) else Annotated[inner, *arguments[1:]]
    if origin is Literal:
        return annotation
    if origin in _UNIONS and _only_pydantic_tells_apart(arguments):
        return _stand_in(annotation)
    turned = tuple([with_unions_of_models(argument) for argument in arguments])
    if all(new is old for new, old in zip(turned, arguments, strict=True)):
        return annotation
    return Union[turned] if origin in _UNIONS else origin[turned]  # noqa: UP007 - the members come as a tuple


def _only_pydantic_tells_apart(types_in_union: Iterable[Any]) -> bool:
    others = [kind for kind in types_in_union if kind is not types.NoneType]
    return len(others) > 1 and any(map(is_model_type, others))


def _stand_in(annotation: Any) -> type[Any]:
    # Whoever declares a model has loaded Pydantic.
    stand_in = UnionOfModels(str(annotation), (), {})
    stand_in.root_model = sys.modules["pydantic"].RootModel[annotation]
    return stand_in


def check_constraints(annotation: Any, place: str) -> None:
    """Make sure that no constraint in an annotation goes unchecked.

    Args:
        annotation: The annotation, outside of Pydantic models.
        place: Where it stands, for the error.

    Raises:
        HubDefinitionError: There is a constraint that only Pydantic would check.
    """
    for metadata in getattr(annotation, "__metadata__", ()):
        if _is_constraint_for_pydantic(metadata):
            raise HubDefinitionError(
                f"{place}: {metadata!r} has no effect outside of a Pydantic model. "
                "Write msgspec.Meta(...) in its place, or make the value a Pydantic model."
            )
    for part in get_args(annotation):
        check_constraints(part, place)


def _is_constraint_for_pydantic(metadata: object) -> bool:
    package = type(metadata).__module__.partition(".")[0]
    return package == "annotated_types" or (package == "pydantic" and getattr(metadata, "metadata", True) != [])
