"""The load: a process that opens connections, sends messages and checks all that comes back."""
