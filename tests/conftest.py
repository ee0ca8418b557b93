"""What all tests share: the event loop, a bare machine, `--all` and `--without`, the order, what did not run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import choices

if TYPE_CHECKING:
    from collections.abc import Generator

_OUTCOMES = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("signalr-py")
    group.addoption("--all", action="store_true", help="run every combination of clients, transports and hosts")
    group.addoption(
        "--without", default="", metavar="A,B", help=f"leave out tests that need one of {', '.join(choices.COMPONENTS)}"
    )
    group.addoption("--tally", type=Path, metavar="FILE", help="write the counts of the run to a file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    chosen = choices.Choices.parse(config.getoption("--without"), full_product=config.getoption("--all"))
    config.add_cleanup(choices.publish(chosen))
    config.addinivalue_line("markers", "long: a file of half a minute or more, which goes before the others")
    settings.register_profile("without deadline", deadline=None)
    settings.load_profile("without deadline")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a machine with an empty interop folder and nothing on the PATH but what is in `bin`."""
    interop = tmp_path / "interop"
    interop.mkdir()
    monkeypatch.setenv("SIGNALR_INTEROP", str(interop))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first, so that no worker is left with one of them when the others have finished."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Lone surrogates, which tests of bad input log, cannot pass from a worker of xdist to its controller."""
    return _encodable((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    stats = terminalreporter.stats
    not_run = Counter(_reason(report) for report in stats.get("skipped", []))
    if not_run:
        terminalreporter.section("not run")
        for reason, count in not_run.most_common():
            terminalreporter.line(f"{count} x {reason}")
    tally: Path | None = config.getoption("--tally")
    if tally is not None:
        counts = {outcome: len(stats.get(outcome, [])) for outcome in _OUTCOMES}
        counts["errors"] = len(stats.get("error", []))
        tally.write_text(json.dumps({"counts": counts, "not_run": not_run}))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    match report.longrepr:
        case (_, _, str(reason)):
            return reason.removeprefix("Skipped: ")
        case other:
            return str(other)


def _encodable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_encodable(key): _encodable(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(map(_encodable, value))
        case _:
            return value
