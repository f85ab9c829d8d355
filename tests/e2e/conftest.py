"""The browser and the install of the end-to-end tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.install import LEASE_SECONDS, SWEEP_SECONDS, Stagehand, Up, given, running
from tests.e2e.visitor import Visitor, visiting
from tests.fakes.eutils import FakeEutils

API_KEY = "0123456789abcdef0123456789abcdef1234"


def _executable() -> str | None:
    """The system's Chromium, else the one that Playwright brought, else none."""
    found = shutil.which("chromium")
    if found is None:
        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        found = own if Path(own).is_file() else None
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one module only.

    Playwright keeps an event loop running in this thread while it is open, and Django refuses the database
    in such a thread: kept for the session, it would break every test that comes after.
    """
    path = _executable()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium")
        pytest.skip("NO BROWSER TESTS: there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def eutils() -> Iterator[FakeEutils]:
    """The PubMed of the install: it limits whoever asks too fast, and knows one API key."""
    with FakeEutils(limited=True, keys={API_KEY}) as fake:
        yield fake


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory, eutils: FakeEutils) -> Iterator[Up]:
    """One running install for all tests that need one: a start costs more than most of them."""
    var = tmp_path_factory.mktemp("install")
    own = {
        "SWEEP_SECONDS": str(SWEEP_SECONDS),
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "ENTREZ_BASE_URL": eutils.base_url,  # nothing of a test leaves this machine
        "ENTREZ_API_KEY": API_KEY,
    }
    with given(var) as environ, running(var=var, environ={**environ, **own}) as up:
        yield up


@pytest.fixture(scope="session")
def act(install: Up) -> Iterator[Stagehand]:
    """Does things in the install through its services: `act("name of an act", **words)`."""
    stagehand = Stagehand(install)
    yield stagehand
    stagehand.leave()


@pytest.fixture
def come(chromium: Browser, install: Up, act: Stagehand) -> Iterator[Callable[[str], Visitor]]:
    """Signs people in by their role, each in a browser of their own: `come("reviewer-a")`."""
    password = act("sign_in_words")
    with ExitStack() as stack:
        yield lambda who: stack.enter_context(
            visiting(chromium, install.url, email=f"{who}@example.org", password=password)
        )


@pytest.fixture
def lead(come: Callable[[str], Visitor]) -> Visitor:
    return come("lead")
