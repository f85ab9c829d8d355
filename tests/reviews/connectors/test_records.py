"""What each service says of a publication, as a record."""

from typing import Any

import pytest

from reviews.connectors.clinicaltrials_records import read_study
from reviews.connectors.crossref_records import read_work as read_crossref
from reviews.connectors.europepmc_records import read_cited, read_result
from reviews.connectors.openalex_records import abstract_of
from reviews.connectors.openalex_records import read_work as read_openalex
from reviews.connectors.pages import page_of
from reviews.formats import content_hash
from tests.fakes.clinicaltrials import FakeClinicalTrials, Trial
from tests.fakes.crossref import FakeCrossref
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.json_server import FakeService
from tests.fakes.openalex import FakeOpenAlex
from tests.fakes.works import Work, work
from tests.reviews.connectors.conftest import Ask


def _first(fake: FakeService, path: str, query: dict[str, str], inner: str, ask: Ask) -> dict[str, Any]:
    with fake:
        answer: Any = ask(fake).get(path, query)
    for name in inner.split("."):
        answer = answer[name]
    found: dict[str, Any] = answer[0]
    return found


def _europepmc(one: Work, ask: Ask) -> dict[str, Any]:
    query = {"query": "", "format": "json", "resultType": "core"}
    return _first(FakeEuropePmc(works=[one]), "search", query, "resultList.result", ask)


def _openalex(one: Work, ask: Ask) -> dict[str, Any]:
    return _first(FakeOpenAlex(works=[one]), "works", {}, "results", ask)


def _crossref(one: Work, ask: Ask) -> dict[str, Any]:
    return _first(FakeCrossref(works=[one]), "works", {}, "message.items", ask)


def _trial(one: Trial, ask: Ask) -> dict[str, Any]:
    return _first(FakeClinicalTrials(trials=[one]), "studies", {}, "studies", ask)


def test_europe_pmc_tells_of_an_article(ask: Ask) -> None:
    record = read_result(_europepmc(work(1), ask))

    assert record.external_id == "MED:30000001"
    assert (record.doi, record.pmid, record.year) == ("10.5555/made.1", "30000001", 2021)
    assert record.authors == ("Doe, Jane A", "van der Berg, Jan")
    assert (record.journal, record.volume, record.issue, record.pages) == (
        "Journal of colds",
        "12",
        "3",
        "1-10",
    )
    assert record.abstract == ("Background: Background: colds are common. Methods: trial 1. Results: p<0.05.")
    assert record.keywords == ("Zinc",)
    assert record.url == "https://europepmc.org/article/MED/30000001"


def test_europe_pmc_tells_of_a_retraction_as_pubmed_does(ask: Ask) -> None:
    record = read_result(_europepmc(work(1, is_retracted=True), ask))

    assert "Retracted Publication" in record.publication_types
    assert record.relations == (("RetractionIn", "39999999"),)


def test_europe_pmc_tells_of_a_preprint_without_pmid_or_authors(ask: Ask) -> None:
    record = read_result(_europepmc(work(7, pmid="", authors=()), ask))

    assert (record.external_id, record.pmid, record.authors) == ("PPR:PPR7", "", ())


def test_a_reference_that_was_matched_with_nothing_is_named_by_its_text() -> None:
    entry = {"title": "A thesis on zinc", "authorString": "Doe J, Roe R.", "pubYear": 1998, "match": "N"}

    first = read_cited(entry | {"citedOrder": 4})
    second = read_cited(entry | {"citedOrder": 71})

    assert first.external_id.startswith("reference:")
    assert first.external_id == second.external_id
    assert content_hash(first) == content_hash(second)
    assert (first.title, first.authors, first.year) == ("A thesis on zinc", ("Doe J", "Roe R"), 1998)


def test_a_reference_that_is_one_line_keeps_the_line_as_its_title() -> None:
    record = read_cited({"unstructuredInformation": "Doe J. Zinc. 1998.", "citedOrder": 3})

    assert record.title == "Doe J. Zinc. 1998."


def test_openalex_tells_of_a_work(ask: Ask) -> None:
    record = read_openalex(_openalex(work(1), ask))

    assert record.external_id == "W2000000001"
    assert (record.doi, record.pmid, record.year) == ("10.5555/made.1", "30000001", 2021)
    assert record.authors == ("Doe, Jane A", "van der Berg, Jan")
    assert record.abstract == "Background: colds are common. Methods: trial 1. Results: p<0.05."
    assert record.pages == "1-10"
    assert record.publication_types == ("Article",)


