"""Writes docs/compatibility.md: `python -m tests.interop.features.page RESULTS`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.interop.features import matrix
from tests.interop.features.results import read_results
from tests.interop.peers import ABILITIES
from tests.support.interop import COPIES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.clients.base import ProtocolName, TransportName
    from tests.interop.features.matrix import Cell, Feature, Note
    from tests.interop.features.results import Outcome
    from tests.interop.peers import ClientName

__all__ = ["PAGE", "main", "missing_cells", "render"]

PAGE = ROOT / "docs" / "compatibility.md"

_HEAD = """\
# Compatibility

Which feature works with which client, over which transport, in which protocol. Each **works** is the outcome of a test
in [tests/interop/features](../tests/interop/features), in which the unmodified client talks to a hub of this package on
uvicorn with the fast WebSocket class. With uvicorn's own class and on every other host, the same clients hold the
conversation of [tests/interop/test_smoke.py](../tests/interop/test_smoke.py). The same tests pass against ASP.NET Core
10.0 (`--against-reference`), which proves the tests. A dash is a feature that the client, or the protocol, does not
have there; a number leads to the note below the table.

`scripts/compatibility` runs them and writes this page: do not edit it. A unit test compares the page with the list of
features, clients, transports and protocols that are tested, and a feature that stops working fails its test: the page
is neither out of date nor ahead of the code.
"""
_TRANSPORTS: Mapping[TransportName, str] = {
    "websockets": "WebSockets",
    "sse": "Server-Sent Events",
    "longpolling": "Long Polling",
}
_PROTOCOLS: Mapping[ProtocolName, str] = {"json": "JSON", "messagepack": "MessagePack"}
_WORDS: Mapping[Outcome, str] = {"passed": "works", "failed": "**fails**", "skipped": "not tested"}
_NOTHING = "-"


def render(results: Mapping[Cell, Outcome]) -> str:
    """Return the page for the outcomes of a complete run."""
    lines = [_HEAD, "## All clients", "", "On how many of its kinds of connection each client has the feature.", ""]
    lines += _overview(results)
    for client, name in matrix.CLIENTS.items():
        lines += ["", f"## {name}", "", f"{_version(client)}.", "", *_table(client, results)]
    return "\n".join(lines) + "\n"


def missing_cells(results: Mapping[Cell, Outcome]) -> list[Cell]:
    """Return what a run did not cover."""
    return [cell for cell in matrix.all_cells() if cell not in results]


def _overview(results: Mapping[Cell, Outcome]) -> Iterator[str]:
    yield _row(["", *matrix.CLIENTS.values()])
    yield _row(["---"] * (len(matrix.CLIENTS) + 1))
    for group, features in matrix.GROUPS.items():
        yield _row([f"**{group}**", *[""] * len(matrix.CLIENTS)])
        for feature in features:
            yield _row([feature.title, *(_share(feature, client, results) for client in matrix.CLIENTS)])


def _share(feature: Feature, client: ClientName, results: Mapping[Cell, Outcome]) -> str:
    ways = ABILITIES[client].combinations()
    works = sum(results.get(matrix.Cell(feature.name, client, *way)) == "passed" for way in ways)
    return f"{works} of {len(ways)}" if works else _NOTHING


def _table(client: ClientName, results: Mapping[Cell, Outcome]) -> Iterator[str]:
    ways = ABILITIES[client].combinations()
    notes: list[Note] = []
    yield _row(["", *(f"{_TRANSPORTS[transport]}, {_PROTOCOLS[protocol]}" for transport, protocol in ways)])
    yield _row(["---"] * (len(ways) + 1))
    for feature in matrix.FEATURES.values():
        yield _row([feature.title, *(_cell(matrix.Cell(feature.name, client, *way), results, notes) for way in ways)])
    if notes:
        yield ""
        yield from (f"{number}. {note.text}" for number, note in enumerate(notes, 1))


def _cell(cell: Cell, results: Mapping[Cell, Outcome], notes: list[Note]) -> str:
    """Return the words of a cell, with the number of its note if it has one; a new note gets the next number."""
    feature = matrix.FEATURES[cell.feature]
    connection = (cell.client, cell.transport, cell.protocol)
    gap = matrix.gap(feature, *connection)
    words = _WORDS[results[cell]] if gap is None else _words_of_gap(gap)
    note = gap or matrix.fault(feature, *connection)
    if note is None:
        return words
    if note not in notes:
        notes.append(note)
    return f"{words} ({notes.index(note) + 1})"


def _words_of_gap(gap: Note) -> str:
    return _WORDS["skipped"] if gap.is_about_the_tests else _NOTHING


def _row(words: Sequence[str]) -> str:
    return f"| {' | '.join(words)} |"


def _version(client: ClientName) -> str:
    """Return the package behind a client with the version that the tests use, from where that is written down."""
    clients = ROOT / "tests" / "clients"
    if client in ("typescript", "chromium"):
        packages = json.loads((clients / "typescript" / "package.json").read_bytes())["dependencies"]
        return f"`@microsoft/signalr` {packages['@microsoft/signalr']}"
    if client == "dotnet":
        project = (COPIES / "dotnet" / "client" / "InteropClient.csproj").read_text()
        return "`Microsoft.AspNetCore.SignalR.Client` " + _find(r'SignalR\.Client" Version="([\d.]+)"', project)
    if client == "java":
        project = (clients / "java" / "pom.xml").read_text()
        version = _find(r"<artifactId>signalr</artifactId>\s*<version>([\d.]+)</version>", project)
        return f"`com.microsoft.signalr` {version}, in JSON only"
    return "`pysignalr`, the newest version on PyPI"


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"nothing matches {pattern}"
    return match[1]


def main(arguments: list[str] | None = None) -> int:
    """Write the page from a file of results; return 1, and leave the page alone, when the run was not complete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="what pytest wrote with --feature-results")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page (default: %(default)s)")
    options = parser.parse_args(arguments)
    results = read_results(options.results)
    missing = missing_cells(results)
    if missing:
        print(f"-- {options.page} is as before: {len(missing)} tests did not run, among them {'-'.join(missing[0])}")
        return 1
    options.page.write_text(render(results), encoding="utf-8")
    print(f"-- {options.page} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
