"""A SignalR server for Starlette and FastAPI that existing SignalR clients use unchanged."""

from signalr_py.application import SignalR
from signalr_py.exceptions import (
    BindingError,
    ClientTimeoutError,
    HubDefinitionError,
    HubException,
    LocalProtocolError,
    OptionsError,
    RemoteProtocolError,
    SerializationError,
    SignalRError,
    WrongThreadError,
)
from signalr_py.hub.authorization import AuthorizationContext, authorize
from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.clients import ClientProxy, HubCallerClients, HubClients
from signalr_py.hub.context import HubCallerContext, HubContext
from signalr_py.hub.groups import GroupManager
from signalr_py.hub.hub import Hub
from signalr_py.hub.methods import hub_method
from signalr_py.options import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload
from signalr_py.transports.base import ConnectionStatistics
from signalr_py.types import TransferFormat, TransportType

__all__ = [
    "AuthorizationContext",
    "BindingError",
    "CancellationToken",
    "ClientProxy",
    "ClientTimeoutError",
    "ConnectionStatistics",
    "GroupManager",
    "HttpConnectionOptions",
    "Hub",
    "HubCallerClients",
    "HubCallerContext",
    "HubClients",
    "HubContext",
    "HubDefinitionError",
    "HubException",
    "HubOptions",
    "JsonPayload",
    "LocalProtocolError",
    "MessagePackPayload",
    "OptionsError",
    "RemoteProtocolError",
    "SerializationError",
    "SignalR",
    "SignalRError",
    "TransferFormat",
    "TransportType",
    "WrongThreadError",
    "authorize",
    "hub_method",
]
