"""What a team does, from a file of references to a forest plot: each person at a browser of their own.

Two of them only look on, at the flow and at an analysis. Their pages follow the work without a reload.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.install import Stagehand
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.e2e

AGREED, DISPUTED, REFUSED = ("Alpha", "Beta"), "Gamma", "Delta"
# reviewer A's and reviewer B's readings: they differ on one number
READINGS = {
    "Alpha": (("12", "25"), ("12", "25")),
    "Beta": (("18", "30"), ("17", "30")),
    "Gamma": (("36 %", "25"), ("9", "25")),
}
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def references() -> bytes:
    entry = "TY  - JOUR\nAU  - {0}, A\nTI  - {0} trial\nAB  - Adults.\nPY  - 2020\nER  - \n\n"
    return "".join(entry.format(name) for name in (*AGREED, DISPUTED, REFUSED)).encode()


def test_a_team_goes_from_a_file_to_a_forest_plot_and_onlookers_see_it_happen(
    act: Stagehand, come: Callable[[str], Visitor], lead: Visitor
) -> None:
    base = "/r/{}".format(act("begin", title="A team at work"))
    first, second = come("reviewer-a"), come("reviewer-b")
    flow, plot = come("observer"), come("statistician")
    plan_analysis(plot, base)
    flow.go(f"{base}/flow/")
    for onlooker in (flow, plot):
        onlooker.watch_for_reload()

    import_references(first, base)
    expect(in_flow(flow.page, "4 Records identified")).to_be_visible()

    vote_on_titles(first, base, dict.fromkeys((*AGREED, DISPUTED), "i") | {REFUSED: "e"})
    vote_on_titles(second, base, dict.fromkeys(AGREED, "i") | {DISPUTED: "e", REFUSED: "e"})
    settle_conflict(lead, base)
    expect(in_flow(flow.page, "1 Records excluded")).to_be_visible()

    attach_full_texts(first, base, len(READINGS))
    for reader in (first, second):
        vote_on_full_texts(reader, base, len(READINGS))
    expect(in_flow(flow.page, "3 Studies included in review")).to_be_visible()
    expect(plot.page.locator("#analysis")).to_contain_text("0 of 3 included studies")

    for reader, which in ((first, 0), (second, 1)):
        for name, readings in READINGS.items():
            extract(reader, base, name, *readings[which])
    for done, name in enumerate(READINGS, start=1):
        agree(first, base, name)
        expect(plot.page.locator("#analysis")).to_contain_text(f"{done} of 3 included studies")

    figure = plot.page.locator(".plot__light img")
    expect(figure).to_have_js_property("complete", True)
    drawn = plot.page.request.get(f"{plot.url}{figure.get_attribute('src')}").text()
    assert all(name in drawn for name in READINGS)
    for onlooker in (flow, plot):
        assert not onlooker.was_reloaded()


def plan_analysis(visitor: Visitor, base: str) -> None:
    page = visitor.page
    visitor.go(f"{base}/analyses/")
    page.get_by_role("link", name="Add analysis").click()
    page.get_by_role("link", name="response").click()
    page.get_by_label("Name").fill("Response")
    page.get_by_role("button", name="Add analysis").click()
    expect(page.locator("#analysis")).to_contain_text("No study contributes a result")


def in_flow(page: Page, words: str) -> Locator:
    """A row of the flow's numbers, by its number and its words."""
    return page.locator(".flow-table").get_by_role("link", name=words, exact=True)


def import_references(visitor: Visitor, base: str) -> None:
    page = visitor.page
    visitor.go(f"{base}/sources/")
    page.locator("[id^=source-]").get_by_role("link", name="Import a file").click()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "found.ris", "mimeType": "application/x-research-info-systems", "buffer": references()}
    )
    page.get_by_role("button", name="Look through this file").click()
    page.get_by_role("button", name=re.compile(r"Import \d+ records?")).click()
    expect(page.locator("#run")).to_contain_text("Complete")


def vote_on_titles(visitor: Visitor, base: str, keys: dict[str, str]) -> None:
    """With keys only: each report by what its title says, until none is left."""
    page = visitor.page
    visitor.go(f"{base}/screen/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of this page")).to_contain_text("Include")
    page.keyboard.press("Escape")
    waiting = dict(keys)
    while waiting:
        name = page.locator("[data-record]:visible h1").inner_text().split()[0]
        page.keyboard.press(waiting.pop(name))
        expect(page.get_by_role("heading", level=1, name=name)).to_have_count(0)
    expect(page.locator("[data-finished]")).to_be_visible()


def settle_conflict(visitor: Visitor, base: str) -> None:
    page = visitor.page
    visitor.go(f"{base}/screen/title-abstract/conflicts/")
    expect(page.get_by_role("heading", name=DISPUTED)).to_be_visible()
    expect(page.locator("table.compare")).to_have_count(0)  # the votes stay closed until the verdict is in
    page.keyboard.press("i")
    votes = page.locator("table.compare")
    expect(votes).to_contain_text("Include")
    expect(votes).to_contain_text("Exclude")
    page.keyboard.press("i")
    expect(page.get_by_text("Settled: included")).to_be_visible()


def attach_full_texts(visitor: Visitor, base: str, how_many: int) -> None:
    page = visitor.page
    visitor.go(f"{base}/screen/retrieval/")
    for number in range(how_many):
        row = page.locator("form.retrieval__form").first
        row.locator("input[type=file]").set_input_files(
            {"name": f"text{number}.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        row.get_by_role("button", name="Attach PDF").click()
        expect(page.locator("form.retrieval__form")).to_have_count(how_many - number - 1)


def vote_on_full_texts(visitor: Visitor, base: str, how_many: int) -> None:
    page = visitor.page
    visitor.go(f"{base}/screen/full-text/")
    for _ in range(how_many):
        title = page.locator("[data-record]:visible h1").inner_text()
        page.keyboard.press("i")
        expect(page.get_by_role("heading", level=1, name=title)).to_have_count(0)
    expect(page.locator("[data-finished]")).to_be_visible()


def open_study(visitor: Visitor, base: str, name: str) -> None:
    visitor.go(f"{base}/studies/")
    visitor.page.locator("main").get_by_role("link", name=name).click()
    expect(visitor.page.locator("h1")).to_contain_text(name)


def extract(visitor: Visitor, base: str, name: str, events: str, total: str) -> None:
    page = visitor.page
    open_study(visitor, base, name)
    page.get_by_role("link", name="Extract").last.click()
    page.get_by_role("button", name="Start extraction").click()
    line = page.locator("form.line")
    line.get_by_label("Total").fill(total)
    line.get_by_label("Events").fill(events)
    expect(line.locator("[data-save-state]")).to_contain_text("Saved")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("is in.")).to_be_visible()


def agree(visitor: Visitor, base: str, name: str) -> None:
    page = visitor.page
    open_study(visitor, base, name)
    page.get_by_role("link", name="Compare the readings").click()
    bar = page.locator(".agree__bar")
    if READINGS[name][0] != READINGS[name][1] and name != "Gamma":
        expect(bar).to_contain_text("1 to settle")
        page.get_by_role("button", name="Take this").first.click()
    else:
        page.get_by_role("button", name="Agree on all").click()
    expect(bar).to_contain_text("Everything is agreed")
