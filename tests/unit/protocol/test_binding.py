from __future__ import annotations

from msgspec import Raw

from signalr_py.exceptions import HubException
from signalr_py.protocol.binding import bind_item, bind_result
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import CompletionMessage, StreamBindingFailure, StreamItemMessage
from tests.unit.protocol.samples import Binder, refuse

INT = JsonHubProtocol().value_decoder(int)
HEADERS = {"a": "b"}


def raise_hub_exception(raw: Raw) -> object:
    raise HubException("no such thing")


def test_an_item_is_read_by_the_decoder_of_its_stream() -> None:
    assert bind_item("5", Raw(b"1"), HEADERS, Binder(items={"5": INT})) == StreamItemMessage("5", 1, HEADERS)


def test_an_item_of_a_stream_that_nobody_reads_is_none() -> None:
    assert bind_item("5", Raw(b"1"), None, Binder()) == StreamItemMessage("5", None)


def test_an_item_that_does_not_fit_is_a_failure_of_its_stream() -> None:
    failure = bind_item("5", Raw(b'"x"'), HEADERS, Binder(items={"5": INT}))
    assert isinstance(failure, StreamBindingFailure)
    assert failure.invocation_id == "5"
    assert str(failure.failure) == "A value of type 'int' was expected: Expected `int`, got `str`"
    failure = bind_item("5", Raw(b"1"), None, Binder(items={"5": raise_hub_exception}))
    assert isinstance(failure, StreamBindingFailure)
    assert isinstance(failure.failure, HubException)


def test_a_result_is_read_by_the_decoder_of_its_call() -> None:
    expected = CompletionMessage("1", result=42, has_result=True, headers=HEADERS)
    assert bind_result("1", Raw(b"42"), HEADERS, Binder(results={"1": INT})) == expected


def test_a_result_that_nobody_waits_for_is_none() -> None:
    assert bind_result("1", Raw(b"42"), None, Binder()) == CompletionMessage("1", has_result=True)


def test_a_result_that_does_not_fit_is_the_error_of_its_call() -> None:
    completion = bind_result("1", Raw(b"null"), HEADERS, Binder(results={"1": INT}))
    text = "Error trying to deserialize result to int. Expected `int`, got `null`"
    assert completion == CompletionMessage("1", text, headers=HEADERS)


def test_a_decoder_of_another_make_gives_its_own_words() -> None:
    completion = bind_result("1", Raw(b"null"), None, Binder(results={"1": refuse}))
    assert completion.error == "Error trying to deserialize result. It does not fit."
