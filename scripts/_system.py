"""The parts that come from the system: what they are for, how they are found and how they get there."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["COMPONENTS", "NEEDED_BY_TESTS", "Component", "find", "install", "missing_text"]


@dataclass(frozen=True)
class Component:
    """A program that neither PyPI nor npm brings.

    Attributes:
        name: What `--without` and `require` call it.
        programs: Names to look for on the PATH, the preferred one first.
        places: Paths to look at when the PATH has none of them.
        debian: The Debian package.
        purpose: What the project does with it.
    """

    name: str
    programs: tuple[str, ...]
    debian: str
    purpose: str
    places: tuple[str, ...] = ()


COMPONENTS = {
    component.name: component
    for component in (
        Component(
            "chromium",
            programs=("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
            places=(
                "/Applications/Chromium.app/Contents/MacOS/Chromium",
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                "C:/Program Files/Google/Chrome/Application/chrome.exe",
                "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
            ),
            debian="chromium",
            purpose="the browser in which the tests open the demo page",
        ),
        Component(
            "java",
            programs=("java",),
            debian="default-jre-headless",
            purpose="the runtime of the official Java client",
        ),
    )
}

NEEDED_BY_TESTS = ("chromium", "java")
"""Names of the components that tests use today."""


def find(name: str) -> str | None:
    """Return the path of a component's program, or None when it is absent."""
    component = COMPONENTS[name]
    on_path = (shutil.which(program) for program in component.programs)
    in_places = (place for place in component.places if Path(place).is_file())
    return next((path for path in on_path if path), None) or next(in_places, None)


def missing_text(name: str) -> str:
    """Return the words for an absent component: what to install and what for."""
    component = COMPONENTS[name]
    return (
        f"{name} is missing ({component.purpose}): install one of the programs {', '.join(component.programs)}"
        f" (on Debian and Ubuntu: apt-get install {component.debian}), or leave out its tests with --without {name}."
    )


def install(packages: list[str]) -> bool:
    """Install Debian packages when this is Debian and the user is root; return whether that was done."""
    apt = shutil.which("apt-get")
    if apt is None or not Path("/etc/debian_version").exists() or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=300")
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        if subprocess.run([apt, *wait, *words], env=environment, check=False).returncode:
            return False
    return True
