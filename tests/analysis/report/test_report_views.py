"""The report: who may read it, that it is computed from one version, and how it is published."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Spec, Study, Version
from analysis.services import figures, flow_figure, versions
from reviews.models import Review, User
from reviews.services import reviews as review_services
from tests import factories

SignIn = Callable[[User], Client]
AddStudy = Callable[[str, int], Study]


def url(review: Review, name: str = "report", *args: str) -> str:
    return reverse(f"analysis:{name}", args=[review.slug, *args])


@pytest.fixture
def published(started_review: Review, lead: User, analysis: Spec) -> Version:
    review_services.change_settings(by=lead, review=started_review, is_public=True)
    return versions.publish(by=lead, review=started_review)


def test_anyone_reads_what_was_published(published: Version, client: Client, analysis: Spec) -> None:
    answer = client.get(url(published.review))
    assert answer.status_code == 200
    text = answer.text
    assert published.content["analyses"][0]["estimate"] in text
    assert "Adams 2020" in text
    assert "Publish" not in text.replace("Published", "")
    assert " style=" not in text
    assert client.post(url(published.review)).status_code == 405


def test_the_public_never_reads_what_is_not_published(
    published: Version, client: Client, add_study: AddStudy
) -> None:
    add_study("Clark", 3)
    assert "Clark 2020" not in client.get(url(published.review)).text
    assert client.get(url(published.review, "report_version", "draft")).status_code == 404
    assert client.get(url(published.review, "report_data", "draft", "data.csv")).status_code == 404


def test_outsiders_learn_nothing_of_a_private_or_unpublished_review(
    started_review: Review, lead: User, outsider: User, client: Client, signed_in: SignIn, analysis: Spec
) -> None:
    readers = (client, signed_in(outsider))
    assert [reader.get(url(started_review)).status_code for reader in readers] == [404, 404]
    versions.publish(by=lead, review=started_review)
    for name in ("prisma.csv", "report.json"):
        assert client.get(url(started_review, "report_data", "1.0.0", name)).status_code == 404
    assert client.get(url(started_review, "report_figure", "1.0.0", "prisma.svg")).status_code == 404
    assert [reader.get(url(started_review)).status_code for reader in readers] == [404, 404]


def test_a_public_review_without_a_version_has_no_public_report(
    started_review: Review, lead: User, client: Client
) -> None:
    review_services.change_settings(by=lead, review=started_review, is_public=True)
    assert client.get(url(started_review)).status_code == 404


def test_members_see_what_publishing_would_change(
    published: Version, lead: User, observer: User, signed_in: SignIn, add_study: AddStudy
) -> None:
    assert "has moved since" not in signed_in(observer).get(url(published.review)).text
    add_study("Clark", 3)
    for_lead = signed_in(lead).get(url(published.review))
    assert "In: Clark 2020" in for_lead.text
    assert "Publish version 1.1.0" in for_lead.text
    for_observer = signed_in(observer).get(url(published.review)).text
    assert "In: Clark 2020" in for_observer
    assert "Publish version" not in for_observer
    assert "Clark 2020" in signed_in(observer).get(url(published.review, "report_version", "draft")).text


def test_the_lead_publishes_by_one_button(
    started_review: Review, lead: User, signed_in: SignIn, analysis: Spec
) -> None:
    page = signed_in(lead)
    assert "Publish the first version" in page.get(url(started_review)).text
    answer = page.post(url(started_review, "publish"), {"note": "For readers."}, follow=True)
    assert answer.redirect_chain[-1][0] == url(started_review)
    assert "Version 1.0.0 is published" in answer.text
    assert Version.objects.get().note == "For readers."
    assert page.post(url(started_review, "publish")).status_code == 409
    assert page.get(url(started_review, "publish")).status_code == 405


def test_nobody_else_publishes(
    started_review: Review, reviewer: User, outsider: User, client: Client, signed_in: SignIn
) -> None:
    assert signed_in(reviewer).post(url(started_review, "publish")).status_code == 403
    assert signed_in(outsider).post(url(started_review, "publish")).status_code == 404
    assert client.post(url(started_review, "publish")).status_code == 302


def test_an_earlier_version_stays_readable_and_says_so(
    published: Version, lead: User, client: Client, add_study: AddStudy
) -> None:
    add_study("Clark", 3)
    versions.publish(by=lead, review=published.review)
    old = client.get(url(published.review, "report_version", "1.0.0")).text
    assert "An earlier version" in old
    assert "Clark 2020" not in old
    new = client.get(url(published.review)).text
    assert "In: Clark 2020" in new
    assert client.get(url(published.review, "report_version", "9.9.9")).status_code == 404


def test_figures_of_a_version_are_drawn_by_a_worker_and_kept(
    published: Version, client: Client, analysis: Spec
) -> None:
    forest = url(published.review, "report_figure", "1.0.0", f"forest-{analysis.pk}-light.svg")
    assert client.get(forest).status_code == 202
    figures.draw_current(analysis.pk)
    answer = client.get(forest)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert client.get(url(published.review, "report_figure", "1.0.0", "prisma.pdf")).status_code == 202
    flow_figure.draw_version(published.pk)
    assert client.get(url(published.review, "report_figure", "1.0.0", "prisma.pdf")).content.startswith(
        b"%PDF"
    )
    assert "<svg" in client.get(url(published.review)).text
    narrow = url(published.review, "report_figure", "1.0.0", f"forest-{analysis.pk}-narrow-light.svg")
    assert client.get(narrow).content.startswith(b"<?xml")
    for name in ("forest-0-light.svg", "forest-0-narrow-light.png", "other.svg", "prisma.exe"):
        assert client.get(url(published.review, "report_figure", "1.0.0", name)).status_code == 404


def test_data_of_a_version_are_files(published: Version, client: Client) -> None:
    for name in ("studies.csv", "results.csv", "data.csv"):
        answer = client.get(url(published.review, "report_data", "1.0.0", name))
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert "Response" in text or "Adams 2020" in text
    whole = client.get(url(published.review, "report_data", "1.0.0", "report.json"))
    assert whole.json() == published.content
    assert client.get(url(published.review, "report_data", "1.0.0", "flow.exe")).status_code == 404


def test_the_report_takes_few_statements(
    published: Version, client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        client.get(url(published.review))


def test_a_member_s_report_takes_a_bounded_number_of_statements(
    published: Version,
    lead: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    page = signed_in(lead)
    factories.reports(published.review, 5)
    with django_assert_max_num_queries(45):  # type: ignore[attr-defined]
        page.get(url(published.review))
