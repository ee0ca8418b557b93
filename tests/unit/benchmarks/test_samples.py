"""The middle and the spread of samples."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.samples import Results, Summary


@pytest.mark.parametrize(
    ("samples", "expected"),
    [([4.0], (4, 4, 4)), ([3.0, 1.0, 2.0], (2, 1, 3)), ([1.0, 2.0, 3.0, 10.0], (2.5, 1, 10))],
)
def test_a_summary_has_the_median_and_both_ends(samples: list[float], expected: tuple[float, float, float]) -> None:
    assert Summary.of(samples) == Summary(*expected)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_median_is_within_the_spread(samples: list[float]) -> None:
    summary = Summary.of(samples)
    assert summary.low <= summary.median <= summary.high


def test_results_keep_samples_in_the_order_of_the_runs() -> None:
    results = Results()
    for sample in (3.0, 1.0, 2.0):
        results.add("echo", "a", sample, busy=sample * 2)
    results.add("echo", "b", 5, busy=6)
    assert results.samples("echo", "a") == [3, 1, 2]
    assert results.busy == {"echo": {"a": [6, 2, 4], "b": [6]}}


def test_what_was_not_measured_has_no_samples() -> None:
    assert Results().samples("echo", "a") == []


def test_results_survive_json() -> None:
    results = Results()
    results.add("echo", "a", 3, busy=1)
    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results
