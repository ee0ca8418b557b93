"""The page of Synaxis, as a person uses it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from tests.browser.browser import Page
    from tests.browser.conftest import Pages, Servers

pytestmark = [pytest.mark.long, pytest.mark.timeout(150)]

KINDS = (
    "ProviderHealthChanged",
    "CostOptimizationApplied",
    "ModelDiscovered",
    "SecurityAlert",
    "AuditEvent",
)
_CONNECTED = "[data-testid=connection][data-status=connected]"
_ALL_KINDS = json.dumps(KINDS) + ".every((kind) => document.querySelector(`.event[data-kind=${kind}]`))"
_MINUTE = 60


def sign_in(page: Page, url: str, user: str) -> None:
    page.open(url)
    page.click(f"[data-testid=sign-in-{user}]")
    page.wait(_CONNECTED)


def organizations(page: Page) -> dict[str, str]:
    """Return the ids of the organizations that the page offers, by name."""
    ids = page.evaluate("[...document.querySelectorAll('[name=organization]')].map((input) => input.value)")
    return dict(zip(page.texts("[data-testid=organizations] label"), ids, strict=True))


def choose(page: Page, organization: str) -> None:
    page.click(f"label:has([data-testid='organization-{organization}'])")
    page.wait(f"[data-testid=dashboard][data-organization='{organization}']")


def updates(page: Page) -> list[dict[str, Any]]:
    """Return every update that the page has received over WebSockets, oldest first."""
    messages = (json.loads(text) for frame in page.frames() for text in frame.split("\x1e") if text)
    return [message for message in messages if message.get("type") == 1]


def providers(page: Page) -> list[str]:
    """Return the names of the providers on the page, once all four of an organization are there."""
    page.wait_until("document.querySelectorAll('.provider').length === 4", timeout=_MINUTE)
    return list(page.evaluate("[...document.querySelectorAll('.provider')].map((card) => card.dataset.provider)"))


def test_a_person_signs_in_sees_all_kinds_and_switches_to_another_organization(
    pages: Pages, start_synaxis: Servers
) -> None:
    server, page = start_synaxis(), pages()
    sign_in(page, server.url, "mateo")
    offered = organizations(page)
    assert list(offered) == ["Aurora Labs", "Harbor Logistics"]
    aurora, harbor = offered.values()
    page.wait(f"[data-testid=dashboard][data-organization='{aurora}']")
    assert page.text("[data-testid=transport]") == "WebSockets"

    page.wait_until(_ALL_KINDS, timeout=_MINUTE)
    assert providers(page) == ["Cobalt", "Halcyon", "Northlight", "Tessera"]
    assert page.text("[data-testid=savings-total]") != "$0.00"
    for panel in ("savings", "alerts", "models", "audit"):
        assert page.count(f"[data-testid=panel-{panel}] .entry") > 0

    choose(page, harbor)
    seen = len(updates(page))
    page.wait_until(_ALL_KINDS, timeout=_MINUTE)
    later = updates(page)[seen:]
    assert {update["target"] for update in later} == set(KINDS)
    named = {argument.get("organizationId", harbor) for update in later for argument in update["arguments"]}
    assert named == {harbor}
    assert providers(page) == ["Halcyon", "Marlowe", "Quillon", "Tessera"]
    assert page.problems() == []
    assert "eyJ" not in server.log()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_page_comes_back_by_itself_when_the_server_does(
    end: Literal["stop", "kill"], pages: Pages, start_synaxis: Servers
) -> None:
    server, page = start_synaxis(), pages()
    sign_in(page, server.url, "noor")
    page.wait("[data-testid=provider]", timeout=_MINUTE)

    server.stop() if end == "stop" else server.kill()
    page.wait("[data-testid=connection][data-status=reconnecting]")
    page.wait("[data-testid=banner]")
    server.start()
    page.wait(_CONNECTED, timeout=_MINUTE)
    seen = len(updates(page))
    (harbor,) = organizations(page).values()
    page.wait(f"[data-testid=dashboard][data-organization='{harbor}']")
    page.evaluate("document.querySelector('[data-testid=timeline]').replaceChildren()")
    page.wait("[data-testid=event]", timeout=_MINUTE)
    assert len(updates(page)) > seen
    assert not page.evaluate("!document.querySelector('[data-testid=banner]').hidden")
    assert page.problems() == []


def test_the_timeline_is_filtered_and_held_still(pages: Pages, start_synaxis: Servers) -> None:
    page = pages()
    sign_in(page, start_synaxis().url, "amelia")
    health = ".event[data-kind=ProviderHealthChanged]"
    page.wait(health, timeout=_MINUTE)

    page.click("[data-testid=filter-ProviderHealthChanged]")
    page.wait_until(f"[...document.querySelectorAll('{health}')].every((event) => event.hidden)")
    page.click("[data-testid=filter-ProviderHealthChanged]")
    page.wait(health)

    page.click("[data-testid=pause]")
    held = page.count("[data-testid=event]")
    page.wait_until("/[1-9]/.test(document.querySelector('[data-testid=pause]').textContent)", timeout=_MINUTE)
    assert page.count("[data-testid=event]") == held
    page.click("[data-testid=pause]")
    assert page.count("[data-testid=event]") > held


def test_the_keyboard_is_enough(pages: Pages, start_synaxis: Servers) -> None:
    server, page = start_synaxis(), pages()
    page.open(server.url)
    page.press("[data-testid=sign-in-mateo]", "Enter")
    page.wait(_CONNECTED)
    aurora, harbor = organizations(page).values()
    page.press(f"[data-testid='organization-{aurora}']", "ArrowRight")
    page.wait(f"[data-testid=dashboard][data-organization='{harbor}']")
    page.press("[data-testid=sign-out]", "Enter")
    page.wait("[data-testid=sign-in]")
    server.wait_for_log(f"left organization {harbor}.")


def test_a_reload_keeps_the_person_and_the_organization(pages: Pages, start_synaxis: Servers) -> None:
    page = pages()
    sign_in(page, start_synaxis().url, "mateo")
    _, harbor = organizations(page).values()
    choose(page, harbor)
    page.reload()
    page.wait(f"[data-testid=dashboard][data-organization='{harbor}']")
    assert page.text("[data-testid=user]") == "Mateo"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_page_fits_a_phone_in_the_colours_of_the_system(
    color_scheme: Literal["light", "dark"], pages: Pages, start_synaxis: Servers
) -> None:
    page = pages()
    page.open(start_synaxis().url, width=360, height=740, color_scheme=color_scheme)
    page.click("[data-testid=sign-in-mateo]")
    page.wait("[data-testid=provider]", timeout=_MINUTE)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    brightness = (
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every((part) => part > 127)"
    )
    assert page.evaluate(brightness) is (color_scheme == "light")
    page.click("[data-testid=theme-toggle]")
    assert page.evaluate(brightness) is (color_scheme == "dark")
