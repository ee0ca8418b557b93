"""A browser, driven through a Node process."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Browser", "BrowserError", "Page"]

_FOLDER = Path(__file__).parent
_EXIT_TIMEOUT = 10


class BrowserError(Exception):
    """Something could not be done in the browser."""


class Page:
    """A tab with cookies and storage of its own."""

    def __init__(self, browser: Browser, name: str) -> None:
        self._browser = browser
        self._name = name

    def open(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        color_scheme: Literal["light", "dark"] = "light",
    ) -> None:
        """Go to an address, in a new tab."""
        self._request("open", url=url, width=width, height=height, colorScheme=color_scheme)

    def close(self) -> None:
        """End the tab."""
        self._request("close")

    def reload(self) -> None:
        """Load the page again."""
        self._request("reload")

    def click(self, selector: str) -> None:
        """Click on what a selector finds."""
        self._request("click", selector=selector)

    def press(self, selector: str, key: str) -> None:
        """Focus what a selector finds and press a key."""
        self._request("press", selector=selector, key=key)

    def wait(self, selector: str, *, timeout: float = 20) -> None:
        """Wait until a selector finds something visible."""
        self._request("wait", selector=selector, timeout=timeout * 1000)

    def wait_until(self, expression: str, *, timeout: float = 20) -> None:
        """Wait until an expression of JavaScript is true."""
        self._request("waitUntil", expression=expression, timeout=timeout * 1000)

    def text(self, selector: str) -> str:
        """Return the text of the only element that a selector finds."""
        (text,) = self.texts(selector)
        return text

    def texts(self, selector: str) -> list[str]:
        """Return the texts of everything that a selector finds."""
        return list(self._request("texts", selector=selector))

    def count(self, selector: str) -> int:
        """Return how many elements a selector finds."""
        return int(self._request("count", selector=selector))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript."""
        return self._request("evaluate", expression=expression)

    def problems(self) -> list[str]:
        """Return the exceptions that nothing on the page caught."""
        return list(self._request("problems"))

    def frames(self) -> list[str]:
        """Return every WebSocket message that the page has received."""
        return list(self._request("frames"))

    def _request(self, operation: str, **fields: object) -> Any:
        return self._browser.request(operation, page=self._name, **fields)


class Browser:
    """A browser without a window; `with Browser(node, chromium) as browser` starts it and ends it.

    Args:
        node: Path of Node.
        chromium: Path of the browser.
    """

    def __init__(self, node: str, chromium: str) -> None:
        self._command = [node, str(_FOLDER / "driver.mjs"), chromium]
        self._names = (f"page {number}" for number in itertools.count(1))
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=_FOLDER
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(_EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def page(self) -> Page:
        """Return a tab that goes nowhere yet."""
        return Page(self, next(self._names))

    def request(self, operation: str, **fields: object) -> Any:
        """Send one request to the Node process and return its result.

        Raises:
            BrowserError: The browser could not do it, or has ended.
        """
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"op": operation} | fields) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise BrowserError("The browser has ended; its words are in the captured standard error.") from None
        line = process.stdout.readline()
        if not line:
            raise BrowserError(f"The browser ended during {operation!r}; its words are in the captured standard error.")
        answer = json.loads(line)
        if not answer["ok"]:
            raise BrowserError(f"{operation} {fields}: {answer['error']}")
        return answer["result"]
