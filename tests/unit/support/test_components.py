"""Absent components fail their tests; only a person can leave them out, and the closing summary tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import choices
from tests.support.choices import Choices
from tests.support.components import full_product, require
from tests.support.interop import ROOT
from tests.support.programs import put_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Tally = dict[str, dict[str, int]]

BODY = """
from tests.support.components import full_product, require

def test_browser():
    assert require("chromium")

def test_plain():
    assert full_product() is {full_product}
"""


@pytest.fixture
def chromium_is_left_out() -> Iterator[None]:
    take_back = choices.publish(Choices(frozenset({"chromium"}), full_product=True))
    yield
    take_back()


@pytest.fixture
def nothing_is_left_out() -> Iterator[None]:
    take_back = choices.publish(Choices())
    yield
    take_back()


@pytest.mark.usefixtures("nothing_is_left_out")
def test_a_present_component_gives_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program = put_program(tmp_path, "chromium", "")
    assert require("chromium") == str(program)
    assert full_product() is False


@pytest.mark.usefixtures("nothing_is_left_out")
def test_an_absent_component_fails_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"chromium is missing .* apt-get install chromium"):
        require("chromium")


@pytest.mark.usefixtures("nothing_is_left_out")
def test_without_node_the_test_fails_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="node is missing: run scripts/setup"):
        require("node")


@pytest.mark.usefixtures("chromium_is_left_out")
def test_a_component_that_a_person_left_out_leaves_the_test_out() -> None:
    with pytest.raises(pytest.skip.Exception, match="--without chromium was given"):
        require("chromium")
    assert full_product() is True


def test_the_command_line_names_known_components_only() -> None:
    assert Choices.parse(" chromium,dotnet,,java", full_product=False).without == {"chromium", "dotnet", "java"}
    with pytest.raises(pytest.UsageError, match="--without firefox: allowed are chromium, java, dotnet"):
        Choices.parse("firefox,java", full_product=False)


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """The variables of a process that finds no component."""
    return {**os.environ, "PATH": str(tmp_path)}


def run_pytest(folder: Path, env: dict[str, str], body: str, *options: str) -> tuple[str, Tally]:
    test, tally = folder / "test_it.py", folder / "tally.json"
    test.write_text(body)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", f"--tally={tally}", *options, str(test)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.stdout, json.loads(tally.read_bytes())


def test_a_run_without_the_component_fails(tmp_path: Path, bare_machine: dict[str, str]) -> None:
    output, tally = run_pytest(tmp_path, bare_machine, BODY.format(full_product=False))
    assert "chromium is missing" in output
    assert tally["not_run"] == {}
    assert {outcome: count for outcome, count in tally["counts"].items() if count} == {"failed": 1, "passed": 1}


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_run_lists_what_was_left_out(tmp_path: Path, bare_machine: dict[str, str], workers: tuple[str, ...]) -> None:
    body = BODY.format(full_product=True)
    output, tally = run_pytest(tmp_path, bare_machine, body, "--without", "chromium", "--all", *workers)
    assert "1 x --without chromium was given" in output.splitlines()
    assert output.splitlines()[-1].strip("= ").startswith("1 passed, 1 skipped in ")
    assert tally["not_run"] == {"--without chromium was given": 1}


@pytest.mark.parametrize(("last", "outcome"), [("", "passed"), ("assert False, text", "failed")])
def test_workers_can_report_text_that_has_no_bytes(
    tmp_path: Path, bare_machine: dict[str, str], last: str, outcome: str
) -> None:
    body = f"import logging\n\ndef test_it():\n    text = '\\ud800'\n    logging.error(text)\n    {last}\n"
    output, tally = run_pytest(tmp_path, bare_machine, body, "-n", "1")
    assert tally["counts"][outcome] == 1, output
