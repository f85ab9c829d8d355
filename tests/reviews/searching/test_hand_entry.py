"""References entered by hand: looked up where they are known, named where they are not."""

from typing import Any

import pytest

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import Connector, Record, Review, RunState, SearchRun, Source, SourceKind, User
from reviews.services import hand_entry, protocols, searches
from reviews.services.hand_runs import DOI, NOTHING, PMID, TRIAL
from tests import factories
from tests.fakes.clinicaltrials import trials
from tests.fakes.eutils import FakeEutils
from tests.fakes.works import work
from tests.reviews.searching.services import Services, services

__all__ = ["services"]


@pytest.fixture
def shelf(review: Review) -> Source:
    return factories.source(review, "A colleague's list", connector=Connector.HAND, kind=SourceKind.WEBSITE)


def _entered(source: Source, by: User, *lines: str) -> SearchRun:
    run = hand_entry.add(by=by, source=source, identifiers="\n".join(lines))
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def _problems(run: SearchRun) -> list[tuple[int, str, str]]:
    return list(run.problem_rows.values_list("row", "code", "detail"))


@pytest.mark.parametrize(
    ("line", "identified"),
    [
        ("10.1000/ABC", (DOI, "10.1000/abc")),
        ("https://doi.org/10.1000/abc.", (DOI, "10.1000/abc")),
        ("Doe J. Zinc. BMJ 2020. doi:10.1136/bmj.1 PMID: 123", (DOI, "10.1136/bmj.1")),
        ("12345678", (PMID, "12345678")),
        (" PMID: 00123 ", (PMID, "123")),
        ("https://pubmed.ncbi.nlm.nih.gov/12345/", (PMID, "12345")),
        ("https://clinicaltrials.gov/study/nct00000005", (TRIAL, "NCT00000005")),
        ("NCT5", (TRIAL, "NCT00000005")),
        ("123456789", (NOTHING, "")),
        ("2020", (PMID, "2020")),
        ("Doe 2020 Zinc for colds", (NOTHING, "")),
    ],
)
def test_a_line_is_read_for_what_identifies_the_publication(line: str, identified: tuple[str, str]) -> None:
    assert hand_entry.identified(line) == identified


def test_each_identifier_is_looked_up_where_it_is_known(
    services: Services, pubmed: FakeEutils, review: Review, lead: User, shelf: Source
) -> None:
    services.crossref.works = [work(70, pmid="")]
    services.europepmc.works = [work(60, pmid=""), work(80, pmid="30000080")]
    services.clinicaltrials.trials = trials(9)

    run = _entered(
        shelf,
        lead,
        "30000001",
        "https://doi.org/10.5555/MADE.60",
        "doi:10.5555/made.70",
        "",
        "NCT00000005",
        "PMID 30000080",
    )

    assert (run.state, run.error, _problems(run)) == (RunState.COMPLETE, "", [])
    records = Record.objects.filter(source=shelf, seq__isnull=False).order_by("row")
    assert list(records.values_list("row", "external_id")) == [
        (1, "pmid:30000001"),
        (2, "doi:10.5555/made.60"),
        (3, "doi:10.5555/made.70"),
        (5, "NCT00000005"),
        (6, "pmid:30000080"),
    ]
    assert (run.found, run.received, run.new) == (5, 5, 5)
    assert run.query_sent.splitlines()[0] == "30000001"


def test_a_doi_that_pubmed_knows_brings_pubmeds_record(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source
) -> None:
    _entered(shelf, lead, "10.5555/made.3")

    record = Record.objects.get(source=shelf)
    assert record.external_id == "pmid:30000003"
    assert record.title == pubmed.corpus[2].title


def test_what_nobody_knows_is_named_line_by_line(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source
) -> None:
    run = _entered(shelf, lead, "10.5555/none", "99999999", "NCT99999999", "a thesis on zinc", "30000001")

    assert (run.state, run.new, run.problems) == (RunState.COMPLETE, 1, 4)
    assert _problems(run) == [
        (1, "not_found", "10.5555/none: neither Europe PMC nor Crossref knows it"),
        (2, "not_found", "99999999: neither PubMed nor Europe PMC knows it"),
        (3, "not_found", "NCT99999999: ClinicalTrials.gov does not know it"),
        (4, "no_identifier", "a thesis on zinc: no DOI, PMID or trial number in it"),
    ]


def test_two_lines_with_one_publication_are_one_record(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source
) -> None:
    run = _entered(shelf, lead, "10.5555/made.3", "PMID: 30000003", "30000003")

    assert (run.new, run.received) == (1, 1)


def test_what_was_entered_before_is_found_again(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source
) -> None:
    _entered(shelf, lead, "30000001")

    run = _entered(shelf, lead, "30000001", "30000002")

    assert (run.new, run.known) == (1, 1)


