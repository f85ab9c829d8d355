"""What the scripts of static/js do, in a browser, under the security policy that we serve."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import ClassVar

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.e2e

BODY = """{% extends "base.html" %}
{% block content %}
<button type="button" data-key="i" id="vote">Include</button>
{% include "components/button.html" with label="Merge" dialog="merge" key="m" only %}
{% dialog id="merge" title="Merge records" %}
<button type="button" data-key="i" data-key-label="Inner" id="inner">In</button>
{% enddialog %}
<input id="search" data-search aria-label="Search">
<ul data-list><li><a href="#a">First</a></li><li><a href="#b">Second</a></li></ul>
<form action="/finished"><button id="finish">Finish</button></form>
<form data-autosave hx-post="/save" hx-trigger="submit" hx-swap="none">
  <input name="events" id="events" aria-label="Events"><p data-save-state role="status" id="state"></p>
</form>
{% include "components/copy_field.html" with id="link" label="Link" value="http://example.org/x" only %}
<button type="button" id="fails" hx-get="/fails">Fails</button>
<div id="place"></div><button type="button" id="refused" hx-get="/refused" hx-target="#place">Refused</button>
{% endblock %}"""


class _Site(BaseHTTPRequestHandler):
    """One page, the static files, and the answers that the scripts wait for."""

    page: ClassVar[bytes] = b""
    saved: ClassVar[list[str]] = []
    save_status: ClassVar[int] = 204
    may_save: ClassVar[threading.Event] = threading.Event()

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
            with open(str(found), "rb") as handle:
                self._answer(200, handle.read(), kinds[path.rpartition(".")[2]])
        elif path == "/fails":
            self._answer(500)
        elif path == "/refused":
            self._answer(409, b"<p>You have voted on this record already.</p>")
        else:
            self._answer(200, self.page)

    def do_POST(self) -> None:
        self.saved.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.may_save.wait()
        self._answer(self.save_status)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def opened(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The page, watched: anything that the console complains of fails the test."""
    addresses = {"analysis:overview": "/overview", "reviews:protocol": "/protocol"}
    monkeypatch.setattr(
        "reviews.templatetags.perennial.nav_url", lambda name, **kwargs: addresses.get(name, "")
    )
    user = SimpleNamespace(is_authenticated=True, email="lead@example.org", get_full_name=lambda: "Lead")
    review = SimpleNamespace(slug="car-t", title="CAR T")
    context = Context({"review": review, "tab": "overview", "user": user, "csrf_token": "token"})
    monkeypatch.setattr(_Site, "page", Template(BODY).render(context).encode())
    monkeypatch.setattr(_Site, "saved", [])
    monkeypatch.setattr(_Site, "save_status", 204)
    _Site.may_save.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.evaluate("vote.addEventListener('click', () => { document.title = 'voted'; })")
    page.evaluate("inner.addEventListener('click', () => { document.title = 'inner'; })")
    yield page
    _Site.may_save.set()
    page.close()
    server.shutdown()
    server.server_close()
    assert complaints == []


def test_a_key_clicks_its_button_but_never_while_typing(opened: Page) -> None:
    opened.focus("#search")
    opened.keyboard.type("im?gp")

    assert opened.input_value("#search") == "im?gp"
    assert opened.title() != "voted"

    opened.locator("#search").blur()
    opened.keyboard.press("i")

    assert opened.title() == "voted"


def test_an_open_dialog_holds_the_keyboard(opened: Page) -> None:
    opened.keyboard.press("m")
    expect(opened.get_by_role("dialog", name="Merge records")).to_be_visible()

    opened.keyboard.press("g")
    opened.keyboard.press("p")
    opened.keyboard.press("i")

    assert opened.title() == "inner"
    assert opened.url.endswith("/")
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("dialog")).to_have_count(0)


def test_g_and_a_letter_go_to_a_tab(opened: Page) -> None:
    # The letter must follow soon: it does by the page's clock, however long this machine pauses in between.
    opened.clock.install()
    opened.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    opened.keyboard.press("g")
    opened.keyboard.press("p")

    opened.wait_for_url("**/protocol")


def test_question_mark_lists_the_keys_of_this_page_only(opened: Page) -> None:
    opened.keyboard.press("?")

    listed = opened.get_by_role("dialog", name="Keys of this page").inner_text()
    assert "Include" in listed
    assert "Protocol" in listed
    assert "Inner" not in listed


def test_j_and_k_move_in_a_list_and_slash_searches(opened: Page) -> None:
    focused = "document.activeElement.textContent"
    opened.keyboard.press("j")
    assert opened.evaluate(focused) == "First"
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    assert opened.evaluate(focused) == "Second"
    opened.keyboard.press("k")
    assert opened.evaluate(focused) == "First"

    opened.keyboard.press("/")
    assert opened.evaluate("document.activeElement.id") == "search"
    assert opened.input_value("#search") == ""


def test_a_form_saves_as_one_types_and_says_so(opened: Page) -> None:
    # A pause between the two keys would save the first alone.
    opened.clock.install()
    opened.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    opened.locator("#events").press_sequentially("12")
    assert _Site.saved == []
    opened.clock.resume()

    expect(opened.locator("#state")).to_contain_text("Saved at")
    assert _Site.saved == ["events=12"]


def test_a_refused_save_says_so_and_is_sent_again_with_the_next_word(
    opened: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Site, "save_status", 422)
    opened.locator("#events").press_sequentially("x")
    expect(opened.locator("#state")).to_contain_text("Not saved")

    monkeypatch.setattr(_Site, "save_status", 204)
    opened.locator("#events").fill("9")

    expect(opened.locator("#state")).to_contain_text("Saved at")
    assert _Site.saved[-1] == "events=9"


def test_another_form_waits_for_what_is_being_saved(opened: Page) -> None:
    _Site.may_save.clear()
    opened.locator("#events").fill("12")
    opened.click("#finish")
    expect(opened.locator("#state")).to_contain_text("Saving")
    assert not opened.url.endswith("/finished?")

    _Site.may_save.set()

    opened.wait_for_url("**/finished?")
    assert _Site.saved == ["events=12"]


def test_another_form_does_not_go_while_something_is_refused(
    opened: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Site, "save_status", 422)
    opened.locator("#events").fill("x")
    opened.click("#finish")

    expect(opened.locator("#state")).to_contain_text("Not saved")
    expect(opened.locator("#events")).to_be_focused()
    assert not opened.url.endswith("/finished?")
    monkeypatch.setattr(_Site, "save_status", 204)
    opened.click("#finish")
    opened.wait_for_url("**/finished?")


def test_a_failure_is_announced_and_a_refusal_is_swapped_in(opened: Page) -> None:
    opened.click("#fails")
    expect(opened.locator("#flash")).to_contain_text("The server could not do this")

    opened.click("#refused")
    expect(opened.locator("#place")).to_have_text("You have voted on this record already.")


def test_the_theme_is_kept_from_page_to_page(opened: Page) -> None:
    opened.click("summary:has-text('Lead')")
    opened.click("[data-theme-choice=dark]")
    opened.reload()

    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 23, 21)"


def test_copy_selects_where_the_clipboard_is_refused_or_says_copied(opened: Page) -> None:
    # The word goes after a moment: it stays where the page's clock stands.
    opened.clock.install()
    opened.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    opened.click("[data-copy=link]")

    expect(opened.locator("[data-copy-label]")).to_have_text("Copied")
