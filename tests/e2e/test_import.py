"""The import wizard by keyboard alone: name a source, upload, look, import, undo, restore."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.install import Stagehand
from tests.e2e.visitor import Visitor, press

pytestmark = pytest.mark.e2e

RIS = "".join(
    f"TY  - JOUR\nTI  - {title}\nAU  - Author{number}, A\nPY  - 2021\nJO  - Journal\n"
    f"AB  - {title}: what was done and found.\nER  - \n\n"
    for number, title in enumerate(
        [
            "Zinc for the common cold in adults",
            "Honey for cough at night",
            "Zinc for the common cold in adults",
        ]
    )
)
TABLE = "Heading;Who;When\nA trial of steam;Meyer K;2019\nA trial of rest;Ito H;2020\n"


@pytest.fixture
def slug(act: Stagehand) -> str:
    name: str = act("begin", title="Imports by keyboard")
    return name


def upload(page: Page, name: str, content: str) -> None:
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
    )
    press(page.get_by_role("button", name="Look through this file"))


def test_a_file_comes_in_leaves_and_returns_by_keyboard(lead: Visitor, slug: str) -> None:
    page = lead.page
    lead.go(f"/r/{slug}/import/")
    assert lead.overflows() == []
    press(page.get_by_role("link", name="Scopus"))
    page.get_by_label("Why the protocol changes").fill("A librarian advised it.")
    assert lead.overflows() == []
    press(page.get_by_role("button", name="Add this source"))

    expect(page.get_by_role("heading", name="How to export from Scopus")).to_be_visible()
    assert lead.overflows() == []
    upload(page, "export.ris", RIS)

    expect(page.get_by_role("button", name="Import 3 records")).to_be_visible()
    expect(page.get_by_text("Nothing is imported yet")).to_be_visible()
    expect(page.get_by_role("table", name="First records").or_(page.locator("table.sample"))).to_be_visible()
    assert lead.overflows() == []
    press(page.get_by_role("button", name="Import 3 records"))

    expect(page.get_by_text("Complete")).to_be_visible()
    assert lead.overflows() == []
    press(page.get_by_role("link", name="Undo this run"))
    expect(page.get_by_text("Records that leave")).to_be_visible()
    assert lead.overflows() == []
    page.get_by_label("Why").fill("The wrong export")
    press(page.get_by_role("button", name="Undo this run"))

    expect(page.get_by_text("3 records have left the counts")).to_be_visible()
    expect(page.get_by_text("This run was undone")).to_be_visible()
    press(page.get_by_role("button", name="Restore this run"))
    expect(page.get_by_text("3 records are back")).to_be_visible()


def test_the_columns_of_a_table_are_told_by_keyboard(lead: Visitor, slug: str) -> None:
    page = lead.page
    lead.go(f"/r/{slug}/import/")
    press(page.get_by_role("link", name="Library", exact=True))
    upload(page, "list.csv", TABLE)

    expect(page.get_by_text("Say what the columns are")).to_be_visible()
    assert lead.overflows() == []
    for label, value in (("Heading", "title"), ("Who", "authors"), ("When", "year")):
        page.get_by_label(label, exact=True).select_option(value)
    press(page.get_by_role("button", name="Look again with these columns"))

    expect(page.get_by_role("button", name="Import 2 records")).to_be_visible()
    press(page.get_by_role("button", name="Do not import"))
    expect(page.get_by_text("list.csv is not imported.")).to_be_visible()
