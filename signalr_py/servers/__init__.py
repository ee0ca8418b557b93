"""What is special to one ASGI server."""
