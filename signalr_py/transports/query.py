"""Query values as ASP.NET reads them: keys in any case, repeated ones joined with a comma."""

from __future__ import annotations

from typing import TYPE_CHECKING, final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["QueryValues"]


@final
class QueryValues:
    """The query of one request."""

    def __init__(self, scope: Scope) -> None:
        self._values: dict[str, str] = {}
        query: bytes = scope["query_string"]
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else ():
            key = name.lower()
            self._values[key] = f"{self._values[key]},{value}" if key in self._values else value

    def get(self, name: str) -> str | None:
        """Return the value of a key in any case, which may be empty; None when the key is missing."""
        return self._values.get(name.lower())
