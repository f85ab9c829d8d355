from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Study
from analysis.services import studies
from reviews.models import Report, Review, User
from tests import factories
from tests.analysis import makers

SignIn = Callable[[User], Client]


@pytest.fixture
def study(started_review: Review) -> Study:
    return makers.study(started_review, "Zhang", 2019)


def act(client: Client, study: Study, name: str, **values: object) -> int:
    url = reverse("analysis:study_act", args=[study.review.slug, study.pk, name])
    return client.post(url, values).status_code


def test_the_page_of_a_study_tells_its_whole_story(
    study: Study,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    other = makers.study(study.review, "Ma")
    studies.share_population(by=reviewer, first=study, second=other, extent="part", note="Same centre")
    studies.set_eligibility(by=reviewer, study=study, verdict="ongoing", note="Still recruiting")
    with django_assert_max_num_queries(45):  # type: ignore[attr-defined]  # a context manager
        page = signed_in(reviewer).get(reverse("analysis:study", args=[study.review.slug, study.pk]))
    text = page.content.decode()
    for words in ("Zhang 2019", "Same centre", "Ongoing (Still recruiting)", "Not yet agreed", "Linked: "):
        assert words in text


def test_a_study_of_another_review_is_not_found(study: Study, lead: User, signed_in: SignIn) -> None:
    elsewhere = factories.review(lead)
    url = reverse("analysis:study", args=[elsewhere.slug, study.pk])
    assert signed_in(lead).get(url).status_code == 404


def test_each_act_of_the_page_does_its_work(study: Study, reviewer: User, signed_in: SignIn) -> None:
    client = signed_in(reviewer)
    assert act(client, study, "rename", label="Zhang Y 2019") == 302
    assert act(client, study, "design", design="parallel_rct") == 302
    assert act(client, study, "arm", role="experimental", label="CAR-T") == 302
    reason = makers.reason(study.review, "Wrong population")
    assert act(client, study, "eligibility", verdict="excluded", reason=reason.pk, note="") == 302
    study.refresh_from_db()
    assert (study.label, study.design, study.eligibility) == ("Zhang Y 2019", "parallel_rct", "excluded")
    assert study.arms.get(role="experimental").label == "CAR-T"
    assert act(client, study, "nonsense") == 404


def test_a_refused_act_says_why_on_the_page(study: Study, reviewer: User, signed_in: SignIn) -> None:
    client = signed_in(reviewer)
    url = reverse("analysis:study_act", args=[study.review.slug, study.pk, "eligibility"])
    refused = client.post(url, {"verdict": "excluded", "reason": "", "note": ""})
    assert refused.status_code == 422
    assert "Say why the study is excluded" in refused.content.decode()
    assert act(client, study, "rename", label="") == 422


def test_reports_are_linked_and_unlinked_from_the_page(
    study: Study, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    other = makers.study(study.review)
    report = Report.objects.get(study_report__study=other)
    assert act(client, study, "link", report=report.pk) == 302
    assert study.study_reports.count() == 2
    gone = reverse("analysis:study_unlink", args=[study.review.slug, study.pk, report.pk])
    assert client.post(gone).status_code == 302
    assert study.study_reports.count() == 1
    assert act(client, study, "link", report=0) == 422


def test_two_studies_are_noted_as_overlapping(study: Study, reviewer: User, signed_in: SignIn) -> None:
    other = makers.study(study.review, "Ma")
    assert act(signed_in(reviewer), study, "overlap", other=other.pk, extent="full", note="") == 302


def test_the_list_is_filtered_by_eligibility(study: Study, reviewer: User, signed_in: SignIn) -> None:
    gone = makers.study(study.review, "Ma")
    studies.set_eligibility(by=reviewer, study=gone, verdict="excluded", note="Other disease")
    client = signed_in(reviewer)
    url = reverse("analysis:studies", args=[study.review.slug])
    page = client.get(url, {"eligibility": "excluded"}, headers={"HX-Request": "true"}).content.decode()
    assert "Ma 2020" in page
    assert "Other disease" in page
    assert "Zhang 2019" not in page
    assert client.get(url, {"eligibility": "nonsense"}).status_code == 404


def test_a_contradiction_is_pointed_out_in_the_list(study: Study, reviewer: User, signed_in: SignIn) -> None:
    second = factories.report(study.review)
    makers.screened(second, "excluded", makers.reason(study.review, "Wrong design"))
    studies.link(by=reviewer, study=study, report=second)
    page = signed_in(reviewer).get(reverse("analysis:studies", args=[study.review.slug])).content.decode()
    assert "contradict each other" in page
