from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from analysis.models import AgreedValue, Datum, Extraction, FormField, Study, Value
from analysis.services import extractions, form_fields
from reviews.models import Report, Review, User
from screening.models import Attachment
from tests import factories
from tests.analysis import makers

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def study(started_review: Review) -> Study:
    return makers.study(started_review, "Zhang", 2019)


def line(study: Study) -> str:
    return f"outcome-{makers.outcome(study.review).pk}-{makers.arm(study).pk}"


def address(name: str, study: Study, *more: object) -> str:
    return reverse(f"analysis:{name}", args=[study.review.slug, study.pk, *more])


GET_PAGES = ["extract", "studies", "study", "extraction", "agree", "extract_form"]
POSTS = ["extraction_start", "enter", "act", "agree_equal", "agree_line", "study_act", "unlink", "field_act"]


def every_address(study: Study, lead: User) -> dict[str, str]:
    field = form_fields.add(by=lead, review=study.review, label="Country")
    slug = study.review.slug
    report = Report.objects.get(study_report__study=study)
    return {
        "extract": reverse("analysis:extract", args=[slug]),
        "studies": reverse("analysis:studies", args=[slug]),
        "study": address("study", study),
        "extraction": address("extraction", study),
        "agree": address("agree", study),
        "extract_form": reverse("analysis:extract_form", args=[slug]),
        "extraction_start": address("extraction_start", study),
        "enter": address("extraction_enter", study, line(study)),
        "act": address("extraction_act", study, "finish"),
        "agree_equal": address("agree_equal", study),
        "agree_line": address("agree_line", study, line(study)),
        "study_act": address("study_act", study, "rename"),
        "unlink": address("study_unlink", study, report.pk),
        "field_act": reverse("analysis:extract_form_act", args=[slug, field.pk, "retire"]),
    }


def test_every_page_sends_a_stranger_to_the_sign_in(study: Study, lead: User, client: Client) -> None:
    for name, url in every_address(study, lead).items():
        answer = client.get(url) if name in GET_PAGES else client.post(url)
        assert answer.status_code == 302, name
        assert "login" in answer["Location"], name


def test_every_page_is_absent_for_an_outsider(
    study: Study, lead: User, outsider: User, signed_in: SignIn
) -> None:
    client = signed_in(outsider)
    for name, url in every_address(study, lead).items():
        answer = client.get(url) if name in GET_PAGES else client.post(url)
        assert answer.status_code == 404, name


def test_an_observer_reads_and_writes_nothing(
    study: Study, lead: User, observer: User, signed_in: SignIn
) -> None:
    client = signed_in(observer)
    for name, url in every_address(study, lead).items():
        answer = client.get(url) if name in GET_PAGES else client.post(url)
        assert answer.status_code == (200 if name in {"extract", "studies", "study"} else 403), name


