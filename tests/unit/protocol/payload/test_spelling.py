from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from signalr_py.protocol.base import Parameters
from tests.unit.protocol.payload.spelling import SPELLINGS, Sample, Spelling
from tests.unit.protocol.payload.value_samples import SAMPLES

CODECS = {spelling: spelling.codec() for spelling in SPELLINGS}


def written(spelling: Spelling, value: Any) -> bytes:
    codec = CODECS[spelling]
    return codec.encode(value if codec.prepare is None else codec.prepare(value))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_value_goes_there_and_back_whatever_the_options(sample: Sample) -> None:
    for spelling in SPELLINGS:
        data = written(spelling, sample.value)
        assert spelling.read(data) == sample.expected(spelling), spelling
        if sample.is_readable:
            check_reading(spelling, sample, data)


def check_reading(spelling: Spelling, sample: Sample, data: bytes) -> None:
    codec = CODECS[spelling]
    parameters = Parameters((str, sample.annotation), 1)
    text, argument = codec.arguments_decoder(parameters)(Raw(written(spelling, ("x", sample.value))))
    for read in (codec.value_decoder(sample.annotation)(Raw(data)), argument):
        assert (type(read), read) == (type(sample.value), sample.value), spelling
    assert text == "x"
