"""The goals: which figure, beside what, and how high or low it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from benchmarks.samples import Summary
from benchmarks.stages import FULL
from benchmarks.subjects import AIOSIGNALR, ASP_NET, BARE, HOSTS, OURS, SOCKET_IO, bare_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.samples import Results

__all__ = ["GOALS", "Bound", "Comparison", "Goal", "Verdict", "judge"]

Bound: TypeAlias = Literal["at most", "below", "at least"]
Comparison: TypeAlias = Literal["absolute", "ratio", "difference", "advantage"]
"""The figure itself; divided by the other; minus the other; the other divided by it."""

_UNITS: Final = {"absolute": "", "ratio": " x", "difference": " us", "advantage": " x"}


class Goal(Struct, frozen=True):
    """One row of the table of goals.

    Attributes:
        row: What is measured, in words.
        figure: The figure's name.
        bound: Which side of the limit is good.
        limit: The limit.
        comparison: How the value is worked out.
        subject: The server that is measured.
        other: The server that it is compared with; empty for the same one.
        other_figure: The figure that it is compared with; empty for the same one.
        unit: The unit of an absolute value.
    """

    row: str
    figure: str
    bound: Bound
    limit: float
    comparison: Comparison = "ratio"
    subject: str = OURS
    other: str = ""
    other_figure: str = ""
    unit: str = ""

    @property
    def words(self) -> str:
        """The goal in words."""
        return f"{self.bound} {self.limit:g}{self.unit or _UNITS[self.comparison]}"

    def values(self, results: Results) -> list[float]:
        """Return the value of each run; none when something was not measured."""
        measured = results.samples(self.figure, self.subject)
        if self.comparison == "absolute":
            return measured
        others = results.samples(self.other_figure or self.figure, self.other or self.subject)
        return [self._compare(sample, other) for sample, other in zip(measured, others, strict=False)]

    def _compare(self, sample: float, other: float) -> float:
        match self.comparison:
            case "ratio":
                return sample / other
            case "difference":
                return sample - other
            case "advantage":
                return other / sample
            case "absolute":
                return sample

    def is_met_by(self, value: float) -> bool:
        """Return whether a value is on the good side of the limit."""
        match self.bound:
            case "at most":
                return value <= self.limit
            case "below":
                return value < self.limit
            case "at least":
                return value >= self.limit


class Verdict(Struct, frozen=True):
    """What became of a goal.

    Attributes:
        goal: The goal.
        measured: The value over all runs; None when it was not measured.
    """

    goal: Goal
    measured: Summary | None

    @property
    def outcome(self) -> Literal["met", "missed", "not measured"]:
        """The verdict in words; the median decides."""
        if self.measured is None:
            return "not measured"
        return "met" if self.goal.is_met_by(self.measured.median) else "missed"


def judge(goals: Sequence[Goal], results: Results) -> list[Verdict]:
    """Compare results with goals."""
    return [Verdict(goal, Summary.of(values) if (values := goal.values(results)) else None) for goal in goals]


_ECHOES: Final = {
    f"echo/{protocol}/{in_flight}": f"echo, {words}, {in_flight} in flight"
    for protocol, words in (("json", "JSON"), ("messagepack", "MessagePack"))
    for in_flight in (1, 8)
}
_BROADCASTS: Final = {
    f"broadcast/{audience}/{name}": f"broadcast, {audience:,} connections, {words}"
    for audience in FULL.audiences
    for name, words in (("single", "one by one"), ("burst", "bursts of 4"))
}
_OTHERS: Final = {"connect": "connect, handshake, disconnect", "memory": "memory per idle connection"}
_STREAM: Final = {"stream": "stream, per item"}

GOALS: Final[Sequence[Goal]] = (
    *(Goal(f"{words}, beside {BARE}", figure, "at most", 1.5, other=BARE) for figure, words in _ECHOES.items()),
    *(
        Goal(f"{words}, beside {BARE}", figure, "below" if limit == 1 else "at most", limit, other=BARE)
        for figure, words in _BROADCASTS.items()
        for limit in [1.0 if figure.endswith("burst") else 1.2]
    ),
    Goal(f"{_OTHERS['connect']}, beside {BARE}", "connect", "at most", 2, other=BARE),
    Goal(_OTHERS["memory"], "memory", "at most", 12, "absolute", unit=" KiB"),
    *(
        Goal(
            f"echo on {host}, added to its bare echo",
            "echo/json/1",
            "at most",
            8,
            "difference",
            f"{OURS} on {host}",
            bare_on(host),
        )
        for host in HOSTS
    ),
    Goal("call with a dataclass, beside the plain call", "reading", "at most", 1.5, other_figure="reading/plain"),
    Goal(
        "stream, per item, beside a delivery to 500",
        "stream",
        "at most",
        1.3,
        other_figure="broadcast/500/single",
    ),
    Goal(f"{FULL.crowd:,} idle connections", f"idle/{FULL.crowd}", "below", 1, "absolute", unit=" % of a core"),
    Goal(
        f"{FULL.burst:,} connections opened at once", f"accept/{FULL.burst}", "at most", 0, "absolute", unit=" refused"
    ),
    *(
        Goal(f"{words}, beside {ASP_NET}", figure, "below", 1, other=ASP_NET)
        for figure, words in {**_ECHOES, **_BROADCASTS, **_OTHERS, **_STREAM}.items()
    ),
    *(
        Goal(f"{words}, against {AIOSIGNALR}", figure, "at least", 3, "advantage", other=AIOSIGNALR)
        for figure, words in {**_ECHOES, **_BROADCASTS, **_OTHERS, **_STREAM}.items()
    ),
    *(
        Goal(f"{words}, against {SOCKET_IO}", figure, "at least", 8, "advantage", other=SOCKET_IO)
        for figure, words in {**_ECHOES, **_BROADCASTS}.items()
        if not figure.startswith("echo/messagepack")
    ),
)
"""Every goal; what was not measured in a run is left out of its table."""
