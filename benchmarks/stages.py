"""What is measured: the stages of a run, each with its connections, its figures and their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from benchmarks.load.commands import Broadcast, Calls, Command, Connects, Idle, Open, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FULL", "QUICK", "UNITS", "Figure", "Meter", "Sizes", "Stage", "stages"]

Meter: TypeAlias = Literal["microseconds", "kibibytes", "percent", "refused"]
"""How a sample is read: CPU time per message, memory per connection, share of a core, connections that failed."""

UNITS: Final[Mapping[Meter, str]] = {
    "microseconds": "us",
    "kibibytes": "KiB",
    "percent": "% of a core",
    "refused": "refused",
}
"""The unit of each."""

_CALLERS: Final = 50


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        runs: How many samples each figure has.
        calls: Calls in one sample.
        deliveries: Deliveries of broadcasts in one sample.
        audiences: Numbers of connections that broadcasts go to.
        items: Items of a stream.
        connects: Connections in one sample of connecting.
        idle: Connections whose memory is measured.
        crowd: Connections that stay idle while the CPU is measured.
        idle_seconds: For how long: a whole number of keep-alive intervals, so that each connection is pinged as often.
        idle_runs: How often.
        burst: Connections that are opened at once.
        host_loads: The kinds of load that plain ASGI hosts get.
    """

    runs: int
    calls: int
    deliveries: int
    audiences: tuple[int, ...]
    items: int
    connects: int
    idle: int
    crowd: int
    idle_seconds: float
    idle_runs: int
    burst: int
    host_loads: frozenset[str]


FULL: Final = Sizes(
    runs=3,
    calls=10_000,
    deliveries=40_000,
    audiences=(500, 5_000, 10_000),
    items=10_000,
    connects=1_500,
    idle=4_000,
    crowd=10_000,
    idle_seconds=30,
    idle_runs=1,
    burst=5_000,
    host_loads=frozenset({"echo/json", "echo/messagepack"}),
)
QUICK: Final = Sizes(
    runs=3,
    calls=6_000,
    deliveries=20_000,
    audiences=(500,),
    items=10_000,
    connects=500,
    idle=2_000,
    crowd=2_000,
    idle_seconds=15,
    idle_runs=1,
    burst=2_000,
    host_loads=frozenset({"echo/json"}),
)


@dataclass(frozen=True)
class Figure:
    """One thing that is measured.

    Attributes:
        name: Its name in results and goals.
        command: What the load does for one sample.
        warm_up: What it does before the first sample; None for nothing.
        meter: How the sample is read.
    """

    name: str
    command: Command
    warm_up: Command | None = None
    meter: Meter = "microseconds"


@dataclass(frozen=True)
class Stage:
    """Figures that are measured with the same servers and connections.

    Attributes:
        name: Its name for `--only`.
        load: The kind of load, which a server may take part in or not.
        protocol: The hub protocol.
        connections: How many are open.
        figures: What is measured.
        is_fresh: Whether each sample has a server of its own that served nobody before.
        runs: How many samples each figure has.
    """

    name: str
    load: str
    figures: tuple[Figure, ...]
    runs: int
    protocol: str = "json"
    connections: int = 0
    is_fresh: bool = False

    @property
    def path(self) -> str:
        """Which of a server's paths is used."""
        return "broadcast" if self.load == "broadcast" else "calls"


def stages(sizes: Sizes) -> list[Stage]:
    """Return all stages of a run."""
    return [
        *(_echo(protocol, sizes) for protocol in ("json", "messagepack")),
        _reading(sizes),
        *(_broadcast(audience, sizes) for audience in sizes.audiences),
        _stream(sizes),
        _connect(sizes),
        _memory(sizes),
        _idle(sizes),
        _accept(sizes),
    ]


def _echo(protocol: str, sizes: Sizes) -> Stage:
    figures = [_calls(f"echo/{protocol}/{in_flight}", "Echo", in_flight, sizes) for in_flight in (1, 8)]
    return Stage(f"echo/{protocol}", f"echo/{protocol}", tuple(figures), sizes.runs, protocol, _CALLERS)


def _reading(sizes: Sizes) -> Stage:
    figures = (_calls("reading", "EchoReading", 1, sizes), _calls("reading/plain", "Echo", 1, sizes))
    return Stage("reading", "reading", figures, sizes.runs, connections=_CALLERS)


def _calls(name: str, method: Literal["Echo", "EchoReading"], in_flight: int, sizes: Sizes) -> Figure:
    return Figure(name, Calls(method, sizes.calls, in_flight), Calls(method, max(2_000, sizes.calls // 4), in_flight))


def _broadcast(audience: int, sizes: Sizes) -> Stage:
    def figure(burst: int, name: str) -> Figure:
        bursts = max(2, sizes.deliveries // audience // burst)
        warm_up = Broadcast(max(1, bursts // 4) * burst, burst)
        return Figure(f"broadcast/{audience}/{name}", Broadcast(bursts * burst, burst), warm_up)

    return Stage(
        f"broadcast/{audience}",
        "broadcast",
        (figure(1, "single"), figure(4, "burst")),
        sizes.runs,
        connections=audience,
    )


def _stream(sizes: Sizes) -> Stage:
    figure = Figure("stream", Stream(sizes.items, 2), Stream(sizes.items, 1))
    return Stage("stream", "stream", (figure,), sizes.runs, connections=2)


def _connect(sizes: Sizes) -> Stage:
    figure = Figure("connect", Connects(sizes.connects), Connects(sizes.connects // 4))
    return Stage("connect", "connect", (figure,), sizes.runs)


def _memory(sizes: Sizes) -> Stage:
    figure = Figure("memory", Open(sizes.idle), Connects(20), meter="kibibytes")
    return Stage("memory", "memory", (figure,), min(sizes.runs, 3), is_fresh=True)


def _idle(sizes: Sizes) -> Stage:
    figure = Figure(f"idle/{sizes.crowd}", Idle(sizes.idle_seconds), meter="percent")
    return Stage("idle", "idle", (figure,), sizes.idle_runs, connections=sizes.crowd)


def _accept(sizes: Sizes) -> Stage:
    figure = Figure(f"accept/{sizes.burst}", Open(sizes.burst, at_once=sizes.burst), Connects(20), meter="refused")
    return Stage("accept", "accept", (figure,), min(sizes.runs, 3), is_fresh=True)
