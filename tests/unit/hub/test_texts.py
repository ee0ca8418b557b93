from __future__ import annotations

import pytest

from signalr_py import HubException
from signalr_py.hub import texts


class NotEnough(HubException):
    pass


class Mute(HubException):
    def __str__(self) -> str:
        raise LookupError("no words")


@pytest.mark.parametrize(
    ("error", "detailed", "expected"),
    [
        (ValueError("why"), False, "Text."),
        (ValueError("why"), True, "Text. ValueError: why"),
        (ValueError(), True, "Text. ValueError: "),
        (HubException("why"), False, "Text. HubException: why"),
        (NotEnough("why"), False, "Text. NotEnough: why"),
        (NotEnough("why"), True, "Text. NotEnough: why"),
        (Mute(), False, "Text. Mute: <its text cannot be made: LookupError>"),
        (HubException("half \ud83d"), False, "Text. HubException: half ?"),
        (HubException("päivää ☃ 😀"), False, "Text. HubException: päivää ☃ 😀"),
    ],
)
def test_details(error: Exception, detailed: object, expected: str) -> None:
    assert texts.with_detail("Text.", error, detailed=bool(detailed)) == expected


def test_the_words_of_the_reference() -> None:
    assert texts.CONNECTION_CLOSED == "Connection closed with an error."
    assert texts.HANDSHAKE_CANCELED == "Handshake was canceled."
    assert texts.HANDSHAKE_FAILED == "An unexpected error occurred during connection handshake."
    assert texts.METHOD_DOES_NOT_EXIST == "Method does not exist."
    assert texts.binding_failed("M") == "Failed to invoke 'M' due to an error on the server."
    assert texts.invocation_failed("M") == "An unexpected error occurred invoking 'M' on the server."
    assert texts.unauthorized("M") == "Failed to invoke 'M' because user is unauthorized"
    assert texts.not_streaming("M") == (
        "The client attempted to invoke the non-streaming 'M' method with a streaming invocation."
    )
    assert texts.streaming("M") == (
        "The client attempted to invoke the streaming 'M' method with a non-streaming invocation."
    )
    assert texts.STREAM_FAILED == "An error occurred on the server while streaming results."
    assert texts.ITEM_BINDING_FAILED == "Failed to bind Stream message."
    assert texts.invocation_id_in_use("7") == "Invocation ID '7' is already in use."
    assert texts.unknown_hub_method("M") == "Unknown hub method 'M'"
    assert texts.wrong_stream_count(2, 0) == "Client sent 2 stream(s), Hub method expects 0."


def test_the_words_for_what_the_reference_does_not_refuse() -> None:
    failed = "Failed to invoke 'M' due to an error on the server. HubException: "
    assert texts.not_a_stream("M") == "The value returned by the streaming method 'M' is not an AsyncIterable."
    assert texts.stream_id_in_use("M", "7") == f"{failed}Stream ID '7' is already in use."
    assert texts.too_many_streams("M", 3) == (
        f"{failed}The connection would have more than 3 streams open (maximum_streams_per_client)."
    )
