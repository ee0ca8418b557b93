"""WebSocket frames, messages and upgrades as values: no sockets, no clock, no event loop."""
