"""Chance that keeps its word."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["Chance"]


class Chance:
    """Comes up now and then, and at the latest after `patience` times without."""

    def __init__(self, random: Random, probability: float, *, patience: int) -> None:
        self._random = random
        self._probability = probability
        self._patience = patience
        self._misses = 0

    def comes_up(self) -> bool:
        """Tell whether it is time."""
        if self._random.random() < self._probability or self._misses >= self._patience:
            self._misses = 0
            return True
        self._misses += 1
        return False
