"""Every page that links lead to, at the desk and on a phone: nothing fails, nothing overflows."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import ResolverMatch, resolve
from playwright.sync_api import Browser, Page

from tests.e2e.install import Stagehand, Up
from tests.e2e.visitor import Visitor, visiting

pytestmark = pytest.mark.e2e

# What the reviews of the demonstration must lead to; more is welcome.
LEAD_SEES = {
    "reviews:index", "reviews:new", "reviews:settings", "reviews:team", "reviews:protocol",
    "reviews:protocol_version", "reviews:sources", "reviews:import_file", "reviews:runs", "reviews:run",
    "reviews:records", "analysis:record", "reviews:duplicates", "reviews:merged", "screening:screen",
    "screening:full_text", "screening:retrieval", "screening:list", "screening:settings",
    "screening:conflicts", "screening:my_votes", "analysis:overview", "analysis:extract",
    "analysis:extract_form", "analysis:studies", "analysis:study", "analysis:agree", "analysis:correct",
    "analysis:appraise", "analysis:analyses", "analysis:analysis",
    "analysis:analysis_add", "analysis:analysis_revise", "analysis:analysis_part", "analysis:flow",
    "analysis:flow_list", "analysis:report",
}  # fmt: skip
STRANGER_SEES = {
    "reviews:index", "account_login", "account_signup", "account_reset_password", "analysis:report",
}  # fmt: skip
REVIEWER_SEES = {
    "screening:my_vote", "analysis:extraction", "analysis:appraise", "analysis:consensus",
}  # fmt: skip
DOWNLOADS = (
    ".csv", ".xlsx", ".json", ".svg", ".png", ".pdf", ".ris", ".nbib", ".bib", ".xml", ".R", "/raw/",
    "/logout/",
)  # fmt: skip

FLAWS = """() => {
  const seen = (element) => element.getClientRects().length > 0;
  const found = [];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids))
    if (ids.filter((other) => other === id).length > 1) found.push(`id twice: ${id}`);
  const headings = [...document.querySelectorAll("h1")].filter(seen).length;
  if (headings !== 1) found.push(`${headings} headings of the first level`);
  for (const image of document.images)
    if (seen(image) && image.complete && !image.naturalWidth) found.push(`broken image: ${image.src}`);
  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (seen(control) && !control.labels.length && !control.getAttribute("aria-label") &&
        !control.getAttribute("aria-labelledby")) found.push(`no label: ${control.outerHTML.slice(0, 120)}`);
  for (const control of document.querySelectorAll("a[href], button, summary"))
    if (seen(control) && !control.textContent.trim() && !control.getAttribute("aria-label") &&
        !control.querySelector("img[alt]:not([alt=''])"))
      found.push(`no name: ${control.outerHTML.slice(0, 120)}`);
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Demo:
    """The demonstration reviews, published."""

    single_arm: str
    two_arms: str


@pytest.fixture(scope="module")
def demo(act: Stagehand) -> Demo:
    single_arm, two_arms = act("play_demo")
    return Demo(single_arm=single_arm, two_arms=two_arms)


def _links(page: Page, own: str) -> Iterator[str]:
    # Links inside a drawing have no plain `href` property.
    hrefs = page.eval_on_selector_all(
        "a[href]:not([download])",
        "links => links.map((link) => new URL(link.getAttribute('href'), location).href)",
    )
    for href in hrefs:
        path = urldefrag(href).url.removeprefix(own).partition("?")[0]
        if href.startswith(f"{own}/") and not path.endswith(DOWNLOADS):
            yield path


def _kind(match: ResolverMatch) -> tuple[str, ...]:
    """Pages that differ in their data only are one kind; parts, stages and forms of a page are several."""
    apart = (match.kwargs.get(name, "") for name in ("part", "stage_slug", "kind"))
    return (match.view_name, *apart)


def _flaws(visitor: Visitor) -> list[str]:
    page = visitor.page
    found = page.evaluate(FLAWS) + visitor.overflows()
    return [f"{urlsplit(page.url).path}: {words}" for words in found]


def _walk(visitor: Visitor, *, review: str = "") -> tuple[set[str], list[str]]:
    """Follow every link, inside one review only; returns the views seen and all flaws."""
    views, flaws, known = set(), [], set()
    waiting = deque(["/"])
    while waiting:
        path = waiting.popleft()
        match = resolve(path)
        if _kind(match) in known or match.view_name.startswith("admin:"):
            continue
        if review and match.kwargs.get("slug", review) != review:
            continue
        known.add(_kind(match))
        visitor.go(path)
        views.add(match.view_name)
        flaws += _flaws(visitor)
        waiting.extend(_links(visitor.page, visitor.url))
    return views, flaws


def test_the_lead_s_pages_of_one_review(lead: Visitor, demo: Demo) -> None:
    """Studies with one arm, a conflict, a study that awaits classification."""
    views, flaws = _walk(lead, review=demo.single_arm)

    assert flaws == []
    assert LEAD_SEES - views == set()


def test_a_reviewer_s_pages_of_another_review(come: Callable[[str], Visitor], demo: Demo) -> None:
    """Trials with two arms, risk of bias."""
    views, flaws = _walk(come("reviewer-a"), review=demo.two_arms)

    assert flaws == []
    assert REVIEWER_SEES - views == set()


def test_a_stranger_s_pages(chromium: Browser, install: Up, demo: Demo) -> None:
    assert demo.single_arm != demo.two_arms
    with visiting(chromium, install.url) as stranger:
        views, flaws = _walk(stranger)

    assert flaws == []
    assert STRANGER_SEES - views == set()
