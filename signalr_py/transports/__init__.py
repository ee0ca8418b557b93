"""Connections over HTTP, without any knowledge of hubs: WebSockets, Server-Sent Events and Long Polling."""
