"""Who cites whom, as the services tell it."""

from collections.abc import Iterator

import pytest

from reviews.connectors import EuropePmc, OpenAlex, Page, Seed, UnexpectedAnswer
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.openalex import FakeOpenAlex
from tests.fakes.works import work, works
from tests.reviews.connectors.conftest import Ask


def _found(pages: Iterator[Page] | None) -> list[str]:
    assert pages is not None
    return [record.doi or record.external_id for page in pages for record in page.records]


@pytest.mark.parametrize("seed", [Seed(pmid="30000005"), Seed(doi="10.5555/made.5")], ids=["pmid", "doi"])
def test_openalex_knows_references_and_citations(seed: Seed, ask: Ask) -> None:
    with FakeOpenAlex() as fake:
        service = OpenAlex(ask(fake), api_key="free")

        assert _found(service.references(seed)) == ["10.5555/made.4"]
        assert _found(service.citations(seed)) == ["10.5555/made.6"]
        assert service.references(Seed(doi="10.5555/none", pmid="1")) is None


def test_openalex_follows_a_seed_that_was_merged_into_another(ask: Ask) -> None:
    with FakeOpenAlex(merged={"30000099": 5}) as fake:
        pages = OpenAlex(ask(fake), api_key="free").citations(Seed(pmid="30000099"))

        assert _found(pages) == ["10.5555/made.6"]


def test_links_that_europe_pmc_counts_and_does_not_give_are_a_shortfall(ask: Ask) -> None:
    with FakeEuropePmc(links_promised=3) as fake:
        pages = list(EuropePmc(ask(fake)).citations(Seed(pmid="30000005")) or [])

    assert [len(page.records) for page in pages] == [1, 0]
    assert [problem.detail for problem in pages[-1].problems] == [
        "Europe PMC announced 3 links and delivered 1."
    ]


def test_citations_come_page_by_page(ask: Ask) -> None:
    citing = [work(number, cites=(1,)) for number in range(2, 35)]
    with FakeOpenAlex(works=[work(1), *citing]) as fake:
        service = OpenAlex(ask(fake), api_key="free", page_size=10)
        pages = service.citations(Seed(pmid="30000001"))
        assert pages is not None
        assert [len(page.records) for page in pages] == [10, 10, 10, 3]


def test_pages_of_citations_that_do_not_end_are_an_error(ask: Ask) -> None:
    citing = [work(number, cites=(1,)) for number in range(2, 35)]
    with FakeOpenAlex(works=[work(1), *citing], loops=True) as fake:
        pages = OpenAlex(ask(fake), api_key="free", page_size=10).citations(Seed(pmid="30000001"))
        with pytest.raises(UnexpectedAnswer, match="the same page again"):
            _found(pages)


@pytest.mark.parametrize("seed", [Seed(pmid="30000005"), Seed(doi="10.5555/made.5")], ids=["pmid", "doi"])
def test_europe_pmc_knows_references_and_citations_as_whole_records(seed: Seed, ask: Ask) -> None:
    with FakeEuropePmc() as fake:
        service = EuropePmc(ask(fake))
        (references,) = list(service.references(seed) or [])

        assert [record.doi for record in references.records] == ["10.5555/made.4"]
        assert references.records[0].abstract.startswith("Background")
        assert _found(service.citations(seed)) == ["10.5555/made.6"]
        assert service.citations(Seed(pmid="1")) is None


def test_a_reference_that_europe_pmc_does_not_hold_comes_as_it_is_told(ask: Ask) -> None:
    thesis = {"title": "A thesis on zinc", "authorString": "Doe J", "pubYear": 1998, "citedOrder": 2}
    with FakeEuropePmc(works=works(3), unmatched={3: [thesis]}) as fake:
        (page,) = list(EuropePmc(ask(fake)).references(Seed(pmid="30000003")) or [])

    assert [record.title for record in page.records] == ["Zinc for colds: report 2", "A thesis on zinc"]
    assert page.problems == ()


def test_many_links_are_read_over_pages(ask: Ask) -> None:
    citing = [work(number, cites=(1,)) for number in range(2, 28)]
    with FakeEuropePmc(works=[work(1), *citing]) as fake:
        pages = EuropePmc(ask(fake), page_size=10).citations(Seed(pmid="30000001"))
        assert pages is not None
        assert [len(page.records) for page in pages] == [10, 10, 6]


def test_links_survive_passing_faults(ask: Ask) -> None:
    with FakeEuropePmc() as fake:
        fake.fail(None, "500", "truncated", None, "html")
        assert _found(EuropePmc(ask(fake)).citations(Seed(pmid="30000005"))) == ["10.5555/made.6"]
