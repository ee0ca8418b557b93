"""Types that the other files of this folder share."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["User"]


@dataclass
class User:
    """Somebody."""

    name: str
