"""Citation searching: what publications cite and what cites them, each found once, with where from."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import (
    Citation,
    CitationDirection,
    Connector,
    Record,
    Report,
    Review,
    RunState,
    SearchRun,
    Sighting,
    Source,
    SourceKind,
    User,
)
from reviews.services import chase_runs, chasing, fetching, protocols, searches
from reviews.services.bundles import Bundle
from tests import factories
from tests.fakes.eutils import FakeEutils
from tests.fakes.works import work, works
from tests.reviews.searching.killing import Killed
from tests.reviews.searching.services import Services, services

__all__ = ["services"]


def _source(review: Review, name: str = "Citations", **options: Any) -> Source:
    return factories.source(
        review, name, connector=Connector.CITATIONS, kind=SourceKind.CITATIONS, options=options
    )


def _seed(review: Review, number: int, **values: Any) -> Report:
    told = {"doi": f"10.5555/made.{number}", "pmid": str(30_000_000 + number)}
    return factories.report(review, f"Zinc for colds: report {number}", **(told | values))


def _chase(source: Source, by: User, *seeds: Report) -> SearchRun:
    run = chasing.request(by=by, source=source, seeds=[seed.pk for seed in seeds])
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def _found(source: Source) -> list[str]:
    """DOIs of the records that count, which tell the works' numbers."""
    records = Record.objects.filter(source=source, seq__isnull=False)
    return sorted(records.values_list("doi", flat=True))


def _ways(source: Source) -> list[tuple[str, str, str]]:
    rows = Citation.objects.filter(record__source=source).values_list("seed__doi", "direction", "record__doi")
    return sorted(rows)


def _dois(*numbers: int) -> list[str]:
    return sorted(f"10.5555/made.{number}" for number in numbers)


def test_three_services_tell_of_one_publication_once(
    services: Services, pubmed: FakeEutils, review: Review, lead: User
) -> None:
    source = _source(review)

    run = _chase(source, lead, _seed(review, 5))

    assert (run.state, run.error) == (RunState.COMPLETE, "")
    assert _found(source) == _dois(3, 4, 6, 7)
    assert (run.received, run.new, run.known, run.found, run.problems) == (4, 4, 0, 4, 0)
    assert _ways(source) == [
        ("10.5555/made.5", CitationDirection.BACKWARD, "10.5555/made.3"),
        ("10.5555/made.5", CitationDirection.BACKWARD, "10.5555/made.4"),
        ("10.5555/made.5", CitationDirection.FORWARD, "10.5555/made.6"),
        ("10.5555/made.5", CitationDirection.FORWARD, "10.5555/made.7"),
    ]
    assert all(name.startswith("pubmed:") for name in _names(source))


def _names(source: Source) -> list[str]:
    return list(Record.objects.filter(source=source).order_by("pk").values_list("external_id", flat=True))


def test_a_publication_reached_from_two_seeds_is_one_record_with_both_ways(
    services: Services, review: Review, lead: User
) -> None:
    source = _source(review, through=["openalex"])

    run = _chase(source, lead, _seed(review, 5), _seed(review, 7))

    assert _found(source) == _dois(4, 6, 8)
    assert (run.received, run.new, run.known) == (3, 3, 0)
    assert [way for way in _ways(source) if way[2] == "10.5555/made.6"] == [
        ("10.5555/made.5", CitationDirection.FORWARD, "10.5555/made.6"),
        ("10.5555/made.7", CitationDirection.BACKWARD, "10.5555/made.6"),
    ]


@pytest.mark.parametrize(("direction", "numbers"), [("backward", [4]), ("forward", [6]), ("both", [4, 6])])
def test_a_chase_goes_the_ways_that_were_chosen(
    services: Services, review: Review, lead: User, direction: str, numbers: list[int]
) -> None:
    source = _source(review, through=["europepmc"], direction=direction)

    _chase(source, lead, _seed(review, 5))

    assert _found(source) == _dois(*numbers)


def test_a_later_chase_finds_the_known_again_and_adds_what_is_new(
    services: Services, review: Review, lead: User
) -> None:
    source = _source(review, through=["openalex"])
    first, second = _seed(review, 5), _seed(review, 9)
    _chase(source, lead, first)

    again = _chase(source, lead, first, second)

    assert (again.received, again.new, again.known) == (4, 2, 2)
    assert _found(source) == _dois(4, 6, 8, 10)
    assert Sighting.objects.filter(run=again).count() == 2
    assert Citation.objects.filter(record__source=source).count() == 4


def test_another_service_finds_the_same_publications_again_and_no_others(
    services: Services, review: Review, lead: User
) -> None:
    source = _source(review, through=["openalex"])
    seed = _seed(review, 5)
    _chase(source, lead, seed)
    protocols.edit_row(by=lead, review=review, row=source, options={"through": ["europepmc"]})

    again = _chase(source, lead, seed)

    assert (again.new, again.known, again.received) == (0, 2, 2)
    assert Record.objects.filter(source=source).count() == 2


