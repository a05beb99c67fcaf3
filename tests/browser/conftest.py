"""One Chromium for all browser tests, a fresh profile for each, and pages with comments to read."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.reader import HostPage, opened
from tests.chromium import find
from tests.conftest import Live

# Chromium asks its maker's servers for many things; the tests talk to this machine alone.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium; under CI the browser tests must run")
        pytest.skip("NO CHROMIUM: the browser tests did not run")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def article(page: Page, live: Live) -> Page:
    """The demonstration article, with its comments loaded."""
    return opened(page, f"{live.url}/demo/")


@pytest.fixture
def host(live: Live) -> Iterator[HostPage]:
    """Somebody else's website with the widget: `host(policy, element)` returns the address of a page of it.

    `script` holds more attributes of the script, `headers` more headers of the page.
    """
    pages: dict[str, tuple[dict[str, str], str]] = {}

    class Website(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers, html = pages.get(self.path, ({}, ""))
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    website = ThreadingHTTPServer(("127.0.0.1", 0), Website)
    origin = f"http://127.0.0.1:{website.server_port}"
    live.add_site("guest", origin)
    thread = threading.Thread(target=website.serve_forever)
    thread.start()

    def add(
        policy: str = "",
        element: str = "",
        script: str = "",
        headers: dict[str, str] | None = None,
        site: str = "guest",
    ) -> str:
        path = f"/page-{len(pages)}"
        tag = f'<script async src="{live.url}/embed.js" data-site="{site}" {script}></script>'
        sent = {"Content-Security-Policy": policy} if policy else {}
        html = f"<!doctype html><title>A page</title><p>Words.</p>{element}{tag}<p>More words.</p>"
        pages[path] = (sent | (headers or {}), html)
        return origin + path

    yield add
    website.shutdown()
    thread.join()
    website.server_close()
