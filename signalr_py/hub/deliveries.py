"""What senders say of slow clients, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from signalr_py.exceptions import LocalProtocolError
from signalr_py.types import MUST_ARRIVE, Delivery, SlowClientPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLAIN_DELIVERIES", "delivery_of", "mistake_in"]

_POLICIES: Final = get_args(SlowClientPolicy)

PLAIN_DELIVERIES: Final[Mapping[str, Delivery]] = {
    "disconnect": MUST_ARRIVE,
    "drop_oldest": Delivery("drop_oldest"),
    "drop_new": Delivery("drop_new"),
    "wait": Delivery("wait"),
}
"""Those without a key, by policy."""


def mistake_in(policy: object, key: object) -> str | None:
    """Return what is wrong with two arguments, either of which may be None, to be put behind the function's name."""
    if policy is not None and policy not in _POLICIES:
        return f"(policy={policy!r}): allowed is one of {', '.join(map(repr, _POLICIES))}"
    if key is not None and not (isinstance(key, str) and key):
        return f"(key={key!r}): allowed is a string of one or more characters"
    if policy == "latest" and key is None:
        return "(policy='latest'): it needs key=..., which says what a newer message replaces"
    if key is not None and policy not in (None, "latest"):
        return f"(policy={policy!r}, key={key!r}): a key goes with policy='latest' only"
    return None


def delivery_of(policy: SlowClientPolicy | None, key: str | None, *, is_single: bool) -> Delivery:
    """Return how a message is to be delivered, of which the sender has said something.

    Args:
        policy: What happens when a client does not keep up.
        key: What the message replaces.
        is_single: Whether there is only one receiver, which the sender can wait for.

    Raises:
        LocalProtocolError: They do not go together, or with several receivers.
    """
    if (mistake := mistake_in(policy, key)) is not None:
        raise LocalProtocolError(f"send{mistake}.")
    if policy == "wait" and not is_single:
        raise LocalProtocolError(
            "send(policy='wait') is for a single client, `clients.caller` or `clients.client(connection_id)`: "
            "sending to several never waits for a slow one."
        )
    return Delivery("latest", key) if key is not None else PLAIN_DELIVERIES[policy or "disconnect"]