def test_a_publication_without_pmid_is_known_by_doi_and_title(
    services: Services, review: Review, lead: User
) -> None:
    services.openalex.works = [work(1), work(2, cites=(1,), pmid="")]
    services.europepmc.works = [work(1), work(2, cites=(1,), title="Zinc for Colds: Report 2.")]
    source = _source(review, through=["openalex", "europepmc"])

    run = _chase(source, lead, _seed(review, 1))

    assert (run.new, run.received) == (1, 1)


def test_one_doi_over_two_titles_is_two_publications(services: Services, review: Review, lead: User) -> None:
    supplement = {"doi": "10.5555/supplement", "pmid": "", "cites": (1,)}
    services.openalex.works = [
        work(1),
        work(2, title="First abstract", **supplement),
        work(3, title="Second abstract", **supplement),
    ]
    source = _source(review, through=["openalex"])

    run = _chase(source, lead, _seed(review, 1))

    assert (run.new, run.received) == (2, 2)


def test_one_title_and_doi_with_two_pmids_is_two_publications(
    services: Services, review: Review, lead: User
) -> None:
    same = {"doi": "10.5555/same", "title": "The same words", "cites": (1,)}
    services.openalex.works = [work(1), work(2, pmid="42", **same), work(3, pmid="43", **same)]
    source = _source(review, through=["openalex"])

    assert _chase(source, lead, _seed(review, 1)).new == 2


def test_a_reference_that_no_service_holds_is_a_record_all_the_same(
    services: Services, review: Review, lead: User
) -> None:
    thesis = {"title": "A thesis on zinc", "authorString": "Doe J", "pubYear": 1998}
    services.europepmc.unmatched = {5: [thesis | {"citedOrder": 9}], 7: [thesis | {"citedOrder": 2}]}
    source = _source(review, through=["europepmc"], direction="backward")

    run = _chase(source, lead, _seed(review, 5), _seed(review, 7))

    assert (run.state, run.new) == (RunState.COMPLETE, 3)
    told = Record.objects.get(source=source, title="A thesis on zinc")
    assert (told.doi, told.pmid, told.year, told.authors) == ("", "", 1998, ["Doe J"])
    assert told.chased_from.count() == 2


def test_a_seed_that_cannot_be_followed_is_named(services: Services, review: Review, lead: User) -> None:
    source = _source(review, through=["openalex"])
    seeds = (
        _seed(review, 5),
        _seed(review, 99),
        factories.report(review, "Without identifiers", doi="", pmid=""),
    )

    run = _chase(source, lead, *seeds)

    assert (run.state, run.problems) == (RunState.COMPLETE, 2)
    assert list(run.problem_rows.values_list("row", "code", "detail")) == [
        (2, "seed_not_known", "Zinc for colds: report 99"),
        (3, "seed_without_identifier", "Without identifiers"),
    ]


def test_a_service_that_wants_a_key_is_left_out_and_that_is_said(
    services: Services, review: Review, lead: User, settings: Any
) -> None:
    settings.OPENALEX_API_KEY = ""
    source = _source(review, through=["europepmc", "openalex"])

    run = _chase(source, lead, _seed(review, 5))

    assert run.state == RunState.COMPLETE
    assert _found(source) == _dois(4, 6)
    assert len(run.warnings) == 1
    assert "OpenAlex does not answer without a valid API key" in run.warnings[0]


def test_a_chase_in_which_no_service_answered_failed(
    services: Services, review: Review, lead: User, settings: Any
) -> None:
    settings.OPENALEX_API_KEY = ""
    source = _source(review, through=["openalex"])

    run = _chase(source, lead, _seed(review, 5))

    assert run.state == RunState.FAILED
    assert "API key" in run.error


