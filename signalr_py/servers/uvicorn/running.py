"""Serving with uvicorn and the fast WebSocket class in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]


def run(app: Callable[..., Any] | str, *, host: str = "127.0.0.1", port: int = 8000, **settings: Any) -> None:
    """Serve an application with uvicorn and the fast WebSocket class, until the process is told to end.

    It is `uvicorn.run` with another default for `ws`. Where the fast class cannot be used, the log says why, and one of
    uvicorn's own serves.

    ```python
    if __name__ == "__main__":
        signalr_py.run(app)
    ```

    Args:
        app: The application; its name, such as `"app:app"`, where uvicorn has to import it in other processes, as
            `reload` and `workers` need.
        host: The address to listen on.
        port: The port to listen on; 0 for a free one.
        settings: Any other setting of `uvicorn.run`.

    Raises:
        ModuleNotFoundError: uvicorn is not installed.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"signalr_py.run serves with uvicorn, but {error.name} is not installed: pip install 'signalr-py[fast]'.",
            name=error.name,
        ) from error
    uvicorn.run(app, host=host, port=port, **{"ws": FAST_WEB_SOCKET_CLASS, **settings})