def test_a_long_list_is_looked_up_in_batches(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source
) -> None:
    services.europepmc.works = [work(number, pmid="") for number in range(1, 121)]

    run = _entered(shelf, lead, *(f"10.5555/made.{number}" for number in range(1, 121)))

    assert (run.state, run.new, run.problems) == (RunState.COMPLETE, 120, 0)


def test_a_service_that_is_down_fails_the_entry_by_name(
    services: Services, pubmed: FakeEutils, lead: User, shelf: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviews.connectors.asking.backoff", lambda attempt, *, rng: 0.0)
    services.europepmc.stay_away()

    run = _entered(shelf, lead, "10.5555/made.3")

    assert run.state == RunState.FAILED
    assert "Europe PMC did not answer properly" in run.error


@pytest.mark.parametrize("text", ["", "  \n ", "a thesis", "\n".join(["12345"] * 501)])
def test_a_text_that_cannot_be_looked_up_is_refused_at_once(lead: User, shelf: Source, text: str) -> None:
    with pytest.raises(InvalidInput):
        hand_entry.add(by=lead, source=shelf, identifiers=text)


def test_hands_off_other_sources_and_by_other_roles(
    review: Review, lead: User, observer: User, file_source: Source, shelf: Source
) -> None:
    with pytest.raises(NotAllowed):
        hand_entry.add(by=observer, source=shelf, identifiers="1")
    with pytest.raises(InvalidInput, match="for a source that says so"):
        hand_entry.add(by=lead, source=file_source, identifiers="1")
    protocols.retire_row(by=lead, review=review, row=shelf)
    with pytest.raises(InvalidInput, match="taken out"):
        hand_entry.add(by=lead, source=shelf, identifiers="1")


def _typed(source: Source, by: User, **fields: Any) -> SearchRun:
    run = hand_entry.add_typed(by=by, source=source, **fields)
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def test_two_abstracts_of_one_supplement_that_share_a_doi_are_two_records(
    services: Services, lead: User, shelf: Source
) -> None:
    _typed(shelf, lead, title="Zinc lozenges for colds in schools", doi="10.5555/supplement")

    run = _typed(shelf, lead, title="Honey for cough in nurseries", doi="10.5555/supplement")

    assert (run.new, run.revised, run.known) == (1, 0, 0)
    records = Record.objects.filter(source=shelf, seq__isnull=False)
    assert records.values("filed__report").distinct().count() == records.count() == 2


def test_a_reference_with_a_doi_typed_again_with_more_is_a_newer_version(
    services: Services, lead: User, shelf: Source
) -> None:
    _typed(shelf, lead, title="A thesis on zinc", doi="10.5555/thesis")

    run = _typed(shelf, lead, title="A thesis on zinc", doi="10.5555/thesis", year=1998)

    assert (run.new, run.revised) == (0, 1)


def test_a_reference_can_be_typed_in_whole(services: Services, lead: User, shelf: Source) -> None:
    run = _typed(
        shelf,
        lead,
        title="  A thesis\n on zinc ",
        authors="Doe, Jane\nRoe, R; The Zinc Group",
        year=1998,
        journal="University of Colds",
        pages="1-200",
        doi="https://doi.org/10.5555/Thesis",
        abstract="First line.\r\nSecond line.",
        publication_type="Thesis",
        url="https://example.org/thesis",
    )

    record = Record.objects.get(source=shelf)
    assert (run.state, run.new) == (RunState.COMPLETE, 1)
    assert record.title == record.filed.report.title == "A thesis on zinc"
    assert record.authors == ["Doe, Jane", "Roe, R", "The Zinc Group"]
    assert (record.year, record.doi, record.pages) == (1998, "10.5555/thesis", "1-200")
    assert (record.publication_types, record.url) == (["Thesis"], "https://example.org/thesis")
    assert record.abstract == "First line. Second line."
    assert services.asked() == 0


def test_the_same_words_typed_twice_are_one_record(services: Services, lead: User, shelf: Source) -> None:
    _typed(shelf, lead, title="A thesis on zinc", year=1998)

    run = _typed(shelf, lead, title="A  thesis on zinc", year=1998)

    assert (run.new, run.known) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "  "}, "needs a title"),
        ({"title": "x", "year": 98}, "four digits"),
        ({"title": "x", "doi": "10/x"}, "is no DOI"),
        ({"title": "x", "pmid": "12a"}, "is no PMID"),
        ({"title": "x", "url": "javascript:alert(1)"}, "is no web address"),
    ],
)
def test_what_is_typed_is_checked(lead: User, shelf: Source, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        hand_entry.add_typed(by=lead, source=shelf, **fields)
