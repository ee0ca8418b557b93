from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from synaxis.settings import Settings


def test_the_page_and_its_files_are_served(web: TestClient, settings: Settings) -> None:
    (settings.front_end / "index.html").write_text("<h1>Synaxis</h1>")
    (settings.front_end / "theme.js").write_text("true")
    assert web.get("/").text == "<h1>Synaxis</h1>"
    assert web.get("/theme.js").headers["content-type"].startswith("text/javascript")
    assert web.get("/absent.js").status_code == 404


def test_a_page_that_is_not_built_says_how_to_build_it(web: TestClient) -> None:
    answer = web.get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
