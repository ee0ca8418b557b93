"""Hubs, without any knowledge of HTTP: methods, dispatch, targets and the lifetime of a connection."""
