"""The parts that come from the system are found on the PATH, and their absence is put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts._setup import prepare_components
from scripts._system import COMPONENTS, NEEDED_BY_TESTS, find, install, missing_text
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_component_is_found_under_any_of_its_names(empty_path: Path) -> None:
    program = put_program(empty_path, "google-chrome", "")
    assert find("chromium") == str(program)
    preferred = put_program(empty_path, "chromium", "")
    assert find("chromium") == str(preferred)


def test_an_absent_component_is_none(empty_path: Path) -> None:
    assert find("java") is None


@pytest.mark.parametrize("name", COMPONENTS)
def test_the_words_for_an_absent_component_say_what_to_do(name: str) -> None:
    text = missing_text(name)
    assert COMPONENTS[name].debian in text
    assert COMPONENTS[name].purpose in text
    assert f"--without {name}" in text


def test_what_tests_need_has_a_row() -> None:
    assert set(NEEDED_BY_TESTS) <= set(COMPONENTS)


def test_without_a_package_manager_nothing_is_installed(empty_path: Path) -> None:
    assert install(["chromium"]) is False


def test_what_cannot_be_installed_is_reported(empty_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare_components() == list(NEEDED_BY_TESTS)
    printed = capsys.readouterr().err
    assert all(missing_text(name) in printed for name in NEEDED_BY_TESTS)


def test_what_a_person_left_out_is_not_looked_for(empty_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare_components(without=NEEDED_BY_TESTS) == []
    assert capsys.readouterr().err == ""
