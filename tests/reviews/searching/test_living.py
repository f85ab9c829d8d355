"""What keeps a search alive: updates, full runs, the look at what is held, and what becomes known of it."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from analysis.selectors.flow import flow
from reviews.errors import InvalidInput, NotAllowed
from reviews.models import (
    Connector,
    NoticeAnswer,
    NoticeKind,
    OutboxEvent,
    Record,
    RecordNotice,
    Review,
    RunMode,
    RunState,
    RunTrigger,
    SearchRun,
    Sighting,
    Source,
    User,
)
from reviews.prisma import identities
from reviews.services import imports, notices, searches, undoing
from tests import factories
from tests.fakes.corpus import Article, articles, revised
from tests.fakes.eutils import FakeEutils


def _run(source: Source, by: User, mode: RunMode | None = None) -> SearchRun:
    run = searches.request_run(by=by, source=source, mode=mode)
    searches.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE, run.error
    return run


def _notices(run: SearchRun) -> list[tuple[str, str, str]]:
    found = RecordNotice.objects.filter(run=run).order_by("kind", "record__pmid", "detail")
    return list(found.values_list("kind", "record__pmid", "detail"))


def _retracted(article: Article, by: str = "99") -> Article:
    return replace(article, revised=timezone.localdate(), retracted_by=by)


# -- What is new --------------------------------------------------------------------------------------
def test_the_first_run_takes_everything_and_the_next_what_is_new(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    first = _run(source, lead)
    pubmed.add(*articles(32, first_entered=timezone.localdate() - timedelta(days=31))[30:])

    second = _run(source, lead)

    assert (first.mode, first.new) == (RunMode.FULL, 30)
    assert (second.mode, second.new, second.known) == (RunMode.UPDATE, 2, 0)


def test_an_update_fetches_nothing_that_is_held_and_unchanged(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    pubmed.corpus = articles(30, first_entered=timezone.localdate() - timedelta(days=29))
    pubmed.corpus = [
        replace(article, revised=article.entered.replace(year=2020)) for article in pubmed.corpus
    ]
    _run(source, lead)
    pubmed.requests.clear()

    second = _run(source, lead)

    assert (second.found, second.new, second.known) == (15, 0, 15)
    assert [request for request in pubmed.requests if request.endpoint == "efetch.fcgi"] == []


def test_a_mode_can_be_asked_for(pubmed: FakeEutils, source: Source, lead: User) -> None:
    _run(source, lead)

    again = _run(source, lead, mode=RunMode.FULL)

    assert (again.mode, again.found, again.new, again.known) == (RunMode.FULL, 30, 0, 30)
    assert again.window_from is None
    assert Sighting.objects.filter(run=again).count() == 30


def test_a_look_at_what_is_held_needs_records(source: Source, lead: User) -> None:
    with pytest.raises(InvalidInput, match="no records yet"):
        searches.request_run(by=lead, source=source, mode=RunMode.SWEEP)


def test_a_look_at_what_is_held_moves_no_window(pubmed: FakeEutils, source: Source, lead: User) -> None:
    first = _run(source, lead)
    pubmed.add(revised(pubmed.corpus[3], on=timezone.localdate(), title="Revised report"))

    sweep = _run(source, lead, mode=RunMode.SWEEP)

    assert (sweep.new, sweep.known, sweep.revised) == (0, 0, 1)
    assert (sweep.window_to, sweep.searched_on) == (None, timezone.localdate())
    assert _run(source, lead).window_from == first.window_to - timedelta(days=14)  # type: ignore[operator]  # set


# -- What is gone -------------------------------------------------------------------------------------
def test_a_full_run_flags_what_the_query_no_longer_finds_and_keeps_it(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    lost, withdrawn = pubmed.corpus[4], pubmed.corpus[9]
    pubmed.add(replace(lost, title="Alphamab, renamed", revised=lost.entered))
    pubmed.withdraw(withdrawn.pmid)

    full = _run(source, lead, mode=RunMode.FULL)

    assert (full.found, full.known, full.vanished) == (28, 28, 2)
    assert _notices(full) == [
        (NoticeKind.VANISHED, lost.pmid, ""),
        (NoticeKind.WITHDRAWN, withdrawn.pmid, ""),
    ]
    assert Record.objects.filter(seq__isnull=False).count() == 30


def test_what_vanished_is_told_once_and_its_return_as_well(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    lost = pubmed.corpus[4]
    pubmed.withdraw(lost.pmid)
    _run(source, lead, mode=RunMode.FULL)
    still_gone = _run(source, lead, mode=RunMode.FULL)
    pubmed.add(lost)

    back = _run(source, lead, mode=RunMode.FULL)

    assert (still_gone.vanished, _notices(still_gone)) == (0, [])
    assert _notices(back) == [(NoticeKind.RETURNED, lost.pmid, "")]
    assert (back.new, back.known) == (0, 30)


def test_what_an_undone_run_said_of_the_gone_is_said_again(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    pubmed.withdraw(pubmed.corpus[4].pmid)
    undoing.undo(by=lead, run=_run(source, lead, mode=RunMode.FULL))

    assert _run(source, lead, mode=RunMode.FULL).vanished == 1


def test_after_a_change_of_the_query_the_notice_says_so(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    Source.objects.filter(pk=source.pk).update(query="alphamab")

    run = _run(source, lead)

    assert (run.mode, run.known, run.vanished) == (RunMode.FULL, 6, 24)
    assert {detail for _, _, detail in _notices(run)} == {"Found by an earlier query"}


# -- What is retracted --------------------------------------------------------------------------------
def test_a_retraction_of_a_held_record_is_noticed_once(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    pubmed.add(_retracted(pubmed.corpus[2]))

    second, third = _run(source, lead), _run(source, lead)

    pmid = "30000003"
    assert (second.retracted, second.revised) == (1, 1)
    assert _notices(second) == [(NoticeKind.RETRACTED, pmid, "99")]
    assert (third.retracted, third.revised, _notices(third)) == (0, 0, [])
    assert OutboxEvent.objects.filter(topic="record.noticed", payload__run=second.pk).count() == 1
    assert not OutboxEvent.objects.filter(topic="record.noticed", payload__run=third.pk).exists()


def test_a_record_that_comes_retracted_carries_its_notice_and_is_not_counted_as_retracted_since(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    pubmed.add(_retracted(pubmed.corpus[2]))

    first = _run(source, lead)

    assert _notices(first) == [(NoticeKind.RETRACTED, "30000003", "99")]
    assert (first.new, first.retracted) == (30, 0)


def test_a_record_of_a_file_is_watched_by_its_pmid(
    pubmed: FakeEutils, source: Source, file_source: Source, lead: User
) -> None:
    """It is no record of the search: nothing is stored, what PubMed says of it is noticed."""
    outside = replace(_retracted(pubmed.corpus[6]), title="Quite another subject")
    pubmed.add(outside)
    nbib = f"PMID- {outside.pmid}\nTI  - Quite another subject\nPT  - Journal Article\nDP  - 2024\n\n"
    imported = imports.import_file(
        by=lead, source=file_source, name="old.nbib", file=ContentFile(nbib.encode(), "old.nbib")
    )
    searches.execute(imported.pk)

    run = _run(source, lead)

    notice = RecordNotice.objects.get(run=run)
    assert (notice.kind, notice.detail, notice.record.source) == (NoticeKind.RETRACTED, "99", file_source)
    assert (run.new, run.retracted, run.revised) == (29, 1, 0)
    assert not Record.objects.filter(source=source, pmid=outside.pmid).exists()


def test_a_file_with_a_retracted_record_notices_it_at_once(file_source: Source, lead: User) -> None:
    article = _retracted(articles(1)[0])
    xml = f"<PubmedArticleSet>{article.xml()}</PubmedArticleSet>".encode()
    run = imports.import_file(
        by=lead, source=file_source, name="one.xml", file=ContentFile(BytesIO(xml).read(), "one.xml")
    )

    searches.execute(run.pk)

    assert _notices(run) == [(NoticeKind.RETRACTED, article.pmid, "99")]


def test_two_sources_that_hold_one_publication_tell_of_it_once(
    pubmed: FakeEutils, source: Source, review: Review, lead: User, relay: object
) -> None:
    other = factories.source(review, "PubMed, narrow", connector=Connector.PUBMED, query="alphamab")
    _run(source, lead)
    _run(other, lead)
    relay()  # type: ignore[operator]  # merges what has one PMID
    pubmed.add(_retracted(pubmed.corpus[0]))

    first, second = _run(source, lead), _run(other, lead)

    assert [kind for kind, _, _ in _notices(first)] == [NoticeKind.RETRACTED]
    assert _notices(second) == []


def test_a_failed_run_notices_nothing(pubmed: FakeEutils, source: Source, lead: User) -> None:
    _run(source, lead)
    pubmed.add(_retracted(pubmed.corpus[2]))
    run = searches.request_run(by=lead, source=source)
    pubmed.fail(*[None] * 4, "404")

    searches.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert not RecordNotice.objects.exists()
    assert [kind for kind, _, _ in _notices(_run(source, lead))] == [NoticeKind.RETRACTED]


# -- On schedule --------------------------------------------------------------------------------------
def _due(source: Source) -> SearchRun:
    Source.objects.filter(pk=source.pk).update(next_run_at=timezone.now() - timedelta(minutes=1))
    assert searches.run_due() == 1
    run = SearchRun.objects.filter(source=source).latest("pk")
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def test_a_scheduled_run_updates_looks_at_what_is_held_and_after_its_days_lists_everything(
    started_review: Review, pubmed: FakeEutils, source: Source, lead: User
) -> None:
    first = _due(source)
    pubmed.add(_retracted(pubmed.corpus[2]))
    second = _due(source)
    long_ago = timezone.now() - timedelta(days=91)
    SearchRun.objects.filter(pk=first.pk).update(requested_at=long_ago)

    third = _due(source)

    assert [run.mode for run in (first, second, third)] == [RunMode.FULL, RunMode.UPDATE, RunMode.FULL]
    assert [run.trigger for run in (first, second, third)] == [RunTrigger.SCHEDULE] * 3
    assert (second.retracted, third.known) == (1, 30)


def test_a_source_without_days_for_it_never_lists_everything_again(
    started_review: Review, pubmed: FakeEutils, source: Source, lead: User
) -> None:
    Source.objects.filter(pk=source.pk).update(full_rerun_days=None)
    first = _due(source)
    SearchRun.objects.filter(pk=first.pk).update(requested_at=timezone.now() - timedelta(days=4000))

    assert _due(source).mode == RunMode.UPDATE


# -- Answers ------------------------------------------------------------------------------------------
def test_an_answer_is_kept_with_its_notice_and_given_once(
    pubmed: FakeEutils, source: Source, review: Review, lead: User, observer: User
) -> None:
    pubmed.add(_retracted(pubmed.corpus[2]))
    notice = RecordNotice.objects.get(run=_run(source, lead))

    with pytest.raises(NotAllowed):
        notices.answer(by=observer, review=review, notices=[notice])
    notices.answer(by=lead, review=review, notices=[notice], note=" Left out of the analysis ")

    kept = NoticeAnswer.objects.get(notice=notice)
    assert (kept.by, kept.note) == (lead, "Left out of the analysis")
    with pytest.raises(notices.AlreadyAnswered):
        notices.answer(by=lead, review=review, notices=[notice])


# -- In the flow --------------------------------------------------------------------------------------
def test_a_revision_is_not_identified_once_more(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    _run(source, lead)
    pubmed.add(_retracted(pubmed.corpus[2]))

    second = _run(source, lead)

    found = flow(review)
    assert second.revised == 1
    assert (found.database_results, found.duplicates) == (30, 0)
    assert [fault for fault in identities(found) if fault.severity == "E"] == []
