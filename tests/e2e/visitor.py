"""A person at a browser: signed in, watched for all that a page complains of."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, ViewportSize, expect

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Workers compute and draw on machines that do other things too; a page asks every two seconds.
PATIENCE_MS = 180_000
expect.set_options(timeout=PATIENCE_MS)
# What is wider than the page and cannot be scrolled in a part of it.
OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((one) => {
    if (one.getBoundingClientRect().right <= root.clientWidth + 1) return false;
    for (let up = one.parentElement; up; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return false;
    return true;
  });
  const which = wide.slice(0, 4).map((one) => one.outerHTML.slice(0, 90));
  return [`${root.scrollWidth} > ${root.clientWidth}: ${which}`];
}"""


class Visitor:
    """One browser context, which is one person's cookies; `page` is their only tab."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url.rstrip("/")
        self.context = browser.new_context(viewport=DESK, reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        self.page.on("console", self._hear)
        self.page.on("response", self._check)

    def _complain(self, words: str) -> None:
        self.complaints.append(f"{self.page.url}: {words}")

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} or "Security Policy" in said.text:
            self._complain(f"console: {said.text}")

    def _check(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"{response.status} {response.url}")

    def sign_in(self, email: str, password: str) -> None:
        self.go("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def overflows(self) -> list[str]:
        """What is wider than the page, at the desk and on a phone."""
        found = []
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)
            found += [f"at {size['width']} px {words}" for words in self.page.evaluate(OVERFLOW)]
        self.page.set_viewport_size(DESK)
        return found

    def watch_for_reload(self) -> None:
        """Mark this very page: a reload would lose the mark."""
        self.page.evaluate("() => { window.neverReloaded = true; }")

    def was_reloaded(self) -> bool:
        return not self.page.evaluate("() => window.neverReloaded === true")


def press(control: Locator, key: str = "Enter") -> None:
    """Go to the control as Tab would, and press a key."""
    control.focus()
    expect(control).to_be_focused()
    control.press(key)


@contextmanager
def visiting(browser: Browser, url: str, *, email: str = "", password: str = "") -> Iterator[Visitor]:
    """A visitor, signed in where an address is given; any complaint of any page fails the test."""
    visitor = Visitor(browser, url)
    try:
        if email:
            visitor.sign_in(email, password)
        yield visitor
    finally:
        visitor.context.close()
    assert not visitor.complaints, "\n".join(visitor.complaints)
