"""Counting the bytecode instructions that code of the package executes: the same on every machine, and under load."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import signalr_py

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

__all__ = ["Cost", "cost_of", "counted"]

_PACKAGE = str(Path(signalr_py.__file__).parent)
_SHOWN = 12


@final
class Cost:
    """What the package has executed, by function.

    What C code does, such as decoding JSON or copying bytes, counts as the one instruction that calls it, and code
    outside of the package not at all.
    """

    def __init__(self) -> None:
        self._by_code: Counter[CodeType] = Counter()

    @property
    def total(self) -> int:
        """How many instructions, in all functions."""
        return self._by_code.total()

    def note(self, code: CodeType) -> None:
        """Count one instruction of a function, if it belongs to the package."""
        if code.co_filename.startswith(_PACKAGE):
            self._by_code[code] += 1

    def less(self, other: Cost) -> Cost:
        """Return what this costs beyond another."""
        difference = Cost()
        difference._by_code = self._by_code - other._by_code
        return difference

    def check(self, bound: int, *, repetitions: int = 1) -> None:
        """Make sure that no more was executed than a bound, and not so much less that the bound means nothing.

        Args:
            bound: How many instructions one repetition may take.
            repetitions: How often the same was done.

        Raises:
            AssertionError: It is otherwise; the text says where the instructions are.
        """
        each = self.total / repetitions
        version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        assert each <= bound, (
            f"{each:g} bytecode instructions of the package were executed each time, and no more than {bound} may be "
            f"on {version}. The most are in\n{self.table(repetitions)}\n"
            "Print `table()` of the cost before and after a change to see what has been added. If that is worth it, "
            "raise the bound."
        )
        assert each > bound / 2, f"Only {each:g} instructions each time on {version}: lower the bound of {bound}."

    def table(self, repetitions: int = 1, *, shown: int = _SHOWN) -> str:
        """Return the functions that take the most, one on a line."""
        return "\n".join(
            f"{count / repetitions:9g}  {code.co_qualname} ({code.co_filename}:{code.co_firstlineno})"
            for code, count in self._by_code.most_common(shown)
        )


def cost_of(action: Callable[[], object]) -> Cost:
    """Count what a plain call executes, done twice before, so that nothing is counted that happens once."""
    action()
    action()
    with counted() as cost:
        action()
    return cost


if sys.version_info >= (3, 12):

    @contextmanager
    def counted() -> Iterator[Cost]:
        """Count what this thread executes inside the block.

        Coverage and profilers have their own ids, and go on looking.
        """
        monitoring = sys.monitoring
        tool = next(number for number in (3, 4) if monitoring.get_tool(number) is None)
        event = monitoring.events.INSTRUCTION
        cost = Cost()
        monitoring.use_tool_id(tool, __name__)
        monitoring.register_callback(tool, event, lambda code, _: cost.note(code))
        monitoring.set_events(tool, event)
        try:
            yield cost
        finally:
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)

else:

    @contextmanager
    def counted() -> Iterator[Cost]:
        """Count what this thread executes inside the block, which coverage does not see: only one function can look."""
        cost = Cost()

        def note(frame: FrameType, event: str, _: Any) -> Any:
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            if event == "opcode":
                cost.note(frame.f_code)
            return note

        before = sys.gettrace()
        sys.settrace(note)
        try:
            yield cost
        finally:
            sys.settrace(before)
