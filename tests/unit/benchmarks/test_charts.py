"""Charts are well-formed SVG that fits its frame."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.charts import Bar, Chart, Group, draw
from benchmarks.pictures import pictures, save
from benchmarks.samples import Results, Summary
from benchmarks.subjects import BARE, OURS

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
VALUES = st.just(0.0) | st.floats(1e-3, 1e6)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def summaries() -> st.SearchStrategy[Summary]:
    return st.lists(VALUES, min_size=1, max_size=5).map(Summary.of)


def charts() -> st.SearchStrategy[Chart]:
    bars = st.builds(Bar, WORDS, summaries(), st.booleans())
    return st.builds(Chart, WORDS, WORDS, st.lists(st.builds(Group, WORDS, st.lists(bars, max_size=4)), max_size=3))


@given(charts())
def test_any_chart_is_well_formed_and_fits(chart: Chart) -> None:
    root = ET.fromstring(draw(chart))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    bars = root.findall(f"{SVG}rect")
    assert len(bars) == sum(len(group.bars) for group in chart.groups)
    for bar in bars:
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height
    assert root.attrib["aria-label"] == chart.title


def test_bars_are_as_long_as_their_values() -> None:
    bars = [Bar("a", Summary(10, 10, 10)), Bar("b", Summary(5, 5, 5), is_ours=True)]
    long, short = ET.fromstring(draw(Chart("t", "n", [Group("", bars)]))).findall(f"{SVG}rect")
    assert float(long.attrib["width"]) == pytest.approx(2 * float(short.attrib["width"]))
    assert (long.attrib["class"], short.attrib["class"]) == ("bar", "bar ours")


def test_a_chart_has_colors_for_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in draw(Chart("t", "n", []))


def test_there_is_a_chart_for_everything_that_was_measured(tmp_path: Path) -> None:
    results = Results()
    for figure in ("echo/json/1", "broadcast/500/single", "memory"):
        results.add(figure, BARE, 1, busy=1)
        results.add(figure, OURS, 2, busy=1)
    charts = pictures(results)
    assert list(charts) == ["benchmark-echo", "benchmark-broadcast", "benchmark-memory"]
    assert [bar.is_ours for bar in charts["benchmark-echo"].groups[0].bars] == [False, True]
    paths = save(results, tmp_path / "images")
    assert [path.name for path in paths] == [f"{name}.svg" for name in charts]
    assert all(ET.fromstring(path.read_text()).tag == f"{SVG}svg" for path in paths)
