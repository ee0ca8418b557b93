"""Sets the project up and then becomes a server in the virtual environment."""

from __future__ import annotations

import sys

from scripts._project import SetupError, become, environment, main_venv, program, say
from scripts._setup import prepare

__all__ = ["launch"]


def launch(*words: str, python_only: bool = False) -> int:
    """Run Python with these words and this command's arguments; returns only when the set-up failed.

    Args:
        words: What comes after `python`.
        python_only: Whether the server does without the Node folders.
    """
    try:
        prepare(python_only=python_only)
    except SetupError as error:
        say(str(error))
        return 1
    venv = main_venv()
    become([program(venv, "python"), *words, *sys.argv[1:]], environment(venv))