def test_openalex_tells_of_a_retracted_work_without_title(ask: Ask) -> None:
    page = page_of([_openalex(work(1, is_retracted=True, title=""), ask)], read_openalex)

    assert page.records[0].publication_types == ("Article", "Retracted Publication")
    assert [(problem.code, problem.kept) for problem in page.problems] == [("no_title", True)]


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ({"a": [1], "b": [0]}, "b a"),
        ({"far": [10**12], "near": [0]}, "near far"),
        ({"a": "0", "b": [None, 1.5, 2]}, "b"),
        (["a"], ""),
        (None, ""),
    ],
)
def test_an_inverted_index_becomes_text_again(index: object, text: str) -> None:
    assert abstract_of(index) == text


def test_crossref_tells_of_a_work(ask: Ask) -> None:
    record = read_crossref(_crossref(work(1), ask))

    assert record.external_id == record.doi == "10.5555/made.1"
    assert (record.pmid, record.year, record.pages) == ("", 2021, "1-10")
    assert record.authors == ("Doe, Jane A", "van der Berg, Jan")
    assert record.abstract.startswith("Background: colds")
    assert record.publication_types == ("Journal Article",)


def test_crossref_tells_of_retractions_both_ways() -> None:
    notice = read_crossref({"DOI": "10.5555/n", "update-to": [{"DOI": "10.5555/A", "type": "retraction"}]})
    article = read_crossref(
        {
            "DOI": "10.5555/a",
            "updated-by": [
                {"DOI": "10.5555/n", "type": "retraction"},
                {"DOI": "10.5555/c", "type": "expression_of_concern"},
                {"DOI": "10.5555/e", "type": "corrigendum"},
            ],
        }
    )

    assert notice.relations == (("RetractionOf", "10.5555/a"),)
    assert "Retracted Publication" not in notice.publication_types
    assert article.relations == (
        ("RetractionIn", "10.5555/n"),
        ("ExpressionOfConcernIn", "10.5555/c"),
        ("ErratumIn", "10.5555/e"),
    )
    assert "Retracted Publication" in article.publication_types


def test_crossref_tells_of_odd_works() -> None:
    record = read_crossref(
        {
            "DOI": "10.5555/ODD",
            "title": ["Zinc<sub>2</sub> &amp; <i>colds</i>"],
            "subtitle": ["a trial"],
            "author": [{"name": "The Zinc Study Group"}, {"family": "Solo"}, {"given": "Only"}, "x", {}],
            "issued": {"date-parts": [[None]]},
            "published-online": {"date-parts": [[2019, 4, 1]]},
            "type": "posted-content",
            "group-title": "medRxiv",
            "article-number": "e12",
        }
    )

    assert record.title == "Zinc2 & colds: a trial"
    assert record.authors == ("The Zinc Study Group", "Solo", "Only")
    assert (record.year, record.journal, record.pages) == (2019, "medRxiv", "e12")
    assert record.publication_types == ("Preprint",)


def test_a_registration_becomes_a_record(ask: Ask) -> None:
    record = read_study(_trial(Trial(5, "Zinc for colds, trial 5", has_results=True), ask))

    assert record.external_id == "NCT00000005"
    assert record.title == "Zinc for colds, trial 5"
    assert record.abstract == "Zinc lozenges against colds.\nPrimary outcomes: Days with a cold"
    assert record.authors == ("Doe, Jane A", "Colds Institute Inc.")
    assert (record.year, record.journal) == (2022, "ClinicalTrials.gov")
    assert record.keywords == ("Common Cold", "Zinc", "lozenge")
    assert record.publication_types == (
        "Trial registration",
        "Interventional",
        "Phase 2",
        "Completed",
        "Results posted",
    )
    assert record.relations == (("ResultsIn", "30000001"),)
    assert record.url == "https://clinicaltrials.gov/study/NCT00000005"


def test_a_withdrawn_registration_says_so(ask: Ask) -> None:
    record = read_study(_trial(Trial(5, "", status="WITHDRAWN"), ask))

    assert "Withdrawn" in record.publication_types
    assert record.title == ""


@pytest.mark.parametrize("read", [read_result, read_cited, read_openalex, read_crossref, read_study])
@pytest.mark.parametrize(
    "item",
    [
        {},
        {"title": None, "authorList": 3, "protocolSection": "x", "author": {"family": ["a"]}, "DOI": {}},
        {"title": ["\x00a\ud800b"], "abstract": ["x"], "issued": {"date-parts": "x"}, "type": 7, "id": True},
    ],
)
def test_a_record_unlike_any_documented_one_is_still_no_error(read: Any, item: dict[str, Any]) -> None:
    record = read(item)

    assert "\x00" not in record.title
    record.raw.encode()
    content_hash(record)


def test_an_item_without_identifier_is_refused_by_name() -> None:
    page = page_of([{"title": ["No DOI"]}, {"DOI": "10.5555/x", "title": ["One"]}], read_crossref)

    assert [record.row for record in page.records] == [2]
    assert [(problem.row, problem.code, problem.detail) for problem in page.problems] == [
        (1, "no_identifier", "No DOI")
    ]
