"""Measures what the package costs, beside bare WebSocket servers and other servers in the same run."""
