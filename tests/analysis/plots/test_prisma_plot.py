"""The flow diagram shows the flow's numbers, links its boxes, and shows work under way while there is any."""

from dataclasses import replace

import pytest
from lxml import etree

from analysis.plots import flow_steps, prisma, render, svg_for_inline
from reviews.prisma import Flow, Named
from tests.analysis.plots.figures import SVG, extent_is_inside, texts

FLOW = Flow(
    database_results=12025,
    database_specific=(Named("PubMed", 12000), Named("Embase", 25)),
    register_results=3,
    register_specific=(Named("ICTRP", 3),),
    duplicates=1000,
    records_screened=11028,
    records_excluded=11000,
    dbr_sought_reports=28,
    dbr_notretrieved_reports=1,
    dbr_assessed=27,
    dbr_excluded=(Named("Wrong design, with a rather long explanation of what was wrong with it", 5),),
    new_reports=22,
    new_studies=20,
)
UNDER_WAY = replace(
    FLOW,
    awaiting_screening=4,
    awaiting_retrieval=3,
    awaiting_assessment=2,
    awaiting_classification=1,
    ongoing=6,
)
LEAVING = {"removed", "excluded", "not_retrieved", "excluded_assessment"}
ALWAYS = {"identified", "screened", "sought", "assessed", "included"} | LEAVING
WAITING = {
    "awaiting_screening",
    "awaiting_retrieval",
    "awaiting_assessment",
    "awaiting_classification",
    "ongoing",
}


def _keys(flow: Flow) -> set[str]:
    return {box.key for step in flow_steps(flow) for box in (step.main, *step.sides)}


def test_places_of_work_under_way_show_only_while_something_is_in_them() -> None:
    assert _keys(FLOW) == ALWAYS
    assert _keys(UNDER_WAY) == ALWAYS | WAITING


@pytest.mark.parametrize("narrow", [False, True])
def test_the_diagram_shows_the_numbers_and_keeps_to_its_sheet(narrow: bool) -> None:
    figure = prisma(flow_steps(UNDER_WAY), narrow=narrow)
    words = " ".join(texts(figure)).replace("\u00a0", " ").replace("\u2009", " ")
    for expected in (
        "Databases (n = 12 025)",
        "PubMed (n = 12 000)",
        "Records screened (n = 11 028)",
        "Records awaiting a decision (n = 4)",
        "Reports excluded (n = 5):",
        "what was wrong with it (n = 5)",
        "Studies included in review (n = 20)",
        "Reports of ongoing studies (n = 6)",
    ):
        assert expected in words
    assert extent_is_inside(figure)


@pytest.mark.parametrize("narrow", [False, True])
def test_each_box_is_one_link_that_holds_its_words(narrow: bool) -> None:
    urls = {key: f"/reviews/x/records/?place={key}" for key in ALWAYS | WAITING}
    svg = render(prisma(flow_steps(UNDER_WAY), urls=urls, narrow=narrow), "svg", title="t", description="d")
    root = etree.fromstring(svg_for_inline(svg))
    links = {link.get("href"): link for link in root.iter(f"{SVG}a")}
    assert set(links) == set(urls.values())
    assert len(list(root.iter(f"{SVG}a"))) == len(urls)
    prefix = "narrow-box" if narrow else "box"
    for key, url in urls.items():
        assert root.xpath(f"//*[local-name() = 'a']//*[@id = '{prefix}-{key}']"), key
        assert "n\u00a0=" in "".join(map(str, links[url].itertext()))
    assert root.get("role") == "group"


def test_boxes_without_an_address_are_no_links() -> None:
    svg = render(prisma(flow_steps(FLOW)), "svg", title="t", description="d")
    root = etree.fromstring(svg_for_inline(svg))
    assert list(root.iter(f"{SVG}a")) == []
    assert root.get("role") == "img"


def test_an_empty_review_draws() -> None:
    assert "Records screened (n\u00a0=\u00a00)" in texts(prisma(flow_steps(Flow())))


def test_many_reasons_are_summed_up() -> None:
    reasons = tuple(Named(f"Reason {i}", 1) for i in range(12))
    words = texts(prisma(flow_steps(replace(FLOW, dbr_excluded=reasons))))
    assert "4 others (n\u00a0=\u00a04)" in words