def test_every_page_refuses_the_wrong_method(study: Study, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    for name, url in every_address(study, lead).items():
        if name == "extract_form":
            answer = client.put(url)
        else:
            answer = client.post(url) if name in GET_PAGES else client.get(url)
        assert answer.status_code == 405, name


def test_the_list_says_what_is_mine_to_do(
    study: Study, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    url = reverse("analysis:extract", args=[study.review.slug])
    client = signed_in(reviewer)
    assert "To extract" in client.get(url).content.decode()
    mine = makers.fill(reviewer, study, {"events": "9", "total": "25"})
    assert "In progress" in client.get(url).content.decode()
    extractions.finish(by=reviewer, extraction=mine)
    assert "waiting for the other" in client.get(url).content.decode()
    other = makers.fill(second_reviewer, study, {"events": "9", "total": "25"})
    extractions.finish(by=second_reviewer, extraction=other)
    assert "Agree on the next" in client.get(url).content.decode()
    extractions.agree_equal(by=reviewer, study=study)
    fragment = client.get(url, {"state": "agreed"}, headers=HTMX).content.decode()
    assert "1 of 1" in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize("how_many", [1, 5])
def test_the_lists_ask_a_constant_number_of_queries(
    started_review: Review,
    reviewer: User,
    signed_in: SignIn,
    how_many: int,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for _ in range(how_many):
        makers.fill(reviewer, makers.study(started_review), {"events": "1", "total": "2"})
    client = signed_in(reviewer)
    for name in ("extract", "studies"):
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]  # a context manager
            assert client.get(reverse(f"analysis:{name}", args=[started_review.slug])).status_code == 200


def test_a_person_extracts_a_study_from_start_to_finish(
    study: Study, reviewer: User, signed_in: SignIn, lead: User
) -> None:
    form_fields.add(
        by=lead, review=study.review, label="Antigen", kind="choice", choices=["CD19", "CD19/CD22"]
    )
    client = signed_in(reviewer)
    assert "Start extraction" in client.get(address("extraction", study)).content.decode()
    client.post(address("extraction_start", study))
    page = client.get(address("extraction", study)).content.decode()
    assert "CD19/CD22" in page
    assert "data-autosave" in page
    saved = client.post(
        address("extraction_enter", study, line(study)), {"events": "36 %", "total": "25"}, headers=HTMX
    )
    assert saved.status_code == 200
    assert "Read as 9/25: the one count that fits" in saved.content.decode()
    done = client.post(address("extraction_act", study, "finish"))
    assert done.status_code == 302
    assert Extraction.objects.get().finished_at is not None


def test_impossible_data_comes_back_with_its_sentence(
    study: Study, reviewer: User, signed_in: SignIn
) -> None:
    extractions.start(by=reviewer, study=study)
    client = signed_in(reviewer)
    url = address("extraction_enter", study, line(study))
    for headers in (HTMX, {}):
        refused = client.post(url, {"events": "26", "total": "25"}, headers=headers)
        assert refused.status_code == 422
        assert "26 events among 25 people is impossible" in refused.content.decode()
    assert not Value.objects.exists()


def test_finishing_too_early_names_what_is_missing(study: Study, reviewer: User, signed_in: SignIn) -> None:
    extractions.start(by=reviewer, study=study)
    refused = signed_in(reviewer).post(address("extraction_act", study, "finish"))
    assert refused.status_code == 422
    assert "response, All participants" in refused.content.decode()


def test_what_is_left_is_marked_in_one_press(study: Study, reviewer: User, signed_in: SignIn) -> None:
    extractions.start(by=reviewer, study=study)
    client = signed_in(reviewer)
    client.post(address("extraction_act", study, "rest"))
    assert client.post(address("extraction_act", study, "finish")).status_code == 302
    assert client.post(address("extraction_act", study, "reopen")).status_code == 302
    assert client.post(address("extraction_act", study, "nonsense")).status_code == 404


def test_nobody_reads_the_others_values_before_both_are_in(
    study: Study, reviewer: User, lead: User, signed_in: SignIn
) -> None:
    mine = makers.fill(reviewer, study, {"events": "17", "total": "25"}, quote="seventeen of them")
    extractions.finish(by=reviewer, extraction=mine)
    extractions.start(by=lead, study=study)
    client = signed_in(lead)
    for name in ("study", "extraction", "agree"):
        page = client.get(address(name, study)).content.decode()
        assert "seventeen" not in page
        assert "17/25" not in page
    assert client.post(address("agree_equal", study)).status_code == 409


def test_readings_are_compared_and_agreed_on(
    study: Study,
    reviewer: User,
    second_reviewer: User,
    lead: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    factories.outcome(study.review, name="survival")
    for person, survivors in ((reviewer, "12"), (second_reviewer, "13")):
        mine = makers.fill(person, study, {"events": "9", "total": "25"})
        makers.fill(person, study, {"events": survivors, "total": "25"}, name="survival")
        extractions.finish(by=person, extraction=mine)
    client = signed_in(lead)
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]  # a context manager
        page = client.get(address("agree", study)).content.decode()
    assert "compare__row--differs" in page
    client.post(address("agree_equal", study), headers=HTMX)
    survival = makers.outcome(study.review, "survival")
    key = f"outcome-{survival.pk}-{makers.arm(study).pk}"
    refused = client.post(address("agree_line", study, key), {"events": "30", "total": "25"}, headers=HTMX)
    assert refused.status_code == 422
    assert "impossible" in refused.content.decode()
    first = Extraction.objects.get(person=reviewer)
    taken = client.post(address("agree_line", study, key), {"choose": first.pk}, headers=HTMX)
    assert "Everything is agreed" in taken.content.decode()
    assert AgreedValue.objects.get(datum__outcome=survival, quantity="events").as_used == "12"
    assert client.post(address("agree_line", study, key), {"choose": "x"}).status_code == 404


def test_an_agreed_value_is_corrected_with_a_note(
    study: Study, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    makers.agreed(study, reviewer, second_reviewer, {"events": "9", "total": "25"})
    client = signed_in(reviewer)
    url = address("correct", study, line(study))
    assert 'value="9"' in client.get(url).content.decode()
    assert client.post(url, {"events": "8", "total": "25", "note": ""}).status_code == 422
    assert client.post(url, {"events": "8", "total": "25", "note": "Erratum"}).status_code == 302
    page = client.get(address("study", study)).content.decode()
    assert "8/25" in page
    assert "Corrected later (Erratum)" in page
    assert Datum.objects.get().status == "agreed"


def test_correcting_what_was_never_agreed_is_not_found(
    study: Study, reviewer: User, signed_in: SignIn
) -> None:
    assert signed_in(reviewer).get(address("correct", study, line(study))).status_code == 404


def test_the_lead_edits_the_form(study: Study, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    url = reverse("analysis:extract_form", args=[study.review.slug])
    assert client.post(url, {"label": "Antigen", "kind": "choice", "choices": "CD19"}).status_code == 422
    assert (
        client.post(url, {"label": "Antigen", "kind": "choice", "choices": "CD19\nCD22"}).status_code == 302
    )
    field = FormField.objects.get()
    assert (field.key, field.choices) == ("antigen", ["CD19", "CD22"])
    for name, is_retired in (("retire", True), ("restore", False)):
        client.post(reverse("analysis:extract_form_act", args=[study.review.slug, field.pk, name]))
        field.refresh_from_db()
        assert (field.retired_at is not None) == is_retired


def test_a_pdf_is_shown_beside_the_form_and_other_files_are_downloaded(
    study: Study, reviewer: User, outsider: User, signed_in: SignIn
) -> None:
    report = Report.objects.get(study_report__study=study)
    made = []
    for name, content in (("paper.pdf", b"%PDF-1.4 text"), ("page.html", b"<script>alert(1)</script>")):
        attachment = Attachment(
            review=study.review,
            report=report,
            name=name,
            size=len(content),
            sha256="0" * 64,
            added_by=reviewer,
        )
        attachment.file.save(name, ContentFile(content), save=True)
        made.append(attachment)
    urls = [reverse("analysis:source_file", args=[study.review.slug, each.pk]) for each in made]
    client = signed_in(reviewer)
    shown, downloaded = (client.get(url) for url in urls)
    assert shown["Content-Type"] == "application/pdf"
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert downloaded["Content-Type"] == "application/octet-stream"
    assert downloaded["Content-Disposition"].startswith("attachment")
    for answer in (shown, downloaded):
        assert answer.getvalue()  # reading to the end closes the file
    assert signed_in(outsider).get(urls[0]).status_code == 404
    extractions.start(by=reviewer, study=study)
    assert "<iframe" in client.get(address("extraction", study)).content.decode()


def test_nobody_is_offered_a_third_reading(
    study: Study, lead: User, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    assert "Extract <kbd" in client.get(address("study", study)).content.decode()
    for person in (reviewer, second_reviewer):
        mine = makers.fill(person, study, {"events": "9", "total": "25"})
        extractions.finish(by=person, extraction=mine)
    assert "Extract <kbd" not in client.get(address("study", study)).content.decode()
    page = client.get(address("extraction", study)).content.decode()
    assert "Start extraction" not in page
    assert address("agree", study) in page
    assert "See my reading" in signed_in(reviewer).get(address("study", study)).content.decode()


def test_the_history_says_an_agreed_result_as_it_is_read(
    study: Study, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    for person in (reviewer, second_reviewer):
        mine = makers.fill(person, study, {"events": "9", "total": "25"})
        extractions.finish(by=person, extraction=mine)
    extractions.agree_equal(by=reviewer, study=study)
    history = signed_in(reviewer).get(address("study", study)).content.decode().split('id="history"')[1]
    assert ": 9/25. Both extractors read the same" in history


def test_a_characteristic_that_joined_the_form_later_is_filled_in_the_comparison(
    study: Study, lead: User, reviewer: User, second_reviewer: User, signed_in: Callable[[User], Client]
) -> None:
    for person in (reviewer, second_reviewer):
        extraction = extractions.start(by=person, study=study)
        extractions.mark_rest_not_reported(by=person, extraction=extraction)
        extractions.finish(by=person, extraction=extraction)
    field = form_fields.add(by=lead, review=study.review, label="Country")
    client = signed_in(reviewer)
    page = client.get(address("agree", study))
    assert b"Country" in page.content
    client.post(address("agree_line", study, f"field-{field.pk}"), {"field": "Spain", "reported": "reported"})
    assert AgreedValue.objects.get(field=field).as_used == "Spain"
