from __future__ import annotations

import functools
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from signalr_py import Hub, HubDefinitionError, HubException, HubOptions, JsonPayload, hub_method
from signalr_py.hub.invocations import ActiveInvocations, Invocation
from signalr_py.hub.methods import ConnectionBinder, HubBinder, MethodKind, MethodTable
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import InvocationMessage

if TYPE_CHECKING:
    from signalr_py.protocol.base import HubProtocol, ValueDecoder


def names(hub_type: type[Hub]) -> list[str]:
    return [method.name for method in MethodTable(hub_type)]


def call(hub_type: type[Hub], target: str, *arguments: Any) -> Any:
    method = MethodTable(hub_type).find(target)
    assert method is not None
    return method.call(hub_type(), arguments, {})


class Base(Hub):
    def shared(self) -> str:
        return "base"

    def replaced(self) -> str:
        return "base"


class Mixin:
    def mixed_in(self) -> str:
        return "mixin"

    def replaced(self) -> str:
        return "mixin"


class ChatHub(Mixin, Base):
    async def send_message(self, text: str) -> None: ...

    def getHTTPStatus(self) -> int:
        return 200

    def shared(self) -> str:
        return "chat"

    def _private(self) -> None: ...

    def __very_private(self) -> None: ...

    @staticmethod
    def helper() -> None: ...

    @classmethod
    def make(cls) -> None: ...

    @property
    def size(self) -> int:
        return 0

    @functools.cached_property
    def width(self) -> int:
        return 0

    constant = 5
    Nested = int

    async def on_connected(self) -> None: ...

    async def on_disconnected(self, error: Exception | None) -> None: ...


def test_every_public_method_is_callable_and_nothing_else() -> None:
    assert sorted(names(ChatHub)) == ["GetHTTPStatus", "MixedIn", "Replaced", "SendMessage", "Shared"]


@pytest.mark.parametrize(
    "target",
    ["SendMessage", "sendMessage", "send_message", "SENDMESSAGE", "sendmessage", "Send_Message", "_send_message_"],
)
def test_a_method_answers_to_every_spelling_of_its_name(target: str) -> None:
    method = MethodTable(ChatHub).find(target)
    assert method is not None
    assert method.name == "SendMessage"


@pytest.mark.parametrize(
    "target",
    ["", "_", "send", "SendMessages", "_private", "Private", "Helper", "Make", "Size", "Width", "Constant", "Nested"],
)
def test_nothing_else_answers(target: str) -> None:
    assert MethodTable(ChatHub).find(target) is None


@pytest.mark.parametrize(
    "target",
    [
        *("OnConnected", "on_connected", "onDisconnected", "OnConnectedAsync", "OnDisconnectedAsync"),
        *("Context", "clients", "Groups", "__init__", "__class__", "init", "Dispose"),
    ],
)
def test_members_of_the_base_class_are_never_callable(target: str) -> None:
    assert MethodTable(ChatHub).find(target) is None


@pytest.mark.parametrize(
    "attribute",
    [
        "OnConnected",
        "onConnected",
        "on_connected_async",
        "on_authentication_refreshed_async",
        "Clients",
        "groups",
        "context",
    ],
)
def test_a_method_with_the_name_of_a_base_member_is_refused_at_start_up(attribute: str) -> None:
    def method(self: object) -> None: ...

    with pytest.raises(HubDefinitionError, match=rf"^H\.{attribute} .*belongs to the base class"):
        MethodTable(type("H", (Hub,), {attribute: method}))


def test_an_explicit_name_of_a_base_member_is_refused() -> None:
    class H(Hub):
        @hub_method("onConnected")
        def connected(self) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"^H\.connected answers to `onConnected`"):
        MethodTable(H)


def test_hooks_in_a_mixin_are_hooks() -> None:
    class Greeting:
        async def on_connected(self) -> None: ...

    class H(Greeting, Hub):
        def method(self) -> None: ...

    assert names(H) == ["Method"]


def test_two_methods_that_answer_to_one_name_are_refused() -> None:
    class H(Hub):
        def send_message(self) -> None: ...

        def sendMessage(self) -> None: ...

    with pytest.raises(
        HubDefinitionError, match=r"^H\.sendMessage and H\.send_message both answer to `SendMessage`.*overloading"
    ):
        MethodTable(H)


def test_inheritance_follows_the_resolution_order_of_the_class() -> None:
    assert call(ChatHub, "Shared") == "chat"
    assert call(ChatHub, "Replaced") == "mixin"
    assert call(ChatHub, "MixedIn") == "mixin"
    assert call(Base, "Replaced") == "base"


def test_an_override_with_another_spelling_is_a_clash() -> None:
    class H(Base):
        def Shared(self) -> str:
            return ""

    with pytest.raises(HubDefinitionError, match="both answer to `Shared`"):
        MethodTable(H)


@pytest.mark.parametrize("replacement", [None, property(lambda self: 1), staticmethod(lambda: None)])
def test_a_method_replaced_by_something_else_is_gone(replacement: object) -> None:
    assert names(type("H", (Base,), {"shared": replacement})) == ["Replaced"]


