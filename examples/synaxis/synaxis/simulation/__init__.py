"""A small world that stands in for real providers; the same seed gives the same history."""

from __future__ import annotations

from synaxis.simulation.world import SimulatedWorld

__all__ = ["SimulatedWorld"]
