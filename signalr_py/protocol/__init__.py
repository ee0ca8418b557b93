"""The wire, without any input or output: bytes to messages and messages to bytes."""