def test_a_service_that_is_down_fails_the_chase_by_name(
    services: Services, review: Review, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviews.connectors.asking.backoff", lambda attempt, *, rng: 0.0)
    services.europepmc.stay_away()
    source = _source(review, through=["europepmc"])

    run = _chase(source, lead, _seed(review, 5))

    assert run.state == RunState.FAILED
    assert "Europe PMC did not answer properly" in run.error
    assert _found(source) == []


@pytest.mark.parametrize("after", [1, 2, 3, 5, 7])
def test_a_killed_chase_goes_on_and_finds_nothing_twice(
    services: Services, review: Review, lead: User, after: int
) -> None:
    source = _source(review, through=["europepmc", "openalex"])
    run = chasing.request(by=lead, source=source, seeds=[_seed(review, number).pk for number in (5, 7, 20)])
    whole = chase_runs.from_citations

    def cut(inner: SearchRun) -> Iterator[Bundle]:
        for number, bundle in enumerate(whole(inner)):
            if number == after:
                raise Killed
            yield bundle

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(fetching._FETCHERS, Connector.CITATIONS, cut)
        with pytest.raises(Killed):
            searches.execute(run.pk)
    SearchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    searches.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert _found(source) == _dois(4, 6, 8, 19, 21)
    assert (run.received, run.new, run.found) == (5, 5, 5)
    assert len(_ways(source)) == 6


def test_a_chase_says_what_it_started_from(services: Services, review: Review, lead: User) -> None:
    source = _source(review, through=["openalex", "pubmed"], direction="forward")

    run = chasing.request(by=lead, source=source, seeds=[_seed(review, 5).pk])

    assert run.query_sent.splitlines() == [
        "Citations of 1 publication, through PubMed, OpenAlex:",
        "Zinc for colds: report 5 10.5555/made.5 PMID 30000005",
    ]


def test_a_merged_seed_is_the_publication_that_stands_for_it(
    services: Services, review: Review, lead: User
) -> None:
    kept, absorbed = _seed(review, 5), _seed(review, 5)
    Report.objects.filter(pk=absorbed.pk).update(canonical=kept)

    run = chasing.request(by=lead, source=_source(review, through=["openalex"]), seeds=[kept.pk, absorbed.pk])

    assert "1 publication," in run.query_sent


def test_a_chase_is_refused_where_it_cannot_be(
    services: Services, review: Review, lead: User, observer: User, file_source: Source
) -> None:
    source = _source(review, through=["openalex"])
    seed = _seed(review, 5)
    with pytest.raises(NotAllowed):
        chasing.request(by=observer, source=source, seeds=[seed.pk])
    with pytest.raises(InvalidInput, match="none is included yet"):
        chasing.request(by=lead, source=source, seeds=[])
    with pytest.raises(InvalidInput, match="no source of citations"):
        chasing.request(by=lead, source=file_source, seeds=[seed.pk])
    chasing.request(by=lead, source=source, seeds=[seed.pk])
    with pytest.raises(searches.RunUnderWay):
        chasing.request(by=lead, source=source, seeds=[seed.pk])
    protocols.retire_row(by=lead, review=review, row=source)
    with pytest.raises(InvalidInput, match="taken out of the protocol"):
        chasing.request(by=lead, source=source, seeds=[seed.pk])


def test_the_publications_of_another_review_are_no_seeds(
    services: Services, review: Review, lead: User
) -> None:
    elsewhere = factories.review(lead)
    with pytest.raises(InvalidInput, match="none is included yet"):
        chasing.request(by=lead, source=_source(review), seeds=[_seed(elsewhere, 5).pk])


@pytest.mark.parametrize(
    "options",
    [
        {"direction": "sideways"},
        {"through": []},
        {"through": ["scopus"]},
        {"through": "openalex"},
        {"seeds": []},
        {"seeds": ["first"]},
    ],
)
def test_options_that_mean_nothing_are_refused_in_a_sentence(
    review: Review, lead: User, options: dict[str, Any]
) -> None:
    source = Source.objects.create(
        protocol=review.protocol, name="Odd", connector=Connector.CITATIONS, options=options
    )

    with pytest.raises(InvalidInput, match="Choose"):
        chasing.request(by=lead, source=source, seeds=[_seed(review, 5).pk])


def test_many_citations_come_page_by_page(services: Services, review: Review, lead: User) -> None:
    services.openalex.works = [work(1), *(work(number, cites=(1,)) for number in range(2, 240))]
    source = _source(review, through=["openalex"], direction="forward")

    run = _chase(source, lead, _seed(review, 1))

    assert (run.state, run.new) == (RunState.COMPLETE, 238)
    assert works(1)[0].doi not in _found(source)


def test_a_plan_that_means_nothing_does_not_enter_the_protocol(review: Review, lead: User) -> None:
    with pytest.raises(InvalidInput, match="Choose references, citations, or both ways"):
        _source(review, direction="sideways")
    source = _source(review, direction="forward")
    with pytest.raises(InvalidInput, match="Choose at least one of PubMed, Europe PMC, OpenAlex"):
        protocols.edit_row(by=lead, review=review, row=source, options={"through": [{}]})


def test_a_method_that_everybody_cites_is_followed_so_far_and_that_is_said(
    services: Services, review: Review, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chase_runs, "MOST_LINKS", 100)
    services.openalex.works = [work(1), *(work(number, cites=(1,)) for number in range(2, 240))]
    source = _source(review, through=["openalex"], direction="forward")

    run = _chase(source, lead, _seed(review, 1))

    assert (run.state, run.new) == (RunState.COMPLETE, 100)
    assert run.warnings == ["Only the first 100 links of “Zinc for colds: report 1” were followed."]


def test_a_linked_article_that_pubmed_does_not_deliver_is_named(
    services: Services, pubmed: FakeEutils, review: Review, lead: User
) -> None:
    pubmed.fail(None, "shortfall", "shortfall")
    source = _source(review, through=["pubmed"], direction="backward")

    run = _chase(source, lead, _seed(review, 5))

    assert (run.state, run.new, run.problems) == (RunState.COMPLETE, 1, 1)
    assert list(run.problem_rows.values_list("code", "detail")) == [("not_delivered", "PMID 30000003")]
