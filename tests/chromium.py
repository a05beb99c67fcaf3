"""Finds a Chromium for the browser tests, or gets one: a system one, else Playwright's own, else the distribution's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium that is here already."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def get() -> str | None:
    """Return the path of a Chromium, fetching one if there is none."""
    if path := find():
        return path
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if path := find():
        return path
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False)
    return find()


if __name__ == "__main__":
    found = get()
    if found is None:
        print("NO CHROMIUM: the browser tests cannot run here; install one and run make test again")
        sys.exit(1 if os.environ.get("CI") else 0)
    print(f"browser tests use {found}")
