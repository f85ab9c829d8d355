"""A query is tried, kept and run, and its source looked at, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.e2e.install import Stagehand
from tests.e2e.visitor import Visitor, press
from tests.fakes.corpus import articles
from tests.fakes.eutils import FakeEutils

pytestmark = pytest.mark.e2e


@pytest.fixture
def slug(act: Stagehand) -> str:
    name: str = act("begin", title="Searching by keyboard")
    return name


def test_a_query_is_tried_kept_and_run_by_keyboard(lead: Visitor, slug: str, eutils: FakeEutils) -> None:
    eutils.corpus = articles(12)
    page = lead.page
    lead.go(f"/r/{slug}/sources/")
    press(page.get_by_role("link", name="Add a source"))

    query = page.get_by_label("Query (optional)")
    query.fill("report AND tumuoor")
    press(page.get_by_role("button", name="What would it find?"))
    expect(page.get_by_text("Phrase not found: tumuoor")).to_be_visible()
    query.fill("report")
    press(page.get_by_role("button", name="What would it find?"))
    expect(page.get_by_text("12 records today")).to_be_visible()
    assert lead.overflows() == []

    press(page.get_by_text("MeSH, fields and how to write it"))
    press(page.get_by_role("button", name="Show the fields of PubMed"))
    press(page.get_by_role("button", name="[TIAB]"))
    expect(query).to_have_value("report[TIAB]")
    expect(query).to_be_focused()

    query.fill("report")
    page.get_by_label("Name", exact=True).fill("PubMed")
    press(page.get_by_label("On a day of the week"), "Space")
    page.get_by_label("Each").select_option(label="Thursday")
    page.get_by_label("Why this is changed").fill("PubMed is searched as well.")
    press(page.get_by_role("button", name="Save"))
    page.wait_for_url(lambda url: "/add/" not in url)  # to go on at once may stop the browser from sending it

    lead.go(f"/r/{slug}/sources/")
    expect(page.get_by_text("Each Thursday at 03:00")).to_be_visible()
    press(page.get_by_role("button", name="Search now"))
    expect(page.get_by_text("Complete,")).to_be_visible()
    lead.go(f"/r/{slug}/sources/")
    press(page.get_by_role("link", name="PubMed", exact=True))
    expect(page.get_by_text("12 found: 12 new")).to_be_visible()
    assert lead.overflows() == []


def test_help_works_without_a_source(lead: Visitor, slug: str) -> None:
    page = lead.page
    lead.go(f"/r/{slug}/query-help/")

    page.get_by_label("A word or two").fill("qqqq")
    press(page.get_by_role("button", name="Look up"))

    expect(page.get_by_text("MeSH knows no heading for “qqqq”")).to_be_visible()
    assert lead.overflows() == []
