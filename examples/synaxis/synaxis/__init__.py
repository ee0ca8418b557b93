"""Synaxis: live updates of an AI gateway, over SignalR."""

from __future__ import annotations
