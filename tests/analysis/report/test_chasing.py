"""Citation searching from included studies: where it starts, when it is due, and where it is counted."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analysis.handlers.chasing import source_due
from analysis.models import Eligibility
from analysis.selectors import flow
from analysis.services import chasing, eligibility
from reviews.errors import InvalidInput
from reviews.models import (
    Citation,
    Connector,
    ExclusionReason,
    Report,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    SourceKind,
    User,
)
from reviews.prisma import Place, identities
from reviews.services import hand_entry, searches
from tests import factories
from tests.analysis import makers
from tests.reviews.searching.services import Services, services

__all__ = ["services"]


def _source(review: Review, **values: Any) -> Source:
    options = {"through": ["openalex", "europepmc"]} | values.pop("options", {})
    return factories.source(
        review,
        "Citations",
        connector=Connector.CITATIONS,
        kind=SourceKind.CITATIONS,
        options=options,
        **values,
    )


def _included(review: Review, number: int) -> Report:
    study = makers.study(
        review,
        title=f"Zinc for colds: report {number}",
        doi=f"10.5555/made.{number}",
        pmid=str(30_000_000 + number),
    )
    return Report.objects.get(study_report__study=study)


def _run(run: SearchRun) -> SearchRun:
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def test_a_chase_starts_from_the_reports_of_included_studies(
    services: Services, started_review: Review, lead: User
) -> None:
    kept, dropped = _included(started_review, 5), _included(started_review, 9)
    factories.report(started_review, "Not screened yet", doi="10.5555/made.12")
    eligibility.set_eligibility(
        by=lead,
        study=dropped.study_report.study,
        verdict=Eligibility.EXCLUDED,
        reason=ExclusionReason.objects.filter(protocol__review=started_review).order_by("pk")[0],
    )

    assert chasing.included_reports(started_review) == [kept.pk]


def test_what_is_found_is_counted_as_citation_searching(
    services: Services, started_review: Review, lead: User, relay: Callable[[], int]
) -> None:
    for number in (5, 7):
        _included(started_review, number)
    before = flow.flow(started_review)

    run = _run(chasing.request(by=lead, source=_source(started_review)))
    relay()

    after = flow.flow(started_review)
    assert (run.state, run.new) == (RunState.COMPLETE, 3)
    assert before.citations_results == 0
    assert after.citations_results == 3
    assert after.database_results == before.database_results
    assert after.identified == before.identified + 3
    assert identities(after) == []
    assert Citation.objects.filter(run=run).count() == 4


def test_what_is_found_waits_to_be_screened_unless_it_is_held(
    services: Services, started_review: Review, lead: User, relay: Callable[[], int]
) -> None:
    _included(started_review, 5)
    held = factories.report(started_review, "Zinc for colds: report 4", doi="10.5555/made.4", pmid="30000004")
    relay()

    _run(chasing.request(by=lead, source=_source(started_review)))
    relay()

    places = Counter(row.place for row in flow.classified(started_review) if row.source == "Citations")
    assert places == {Place.AWAITING_SCREENING: 1, Place.DUPLICATE: 1}
    found = Report.objects.get(doi="10.5555/made.4", canonical__isnull=False)
    assert found.canonical_id == held.pk


def test_chosen_publications_are_the_seeds_where_they_were_chosen(
    services: Services, started_review: Review, lead: User
) -> None:
    _included(started_review, 5)
    chosen = factories.report(started_review, "A review of zinc", doi="10.5555/made.20", pmid="30000020")

    source = _source(started_review, options={"seeds": [chosen.pk], "direction": "backward"})

    assert chasing.seeds_of(source) == [chosen.pk]
    assert _run(chasing.request(by=lead, source=source)).new == 1


def test_without_an_included_study_there_is_nothing_to_chase(
    services: Services, started_review: Review, lead: User
) -> None:
    with pytest.raises(InvalidInput, match="none is included yet"):
        chasing.request(by=lead, source=_source(started_review))


def test_a_chase_that_is_due_starts_from_what_is_included_then(
    services: Services, started_review: Review, relay: Callable[[], int]
) -> None:
    source = _source(started_review, interval_days=7)
    Source.objects.filter(pk=source.pk).update(next_run_at=timezone.now() - timedelta(days=20))
    _included(started_review, 5)

    assert searches.run_due() == 1
    relay()
    relay()

    run = SearchRun.objects.get(source=source)
    assert (run.trigger, run.requested_by) == (RunTrigger.SCHEDULE, None)
    assert "report 5" in run.query_sent
    source.refresh_from_db()
    assert source.next_run_at is not None
    assert source.next_run_at > timezone.now()


def test_a_chase_that_is_due_twice_or_for_nothing_is_queued_once_or_not(
    services: Services, started_review: Review
) -> None:
    source = _source(started_review)

    source_due(review_id=started_review.pk, source=source.pk)
    assert not SearchRun.objects.filter(source=source).exists()

    _included(started_review, 5)
    source_due(review_id=started_review.pk, source=source.pk)
    source_due(review_id=started_review.pk, source=source.pk)
    assert SearchRun.objects.filter(source=source).count() == 1


def test_a_source_that_was_taken_out_is_not_chased(services: Services, started_review: Review) -> None:
    source = _source(started_review)
    _included(started_review, 5)
    Source.objects.filter(pk=source.pk).update(retired_at=timezone.now())

    source_due(review_id=started_review.pk, source=source.pk)

    assert not SearchRun.objects.filter(source=source).exists()


@pytest.mark.parametrize(
    ("kind", "box"),
    [
        (SourceKind.WEBSITE, "website_results"),
        (SourceKind.ORGANISATION, "organisation_results"),
        (SourceKind.CITATIONS, "citations_results"),
        (SourceKind.DATABASE, "database_results"),
    ],
)
def test_what_is_entered_by_hand_counts_where_its_source_says(
    services: Services, started_review: Review, lead: User, kind: SourceKind, box: str
) -> None:
    shelf = factories.source(started_review, "By hand", connector=Connector.HAND, kind=kind)

    _run(hand_entry.add_typed(by=lead, source=shelf, title="A thesis on zinc", year=1998))

    assert getattr(flow.flow(started_review), box) == 1
    assert flow.flow(started_review).identified == 1
