"""Measure the package beside bare servers and, with --peers, beside other servers; print what became of each goal."""

from __future__ import annotations

import argparse
import datetime
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from benchmarks.goals import GOALS, judge
from benchmarks.load.checking import LoadError
from benchmarks.machine import describe
from benchmarks.page import page
from benchmarks.peers import peers
from benchmarks.pictures import save
from benchmarks.pin import allow_many_files
from benchmarks.report import figures_table, goals_table, summary_line
from benchmarks.runner import run_stage
from benchmarks.samples import Results
from benchmarks.stages import FULL, QUICK, UNITS, Stage, stages
from benchmarks.subjects import Subject, subjects
from scripts._project import ROOT, SetupError, say
from tests.support.processes import ServerProcessError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_FAST_CLASS: Final = "signalr_py.servers.uvicorn:FastWebSocketProtocol"
_PAGE: Final = ROOT / "benchmarks" / "results.md"
_PICTURES: Final = ROOT / "docs" / "images"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; missed goals do not count as a failure."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(words)
    allow_many_files()
    signal.signal(signal.SIGTERM, _leave)
    sizes = QUICK if options.quick else FULL
    planned = [stage for stage in stages(sizes) if stage.name.startswith(options.only)]
    results = Results()
    try:
        chosen = _choose(subjects(options.ws, sizes.host_loads), options)
        for stage in planned:
            run_stage(stage, chosen, results)
    except (LoadError, ServerProcessError, SetupError) as error:
        _show(results, planned)
        say(f"The run failed. {error}")
        return 1
    _show(results, planned)
    _publish(results, chosen, planned, options)
    return 0


def _show(results: Results, planned: Sequence[Stage]) -> None:
    """Print what was measured, which after a failure is not everything."""
    if results.figures:
        verdicts = judge(GOALS, results)
        tables = (figures_table(results, _units(planned)), goals_table(verdicts), summary_line(verdicts))
        print("\n\n".join(tables), flush=True)


def _units(planned: Sequence[Stage]) -> dict[str, str]:
    return {figure.name: UNITS[figure.meter] for stage in planned for figure in stage.figures}


def _leave(number: int, _: object) -> NoReturn:
    """End this process by an exception, which ends what it started as well."""
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, in under two minutes")
    parser.add_argument("--peers", action="store_true", help="measure ASP.NET Core, aiosignalr and python-socketio too")
    parser.add_argument("--only", default="", metavar="NAME", help="only stages whose name starts with this")
    parser.add_argument("--subjects", default="", metavar="A,B", help="only these servers")
    parser.add_argument("--ws", default=_FAST_CLASS, metavar="CLASS", help="uvicorn's WebSocket class for our fast row")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    parser.add_argument("--write", action="store_true", help="write the page and the charts, as every full run does")
    return parser


def _choose(own: list[Subject], options: argparse.Namespace) -> list[Subject]:
    found = own
    if options.peers:
        others, missing = peers()
        found = [*own, *others]
        for line in missing:
            say(line)
    if not options.subjects:
        return found
    names = options.subjects.split(",")
    unknown = set(names) - {subject.name for subject in found}
    if unknown:
        known = ", ".join(subject.name for subject in found)
        raise SetupError(f"There is no server named {', '.join(sorted(unknown))}; there are: {known}.")
    return [subject for subject in found if subject.name in names]


def _publish(
    results: Results,
    chosen: Sequence[Subject],
    planned: Sequence[Stage],
    options: argparse.Namespace,
) -> None:
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")
    is_whole = not (options.quick or options.only or options.subjects)
    if options.write or is_whole:
        pictures = [f"../{path.relative_to(ROOT).as_posix()}" for path in save(results, _PICTURES)]
        chosen_by = {"--quick": options.quick, "--peers": options.peers}
        command = " ".join(["scripts/bench", *(word for word, is_given in chosen_by.items() if is_given)])
        today = datetime.datetime.now(datetime.UTC).date()
        _PAGE.write_text(
            page(command, today, describe(), chosen, results, judge(GOALS, results), _units(planned), pictures)
        )
        say(f"-- written: {_PAGE.relative_to(ROOT)} and {len(pictures)} charts in {_PICTURES.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
