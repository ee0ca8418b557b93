"""A SignalR server for Starlette and FastAPI that existing SignalR clients use unchanged."""

from signalr_py.application import SignalR
from signalr_py.exceptions import (
    BindingError,
    ClientDisconnectedError,
    ClientResultTimeoutError,
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
from signalr_py.hub.client_methods import client_method
from signalr_py.hub.clients import HubCallerClients, HubClients
from signalr_py.hub.context import HubCallerContext, HubContext
from signalr_py.hub.dependencies import Depends
from signalr_py.hub.filters import (
    ConnectedHandler,
    DisconnectedHandler,
    HubFilter,
    HubInvocationContext,
    HubLifetimeContext,
    HubMessageContext,
    InvocationHandler,
)
from signalr_py.hub.groups import GroupManager
from signalr_py.hub.hub import Hub
from signalr_py.hub.methods import cancellable, hub_method
from signalr_py.hub.proxies import ClientProxy, SingleClientProxy
from signalr_py.hub.typed_clients import call_from_thread
from signalr_py.options import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload
from signalr_py.servers.uvicorn.running import run
from signalr_py.transports.base import ConnectionStatistics
from signalr_py.types import SlowClientPolicy, TransferFormat, TransportType

__all__ = [
    "AuthorizationContext",
    "BindingError",
    "CancellationToken",
    "ClientDisconnectedError",
    "ClientProxy",
    "ClientResultTimeoutError",
    "ClientTimeoutError",
    "ConnectedHandler",
    "ConnectionStatistics",
    "Depends",
    "DisconnectedHandler",
    "GroupManager",
    "HttpConnectionOptions",
    "Hub",
    "HubCallerClients",
    "HubCallerContext",
    "HubClients",
    "HubContext",
    "HubDefinitionError",
    "HubException",
    "HubFilter",
    "HubInvocationContext",
    "HubLifetimeContext",
    "HubMessageContext",
    "HubOptions",
    "InvocationHandler",
    "JsonPayload",
    "LocalProtocolError",
    "MessagePackPayload",
    "OptionsError",
    "RemoteProtocolError",
    "SerializationError",
    "SignalR",
    "SignalRError",
    "SingleClientProxy",
    "SlowClientPolicy",
    "TransferFormat",
    "TransportType",
    "WrongThreadError",
    "authorize",
    "call_from_thread",
    "cancellable",
    "client_method",
    "hub_method",
    "run",
]
