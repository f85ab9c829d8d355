"""A retraction of an included study: an alert, a task, a line of the feed, and an answer that ends them."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from analysis.models import Eligibility, Study
from analysis.selectors import feed, notices, overview
from analysis.selectors.waiting import waiting_of
from analysis.services.eligibility import set_eligibility
from reviews import events, sequence
from reviews.access import members_review
from reviews.models import NoticeAnswer, NoticeKind, Record, RecordNotice, Report, Review, SearchRun, User
from tests import factories

Relay = Callable[[], int]
SignIn = Callable[[User], Client]
AddStudy = Callable[[str, int], Study]


def _notice(report: Report, kind: str = NoticeKind.RETRACTED, detail: str = "39999999") -> RecordNotice:
    """What a run writes that has found this out."""
    record = Record.objects.filter(filed__report=report).order_by("pk")[0]
    run = SearchRun.objects.get(pk=record.run_id)
    with transaction.atomic():
        notice = RecordNotice.objects.create(
            review_id=report.review_id,
            record=record,
            run=run,
            kind=kind,
            detail=detail,
            seq=sequence.take(report.review_id),
        )
        events.emit("record.noticed", review_id=report.review_id, run=run.pk)
    return notice


def _report(study: Study) -> Report:
    return Report.objects.get(study_report__study=study)


def _first_step(person: User, review: Review) -> str:
    member = members_review(person, review.slug)
    steps = overview.steps(member, waiting_of(member), has_records=True)
    return steps[0].label if steps else ""


def test_a_retracted_report_of_an_included_study_comes_before_everything_else(
    started_review: Review, add_study: AddStudy, relay: Relay, lead: User, signed_in: SignIn
) -> None:
    study = add_study("Adams", 8)
    _notice(_report(study))
    relay()

    assert _first_step(lead, started_review) == "Answer it"
    page = signed_in(lead).get(reverse("analysis:overview", args=[started_review.slug])).content.decode()
    assert "retracted or put in question" in page
    assert f"{study.label}: retracted" in page
    lines = [line.text for line in feed.feed_of(started_review)]
    assert f"A report of the included study {study.label}: retracted" in lines


@pytest.mark.parametrize("kind", [NoticeKind.CORRECTED, NoticeKind.VANISHED])
def test_a_correction_is_no_alarm(
    started_review: Review, add_study: AddStudy, lead: User, kind: NoticeKind
) -> None:
    _notice(_report(add_study("Adams", 8)), kind=kind)

    assert notices.lines(started_review, is_open=True) == []
    assert _first_step(lead, started_review) != "Answer it"


def test_a_report_that_is_not_included_raises_no_task_until_it_is(
    started_review: Review, add_study: AddStudy, lead: User
) -> None:
    _notice(factories.report(started_review, "Never screened"))
    assert notices.lines(started_review, is_open=True) == []

    study = add_study("Adams", 8)
    _notice(_report(study), kind=NoticeKind.CONCERN)
    (line,) = notices.lines(started_review, is_open=True)
    assert (line.study, line.pmid) == (study, "39999999")

    set_eligibility(by=lead, study=study, verdict=Eligibility.ONGOING, reason=None, note="Set aside")
    assert notices.lines(started_review, is_open=True) == []


def test_a_retraction_that_two_sources_tell_of_one_publication_is_asked_about_once(
    started_review: Review, add_study: AddStudy, lead: User, reviewer: User, signed_in: SignIn
) -> None:
    report = _report(add_study("Adams", 8))
    first = _notice(report)
    copy = factories.report(started_review, "The same, from another source")
    _notice(copy)
    Report.objects.filter(pk=copy.pk).update(canonical=report)  # as a rule does when the run is complete

    assert [line.notice for line in notices.lines(started_review, is_open=True)] == [first]
    assert waiting_of(members_review(lead, started_review.slug)).notices == 1

    url = reverse("analysis:notice_answer", args=[started_review.slug, first.pk])
    signed_in(reviewer).post(url, {"note": "Left out of all analyses"})
    assert notices.lines(started_review, is_open=True) == []

    Report.objects.filter(pk=copy.pk).update(canonical=None)  # the merge is undone: another publication
    assert notices.lines(started_review, is_open=True) == []
    assert waiting_of(members_review(lead, started_review.slug)).notices == 0


def test_an_answer_ends_the_task_and_stays_on_the_page(
    started_review: Review, add_study: AddStudy, reviewer: User, signed_in: SignIn
) -> None:
    study = add_study("Adams", 8)
    notice = _notice(_report(study))
    client = signed_in(reviewer)
    url = reverse("analysis:notice_answer", args=[started_review.slug, notice.pk])

    answer = client.post(url, {"note": "Left out of all analyses"}, follow=True)

    assert NoticeAnswer.objects.get(notice=notice).by == reviewer
    assert notices.lines(started_review, is_open=True) == []
    page = answer.content.decode()
    assert "Left out of all analyses" in page
    assert "Nothing waits for an answer" in page
    assert "Somebody has answered" in client.post(url, {"note": "Again"}, follow=True).content.decode()


def test_whoever_only_observes_sees_the_notice_and_cannot_answer(
    started_review: Review, add_study: AddStudy, observer: User, signed_in: SignIn
) -> None:
    notice = _notice(_report(add_study("Adams", 8)))
    client = signed_in(observer)

    page = client.get(reverse("analysis:notices", args=[started_review.slug]))
    refused = client.post(reverse("analysis:notice_answer", args=[started_review.slug, notice.pk]))

    assert b"PMID 39999999" in page.content
    assert b"What follows from it" not in page.content
    assert refused.status_code == 403


def test_the_feed_is_told_once_however_often_the_event_comes(
    started_review: Review, add_study: AddStudy, relay: Relay
) -> None:
    notice = _notice(_report(add_study("Adams", 8)))
    with transaction.atomic():
        events.emit("record.noticed", review_id=started_review.pk, run=notice.run_id)
    relay()

    texts = [line.text for line in feed.feed_of(started_review)]
    assert len([text for text in texts if "1 record is retracted" in text]) == 1
    assert len([text for text in texts if text.startswith("A report of the included study")]) == 1
