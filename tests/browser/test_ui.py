"""What a marketer sees in the Dagster UI: tonight, the recommendations and the checks, in at most three clicks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOUND = next((path for name in BROWSERS if (path := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT = 30_000  # milliseconds: the server compiles nothing, but a busy machine is slow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(FOUND is None, reason="no Chromium on this machine; Debian: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(computed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The UI of a home whose older night was run again after its newest one."""
    from datetime import timedelta

    from tests.pipelines.small_home import NIGHT, run_night

    home = Path(shutil.copytree(computed_home, tmp_path_factory.mktemp("ui") / "home"))
    assert run_night(home, NIGHT - timedelta(days=1)).succeeded
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "BIDWRIGHT_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(ROOT / "workspace.yaml"), "-h", "127.0.0.1"]
    with (home / "webserver.log").open("w") as log:
        server = subprocess.Popen([*command, "-p", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/server_info", home / "webserver.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture
def page(address: str):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=FOUND, args=list(FLAGS))
        shown = browser.new_page(viewport={"width": 1400, "height": 1600})
        shown.set_default_timeout(WAIT)
        shown.goto(address)
        yield shown
        browser.close()


def test_tonight_is_two_clicks_away_and_shows_the_newest_night_and_its_hold(page):
    page.get_by_role("link", name="Catalog").click()
    page.locator('a[href="/assets/tonight"]').click()
    page.get_by_text("01_night").wait_for()
    text = page.inner_text("body")
    assert "2025-06-24" in text
    assert "2025-06-23/index.html" not in text  # the older night ran last, and is not what people see
    page.get_by_text("合计行不一致").first.wait_for()


def test_the_recommendation_table_is_two_clicks_away(page):
    page.get_by_role("link", name="Catalog").click()
    page.locator('a[href="/assets/recommendations"]').click()
    page.get_by_text("02_top").wait_for()
    page.get_by_text("→").first.wait_for()
    assert "降价" in page.inner_text("body")


def test_the_checks_are_three_clicks_away_and_name_the_held_platform(page):
    page.get_by_role("link", name="Catalog").click()
    page.locator('a[href="/assets/platform_status"]').click()
    page.get_by_role("tab", name="Checks").click()
    page.get_by_text("hold_google_ads").first.wait_for()
    page.get_by_text("table_gate").first.wait_for()
    page.get_by_text("Failed").first.wait_for()


def _wait_for(url: str, log: Path) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise AssertionError(f"the web server did not answer:\n{log.read_text()[-2000:]}")
