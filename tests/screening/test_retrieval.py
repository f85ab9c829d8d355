"""Full texts: wanted by themselves, requested, attached, given up, and sought again."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import OutboxEvent, Report, Review, User
from screening import selectors
from screening.errors import AlreadyRead, NotAtFullText
from screening.models import Attachment, Retrieval
from screening.services import retrieval
from tests.screening.support import FT, PDF, assert_projections_hold, attach, opened, reasons, state_of, vote


@pytest.fixture
def wanted(started_review: Review, reviewer: User, second_reviewer: User) -> Report:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "include")
    return report


def test_attach_makes_the_report_ready_to_read(wanted: Report, reviewer: User) -> None:
    attachment = attach(reviewer, wanted)
    assert state_of(wanted, FT).retrieval == "retrieved"
    assert (attachment.name, attachment.size) == ("paper.pdf", len(PDF))
    assert default_storage.exists(str(attachment.file.name))
    assert OutboxEvent.objects.filter(topic="retrieval.changed", payload={"report": wanted.pk}).count() == 1
    assert_projections_hold(wanted.review)


def test_each_step_is_a_fact_and_the_last_counts(wanted: Report, reviewer: User) -> None:
    retrieval.request(by=reviewer, report=wanted, note="Library")
    retrieval.not_retrieved(by=reviewer, report=wanted, reason="No reply in four weeks")
    assert state_of(wanted, FT).retrieval == "not_retrieved"
    retrieval.want(by=reviewer, report=wanted)
    assert state_of(wanted, FT).retrieval == "wanted"
    kinds = list(Retrieval.objects.filter(report=wanted).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["wanted", "requested", "not_retrieved", "wanted"]
    assert_projections_hold(wanted.review)


def test_a_text_read_elsewhere_can_be_voted_on(wanted: Report, reviewer: User) -> None:
    retrieval.read_elsewhere(by=reviewer, report=wanted, place="On paper, in the library")
    assert vote(reviewer, wanted, "include", stage=FT).votes == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("paper.pdf", b"<html>Sign in</html>"), ("paper.docx", b"PK\x03\x04"), ("empty.pdf", b"")],
)
def test_attach_refuses_what_is_no_pdf_and_keeps_nothing(
    wanted: Report, reviewer: User, name: str, content: bytes
) -> None:
    with pytest.raises(InvalidInput):
        retrieval.attach(by=reviewer, report=wanted, file=ContentFile(content, name=name))
    assert not Attachment.objects.exists()
    assert state_of(wanted, FT).retrieval == "wanted"


def test_attach_refuses_too_large_files(
    wanted: Report, reviewer: User, settings: pytest.FixtureRequest
) -> None:
    settings.UPLOAD_MAX_BYTES = 10  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    with pytest.raises(InvalidInput):
        attach(reviewer, wanted)


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "..\\..\\x.pdf", "a/b.pdf"])
def test_attach_takes_no_path_from_a_file_name(wanted: Report, reviewer: User, name: str) -> None:
    file = ContentFile(PDF, name="x.pdf")
    file.name = name
    attachment = retrieval.attach(by=reviewer, report=wanted, file=file)
    assert "/" not in attachment.name
    assert "\\" not in attachment.name
    assert str(attachment.file.name).startswith("fulltext/")


def test_steps_refuse_reports_that_are_not_sought(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    with pytest.raises(NotAtFullText):
        retrieval.want(by=reviewer, report=report)


def test_steps_refuse_people_without_the_right(wanted: Report, observer: User) -> None:
    with pytest.raises(NotAllowed):
        retrieval.request(by=observer, report=wanted)


def test_giving_up_needs_a_reason_and_reading_elsewhere_a_place(wanted: Report, reviewer: User) -> None:
    with pytest.raises(InvalidInput):
        retrieval.not_retrieved(by=reviewer, report=wanted, reason=" ")
    with pytest.raises(InvalidInput):
        retrieval.read_elsewhere(by=reviewer, report=wanted, place="")


def test_a_text_that_was_voted_on_cannot_be_given_up(wanted: Report, reviewer: User) -> None:
    attach(reviewer, wanted)
    vote(reviewer, wanted, "include", stage=FT)
    with pytest.raises(AlreadyRead):
        retrieval.not_retrieved(by=reviewer, report=wanted, reason="Lost")


def test_full_text_outcomes_tell_state_reason_and_retrieval(
    wanted: Report, reviewer: User, second_reviewer: User
) -> None:
    [row] = selectors.full_text_outcomes(wanted.review)
    assert (row.report_id, row.state, row.reason_id, row.retrieval) == (wanted.pk, "open", None, "wanted")
    attach(reviewer, wanted)
    why = reasons(wanted.review)[2]
    for person in (reviewer, second_reviewer):
        vote(person, wanted, "exclude", stage=FT, reason=why)
    [row] = selectors.full_text_outcomes(wanted.review, reports=[wanted.pk])
    assert (row.state, row.reason_id, row.reason_scope) == ("excluded", why.pk, "report")