def test_a_hub_without_methods_is_fine() -> None:
    assert names(type("H", (Hub,), {})) == []


@pytest.mark.parametrize("value", [Base(), "Base", int, None, Base.shared])
def test_what_is_no_hub_class_is_refused(value: Any) -> None:
    with pytest.raises(HubDefinitionError, match=r"is not a subclass of Hub"):
        MethodTable(value)


def test_the_kind_says_where_a_method_runs() -> None:
    kinds = {method.name: method.kind for method in MethodTable(ChatHub)}
    assert kinds["SendMessage"] is MethodKind.COROUTINE
    assert kinds["Shared"] is MethodKind.FUNCTION


class Named(Hub):
    @hub_method("Renamed")
    def foo(self) -> str:
        return "foo"

    @hub_method("Foo")
    def bar(self) -> str:
        return "bar"


@pytest.mark.parametrize(("target", "result"), [("Renamed", "foo"), ("renamed", "foo"), ("Foo", "bar"), ("foo", "bar")])
def test_a_method_answers_to_its_explicit_name_only(target: str, result: str) -> None:
    assert call(Named, target) == result


def test_a_method_with_an_explicit_name_does_not_answer_to_its_own_one() -> None:
    assert MethodTable(Named).find("bar") is None


def test_an_explicit_name_is_shown_as_it_was_given() -> None:
    class H(Hub):
        @hub_method("snake_Case")
        def method(self) -> None: ...

    assert names(H) == ["snake_Case"]
    assert MethodTable(H).find("SnakeCase") is not None


class Unreadable:
    pass


def binder(hub_type: type[Hub]) -> HubBinder:
    return HubBinder(MethodTable(hub_type), JsonHubProtocol(JsonPayload()))


def test_the_binder_finds_decoders_by_any_spelling() -> None:
    chat = binder(ChatHub)
    assert chat.arguments_decoder("send_message") is chat.arguments_decoder("SENDMESSAGE")


def test_the_binder_knows_no_other_methods() -> None:
    with pytest.raises(HubException, match=r"^Method does not exist\.$"):
        binder(ChatHub).arguments_decoder("Missing")


class UploadHub(Hub):
    async def collect(self, numbers: AsyncIterable[int], separator: str, texts: AsyncIterator[str]) -> None: ...

    async def nothing(self) -> None: ...


def test_the_binder_reads_the_items_of_uploads_by_their_types() -> None:
    table = MethodTable(UploadHub)
    uploads = HubBinder(table, JsonHubProtocol(JsonPayload()))
    collect, nothing = table.find("collect"), table.find("nothing")
    assert collect is not None
    assert nothing is not None
    numbers, texts = uploads.item_decoders(collect)
    assert (numbers(Raw(b"1")), texts(Raw(b'"a"'))) == (1, "a")
    assert uploads.item_decoders(nothing) == ()


class TakesAnUnreadableStream(Hub):
    async def method(self, values: AsyncIterable[Unreadable]) -> None: ...


def test_an_item_that_cannot_be_read_is_refused_at_start_up() -> None:
    with pytest.raises(HubDefinitionError, match=r"^TakesAnUnreadableStream\.method: .*Unreadable"):
        binder(TakesAnUnreadableStream)


class Owed:
    """Answers that clients owe."""

    def result_decoder(self, invocation_id: str, _: HubProtocol) -> ValueDecoder | None:
        owed: dict[str, Any] = {"s1": str, "both": str}
        return owed.get(invocation_id)


def test_a_connection_finds_the_types_of_its_streams_and_of_the_answers_that_it_owes() -> None:
    table = MethodTable(UploadHub)
    hub = HubBinder(table, JsonHubProtocol(JsonPayload()))
    collect = table.find("collect")
    assert collect is not None
    invocations = ActiveInvocations(HubOptions(), lambda: None)
    connection = ConnectionBinder(hub, Owed(), JsonHubProtocol(JsonPayload()))
    assert connection.item_decoder("both") is None
    connection.invocations = invocations
    call = Invocation(collect, InvocationMessage("collect", stream_ids=("both", "up")))
    decoders = hub.item_decoders(collect)
    assert invocations.begin(call, decoders) is None
    assert connection.arguments_decoder("COLLECT") is hub.arguments_decoder("collect")
    assert connection.arguments_decoder("collect") is hub.arguments_decoder("collect")
    assert [connection.item_decoder(name) for name in ("both", "up", "s1")] == [*decoders, None]
    assert [connection.result_decoder(name) for name in ("both", "up", "s1", "s2")] == [None, None, str, None]


class TakesTheUnreadable(Hub):
    async def method(self, value: Unreadable) -> None: ...


def test_a_parameter_that_cannot_be_read_is_refused_at_start_up() -> None:
    with pytest.raises(HubDefinitionError, match=r"^TakesTheUnreadable\.method: .*Unreadable"):
        binder(TakesTheUnreadable)


@given(st.text(max_size=50))
def test_any_name_may_be_looked_up(target: str) -> None:
    method = MethodTable(Base).find(target)
    folded = target.casefold().replace("_", "")
    assert (method is not None) == (folded in {"shared", "replaced"})
