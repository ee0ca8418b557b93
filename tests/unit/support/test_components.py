"""Absent components fail their tests, and only a person can leave them out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import choices
from tests.support.choices import Choices
from tests.support.components import full_product, require
from tests.support.programs import put_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
