"""Steps count as done only after their work, and only with the same inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts._stamp import Stamp, fingerprint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stamp(tmp_path: Path) -> Stamp:
    return Stamp(tmp_path / "setup.json")


def test_nothing_is_done_at_first(stamp: Stamp) -> None:
    assert not stamp.holds("a", "1")


def test_a_recorded_step_holds_for_its_inputs_only(stamp: Stamp) -> None:
    stamp.record("a", "1")
    stamp.record("b", "2")
    assert (stamp.holds("a", "1"), stamp.holds("b", "2")) == (True, True)
    assert (stamp.holds("a", "2"), stamp.holds("b", "1")) == (False, False)


def test_a_step_under_way_is_not_done(stamp: Stamp) -> None:
    stamp.record("a", "1")
    stamp.record("b", "2")
    stamp.forget("a")
    assert (stamp.holds("a", "1"), stamp.holds("b", "2")) == (False, True)


def test_forgetting_before_anything_was_recorded_is_fine(stamp: Stamp) -> None:
    stamp.forget("a")
    assert not stamp.holds("a", "1")


@pytest.mark.parametrize("content", ["", "{", "[1]", '"text"', "null"])
def test_a_damaged_stamp_holds_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "setup.json"
    path.write_text(content)
    stamp = Stamp(path)
    assert not stamp.holds("a", "1")
    stamp.record("a", "1")
    assert stamp.holds("a", "1")


def test_a_fingerprint_changes_with_content_name_and_values(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    prints = [fingerprint([one]), fingerprint([two]), fingerprint([one, two]), fingerprint([one], "3.13")]
    one.write_text("y")
    prints.append(fingerprint([one]))
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_is_the_same_for_the_same(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert fingerprint([file], "a") == fingerprint([file], "a")
