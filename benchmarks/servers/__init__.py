"""The servers under test; each can be started as a process of its own."""
